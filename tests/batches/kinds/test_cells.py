"""What is appended to a row, from real results of the engine over the sandbox."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from server.batches.kinds import KINDS, Kind, refused
from server.batches.kinds.cell import LONGEST, joined, text
from server.batches.kinds.cell import json as as_json
from server.domain import csv_text
from server.domain.company import Technology
from server.domain.errors import InvalidInput, NoOffer, OutOfBudget, Suppressed
from server.domain.principal import LOCAL
from server.domain.result import Result
from tests.serving import Served, served

KNOWN = {
    "company_funding": {"company_domain": "figma.com"},
    "mobile_finder": {"profile_url": "ada-lovelace-stripe"},
    "personal_email_finder": {"profile_url": "ada-lovelace-stripe"},
}
"""Rows that the sandbox has an answer for, where it has none for the example."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def weir(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Served]:
    home: Path = tmp_path_factory.mktemp("cells")
    async with served(home / "home") as running:
        yield running


async def run(weir: Served, kind: Kind, row: Mapping[str, str] | None = None) -> Result[Any]:
    plan = kind.plan(row or kind.example, most=3 if kind.cap else None)
    return await weir.weir.engine.run(plan, LOCAL, kind.tool)


def named(kind: Kind, result: Result[Any]) -> dict[str, str]:
    cells = kind.cells(result)
    assert len(cells) == len(kind.columns)
    written = "".join(csv_text.lines(kind.columns, [cells]))
    read = next(csv.DictReader(io.StringIO(written, newline="")))
    assert tuple(read) == kind.columns
    return {name.removeprefix("weir_"): cell for name, cell in zip(kind.columns, cells, strict=True)}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
async def test_every_kind_has_cells_for_a_real_answer(weir: Served, kind: Kind) -> None:
    row = KNOWN.get(kind.name, kind.example)
    found, again = [named(kind, await run(weir, kind, row)) for _ in range(2)]
    assert (found["outcome"], found["reason"]) == ("found", "")
    assert found["provider"] in {"leadmagic", "xmagnet", "leadiq", "leadsonar"}
    assert any(found[name.removeprefix("weir_")] for name in kind.columns[:-8])
    assert (again["credits"], again["cached"]) == ("0", "true")
    changed = {"credits", "cached"}
    assert {k: v for k, v in again.items() if k not in changed} == {k: v for k, v in found.items() if k not in changed}


@pytest.mark.asyncio(loop_scope="module")
async def test_the_cells_say_what_the_single_lookup_says(weir: Served) -> None:
    kind = KINDS["work_email_finder"]
    cells = named(kind, await run(weir, kind))
    single = await weir.call(kind.tool, dict(kind.example))
    assert single["receipt"]["cached"] is True
    data, quality = single["data"], single["quality"]
    assert (cells["email"], cells["email_type"]) == (data["email"], data["email_type"])
    assert cells["email_verified"] == str(data["verified"]).lower()
    assert (cells["quality"], float(cells["score"])) == (quality["status"], quality["score"])
    provenance = single["provenance"]
    assert (cells["provider"], cells["fetched_at"]) == (provenance["provider"], provenance["fetched_at"])


@pytest.mark.asyncio(loop_scope="module")
async def test_lists_are_counted_joined_and_kept_as_json(weir: Served) -> None:
    kind = KINDS["company_jobs"]
    cells = named(kind, await run(weir, kind))
    jobs = json.loads(cells["jobs_json"])
    assert cells["job_count"] == str(len(jobs)) == "3"
    assert int(cells["jobs_total"]) >= 3
    assert set(cells["job_titles"].split("; ")) == {job["title"] for job in jobs}
    assert cells["newest_job"] == max(job["posted_at"] for job in jobs)
    assert not any("description" in job for job in jobs)


