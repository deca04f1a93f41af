"""What LeadIQ was paid for within the year costs nothing more, and the look before a job says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.domain.batch import Batch, Estimate, Order, Status
from server.domain.money import credits
from server.domain.principal import LOCAL, Principal
from server.sandbox import world
from server.storage.database import Statement
from server.storage.tables import unlocks
from tests.batches.jobs import Jobs, jobs
from tests.serving import served

HEADER = ("First", "Last", "Domain")
ORDER: dict[str, Any] = {
    "header": HEADER,
    "kind": "work_email_finder",
    "columns": {"first_name": "First", "last_name": "Last", "company_domain": "Domain"},
}
UNLOCKED = Statement(select(*unlocks.c))
COUNT = 12


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings for one database or the other."""
    return {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}


def people(count: int = COUNT) -> list[list[str]]:
    """People whose work address LeadIQ knows, and would be believed."""
    known = (
        [one.first, one.last, company.domain]
        for company in world.companies()
        for one in world.employees(company)
        if world.covers("leadiq", one, "work_email") and world.verdict(one.work_email) == "valid"
    )
    return list(islice(known, count))


async def look(bulk: Jobs, rows: Sequence[Sequence[str]], principal: Principal = LOCAL, **more: Any) -> Estimate:
    """The look before a job over the rows."""
    source = await bulk.batches.sources.open(await bulk.batches.sources.keep(HEADER, rows))
    order = Order(ORDER["kind"], ORDER["columns"], credits(1), **more)
    return await bulk.batches.estimate(principal, order, source)


def figures(estimate: Estimate | None) -> tuple[int, int, int, Mapping[str, int], int]:
    """Rows to ask, unlocked and at hand; what is expected by provider, and the most of LeadIQ."""
    assert estimate is not None
    expected = {name: amount for name, amount in estimate.expected.items() if amount}
    return estimate.to_ask, estimate.unlocked, estimate.cached, expected, estimate.most.get("leadiq", 0)


async def checked(bulk: Jobs, batch: Batch) -> str:
    """What the look before a job noted."""
    (said,) = [event.message for event in await bulk.batches.events(LOCAL, batch.id) if event.event == "checked"]
    return said


async def test_what_was_unlocked_is_expected_to_cost_nothing_and_costs_nothing(tmp_path: Path, storage: dict[str, str]):
    rows = people()
    async with jobs(tmp_path, order="leadiq", **storage) as bulk:
        first = await bulk.run(rows, **ORDER)
        assert figures(first.estimate) == (COUNT, 0, 0, {"leadiq": 110 * COUNT}, 110 * COUNT)
        billed = await bulk.weir.bill()
        assert (first.credits, billed) == (110 * COUNT, {"leadiq": first.credits / 100})
        assert figures(await look(bulk, rows)) == (0, 0, COUNT, {}, 0)
        more = [*rows, ["Nobody", "MagicNotFound", "stripe.com"]]
        again = await bulk.run(more, fresh=True, **ORDER)
        assert figures(again.estimate) == (COUNT + 1, COUNT, 0, {"leadiq": 110}, 110 * (COUNT + 1))
        assert (again.status, again.found, again.cached) == (Status.COMPLETED, COUNT, 0)
        await bulk.weir.expire_answers()
        third = await bulk.run(rows, **ORDER)
        assert figures(third.estimate) == (COUNT, COUNT, 0, {}, 110 * COUNT)
        assert (third.status, third.found, third.credits) == (Status.COMPLETED, COUNT, 0)
        after = await bulk.weir.bill()
        assert after["leadiq"] == billed["leadiq"]
        assert round(sum(after.values()) * 100) == first.credits + again.credits + third.credits
        assert f"{COUNT} to ask ({COUNT} of them unlocked already), 0 at hand" in await checked(bulk, third)
        assert "unlocked" not in await checked(bulk, first)


