"""A chunk of a batch that waits to be worked on."""

from __future__ import annotations

from dataclasses import dataclass


def check_id(batch: str) -> str:
    """What the look at the rows of a batch is known under."""
    return f"{batch}:check"


@dataclass(frozen=True, slots=True)
class Slice:
    """One chunk in one run of its batch."""

    batch: str
    number: int
    run: int
    place: int
    """In the queue: the lower, the sooner."""

    @property
    def id(self) -> str:
        """What the work on it is known under."""
        return f"{self.batch}:{self.run}:{self.number}"
