"""The one path that every paid call takes: `run` spends, `quote` says what running would cost.

Both walk the same plan over the same offers, so a preview and a bill cannot disagree. A started call is finished and
its answer stored even when nobody waits for it any more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from server.cache import Stored
from server.catalog import Catalog, Offer
from server.domain import money
from server.domain.errors import (
    ApprovalRequired,
    NoOffer,
    OutOfBudget,
    ProviderError,
    StillRunning,
    Suppressed,
    WeirError,
)
from server.domain.money import Cost
from server.domain.outcome import Outcome
from server.domain.plan import Plan, Step
from server.domain.principal import Principal
from server.domain.query import Answer, AnyQuery, Query
from server.domain.quote import Quote, QuotedStep
from server.domain.receipt import Provenance, Receipt
from server.domain.result import Result
from server.purse import Bill, Books, Purse
from server.suppression import Suppression
from server.upstream import Upstream
from server.waterfall import Landing, Tried, descend, outcome_of

A = TypeVar("A", bound=Answer)

logger = logging.getLogger(__name__)

_FINISH_SECONDS = 120.0
"""How long one attempt may go on upstream, whether or not the client still waits."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one step of a plan came to."""

    outcome: Outcome
    answer: Answer | None = None
    provenance: Provenance | None = None
    cached: bool = False
    error: WeirError | None = None


_NOTHING_KNOWN = timedelta(0)


