"""What rows have beyond the columns of their file comes back with them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2

from server.batches.files.table import LOOKED_AT
from server.domain.principal import LOCAL
from tests.batches.jobs import Jobs, jobs

BEGINNING = LOOKED_AT + 20
"""Rows after which a column that none of them has is no column any more."""


async def finished(bulk: Jobs, text: str, name: str) -> tuple[Mapping[str, Any], str]:
    """What was said of a file when it was looked at, and the job over its rows, which ask all the same."""
    upload = await bulk.weir.weir.uploads.keep(LOCAL, text.encode(), "email_validation", name)
    looked = await bulk.weir.call("resolve_bulk_upload_mapping", {"upload_id": upload.id})
    submitted = await bulk.weir.call("submit_detected_bulk_job", {"upload_id": upload.id, "max_credits": 5})
    job = submitted["data"]["job_id"]
    batch = await bulk.until(await bulk.batches.get(LOCAL, job))
    assert batch.status == "completed"
    return looked, job


async def exported(bulk: Jobs, job: str, written_as: str) -> str:
    """The finished file."""
    export = await bulk.weir.call("export_bulk_job", {"job_id": job, "format": written_as})
    async with httpx2.AsyncClient() as http:
        return (await http.get(export["data"]["file"]["url"])).text


async def test_surplus_cells_of_a_late_row_are_in_a_last_column(tmp_path: Path):
    text = "Email,Note\n" + "ada@stripe.com,x\n" * BEGINNING + 'ada@stripe.com,y,=1+1,"a,b",\n,z,only this\n'
    async with jobs(tmp_path) as bulk:
        looked, job = await finished(bulk, text, "people.csv")
        table = list(csv.DictReader(io.StringIO(await exported(bulk, job, "csv"))))
        lines = [json.loads(line) for line in (await exported(bulk, job, "jsonl")).splitlines()]
    said = "2 rows have more than there are columns for; it comes back in a column of its own, weir_surplus."
    assert said in looked["warnings"]
    assert list(table[0])[-1] == list(lines[0])[-1] == "weir_surplus"
    assert [row["weir_surplus"] for row in table] == [*[""] * BEGINNING, '["=1+1","a,b"]', '["only this"]']
    assert [(row["Email"], row["Note"], row["weir_outcome"]) for row in table[-2:]] == [
        ("ada@stripe.com", "y", "found"),
        ("", "z", "invalid_input"),
    ]
    assert lines == table


async def test_keys_that_no_other_object_has_and_broken_lines_come_back(tmp_path: Path):
    late = ['{"Email": "ada@stripe.com", "Phone": {"home": "1"}}', "=cmd|' /C calc'!A0", "[1, 2]"]
    text = '{"Email": "ada@stripe.com"}\n' * BEGINNING + "\n".join(late) + "\n"
    async with jobs(tmp_path) as bulk:
        _, job = await finished(bulk, text, "people.jsonl")
        lines = [json.loads(line) for line in (await exported(bulk, job, "jsonl")).splitlines()]
        table = list(csv.DictReader(io.StringIO(await exported(bulk, job, "csv"))))
    surplus = ['{"Phone.home":"1"}', "=cmd|' /C calc'!A0", "[1,2]"]
    assert [line["weir_surplus"] for line in lines[-4:]] == ["", *surplus]
    assert [row["weir_surplus"] for row in table[-3:]] == [surplus[0], f"'{surplus[1]}", surplus[2]]


async def test_where_no_row_has_any_there_is_no_such_column(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        looked, job = await finished(bulk, "Email,Note\nada@stripe.com,x,,\n", "people.csv")
        header = (await exported(bulk, job, "csv")).splitlines()[0]
    assert ("weir_surplus" in header, "weir_surplus" in str(looked)) == (False, False)
