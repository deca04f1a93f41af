"""The providers as facts: the manifests, the state of the network, and what the ledger says of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from math import isinf
from typing import Any

from server import manifest
from server.domain import normalise
from server.domain.directory import (
    TRACK_DAYS,
    Condition,
    FreeOperation,
    Price,
    PricedOperation,
    PricePlan,
    ProviderFacts,
    ProviderList,
    Track,
)
from server.domain.errors import InvalidInput
from server.domain.money import FREE, Credits, Micros, plain
from server.domain.plan import Plan
from server.domain.principal import Principal
from server.domain.quote import QuotedStep
from server.domain.roster import ListSources, Roster, Source
from server.domain.spending import HitRate
from server.engine import Engine
from server.manifest import Manifest, Operation
from server.upstream import Upstream

_SHOWN = 200
"""Characters of an error, which may quote the vendor."""


class Directory:
    """Describes every provider, configured or not. One per process."""

    def __init__(self, engine: Engine, upstream: Upstream, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._catalog = engine.catalog
        self._upstream = upstream
        self._clock = clock

    @property
    def names(self) -> tuple[str, ...]:
        """Every provider, in alphabetical order."""
        return tuple(self._catalog.providers)

    async def providers(self, principal: Principal) -> ProviderList:
        """Every provider in brief, with the hit rates of the principal's workspace."""
        tracks = await self._tracks(principal)
        facts = tuple(self._facts(name, tracks) for name in self.names)
        return ProviderList(providers=facts, track_days=TRACK_DAYS)

    async def provider(self, principal: Principal, name: str) -> ProviderList:
        """One provider in full. `InvalidInput` names the providers there are."""
        if name not in self.names:
            raise InvalidInput(
                f"provider is {name[:80]!r}, and there is no provider of that name.",
                field="provider",
                fix=f"Use one of: {', '.join(self.names)}.",
            )
        facts = self._facts(name, await self._tracks(principal))
        in_full = facts.model_copy(update=await self._details(name, facts))
        return ProviderList(providers=(in_full,), track_days=TRACK_DAYS)

    def asked(self, plan: Plan[Any]) -> tuple[tuple[QuotedStep, ...], ...]:
        """Who would be asked in each step, in order, at which price, as though nothing were stored."""
        return tuple(
            tuple(
                QuotedStep(offer.provider, offer.operation, offer.expected, offer.most, offer.miss)
                for offer in self._catalog.offers(step.query)
            )
            for step in plan.steps
        )

    async def _tracks(self, principal: Principal) -> Mapping[tuple[str, str], HitRate]:
        since = self._clock() - timedelta(days=TRACK_DAYS)
        rates = await self._engine.books.ledger.hit_rates(principal.workspace, since)
        return {(rate.provider, rate.operation): rate for rate in rates}

    def _facts(self, name: str, tracks: Mapping[tuple[str, str], HitRate]) -> ProviderFacts:
        about, per_credit, answers = self._manifest(name), self._catalog.per_credit(name), self._answers(name)
        configured = name in self._catalog.ready
        today = self._clock().date()
        priced = [operation for operation in about.operations.values() if not operation.free]
        return ProviderFacts(
            name=name,
            title=about.title,
            tier=about.tier,
            configured=configured,
            asked_last=about.last,
            docs=about.docs,
            key_variable=about.environment,
            usd_per_credit=None if per_credit is None else per_credit / 1_000_000,
            keep_days=about.keep_days,
            health=self._condition(name) if configured else None,
            track=_track((rate for (provider, _), rate in tracks.items() if provider == name), per_credit),
            operations=tuple(
                PricedOperation(
                    name=operation.name,
                    answers=answers.get(operation.name, ()),
                    price=_price(operation, today),
                    track=_track([rate] if (rate := tracks.get((name, operation.name))) else [], per_credit),
                )
                for operation in priced
            ),
        )

    async def _details(self, name: str, facts: ProviderFacts) -> Mapping[str, object]:
        about, answers, today = self._manifest(name), self._answers(name), self._clock().date()
        free = [operation.name for operation in about.operations.values() if operation.free]
        rate = self._engine.per_minute().get(name, about.rate.per_minute)
        return {
            "requests_per_minute": None if isinf(rate) else rate,
            "requests_per_day": about.quota_per_day,
            "operations": tuple(_in_full(brief, about.operations[brief.name], today) for brief in facts.operations),
            "free_operations": tuple(FreeOperation(name=one, answers=answers.get(one, ())) for one in free) or None,
            "plans": tuple(PricePlan(name=plan.name, usd=plan.usd, credits=plan.credits) for plan in about.plans)
            or None,
            "sources": await self._sources(name),
        }

    async def _sources(self, name: str) -> tuple[Source, ...] | None:
        """What the provider says it draws from; None where it has no such answer, or none now."""
        if not any(offering.provider.name == name for offering in self._catalog.offerings(ListSources)):
            return None
        reply = (await self._engine.ask_each(ListSources())).get(name)
        return reply.sources if isinstance(reply, Roster) else None

    def _manifest(self, name: str) -> Manifest:
        return self._catalog.providers[name].manifest

    def _answers(self, name: str) -> dict[str, tuple[str, ...]]:
        """The questions that each operation answers."""
        asked: dict[str, dict[str, None]] = {}
        for offering in self._catalog.providers[name].offerings():
            asked.setdefault(offering.operation.name, {})[offering.query.operation()] = None
        return {operation: tuple(queries) for operation, queries in asked.items()}

    def _condition(self, name: str) -> Condition:
        health = self._upstream.health(name)
        error = health.refused or health.last_error
        return Condition(
            state=health.state,
            succeeded=health.succeeded,
            failed=health.failed,
            latency_ms=None if health.latency_ms is None else round(health.latency_ms, 1),
            last_error=None if error is None else normalise.clean(error)[:_SHOWN],
        )


def _price(operation: Operation, today: date) -> Price | None:
    row = operation.in_force(today)
    return None if row is None else _row(row)


def _row(row: manifest.Price) -> Price:
    floored = row.floor > FREE
    return Price(
        hit=plain(row.hit),
        miss=plain(row.miss),
        hold=plain(row.hold),
        unit=row.unit,
        floor=plain(row.floor) if floored else None,
        page=row.page if floored else None,
        extras={name: plain(amount) for name, amount in row.extras.items()} or None,
        confirmed=row.confirmed,
    )


def _in_full(brief: PricedOperation, operation: Operation, today: date) -> PricedOperation:
    row, price = operation.in_force(today), brief.price
    if row is not None and price is not None:
        price = price.model_copy(update={"since": row.since.isoformat(), "source": row.source})
    rate = operation.rate.per_minute if operation.rate is not None else None
    return brief.model_copy(update={"title": operation.title, "price": price, "per_minute": rate})


def _track(rates: Iterable[HitRate], per_credit: Micros | None) -> Track | None:
    asked = list(rates)
    attempts, found = sum(rate.attempts for rate in asked), sum(rate.found for rate in asked)
    if not attempts:
        return None
    credits = plain(Credits(sum(rate.credits for rate in asked)))
    each = credits / found if found else None
    return Track(
        attempts=attempts,
        found=found,
        hit_rate=round(found / attempts, 4),
        credits=credits,
        credits_per_answer=None if each is None else round(each, 4),
        usd_per_answer=None if each is None or per_credit is None else round(each * per_credit / 1_000_000, 6),
    )
