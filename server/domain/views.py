"""Money and receipts as clients see them: plain numbers, credits with at most two decimals, absent instead of null."""

from __future__ import annotations

from typing import Self

from server.domain.money import Cost, plain
from server.domain.outcome import Outcome
from server.domain.person import Part
from server.domain.query import Answer
from server.domain.quote import LimitUse, Quote, QuotedStep
from server.domain.receipt import Attempt, Provenance, Receipt


class CostView(Part):
    """Credits by provider, and US dollars."""

    credits: dict[str, float]
    usd: float
    usd_excludes: tuple[str, ...] | None = None
    """Providers that `usd` leaves out, because nobody documented or configured a price per credit."""

    @classmethod
    def of(cls, cost: Cost) -> Self:
        """The view of `cost`."""
        return cls(
            credits={provider: plain(amount) for provider, amount in cost.credits.items() if amount},
            usd=cost.usd / 1_000_000,
            usd_excludes=tuple(sorted(cost.unpriced)) or None,
        )


class AttemptView(Part):
    """One provider asked once."""

    provider: str
    operation: str
    outcome: Outcome
    credits: float

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """The view of `attempt`."""
        return cls(
            provider=attempt.provider,
            operation=attempt.operation,
            outcome=attempt.outcome,
            credits=plain(attempt.credits),
        )


class ReceiptView(Part):
    """What a call cost, from where, every attempt."""

    cost: CostView
    cached: bool
    sandbox: bool
    attempts: tuple[AttemptView, ...]

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """The view of `receipt`."""
        return cls(
            cost=CostView.of(receipt.cost),
            cached=receipt.cached,
            sandbox=receipt.sandbox,
            attempts=tuple(AttemptView.of(attempt) for attempt in receipt.attempts),
        )


class ProvenanceView(Part):
    """Where an answer came from; `fetched_at` is ISO 8601 in UTC."""

    provider: str
    operation: str
    fetched_at: str
    cached: bool

    @classmethod
    def of(cls, provenance: Provenance) -> Self:
        """The view of `provenance`."""
        return cls(
            provider=provenance.provider,
            operation=provenance.operation,
            fetched_at=provenance.fetched_at.isoformat(timespec="seconds"),
            cached=provenance.cached,
        )


class StepView(Part):
    """One provider that may be asked, in order; credits of that provider."""

    provider: str
    operation: str
    min: float
    expected: float
    """Price of a full answer."""
    max: float
    miss: float
    """Price of finding nothing."""
    cached: bool
    confirmed: bool

    @classmethod
    def of(cls, step: QuotedStep) -> Self:
        """The view of `step`."""
        return cls(
            provider=step.provider,
            operation=step.operation,
            min=plain(step.least),
            expected=plain(step.expected),
            max=plain(step.most),
            miss=plain(step.miss),
            cached=step.cached,
            confirmed=step.confirmed,
        )


class LimitView(Part):
    """A limit in credits; `limit` and `left` are absent where the operator switched it off."""

    name: str
    limit: float | None = None
    used: float
    left: float | None = None

    @classmethod
    def of(cls, use: LimitUse) -> Self:
        """The view of `use`."""
        limit, left = use.limit, use.left
        return cls(
            name=use.name,
            limit=None if limit is None else plain(limit),
            used=plain(use.used),
            left=None if left is None else plain(left),
        )


class CostPreview(Answer):
    """What a tool call would cost: whatever happens, the bill lies between `min` and `max`."""

    tool: str
    min: CostView
    expected: CostView
    max: CostView
    steps: tuple[StepView, ...]
    limits: tuple[LimitView, ...]
    needs_approval: bool

    @classmethod
    def of(cls, tool: str, quote: Quote) -> Self:
        """The view of `quote` for `tool`."""
        guessed = sorted({step.provider for step in quote.steps if not step.confirmed})
        return cls(
            tool=tool,
            min=CostView.of(quote.least),
            expected=CostView.of(quote.expected),
            max=CostView.of(quote.most),
            steps=tuple(StepView.of(step) for step in quote.steps),
            limits=tuple(LimitView.of(use) for use in quote.limits),
            needs_approval=quote.needs_approval,
            warnings=tuple(f"{name} documents no prices; its figures are unconfirmed." for name in guessed),
        )
