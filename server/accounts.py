"""The operator's own accounts: balances at the providers, and what the ledger says of a period."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from server.domain.account import (
    AccountAnalytics,
    Balance,
    Balances,
    GetBalance,
    PeriodTotals,
    ProviderBalance,
    ReportedUse,
    Tally,
)
from server.domain.errors import ProviderError
from server.domain.money import plain
from server.domain.principal import Principal
from server.domain.query import Answer
from server.domain.spending import Totals
from server.domain.usage import GetUsage, UsageReport
from server.domain.views import CostView, LimitView
from server.engine import Engine

FRESH = timedelta(seconds=60)
_DAYS = {"today": 1, "week": 7, "month": 30}


class Accounts:
    """Balances with 60 seconds of freshness, and analytics. One per process."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._balances: tuple[datetime, tuple[ProviderBalance, ...]] | None = None
        self._asking = asyncio.Lock()

    async def balances(self, principal: Principal) -> Balances:
        """What every configured provider's account holds, at most 60 seconds old, and the limits of `principal`."""
        catalog = self._engine.catalog
        return Balances(
            balances=await self._fresh_balances(),
            not_configured=tuple(name for name in catalog.providers if name not in catalog.ready),
            limits=await self._limits(principal),
        )

    async def _fresh_balances(self) -> tuple[ProviderBalance, ...]:
        async with self._asking:
            now = self._clock()
            if self._balances is None or now - self._balances[0] >= FRESH:
                self._balances = now, await self._ask_balances(now)
            return self._balances[1]

    async def _ask_balances(self, now: datetime) -> tuple[ProviderBalance, ...]:
        catalog = self._engine.catalog
        replies = await self._engine.ask_each(GetBalance())
        return tuple(
            _balance(name, catalog.providers[name].manifest.title, reply, now) for name, reply in replies.items()
        )

    async def _limits(self, principal: Principal) -> tuple[LimitView, ...]:
        return tuple(LimitView.of(use) for use in await self._engine.books.budgets.usage(principal))

    async def analytics(self, principal: Principal, period: str) -> AccountAnalytics:
        """Spending of the workspace `today`, in the last `week` or `month`, with what the providers report of it."""
        ledger, now = self._engine.books.ledger, self._clock()
        spent = {name: await ledger.spending(principal.workspace, _since(now, days)) for name, days in _DAYS.items()}
        chosen = spent[period]
        replies = await self._engine.ask_each(GetUsage(days=_DAYS[period]))
        return AccountAnalytics(
            period=period,
            totals=tuple(self._totals(name, _since(now, days), spent[name].totals) for name, days in _DAYS.items()),
            by_operation=_tallies(chosen.by(lambda row: f"{row.provider} {row.operation}")),
            by_tool=_tallies(chosen.by(lambda row: row.tool)),
            by_member=_tallies(chosen.by(lambda row: row.member)),
            by_client=_tallies(chosen.by(lambda row: row.client)),
            limits=await self._limits(principal),
            reported=tuple(_reported(name, reply) for name, reply in replies.items()),
        )

    def _totals(self, period: str, since: datetime, totals: Totals) -> PeriodTotals:
        cost, catalog = totals.cost, self._engine.catalog
        unpriced = frozenset(name for name in cost.credits if catalog.per_credit(name) is None)
        return PeriodTotals(
            period=period,
            since=since.isoformat(timespec="seconds"),
            calls=totals.calls,
            found=totals.found,
            cost=CostView.of(replace(cost, unpriced=unpriced)),
            average_credits=round(plain(cost.total) / totals.calls, 4) if totals.calls else 0.0,
        )


def _since(now: datetime, days: int) -> datetime:
    """The first instant of the last `days` days, today included."""
    return datetime.combine(now.date() - timedelta(days=days - 1), time.min, UTC)


def _tallies(grouped: Mapping[str, Totals]) -> tuple[Tally, ...]:
    """Dearest first."""
    tallies = [
        Tally(
            name=name or "unnamed",
            calls=totals.calls,
            found=totals.found,
            credits=plain(totals.cost.total),
            unresolved=plain(totals.unresolved),
        )
        for name, totals in grouped.items()
    ]
    return tuple(sorted(tallies, key=lambda tally: (-tally.credits, tally.name)))


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
    if isinstance(reply, UsageReport) and reply.summary is not None:
        return ReportedUse(provider=name, requests=reply.summary.total_requests, credits=reply.summary.total_credits)
    return ReportedUse(provider=name, error=reply.message if isinstance(reply, ProviderError) else "no report")
