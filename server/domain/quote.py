"""What a plan would cost, before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.money import FREE, NOTHING, Cost, Credits


@dataclass(frozen=True, slots=True)
class QuotedStep:
    """One provider that may be asked, in order; all amounts in that provider's credits."""

    provider: str
    operation: str
    expected: Credits
    """The price of a full answer, less what was paid for before and is not charged again."""
    most: Credits
    """The bound; what is held."""
    miss: Credits
    """The price of finding nothing."""
    least: Credits = FREE
    """0 throughout: a provider that fails charges nothing."""
    cached: bool = False
    """The answer is at hand and costs nothing."""
    confirmed: bool = True
    """False where the vendor documents no price and the figure is a guess."""


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit in credits, and what spending, holds and unresolved attempts have used of it."""

    name: str
    limit: Credits | None
    """None where the operator switched the limit off."""
    used: Credits

    @property
    def left(self) -> Credits | None:
        """What the limit still allows; None where it is switched off."""
        return None if self.limit is None else Credits(max(0, self.limit - self.used))


@dataclass(frozen=True, slots=True)
class Quote:
    """The bounds of a bill. Whatever happens, `least <= charged <= most`."""

    steps: tuple[QuotedStep, ...]
    expected: Cost
    most: Cost
    limits: tuple[LimitUse, ...]
    needs_approval: bool
    least: Cost = NOTHING
