"""Credits as integer hundredths, dollars as integer micros; never a float inside.

Credits are per-provider currencies: amounts of different providers are kept apart in a `Cost` and only counted
together where a limit counts credits (see docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import NewType

Credits = NewType("Credits", int)
"""Hundredths of one provider's credit."""

Micros = NewType("Micros", int)
"""Millionths of a US dollar."""

FREE = Credits(0)


def credits(amount: Decimal | str | int | float) -> Credits:
    """Parse an amount of whole credits; fractions below a hundredth are rounded up, so that a bound stays a bound."""
    return Credits(int((Decimal(str(amount)) * 100).to_integral_value(rounding=ROUND_CEILING)))


def plain(amount: Credits) -> float:
    """The amount as the JSON number that clients see, with at most two decimals."""
    return amount / 100


def usd(amount: Credits, per_credit: Micros) -> Micros:
    """What `amount` costs at `per_credit`, rounded up to a micro."""
    return Micros(-(-amount * per_credit // 100))


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount of money: credits by provider, and the dollars of those whose price per credit is known."""

    credits: Mapping[str, Credits] = field(default_factory=dict[str, Credits])
    usd: Micros = Micros(0)
    unpriced: frozenset[str] = frozenset()
    """Providers in `credits` that `usd` leaves out, because nobody documented or configured a price per credit."""

    @property
    def total(self) -> Credits:
        """All credits counted together, as limits count them."""
        return Credits(sum(self.credits.values()))

    def __add__(self, other: Cost) -> Cost:
        merged = dict(self.credits)
        for provider, amount in other.credits.items():
            merged[provider] = Credits(merged.get(provider, 0) + amount)
        return Cost(merged, Micros(self.usd + other.usd), self.unpriced | other.unpriced)


NOTHING = Cost()


def total(costs: Iterable[Cost]) -> Cost:
    """The sum of several costs."""
    return sum(costs, NOTHING)
