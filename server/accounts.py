"""The operator's own accounts: balances at the providers, and what the ledger says of a period."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from server.domain.account import Balance, Balances, GetBalance, ProviderBalance, ReportedUse, Spending
from server.domain.errors import ProviderError
from server.domain.money import Cost, plain
from server.domain.principal import Principal
from server.domain.query import Answer
from server.domain.usage import GetUsage, Usage
from server.domain.views import CostView, LimitView
from server.engine import Engine

FRESH = timedelta(seconds=60)
_DAYS = {"today": 1, "week": 7, "month": 30}


class Accounts:
    """Balances with 60 seconds of freshness, and analytics. One per process."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._balances: tuple[datetime, Balances] | None = None
        self._asking = asyncio.Lock()

    async def balances(self) -> Balances:
        """What every configured provider's account holds, at most 60 seconds old."""
        async with self._asking:
            now = self._clock()
            if self._balances is None or now - self._balances[0] >= FRESH:
                self._balances = now, await self._ask_balances(now)
            return self._balances[1]

    async def _ask_balances(self, now: datetime) -> Balances:
        catalog = self._engine.catalog
        replies = await self._engine.ask_each(GetBalance())
        return Balances(
            balances=tuple(
                _balance(name, catalog.providers[name].manifest.title, reply, now) for name, reply in replies.items()
            ),
            not_configured=tuple(name for name in catalog.providers if name not in catalog.ready),
        )

    async def analytics(self, principal: Principal, period: str) -> Spending:
        """Spending of the workspace in `today`, `week` or `month`, with what the providers report of it."""
        now = self._clock()
        days = _DAYS[period]
        since = datetime.combine(now.date() - timedelta(days=days - 1), datetime.min.time(), UTC)
        books = self._engine.books
        spent = await books.ledger.spending(principal.workspace, since, now)
        limits = await books.budgets.usage(principal)
        replies = await self._engine.ask_each(GetUsage(days=days))
        cost = Cost(spent.credits, spent.usd, frozenset(name for name in spent.credits if self._unpriced(name)))
        return Spending(
            period=period,
            since=since.isoformat(timespec="seconds"),
            until=now.isoformat(timespec="seconds"),
            cost=CostView.of(cost),
            calls=spent.calls,
            average_credits=round(plain(cost.total) / spent.calls, 4) if spent.calls else 0.0,
            by_provider=spent.by_provider,
            by_tool=spent.by_tool,
            by_member=spent.by_member,
            by_day=spent.by_day,
            limits=tuple(LimitView.of(use) for use in limits),
            reported=tuple(_reported(name, reply) for name, reply in replies.items()),
        )

    def _unpriced(self, provider: str) -> bool:
        return self._engine.catalog.per_credit(provider) is None


def _balance(name: str, title: str, reply: Answer | ProviderError, now: datetime) -> ProviderBalance:
    as_of = now.isoformat(timespec="seconds")
    if not isinstance(reply, Balance):
        problem = reply.message if isinstance(reply, ProviderError) else "The provider sent no balance."
        return ProviderBalance(provider=name, title=title, unit="credits", as_of=as_of, error=problem)
    return ProviderBalance(
        provider=name,
        title=title,
        plan=reply.plan,
        available=reply.available,
        used=reply.used,
        total=reply.total,
        resets_at=reply.resets_at,
        unit=reply.unit,
        as_of=as_of,
    )


def _reported(name: str, reply: Answer | ProviderError) -> ReportedUse:
    if isinstance(reply, Usage):
        return ReportedUse(provider=name, requests=reply.total_requests, credits=reply.total_credits)
    return ReportedUse(provider=name, error=reply.message if isinstance(reply, ProviderError) else "no report")


