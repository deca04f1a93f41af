"""Tables as CSV that people open in spreadsheets: RFC 4180, one header row, and no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

Cell = str | int | float | None

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The full-width forms count as well where a spreadsheet is set to Chinese or Japanese."""

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The table line by line, header first, lines ended by CRLF; None is an empty cell.

    Text that a spreadsheet would take for a formula gets an apostrophe in front. Numbers, and with them phone numbers
    in E.164, stay as they are: there is nothing in them to run.
    """
    yield _line(columns)
    for row in rows:
        yield _line([_inert(cell) for cell in row])


def _line(cells: Sequence[Cell]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _inert(cell: Cell) -> Cell:
    # Spreadsheets skip leading blanks before they look for a formula.
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_STARTS_A_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
