"""Sheets of workbooks, row by row, from a process that reads them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, TypedDict, cast

from server.batches.files import sheets
from server.batches.files.limits import Limits
from server.domain.errors import InvalidInput

_ROOT = Path(__file__).parents[3]


class Head(TypedDict, total=False):
    """The first line of the reading process."""

    sheet: str
    sheets: list[str]
    error: str
    field: str
    fix: str


class Sheet:
    """The rows of one sheet; those after the last one with a character in it are left out."""

    sparse = True
    cut = False

    def __init__(self, head: Head, lines: IO[str], limits: Limits) -> None:
        self.name = head.get("sheet", "")
        self.names = tuple(head.get("sheets", ()))
        self.odd = False
        self._lines = lines
        self._suspicious = limits.cell

    def __iter__(self) -> Iterator[list[str]]:
        for line in self._lines:
            row = cast("list[str] | Head | None", json.loads(line))
            if row is None:
                return
            if not isinstance(row, list):
                raise _refused(row)
            self.odd = len(line) > self._suspicious or "\ufffd" in line or "\\u" in line
            yield row
        raise _unreadable()


@contextmanager
def opened(path: Path, wanted: str | None, limits: Limits) -> Generator[Sheet]:
    """The sheet `wanted`, or the first with cells that is visible.

    `InvalidInput` for what is no workbook, and for one that cannot be read within bounds.
    """
    # The fast reader needs memory for every cell between the corners of a sheet, of which there may be billions.
    for reader in (sheets.FAST, sheets.FRUGAL):
        with _process(path, wanted, reader, limits) as lines:
            first = lines.readline()
            if first:
                head = cast("Head", json.loads(first))
                if "error" in head:
                    raise _refused(head)
                yield Sheet(head, lines, limits)
                return
    raise _unreadable()


@contextmanager
def _process(path: Path, wanted: str | None, reader: str, limits: Limits) -> Generator[IO[str]]:
    # Untrusted files are parsed there, so it knows none of the keys in the server's environment.
    command = [sys.executable, "-P", "-m", sheets.__name__, str(path), wanted or "", reader, json.dumps(asdict(limits))]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module; the file's path is an argument
        command,
        env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    with process:
        try:
            if process.stdout is not None:
                yield process.stdout
        finally:
            process.kill()


def _refused(head: Head) -> InvalidInput:
    return InvalidInput(head.get("error", ""), field=head.get("field"), fix=head.get("fix"))


def _unreadable() -> InvalidInput:
    return InvalidInput(
        "The workbook cannot be read: it is damaged, or needs too much memory.",
        field="file",
        fix="Save the sheet as CSV and send that.",
    )
