"""Questions about the operator's own accounts, and what the ledger says of them; always free."""

from __future__ import annotations

from typing import ClassVar

from server.domain.person import Part
from server.domain.query import Answer, Query
from server.domain.views import CostView, LimitView


class Balance(Answer):
    """What one provider's account holds, in that provider's credits."""

    plan: str | None = None
    available: float | None = None
    used: float | None = None
    total: float | None = None
    resets_at: str | None = None
    """ISO 8601."""
    unit: str = "credits"


class GetBalance(Query[Balance]):
    """What does this provider's account hold? Asked of every configured provider."""

    answer: ClassVar[type[Answer]] = Balance
    free: ClassVar[bool] = True


class ProviderBalance(Part):
    """One provider's balance, or why it could not be read."""

    provider: str
    title: str
    plan: str | None = None
    available: float | None = None
    used: float | None = None
    total: float | None = None
    resets_at: str | None = None
    unit: str
    as_of: str
    """ISO 8601, UTC."""
    error: str | None = None


class Balances(Answer):
    """The balances of all configured providers, the providers that have no key, and what binds the caller."""

    balances: tuple[ProviderBalance, ...]
    not_configured: tuple[str, ...]
    limits: tuple[LimitView, ...]


class PeriodTotals(Part):
    """Everything spent in a period; days in UTC."""

    period: str
    since: str
    """ISO 8601."""
    calls: int
    found: int
    cost: CostView
    average_credits: float
    """Credits per attempt at a provider."""


class Tally(Part):
    """Attempts and credits of one provider's operation, tool, member or client in the period."""

    name: str
    calls: int
    found: int
    credits: float
    unresolved: float
    """Credits of attempts whose charge nobody knows; counted as spent."""


class ReportedUse(Part):
    """What a provider itself reports of the same days, of all keys of its account."""

    provider: str
    requests: int | None = None
    credits: float | None = None
    error: str | None = None


class AccountAnalytics(Answer):
    """A workspace's spending from this server's ledger, and what providers report."""

    period: str
    totals: tuple[PeriodTotals, ...]
    """Today, this week and this month side by side."""
    by_operation: tuple[Tally, ...]
    by_tool: tuple[Tally, ...]
    by_member: tuple[Tally, ...]
    by_client: tuple[Tally, ...]
    limits: tuple[LimitView, ...]
    reported: tuple[ReportedUse, ...]