class Engine:
    """Runs and quotes plans. One per process."""

    def __init__(
        self,
        catalog: Catalog,
        books: Books,
        suppression: Suppression,
        upstream: Upstream,
        *,
        sandbox: bool,
        seconds: float = 45.0,
    ) -> None:
        self.catalog = catalog
        self.books = books
        self.sandbox = sandbox
        self.suppression = suppression
        self._upstream = upstream
        self._seconds = seconds
        self._in_flight: dict[tuple[str, AnyQuery], asyncio.Task[Looked]] = {}
        self._calls: set[asyncio.Task[Any]] = set()
        self._alarmed: frozenset[tuple[str, str]] = frozenset()
        self._at_hand = Receipt(cached=True, sandbox=sandbox)

    async def start(self) -> None:
        """Read which prices turned out too low: their operations are off automatic routing."""
        self._alarmed = await self.books.ledger.alarms(self.catalog.in_force())

    async def recover(self, silent_for: timedelta) -> int:
        """Close the holds of processes that died; their attempts count as spent until they are reconciled."""
        return await self.books.ledger.recover(silent_for, self.books.budgets.give_back)

    @property
    def running(self) -> frozenset[asyncio.Task[Any]]:
        """Calls that have not ended, whether or not anybody waits for them."""
        return frozenset(self._calls)

    async def stop(self, patience: float = 10.0) -> None:
        """Let running calls finish, for at most `patience` seconds; what is cut off stays an open hold."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=patience)

    async def run(self, plan: Plan[A], principal: Principal, tool: str) -> Result[A]:
        """Carry out `plan` for `principal`.

        Raises before anything is spent: `Suppressed`, `NoOffer`, `OutOfBudget`, `ApprovalRequired`,
        `StorageUnavailable`. `StillRunning` after the deadline, while the call goes on.
        """
        at_hand = self._from_first_level(plan, principal)
        if at_hand is not None:
            return at_hand
        call = asyncio.create_task(self._carry_out(plan, principal, tool))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        try:
            return await asyncio.wait_for(asyncio.shield(call), self._seconds)
        except TimeoutError:
            call.add_done_callback(_observe)
            raise StillRunning(
                f"The providers have not answered within {self._seconds:g} seconds. The call goes on and its answer "
                "will be stored.",
                fix="Repeat the same call in a minute: it returns the stored answer and costs nothing more.",
            ) from None
        except asyncio.CancelledError:
            call.add_done_callback(_observe)
            raise

    async def quote(self, plan: Plan[Any], principal: Principal) -> Quote:
        """What `run` would cost now; the same refusals as `run`, except for budgets and approval, which it reports."""
        steps: list[QuotedStep] = []
        expected = most = money.NOTHING
        for step in plan.steps:
            self._refuse_suppressed(step.query, principal)
            stored = await self._stored(step, principal)
            if stored is not None:
                steps.append(_quoted_from_store(stored))
                continue
            offers = self.catalog.require(step.query, self._alarmed)
            steps += [_quoted(offer) for offer in offers]
            expected += offers[0].cost(offers[0].expected)
            most += _most(offers)
        limits = await self.books.budgets.usage(principal)
        above = self.books.budgets.limits.approval_above
        return Quote(tuple(steps), expected, most, limits, needs_approval=above is not None and most.total > above)

    async def ask(self, query: Query[A], principal: Principal) -> A | None:
        """A free query, asked of the first provider that answers it; its failure is raised.

        `Suppressed` where it is about somebody on the principal's suppression list, and nothing is asked; people on
        the list are left out of the answer.
        """
        if not query.free:
            raise ValueError(f"{query.operation()} is not free, so it goes through run")
        self._refuse_suppressed(query, principal)
        offer = self.catalog.require(query)[0]
        driven = await self._upstream.drive(offer.offering, query, deadline=time.monotonic() + self._seconds)
        allowed = self._withhold(driven.answer, principal)
        if allowed is None and driven.answer is not None:
            raise Suppressed("The provider's answer is about somebody on the suppression list, and is withheld.")
        return allowed

    async def ask_each(self, query: AnyQuery) -> Mapping[str, Answer | ProviderError]:
        """A free account query, asked of every provider that answers it, all at once."""
        if not query.free:
            raise ValueError(f"{query.operation()} is not free, so it goes through run")
        offers = self.catalog.offers(query)
        deadline = time.monotonic() + self._seconds
        replies = await asyncio.gather(*(self._try(query, offer, deadline) for offer in offers))
        pairs = zip(offers, replies, strict=True)
        return {offer.provider: reply for offer, (tried, _) in pairs if (reply := tried.error or tried.answer)}

    def _from_first_level(self, plan: Plan[A], principal: Principal) -> Result[A] | None:
        """The answer of a one-step plan where it is in memory: the hot path, without a task or an await."""
        if len(plan.steps) != 1 or plan.steps[0].query.fresh:
            return None
        query = plan.steps[0].query
        stored = self.books.cache.peek(principal.workspace, query)
        if stored is None:
            return None
        self._refuse_suppressed(query, principal)
        looked = self._looked(stored, principal)
        answer = plan.compose({plan.steps[0].name: looked.answer})
        return Result(looked.outcome, answer, self._at_hand, looked.provenance)

    async def _carry_out(self, plan: Plan[A], principal: Principal, tool: str) -> Result[A]:
        for step in plan.steps:
            self._refuse_suppressed(step.query, principal)
        stored = {step.name: await self._stored(step, principal) for step in plan.steps}
        most = money.total(
            _most(self.catalog.offers(step.query, self._alarmed)) for step in plan.steps if stored[step.name] is None
        )
        purse = Purse(self.books, principal, tool, most)
        single = len(plan.steps) == 1
        running: dict[str, asyncio.Task[Looked]] = {}
        try:
            for step in plan.steps:
                earlier = {name: running[name] for name in step.after}
                running[step.name] = asyncio.create_task(
                    self._step(step, earlier, stored[step.name], purse, principal, alone=single)
                )
            looked = dict(zip(running, await asyncio.gather(*running.values()), strict=True))
        finally:
            await asyncio.gather(*running.values(), return_exceptions=True)
            await purse.close()
        return self._result(plan, looked, purse)

    async def _step(
        self,
        step: Step,
        earlier: Mapping[str, asyncio.Task[Looked]],
        stored: Stored | None,
        purse: Purse,
        principal: Principal,
        *,
        alone: bool,
    ) -> Looked:
        if stored is not None:
            return self._looked(stored, principal)
        query: AnyQuery | None = step.query
        if step.then is not None:
            before = {name: await task for name, task in earlier.items()}
            query = step.then({name: looked.answer for name, looked in before.items()})
            if query is None:
                return next(iter(before.values()))
            query = query.model_copy(update={"fresh": step.query.fresh})
        try:
            return await self._look_up(query, purse, principal, alone=alone)
        except (NoOffer, Suppressed) as refusal:
            if alone:
                raise
            return Looked(refusal.outcome, error=refusal)

    async def _look_up(self, query: AnyQuery, purse: Purse, principal: Principal, *, alone: bool) -> Looked:
        """Share a running look-up of the same question, else start one. No await stands between look and start."""
        stored = None if query.fresh else self.books.cache.peek(principal.workspace, query)
        if stored is not None:
            return self._looked(stored, principal)
        key = (principal.workspace, query)
        shared = self._in_flight.get(key)
        if shared is not None:
            try:
                looked = await asyncio.shield(shared)
            except (OutOfBudget, ApprovalRequired):
                # The first caller's limit is not this caller's: try on our own account.
                return await self._look_up(query, purse, principal, alone=alone)
            return Looked(looked.outcome, looked.answer, looked.provenance, cached=True, error=looked.error)
        lookup = asyncio.create_task(self._ask(query, purse, principal, alone=alone))
        self._in_flight[key] = lookup
        # The first callback: whoever waits for the task wakes up after it is off the list.
        lookup.add_done_callback(lambda _: self._in_flight.pop(key))
        return await lookup

    async def _ask(self, query: AnyQuery, purse: Purse, principal: Principal, *, alone: bool) -> Looked:
        self._refuse_suppressed(query, principal)
        if not query.fresh:
            stored = await self.books.cache.get(principal.workspace, query)
            if stored is not None:
                return self._looked(stored, principal)
        offers = self.catalog.require(query, self._alarmed)

        async def ask(offer: Offer, following: Offer | None) -> Tried:
            await purse.attempt(offer)
            tried, bill = await self._try(query, offer, time.monotonic() + _FINISH_SECONDS)
            allowed = self._withhold(tried.answer, principal)
            settled = allowed is not None and allowed.units > 0 and query.settles(allowed)
            over = settled or following is None or (allowed is None and tried.answer is not None)
            await purse.settle(
                bill,
                following=None if over else following,
                store=(query, self._keep(query, offer, allowed)) if settled else None,
                close=alone and over,
            )
            if bill.charged is not None and bill.charged > offer.most:
                self._raise_alarm(offer, bill)
            if allowed is None and tried.answer is not None:
                raise Suppressed("The provider's answer is about somebody on the suppression list, and is withheld.")
            return Tried(allowed, tried.error)

        try:
            landing = await descend(query, offers, ask)
        except Suppressed:
            return Looked(Outcome.SUPPRESSED)
        return await self._landed(query, landing, principal)

    async def _try(self, query: AnyQuery, offer: Offer, deadline: float) -> tuple[Tried, Bill]:
        try:
            driven = await self._upstream.drive(offer.offering, query, deadline=deadline)
        except ProviderError as error:
            charged = error.charged if error.charged is not None or error.billed_unknown else money.FREE
            return Tried(error=error), Bill(offer, error.outcome, charged, error.request_id, error)
        outcome = outcome_of(driven.answer)
        units = driven.answer.units if driven.answer is not None else 0
        charged = driven.charged if driven.charged is not None else offer.price.charge(units, query.extras)
        return Tried(driven.answer), Bill(offer, outcome, charged, driven.request_id)

    async def _landed(self, query: AnyQuery, landing: Landing[Offer], principal: Principal) -> Looked:
        if landing.offer is None or landing.answer is None:
            if landing.failures:
                return Looked(landing.failures[-1].outcome, error=landing.failures[-1])
            await self._remember_miss(query, principal)
            return Looked(Outcome.NOT_FOUND)
        kept = self._keep(query, landing.offer, landing.answer)
        if not query.settles(landing.answer) and kept.outcome is Outcome.FOUND:
            # The best there is, though it settled nothing: kept, so that the same money is not spent again.
            await self._write_down(query, kept, principal)
        return Looked(kept.outcome, landing.answer, kept.provenance)

    def _keep(self, query: AnyQuery, offer: Offer, answer: Answer | None) -> Stored:
        now = self.books.clock()
        longest = offer.offering.provider.manifest.keep
        keep = query.keep if longest is None else min(query.keep, longest)
        provenance = Provenance(offer.provider, offer.operation, now, cached=False)
        return Stored(outcome_of(answer), answer, provenance, now + keep)

    async def _remember_miss(self, query: AnyQuery, principal: Principal) -> None:
        if query.keep_miss > _NOTHING_KNOWN:
            now = self.books.clock()
            nobody = Provenance("", "", now, cached=False)
            await self._write_down(query, Stored(Outcome.NOT_FOUND, None, nobody, now + query.keep_miss), principal)

    async def _write_down(self, query: AnyQuery, stored: Stored, principal: Principal) -> None:
        workspace = principal.workspace
        await self.books.database.write(lambda tx: self.books.cache.put(tx, workspace, query, stored))
        self.books.cache.remember(workspace, query, stored)

    def _result(self, plan: Plan[A], looked: Mapping[str, Looked], purse: Purse) -> Result[A]:
        answer = plan.compose({name: one.answer for name, one in looked.items()})
        receipt = Receipt(
            cost=purse.spent,
            cached=not purse.attempts and any(one.cached for one in looked.values()),
            sandbox=self.sandbox,
            attempts=tuple(purse.attempts),
        )
        last = looked[plan.steps[-1].name]
        failed = {name: one.error for name, one in looked.items() if one.error is not None}
        if answer is None:
            error = last.error or next(iter(failed.values()), None)
            return Result(error.outcome if error else last.outcome, None, receipt, error=error)
        notes = tuple(f"{name}: {error.message}" for name, error in failed.items())
        outcome = outcome_of(answer) if len(plan.steps) > 1 else last.outcome
        provenance = last.provenance if len(plan.steps) == 1 else None
        return Result(outcome, answer, receipt, provenance, notes=notes)

    async def _stored(self, step: Step, principal: Principal) -> Stored | None:
        if step.query.fresh or step.query.free or step.then is not None:
            return None
        return await self.books.cache.get(principal.workspace, step.query)

    def _looked(self, stored: Stored, principal: Principal) -> Looked:
        allowed = self._withhold(stored.answer, principal)
        if allowed is None and stored.answer is not None:
            return Looked(Outcome.SUPPRESSED, cached=True)
        return Looked(stored.outcome, allowed, stored.provenance if allowed is not None else None, cached=True)

    def _withhold(self, answer: A | None, principal: Principal) -> A | None:
        """The answer without anybody who asked not to be found; None where nothing may be shown."""
        if answer is None or not self.suppression.active(principal.workspace):
            return answer
        return answer.without(lambda subjects: self.suppression.covers(principal.workspace, subjects))

    def _refuse_suppressed(self, query: AnyQuery, principal: Principal) -> None:
        if not self.suppression.active(principal.workspace):
            return
        if self.suppression.covers(principal.workspace, query.subjects()):
            raise Suppressed("This person or company is on the suppression list; nothing was asked or spent.")

    def _raise_alarm(self, offer: Offer, bill: Bill) -> None:
        """Take an operation that charged more than its quote off automatic routing, until its price is confirmed."""
        self._alarmed |= {(offer.provider, offer.operation)}
        logger.error(
            "price alarm: %s %s charged %s hundredths of a credit where at most %s were quoted; it is off automatic "
            "routing until its price is confirmed",
            offer.provider,
            offer.operation,
            bill.charged,
            offer.most,
        )


def _most(offers: Collection[Offer]) -> Cost:
    return money.total(offer.cost(offer.most) for offer in offers)


def _quoted(offer: Offer) -> QuotedStep:
    return QuotedStep(
        offer.provider, offer.operation, offer.expected, offer.most, offer.miss, confirmed=offer.price.confirmed
    )


def _quoted_from_store(stored: Stored) -> QuotedStep:
    where = stored.provenance
    return QuotedStep(where.provider, where.operation, money.FREE, money.FREE, money.FREE, cached=True)


def _observe(call: asyncio.Task[Any]) -> None:
    """Look at the outcome of a call that nobody waits for, so that its failure is logged and not lost."""
    if not call.cancelled() and (error := call.exception()) is not None:
        logger.warning("a call that nobody waited for ended in %s", type(error).__name__)
