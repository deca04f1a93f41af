"""What an answer cost, from where, and every attempt on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server.domain.money import NOTHING, Cost, Credits
from server.domain.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Attempt:
    """One provider asked once; `credits` is what the caller pays for it, never more than was quoted."""

    provider: str
    operation: str
    outcome: Outcome
    credits: Credits
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The price of a call. A cached answer costs nothing and has no attempts."""

    cost: Cost = NOTHING
    cached: bool = False
    sandbox: bool = False
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an answer came from, and when it was fetched there."""

    provider: str
    operation: str
    fetched_at: datetime
    cached: bool
