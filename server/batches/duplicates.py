"""Which rows of a batch ask the same, in a few bytes per row."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from hashlib import blake2b

_PARTS = 16
_HALF = 32
_ROW = (1 << _HALF) - 1


class Duplicates:
    """Takes the question of every row in turn, then knows which earlier row asks the same.

    Questions are told apart by 128 bits of a hash. They are compared in sixteen parts, so that the comparison needs
    memory for a sixteenth of the rows only.
    """

    def __init__(self) -> None:
        self._high = array("Q")
        self._low = array("Q")
        self._same_as = array("I")
        self._copies = array("Q")
        """Every duplicate, after the first row that asks the same: both in one number, in order."""

    def add(self, question: str | None) -> None:
        """The question of the next row, the first of which is row 1; None where it asks nothing."""
        digest = b"\0" * 16 if question is None else blake2b(question.encode(), digest_size=16).digest()
        self._high.append(int.from_bytes(digest[:8]))
        self._low.append(int.from_bytes(digest[8:]))

    def compare(self) -> int:
        """Find the duplicates among the rows that were added; how many there are."""
        rows = len(self._high)
        self._same_as = array("I", bytes(array("I").itemsize * rows))
        for part in range(_PARTS):
            self._compare_part(part)
        self._high, self._low = array("Q"), array("Q")
        step = rows // _PARTS + 1
        for begin in range(0, rows + 1, step):
            self._copies.extend(sorted(self._pairs(begin, begin + step)))
        return len(self._copies)

    def _pairs(self, begin: int, end: int) -> Iterator[int]:
        """The duplicates of the rows from `begin` to before `end`, in the order of the duplicates."""
        for index, first in enumerate(self._same_as):
            if first and begin <= first < end:
                yield first << _HALF | index + 1

    def _compare_part(self, part: int) -> None:
        seen: dict[tuple[int, int], int] = {}
        for index, high in enumerate(self._high):
            if high >> 60 != part or not (high or self._low[index]):
                continue
            first = seen.setdefault((high, self._low[index]), index + 1)
            if first != index + 1:
                self._same_as[index] = first

    def first_of(self, row: int) -> int | None:
        """The earlier row that asks the same."""
        return self._same_as[row - 1] or None

    def copies_of(self, first: int, end: int) -> Mapping[int, tuple[int, ...]]:
        """For every row from `first` to before `end` that later ones repeat: those rows."""
        found: dict[int, list[int]] = {}
        begin, stop = bisect_left(self._copies, first << _HALF), bisect_left(self._copies, end << _HALF)
        for pair in self._copies[begin:stop]:
            found.setdefault(pair >> _HALF, []).append(pair & _ROW)
        return {original: tuple(rows) for original, rows in found.items()}
