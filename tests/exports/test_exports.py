"""The finished file: what came in, what was found out beside it, once per link."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from openpyxl import load_workbook
from sqlalchemy import bindparam, update

from server.batches.kinds import KINDS
from server.domain.batch import Batch, Order, Status
from server.domain.errors import InvalidInput
from server.domain.money import credits
from server.domain.principal import LOCAL
from server.storage.bulk import batches
from server.storage.database import Statement
from tests.batches.jobs import Jobs, addresses, jobs

EXPIRE = Statement(update(batches).where(batches.c.id == bindparam("batch")).values(expires_at=bindparam("until")))
HEADER = ("Name", "Email", "Note")
APPENDED = KINDS["email_validation"].columns
DIRTY: Sequence[Sequence[str]] = (
    ("Ada, Countess", "ada@stripe.com", 'said "hello"'),
    ("Zoë 🚀", " Alan@Stripe.com ", "two\nlines"),
    ("=cmd()", "not an address", "\t@SUM(A1)"),
    ("  padded  ", "ada@stripe.com", "-5"),
    ("", "grace@stripe.com", "\uff1d1+1"),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings for one database or the other."""
    return {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}


async def fetched(bulk: Jobs, batch: Batch, format_name: str = "csv") -> httpx2.Response:
    """What the link of a new export gives."""
    export = await bulk.weir.weir.exports.link(LOCAL, batch.id, format_name, bulk.weir.url)
    async with httpx2.AsyncClient() as http:
        response = await http.get(export.file.url)
    assert response.status_code == 200
    assert len(response.content) == export.file.size
    return response


def table(response: httpx2.Response) -> list[list[str]]:
    """The rows of a CSV file."""
    return list(csv.reader(io.StringIO(response.content.decode(), newline="")))


async def test_the_file_comes_back_as_it_was_with_new_columns_after_it(tmp_path: Path, storage: dict[str, str]):
    async with jobs(tmp_path, **storage) as bulk:
        batch = await bulk.run(DIRTY, header=HEADER)
        header, *rows = table(await fetched(bulk, batch))
    assert header == [*HEADER, *APPENDED]
    inert = ("'=cmd()", "not an address", "'\t@SUM(A1)"), ("", "grace@stripe.com", "'\uff1d1+1")
    assert [tuple(row[:3]) for row in rows] == [DIRTY[0], DIRTY[1], inert[0], DIRTY[3], inert[1]]
    outcomes = [dict(zip(header, row, strict=True))["weir_outcome"] for row in rows]
    assert outcomes == ["found", "found", "invalid_input", "found", "found"]
    paid = [dict(zip(header, row, strict=True))["weir_credits"] for row in rows]
    assert paid == ["0.25", "0.25", "0", "0", "0.25"]