@pytest.mark.asyncio(loop_scope="module")
async def test_money_and_rounds_are_written_as_the_answer_has_them(weir: Served) -> None:
    kind = KINDS["company_funding"]
    cells = named(kind, await run(weir, kind, KNOWN[kind.name]))
    rounds = json.loads(cells["rounds_json"])
    assert cells["round_count"] == str(len(rounds))
    assert int(cells["total_raised_usd"]) == sum(one["amount_usd"] for one in rounds)
    assert (cells["last_round_type"], cells["last_round_date"]) == (rounds[0]["type"], rounds[0]["date"])
    assert set(cells["investors"].split("; ")) == {name for one in rounds for name in one["investors"]}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_plan_of_two_steps_names_those_who_answered_and_adds_up(weir: Served) -> None:
    kind = KINDS["company_technographics"]
    result = await run(weir, kind, {"company_name": "Figma"})
    cells = named(kind, result)
    assert [attempt.outcome.value for attempt in result.receipt.attempts] == ["found", "found"]
    assert (cells["outcome"], cells["provider"], cells["credits"]) == ("found", "leadmagic", "2")
    assert int(cells["technology_count"]) == len(json.loads(cells["technologies_json"]))


@pytest.mark.asyncio(loop_scope="module")
async def test_a_miss_leaves_the_kinds_own_columns_empty(weir: Served) -> None:
    kind = KINDS["personal_email_finder"]
    cells = kind.cells(await run(weir, kind))
    assert set(cells[:-8]) == {""}
    assert cells[-8:] == ("not_found", "", "", "", "0", "false", "", "")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (InvalidInput("email is not a valid e-mail address.", field="email"), "invalid_input"),
        (Suppressed("This person is on the suppression list."), "suppressed"),
        (OutOfBudget("The monthly budget is used up."), "out_of_budget"),
        (NoOffer("No provider can answer."), "provider_error"),
    ],
)
@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_refused_row_says_why_and_costs_nothing(kind: Kind, error: Any, outcome: str) -> None:
    cells = kind.cells(refused(error))
    assert set(cells[:-8]) == {""}
    assert cells[-8:] == (outcome, "", "", "", "0", "false", error.message, "")


@pytest.mark.asyncio(loop_scope="module")
async def test_an_answer_about_somebody_suppressed_is_withheld_with_a_reason(weir: Served) -> None:
    kind, suppression = KINDS["work_email_finder"], weir.weir.engine.suppression
    found = named(kind, await run(weir, kind))
    await suppression.add(LOCAL.workspace, found["email"], "asked for it", "a test")
    try:
        withheld = kind.cells(await run(weir, kind))
    finally:
        await suppression.remove(LOCAL.workspace, found["email"])
    assert set(withheld[:-8]) == {""}
    assert withheld[-8:] == ("suppressed", "", "", "", "0", "true", "On the suppression list.", "")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_failed_provider_is_named_as_the_reason(weir: Served) -> None:
    kind = KINDS["company_competitors"]
    await weir.control(provider="leadmagic", faults=["server-error"] * 5)
    try:
        failed = await run(weir, kind, {"company_domain": "globex.com"})
    finally:
        await weir.reset_control()
    cells = kind.cells(failed)
    assert set(cells[:-8]) == {""}
    assert failed.error is not None
    assert (cells[-8], cells[-2]) == ("provider_error", failed.error.message)


def test_values_are_written_plainly() -> None:
    assert [text(value) for value in (None, True, False, 0, 12, 0.97, 1.0, 4.1, 0.0, "a")] == [
        "", "true", "false", "0", "12", "0.97", "1", "4.1", "0", "a",
    ]  # fmt: skip
    assert len(text("x" * 50_000)) == LONGEST


def test_long_lists_are_cut_where_a_cell_ends() -> None:
    assert joined(["a; b", None, "", "c", "c"]) == "a, b; c"
    assert joined(str(number) for number in range(30)).endswith("; 24; \u2026")
    kept = as_json(Technology(name=f"Product {number}", category="Analytics") for number in range(2_000))
    assert LONGEST - 60 < len(kept) <= LONGEST
    assert json.loads(kept)[-1]["category"] == "Analytics"
    assert as_json([]) == "[]"
