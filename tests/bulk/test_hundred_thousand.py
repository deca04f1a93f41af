"""A hundred thousand rows as sales teams have them, from file to file through the shell."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks import people_file
from server.sandbox import world
from tests.cli.conftest import Command, Process, fetch

ROWS = 100_000
KEY = "sandbox-unlimited"
_PERSON = re.compile(r"person\d+@company\d+\.example\.com")
_BROKEN = "\ufffd\ufffd\ufffd"
"""What three bytes that are no UTF-8 are read as; the generator has one character in their place."""
VERDICTS = {"valid": "valid", "invalid": "invalid", "catch_all": "unknown", "unknown": "unknown"}
"""What the provider says of an address, by what is true of it in the sandbox's world."""
_FORMULA = ("=", "+", "-", "@")


def written(path: Path) -> Iterator[list[str]]:
    """The rows of a CSV file, its header first."""
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.reader(file)


def kept(cell: str) -> str:
    """A cell as it comes back: what a spreadsheet would take for a formula is text."""
    cell = cell.replace("\ufffd", _BROKEN)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


@pytest.mark.timeout(900)
def test_a_hundred_thousand_rows_come_back_with_what_was_paid_for(
    weir: Command, sandbox: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADMAGIC_API_KEY", KEY)
    monkeypatch.setenv("WEIR_LEADMAGIC_BASE_URL", f"{sandbox.url}/leadmagic")
    monkeypatch.setenv("WEIR_LEADMAGIC_PER_MINUTE", "none")
    for limit in ("APPROVAL_ABOVE", "LIMIT_PER_MEMBER_DAY", "LIMIT_PER_WORKSPACE_MONTH"):
        monkeypatch.setenv(f"WEIR_{limit}", "none")
    people, out = tmp_path / "people.csv", tmp_path / "out.csv"
    people_file.write(people, ROWS)
    order = ("--kind", "email_validation", "--max-credits", "20000", "--yes")
    done = weir("bulk", "run", people, *order, "--out", out, "--home", tmp_path / "home")
    assert (done.code, done.err) == (0, "")

    verdicts, paid, usable = dict[str, str](), Decimal(0), 0
    header, *rows = written(out)
    assert header[: len(people_file.HEADER)] == list(people_file.HEADER)
    for original, row in zip(people_file.people(ROWS), rows, strict=True):
        assert row[: len(original)] == [kept(cell) for cell in original]
        told = dict(zip(header[len(original) :], row[len(original) :], strict=True))
        address = original[4].strip().lower()
        if not _PERSON.fullmatch(address):
            assert (told["weir_outcome"], told["weir_credits"], told["weir_email_status"]) == ("invalid_input", "0", "")
            assert told["weir_reason"]
            continue
        usable += 1
        assert told["weir_outcome"] in ("found", "unknown")
        assert verdicts.setdefault(address, told["weir_email_status"]) == told["weir_email_status"]
        paid += Decimal(told["weir_credits"])
    assert usable > 0.9 * ROWS
    assert verdicts == {address: VERDICTS[world.verdict(address)] for address in verdicts}

    bill = json.loads(fetch(sandbox.port, "GET", "/bill")[1])["leadmagic"][KEY]
    assert bill["calls"] == len(verdicts)
    assert Decimal(str(bill["charged"])) == paid
    assert f"{ROWS} of {ROWS} rows" in done.out
    assert f"{paid.normalize():f} of at most 20000 credits" in done.out
