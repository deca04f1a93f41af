"""How a text file separates its cells: the reading under which its rows have the same number of them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import Literal, TypedDict

from server.batches.files.facts import Dialect, Quoting
from server.domain.errors import InvalidInput

_DECLARED = re.compile(r'\ufeff?"?sep=(?P<delimiter>[^"\r\n])"?[ \t]*(?:\r\n|\r|\n)', re.IGNORECASE)

_DELIMITERS = ("\t", "|", ";", ",")
"""The rarer in prose, the earlier: of two that fit equally well, it is the less likely to fit by chance."""

_ONE_COLUMN = "\x1f"
"""Stands for the delimiter where there is none; the ASCII character for it, which nobody types."""


class Options(TypedDict, total=False):
    """Arguments of `csv.reader`."""

    delimiter: str
    quoting: Literal[0, 1, 2, 3]
    skipinitialspace: bool
    escapechar: str


_QUOTING: dict[Quoting, Options] = {
    Quoting.QUOTES: {},
    Quoting.SPACED: {"skipinitialspace": True},
    Quoting.BACKSLASH: {"escapechar": "\\"},
    Quoting.NONE: {"quoting": csv.QUOTE_NONE},
}


_STILL_QUOTED = {
    Quoting.QUOTES: re.compile(' +".*', re.DOTALL),
    Quoting.SPACED: re.compile("(?!)"),
    Quoting.BACKSLASH: re.compile(' +".*', re.DOTALL),
    Quoting.NONE: re.compile('".*"', re.DOTALL),
}
"""What cells look like whose quotation marks were meant to be taken off."""


def options(dialect: Dialect) -> Options:
    """What `csv.reader` has to be told."""
    return {"delimiter": dialect.delimiter or _ONE_COLUMN, **_QUOTING[dialect.quoting]}


def detect(text: str, *, whole: bool, delimiter: str | None = None) -> Dialect:
    """The dialect of a file that begins with `text`; `whole` where that is all of it.

    A first line such as `sep=;` decides, then a `delimiter` that is stated, then the rows.
    `InvalidInput` for a delimiter that cannot be one.
    """
    if declared := _DECLARED.match(text):
        text = text[declared.end() :]
        delimiter = declared["delimiter"]
    candidates = _DELIMITERS if delimiter is None else (_checked(delimiter),)
    scored = [(_score(text, whole, each, quoting), each, quoting) for quoting in Quoting for each in candidates]
    best, found, quoting = max(scored, key=lambda entry: entry[0])
    if best <= 0:
        return Dialect(delimiter, declared=declared is not None)
    return Dialect(found, quoting, declared is not None)


def _score(text: str, whole: bool, delimiter: str, quoting: Quoting) -> float:
    """The share of rows that have the most common number of cells; 0 where that is one, or the first row has one.

    A row with quotation marks around a cell that were taken for text counts half.
    """
    reader = csv.reader(io.StringIO(text, newline=""), **options(Dialect(delimiter, quoting)))
    rows = [cells for cells in reader if cells]
    if not whole and len(rows) > 1:
        rows.pop()
    if not rows or len(rows[0]) < 2:
        return 0
    width, fitting = Counter(map(len, rows)).most_common(1)[0]
    quoted = _STILL_QUOTED[quoting]
    missed = sum(any(map(quoted.fullmatch, cells)) for cells in rows)
    return (fitting - missed / 2) / len(rows) if width > 1 else 0


def _checked(delimiter: str) -> str:
    """A delimiter that was stated; `InvalidInput` where it cannot be one."""
    if len(delimiter) != 1 or delimiter in '"\r\n\0':
        raise InvalidInput(
            "The delimiter must be one character, and no quotation mark or line break.",
            field="delimiter",
            fix="State a comma, a semicolon, a tab or a vertical bar, or leave it out.",
        )
    return delimiter