async def test_json_lines_and_workbooks_hold_the_same_rows(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        batch = await bulk.run(DIRTY, header=HEADER)
        lines = await fetched(bulk, batch, "jsonl")
        workbook = await fetched(bulk, batch, "xlsx")
    objects = [json.loads(line) for line in lines.text.splitlines()]
    assert [tuple(one[name] for name in HEADER) for one in objects] == list(DIRTY)
    sheet = load_workbook(io.BytesIO(workbook.content)).worksheets[0]
    cells = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    assert cells[0] == [*HEADER, *APPENDED]
    assert [row[:3] for row in cells[1:]] == [list(row) for row in DIRTY]
    assert [row[3:] for row in cells[1:]] == [[one[name] for name in APPENDED] for one in objects]
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    assert "<f>" not in zipfile.ZipFile(io.BytesIO(workbook.content)).read("xl/worksheets/sheet1.xml").decode()


async def test_each_format_says_what_it_is(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        batch = await bulk.run(addresses(1), name="Q3: leads (new).csv")
        said = [(await fetched(bulk, batch, name)).headers for name in ("csv", "jsonl", "xlsx")]
    assert [one["content-type"] for one in said] == [
        "text/csv; charset=utf-8",
        "application/x-ndjson",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]
    assert said[0]["content-disposition"] == 'attachment; filename="Q3_leads_new-email_validation.csv"'


async def test_rows_that_are_not_done_are_in_the_file_and_say_so(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        batch = await bulk.run(addresses(100), ceiling=5)
        left = 100 - batch.settled
        assert (batch.status, 0 < left < 100) == (Status.PAUSED, True)
        export = await bulk.weir.weir.exports.link(LOCAL, batch.id, "csv", bulk.weir.url)
        header, *rows = table(await fetched(bulk, batch))
    assert export.warnings == (f"{left} of 100 rows are not done yet; their outcome is pending.",)
    assert [row[0] for row in rows] == [row[0] for row in addresses(100)]
    waiting = [row[1:] for row in rows if row[header.index("weir_outcome")] == "pending"]
    assert len(waiting) == left
    assert set(map(tuple, waiting)) == {tuple("pending" if name == "weir_outcome" else "" for name in APPENDED)}


async def test_nothing_that_was_found_of_somebody_who_opted_out_since_is_in_the_file(
    tmp_path: Path, storage: dict[str, str]
):
    async with jobs(tmp_path, **storage) as bulk:
        header = ("First", "Last", "Domain")
        columns = {"first_name": "First", "last_name": "Last", "company_domain": "Domain"}
        rows = [("Ada", "Lovelace", "stripe.com"), ("Maya", "Chen", "notion.so")]
        batch = await bulk.run(rows, header=header, kind="work_email_finder", columns=columns)
        before = [dict(zip(HEADER, row, strict=False)) for row in table(await fetched(bulk, batch))]
        await bulk.weir.weir.engine.suppression.add("default", "ada.lovelace@stripe.com", "asked us to", "test")
        names, ada, maya = table(await fetched(bulk, batch))
    assert len(before) == 3
    found = dict(zip(names, ada, strict=True))
    assert (found["First"], found["weir_email"], found["weir_outcome"]) == ("Ada", "", "suppressed")
    assert (found["weir_credits"], found["weir_provider"], found["weir_reason"]) == (
        "1",
        "",
        "On the suppression list.",
    )
    assert dict(zip(names, maya, strict=True))["weir_email"] == "maya.chen@notion.so"
    assert "ada.lovelace@" not in ",".join(ada)


async def test_columns_that_are_called_like_ours_keep_their_names(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        batch = await bulk.run([["ada@stripe.com", "mine"]], header=("Email", "weir_outcome"))
        header, row = table(await fetched(bulk, batch))
    assert header[:2] == ["Email", "weir_outcome"]
    assert (row[1], row[header.index("weir_outcome_2")]) == ("mine", "found")


async def test_a_header_with_blanks_and_repetitions_comes_back_as_it_was(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        sources = bulk.batches.sources
        upload, path = sources.new()
        path.write_text("Email,Note,Note,\nada@stripe.com,one,two,three\n")
        await sources.examine(upload, name="odd.csv")
        source = await sources.open(upload)
        order = Order("email_validation", {"email": "Email"}, credits(5), name="odd.csv")
        batch = await bulk.until(await bulk.batches.submit(LOCAL, order, source))
        header, row = table(await fetched(bulk, batch))
    assert header[:4] == ["Email", "Note", "Note", ""]
    assert row[:4] == ["ada@stripe.com", "one", "two", "three"]


async def test_when_its_time_is_over_a_job_and_all_that_belongs_to_it_is_gone(tmp_path: Path, storage: dict[str, str]):
    async with jobs(tmp_path, **storage, bulk_kept_days=1) as bulk:
        batch = await bulk.until(await bulk.submit(addresses(3)), {Status.COMPLETED})
        while batch.expires_at is None:
            batch = await bulk.batches.get(LOCAL, batch.id)
        assert batch.finished_at is not None
        kept = batch.expires_at - batch.finished_at
        assert timedelta(days=1) <= kept < timedelta(days=1, minutes=1)
        await bulk.batches.sweep()
        assert (await bulk.batches.get(LOCAL, batch.id)).id == batch.id
        await bulk.batches.store.database.write(lambda tx: tx.execute(EXPIRE, batch=batch.id, until=1))
        await bulk.batches.sweep()
        with pytest.raises(InvalidInput, match="no bulk job"):
            await bulk.batches.get(LOCAL, batch.id)
        assert await bulk.batches.store.chunks(batch.id) == ()
        assert await bulk.batches.store.results(batch.id, 1, 4) == ()
        assert await bulk.batches.store.events(batch.id, level="") == ()


async def test_another_workspace_gets_no_link_and_no_job_without_rows_has_one(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        exports = bulk.weir.weir.exports
        batch = await bulk.run(addresses(2))
        with pytest.raises(InvalidInput, match="no bulk job"):
            await exports.link(replace(LOCAL, workspace="other"), batch.id, "csv", bulk.weir.url)
        with pytest.raises(InvalidInput, match="not written as that") as refused:
            await exports.link(LOCAL, batch.id, "parquet", bulk.weir.url)
        assert refused.value.fix == "Name one of: csv, jsonl, xlsx."
        empty = await bulk.run([["", ""]], header=("Email", "Other"))
        with pytest.raises(InvalidInput, match="no rows to export"):
            await exports.link(LOCAL, empty.id, "csv", bulk.weir.url)