async def test_another_workspace_learns_nothing_of_it(tmp_path: Path, storage: dict[str, str]):
    rows = people()
    async with jobs(tmp_path, order="leadiq", **storage) as bulk:
        await bulk.run(rows, **ORDER)
        theirs = await look(bulk, rows, Principal("globex", "grace", "claude-ai"), fresh=True)
        assert figures(theirs) == (COUNT, 0, 0, {"leadiq": 110 * COUNT}, 110 * COUNT)


async def test_repeated_rows_are_counted_once(tmp_path: Path):
    rows = people(2)
    async with jobs(tmp_path, order="leadiq") as bulk:
        await bulk.run(rows, **ORDER)
        found = await look(bulk, rows * 3, fresh=True)
        assert (found.duplicates, *figures(found)) == (4, 2, 2, 0, {}, 220)


async def test_only_who_is_asked_first_counts(tmp_path: Path):
    rows = people(40)
    async with jobs(tmp_path, order="leadmagic,leadiq") as bulk:
        first = await bulk.run(rows, **ORDER)
        assert first.found == 40
        assert (await bulk.weir.bill())["leadiq"] > 0, "some had to be asked for at LeadIQ"
        again = await look(bulk, rows, fresh=True)
        assert (again.to_ask, again.unlocked, again.expected) == (40, 0, {"leadmagic": 40 * 100})


async def test_what_is_remembered_names_nobody_and_outlives_an_opt_out(tmp_path: Path):
    rows = people(2)
    async with jobs(tmp_path, order="leadiq") as bulk:
        await bulk.run(rows, **ORDER)
        engine = bulk.weir.weir.engine
        first, last, domain = rows[0]
        kept = " ".join(str(row) for row in await engine.books.database.read(UNLOCKED)).casefold()
        assert not [word for word in (first, last, domain, "sandbox") if word.casefold() in kept]
        await engine.suppression.add(LOCAL.workspace, domain, "asked us to", "test")
        found = await look(bulk, rows[:1], fresh=True)
        assert (found.suppressed, found.unlocked, found.to_ask) == (1, 0, 0)


async def test_a_preview_expects_nothing_for_what_was_unlocked_and_still_bounds_it(tmp_path: Path):
    first_name, last_name, company_domain = people(1)[0]
    asked = {"first_name": first_name, "last_name": last_name, "company_domain": company_domain}
    async with served(tmp_path, order="leadiq") as weir:
        for expected in (1.1, 0):
            arguments = {**asked, "force_refresh": True}
            preview = (await weir.call("preview_cost", {"tool": "find_work_email", "arguments": arguments}))["data"]
            step = preview["steps"][0]
            assert (step["provider"], step["expected"], step["max"]) == ("leadiq", expected, 1.1)
            assert preview["expected"]["credits"].get("leadiq", 0) == expected
            assert preview["max"]["credits"]["leadiq"] == 1.1
            receipt = (await weir.call("find_work_email", arguments))["receipt"]
            assert [(one["provider"], one["outcome"], one["credits"]) for one in receipt["attempts"]] == [
                ("leadiq", "found", expected)
            ]
        assert await weir.bill() == {"leadiq": 1.1}


async def test_a_client_is_told_how_many_rows_are_unlocked(tmp_path: Path):
    rows = people(3)
    text = "\n".join(",".join(cells) for cells in [HEADER, *rows])
    async with served(tmp_path, order="leadiq") as weir:
        first_name, last_name, company_domain = rows[0]
        asked = {"first_name": first_name, "last_name": last_name, "company_domain": company_domain}
        await weir.call("find_work_email", asked)
        await weir.expire_answers()
        file = {"rows_text": text, "enrichment": "work_email_finder"}
        estimate = (await weir.call("process_attached_csv", file))["data"]["estimate"]
        assert (estimate["rows"], estimate["to_ask"], estimate["unlocked"], estimate["cached"]) == (3, 3, 1, 0)
        assert (estimate["expected"]["credits"], estimate["max"]["credits"]["leadiq"]) == ({"leadiq": 2.2}, 3.3)
