"""Tables as CSV that people open in spreadsheets: RFC 4180, one header row, and no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

Cell = str | int | float | None

_FORMULA = re.compile("[\\s\0\ufeff\u200b]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[ ]*[\\t\\r\\n]")
"""Spreadsheets skip blanks and what cannot be seen before they look. Full-width signs count in Chinese and Japanese."""

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The table line by line, header first, lines ended by CRLF; None is an empty cell.

    Text that a spreadsheet would take for a formula gets an apostrophe in front, in the header as well. Numbers, and
    with them phone numbers in E.164, stay as they are: there is nothing in them to run.
    """
    write = csv.writer(_Through()).writerow
    for row in chain((columns,), rows):
        yield write([_inert(cell) for cell in row])


class _Through:
    """Hands each line back to whoever wrote it."""

    def write(self, line: str) -> str:
        return line


def _inert(cell: Cell) -> Cell:
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
