"""What is asked on behalf of one row of a batch."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.money import Credits


@dataclass(frozen=True, slots=True)
class BatchRow:
    """The row that a call belongs to; the ledger files the call under it."""

    batch: str
    row: int
    """Number of the row in its file, from 1."""
    ceiling: Credits | None = None
    """Most credits, in hundredths, that all rows of the batch may spend together."""
    approval: str = ""
    """The approval under which the batch runs, where it needed one."""
