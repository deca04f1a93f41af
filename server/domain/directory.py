"""Providers as a subject: what each of them answers, at which price, how it fares, and what it was worth so far."""

from __future__ import annotations

from server.domain.person import Part
from server.domain.query import Answer
from server.domain.roster import Source

TRACK_DAYS = 30
"""Days that hit rates and prices per answer look back on."""


class Track(Part):
    """What the workspace's own ledger says of the last 30 days; rates from 0 to 1."""

    attempts: int
    found: int
    hit_rate: float
    credits: float
    credits_per_answer: float | None = None
    """Everything spent, misses too, for each answer that was found; absent where none was."""
    usd_per_answer: float | None = None


class Price(Part):
    """The price row in force, in the provider's credits. `unit` is `call`, or `row` for each returned row."""

    hit: float
    miss: float
    hold: float
    """What is reserved: the highest figure that any document gives."""
    unit: str
    floor: float | None = None
    """The least that a request is held at, per `page` rows."""
    page: int | None = None
    extras: dict[str, float] | None = None
    """Credits more per row for each further data class."""
    confirmed: bool
    """False where the vendor documents no price and the figure is a guess."""
    since: str | None = None
    source: str | None = None
    """The document that the figures are from; only where one provider was asked for."""


class PricedOperation(Part):
    """One priced operation of a provider; `answers` are the questions that it answers."""

    name: str
    title: str | None = None
    answers: tuple[str, ...]
    price: Price | None = None
    """Absent where no price is in force, and then the operation is not called."""
    per_minute: float | None = None
    track: Track | None = None
    """Absent where the workspace has not asked."""


class FreeOperation(Part):
    """One operation that costs nothing."""

    name: str
    answers: tuple[str, ...]


class Condition(Part):
    """How the provider has been doing since this server started, over its last hundred requests."""

    state: str
    """Of the circuit breaker: `closed` is healthy, `open` is left alone, `half_open` is being tried."""
    succeeded: int
    failed: int
    latency_ms: float | None = None
    """Median."""
    last_error: str | None = None


class PricePlan(Part):
    """A documented price plan."""

    name: str
    usd: float
    credits: int


class ProviderFacts(Part):
    """One provider."""

    name: str
    title: str
    tier: str
    configured: bool
    """False where it has no key or is switched off, and then it makes no offers."""
    asked_last: bool
    """True where it is asked only after every other provider."""
    docs: str
    key_variable: str
    usd_per_credit: float | None = None
    """The operator's figure, else the dearest documented plan's."""
    keep_days: float | None = None
    """The longest that its answers may be kept, where the vendor says so."""
    requests_per_minute: float | None = None
    """What Weir keeps to over all operations: the operator's figure, else the documented one; absent where it keeps to
    none, and in the list of all providers.
    """
    requests_per_day: int | None = None
    """The quota that the vendor documents, of its smallest paid plan. Weir leaves it to the provider to count."""
    health: Condition | None = None
    track: Track | None = None
    operations: tuple[PricedOperation, ...]
    free_operations: tuple[FreeOperation, ...] | None = None
    plans: tuple[PricePlan, ...] | None = None
    sources: tuple[Source, ...] | None = None
    """What a provider that is a waterfall itself draws from."""


class ProviderList(Answer):
    """Providers by name."""

    providers: tuple[ProviderFacts, ...]
    track_days: int
