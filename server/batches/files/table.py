"""Tables: rows of cells under a header, from text or from a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol

from server.batches.files import cells, header
from server.batches.files.facts import FileFacts, Row
from server.batches.files.limits import Limits

LOOKED_AT = 1_000
"""Rows from which columns are named."""
SAMPLED = 20


class Records(Protocol):
    """Rows as they stand in the file, one after the other; blank ones as well."""

    sparse: bool
    """Whether rows end at their last cell with a character in it, so that short ones are nothing to tell."""
    odd: bool
    """Whether the latest row needs a closer look: it is long, or has characters in it that are not text."""
    cut: bool
    """Whether the latest row is so long that its end was not read."""

    def __iter__(self) -> Iterator[list[str]]: ...


class Tally:
    """What is counted beside the rows."""

    def __init__(self) -> None:
        self.blank = 0
        """Rows without a character in them, up to here."""


class Top:
    """The first rows of a table, and what they say about it."""

    def __init__(self, records: Records, limits: Limits, *, named: bool | None) -> None:
        """`named` states whether the first row is a header; None has it found out."""
        rows = [_checked(number, row, records, limits) for number, row in enumerate(_present(records), 0)]
        if not rows:
            raise cells.empty()
        self.whole = len(rows) <= LOOKED_AT
        self.has_header = header.names_columns(rows[: LOOKED_AT + 1]) if named is None else named
        self._rows = rows[self.has_header :]
        width = max(map(_width, rows))
        if self.has_header:
            width = max(width, len(rows[0]))
        if width > limits.columns:
            raise cells.too_many_columns(limits)
        top = rows[0] if self.has_header else []
        self.header = (*top, *[""] * (width - len(top)))
        self.columns = header.unique(self.header)
        self.sample = tuple(
            cells.fitted(at, row, self.columns, limits).cells for at, row in enumerate(self._rows[:SAMPLED], 1)
        )

    @property
    def rows(self) -> int | None:
        """How many there are, if these are all."""
        return len(self._rows) if self.whole else None

    @property
    def warnings(self) -> list[str]:
        """What to tell about the columns."""
        said = list[str]()
        if not self.has_header:
            said.append(f"The first row was read as data; the columns are called {self.columns[0]} and so on.")
        if len({name.strip().casefold() for name in self.header if name.strip()}) < sum(
            bool(name.strip()) for name in self.header
        ):
            said.append("Several columns have the same name; a number was added to all but the first.")
        if not self._rows:
            said.append("There are no rows under the header.")
        return said


def _present(records: Records) -> Iterator[list[str]]:
    return islice((row for row in records if any(map(str.strip, row))), LOOKED_AT + 1)


def _checked(number: int, row: list[str], records: Records, limits: Limits) -> list[str]:
    """The row as it will be read later, with limits looked after while it is the latest."""
    if records.odd or records.cut:
        names = [f"column_{at}" for at in range(1, len(row) + 1)]
        row = list(cells.row(number, row, names, limits).cells)
    if records.cut:
        raise cells.too_long(number)
    return row


def _width(row: Sequence[str]) -> int:
    """Cells up to the last that has a character in it."""
    return next((at for at in range(len(row), 0, -1) if row[at - 1].strip()), 0)


def rows(records: Records, facts: FileFacts, limits: Limits, tally: Tally) -> Iterator[Row]:
    """The rows under the header; `InvalidInput` where there are too many, or one is too long."""
    width, number, most = len(facts.columns), 0 - facts.has_header, limits.rows
    for row in records:
        if not any(map(str.strip, row)):
            tally.blank += 1
            continue
        number += 1
        if number == 0:
            continue
        if number > most:
            raise cells.too_many_rows(limits)
        if records.sparse and len(row) < width:
            row.extend([""] * (width - len(row)))
        if len(row) == width and not records.odd:
            yield Row(number, tuple(row))
        else:
            fitted = cells.fitted(number, row, facts.columns, limits)
            if records.cut:
                raise cells.too_long(number)
            yield fitted
