"""What was spent, summed up from the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from server.domain.money import FREE, Cost, Credits, Micros, total

K = TypeVar("K", str, tuple[str, str])


@dataclass(frozen=True, slots=True)
class Spent:
    """Calls of one operation by one member through one client and tool."""

    provider: str
    operation: str
    tool: str
    member: str
    client: str
    calls: int
    found: int
    credits: Credits
    """Captured and unresolved."""
    usd: Micros
    unresolved: Credits
    """The part of `credits` that the provider may turn out not to have charged."""

    @property
    def cost(self) -> Cost:
        """`credits` and `usd` as money."""
        return Cost({self.provider: self.credits}, self.usd)


@dataclass(frozen=True, slots=True)
class Totals:
    """Several `Spent` together."""

    calls: int
    found: int
    cost: Cost
    unresolved: Credits


@dataclass(frozen=True, slots=True)
class Spending:
    """What a workspace spent in a period."""

    rows: tuple[Spent, ...]

    @property
    def totals(self) -> Totals:
        """Everything together."""
        return _totals(self.rows)

    def by(self, group: Callable[[Spent], K]) -> dict[K, Totals]:
        """Totals by provider, tool, member or whatever else `group` reads off a row, in alphabetical order."""
        grouped: dict[K, list[Spent]] = {}
        for row in self.rows:
            grouped.setdefault(group(row), []).append(row)
        return {name: _totals(rows) for name, rows in sorted(grouped.items())}


@dataclass(frozen=True, slots=True)
class HitRate:
    """How often one operation found something."""

    provider: str
    operation: str
    attempts: int
    found: int
    credits: Credits

    @property
    def rate(self) -> float:
        """Found per attempt, from 0 to 1."""
        return self.found / self.attempts if self.attempts else 0.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """A price that turned out too low: `seen` was charged where at most `quoted` was held."""

    provider: str
    operation: str
    priced_since: date
    """The price row that was in force."""
    seen: Credits
    quoted: Credits
    at: datetime


def _totals(rows: Sequence[Spent]) -> Totals:
    return Totals(
        calls=sum(row.calls for row in rows),
        found=sum(row.found for row in rows),
        cost=total(row.cost for row in rows),
        unresolved=Credits(sum((row.unresolved for row in rows), FREE)),
    )
