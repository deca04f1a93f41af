"""The one path that every paid call takes: `run` spends, `quote` says what running would cost.

Both walk the same plan over the same offers, so a preview and a bill cannot disagree. A started call is finished and
its answers stored even when nobody waits for it any more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from server.cache import Stored
from server.catalog import Catalog, Offer
from server.domain import money
from server.domain.batch_row import BatchRow
from server.domain.errors import NoOffer, ProviderError, StillRunning, Suppressed
from server.domain.money import Cost, Credits
from server.domain.outcome import Outcome
from server.domain.plan import Plan, Step
from server.domain.principal import Principal
from server.domain.query import Answer, AnyQuery, Query
from server.domain.quote import Quote, QuotedStep
from server.domain.receipt import Receipt
from server.domain.result import Part, Result
from server.lookup import Looked, Lookups
from server.proposals import Priced, proposal
from server.purse import Books, Purse, anybody
from server.storage.database import Unit
from server.suppression import Suppression
from server.upstream import Upstream
from server.waterfall import outcome_of

A = TypeVar("A", bound=Answer)

Done = Callable[[str], None]
"""Is told which step is done."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Call(Generic[A]):
    """One plan being carried out."""

    plan: Plan[A]
    principal: Principal
    purse: Purse
    steps: dict[str, asyncio.Task[Looked]] = field(default_factory=dict[str, "asyncio.Task[Looked]"])
    done: Done | None = None

    @property
    def alone(self) -> bool:
        """Whether the plan is a single question."""
        return len(self.plan.steps) == 1

    def looked(self) -> dict[str, Looked]:
        """What came of the steps that are done; a step that is not counts as unfinished."""
        return {name: task.result() if task.done() else _UNFINISHED for name, task in self.steps.items()}


_UNFINISHED = Looked(
    Outcome.UNKNOWN,
    error=StillRunning(
        "This part is not done yet; it goes on, and its answer will be stored.",
        fix="Repeat the same call in a minute: what is done costs nothing more.",
    ),
)


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
        self.suppression = suppression
        self.sandbox = sandbox
        self._upstream = upstream
        self._lookups = Lookups(catalog, books, suppression, upstream)
        self._seconds = seconds
        self._calls: set[asyncio.Task[Any]] = set()
        self._at_hand = Receipt(cached=True, sandbox=sandbox)

    async def start(self) -> None:
        """Read which prices turned out too low: their operations are off automatic routing."""
        self._lookups.alarmed = await self.books.ledger.alarms(self.catalog.in_force())

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

    async def run(self, plan: Plan[A], principal: Principal, tool: str, done: Done | None = None) -> Result[A]:
        """Carry out `plan` for `principal`.

        `done` is called with the name of each step of several, once it is done.

        Raises before anything is spent: `Suppressed`, `NoOffer`, `OutOfBudget`, `ApprovalRequired`,
        `StorageUnavailable`. After the deadline a plan of several steps returns what is done, and one of a single step
        raises `StillRunning`; either way the call goes on.
        """
        at_hand = self._from_memory(plan, principal)
        if at_hand is not None:
            return at_hand
        call = await self._prepare(plan, principal, tool)
        call.done = done
        task = asyncio.create_task(self._carry_out(call))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        try:
            return await asyncio.wait_for(asyncio.shield(task), self._seconds)
        except TimeoutError:
            task.add_done_callback(_observe)
            return self._so_far(call)
        except asyncio.CancelledError:
            task.add_done_callback(_observe)
            raise

    async def run_row(self, plan: Plan[A], principal: Principal, tool: str, row: BatchRow, confirm: Unit) -> Result[A]:
        """Carry out `plan` for one row of a batch, which nobody waits for: as `run`, without its deadline.

        `confirm` raises `HoldLapsed` in the transaction before something is spent, where others own the row by then.
        """
        at_hand = self._from_memory(plan, principal)
        if at_hand is not None:
            return at_hand
        task = asyncio.create_task(self._carry_out(await self._prepare(plan, principal, tool, row, confirm)))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        return await asyncio.shield(task)

    async def at_hand(self, plans: Sequence[Plan[Any]], workspace: str) -> Sequence[Result[Any] | None]:
        """What `run` would answer from storage, of many plans at once; None where it would have to do more.

        Of plans with several steps it always has to. Raises nothing of what `run` refuses: that is None as well.
        """
        single = [plan.steps[0].query for plan in plans if len(plan.steps) == 1 and not plan.steps[0].query.fresh]
        stored = await self.books.cache.get_all(workspace, single)
        return [self._from_store(plan, workspace, stored.get(plan.steps[0].query)) for plan in plans]

    def per_minute(self) -> Mapping[str, float]:
        """Requests per minute that every configured provider takes; infinity where nothing limits us."""
        return {
            name: provider.manifest.rate.per_minute if one.per_minute is None else one.per_minute
            for name, provider in self.catalog.providers.items()
            if (one := self._upstream.connections.get(name)) is not None
        }

    def reckon(self, plan: Plan[Any], workspace: str) -> tuple[Cost, Cost, Offer | None]:
        """Expected and most cost of `plan` with nothing stored or unlocked, and who would be asked first.

        Raises what `run` raises before it holds anything, but for budgets and approval.
        """
        expected = most = money.NOTHING
        first: Offer | None = None
        for step in plan.steps:
            self._lookups.refuse_suppressed(workspace, step.query)
            offers = self._offers(step, plan)
            if offers:
                first = first or offers[0]
                expected += offers[0].cost(offers[0].expected)
                most += _most(offers)
        return expected, most, first

    async def quote(self, plan: Plan[Any], principal: Principal) -> Quote:
        """What `run` would cost now; the same refusals as `run`, except for budgets and approval, which it reports."""
        steps: list[QuotedStep] = []
        expected = most = money.NOTHING
        for step in plan.steps:
            self._lookups.refuse_suppressed(principal.workspace, step.query)
            stored = await self._stored(step, principal)
            if stored is not None:
                steps.append(_quoted_from_store(stored))
                continue
            offers = self._offers(step, plan)
            if offers:
                quoted = [_quoted(offer, await self._expected(step, offer, principal)) for offer in offers]
                steps += quoted
                expected += offers[0].cost(quoted[0].expected)
                most += _most(offers)
        limits = await self.books.budgets.usage(principal)
        return Quote(tuple(steps), expected, most, limits, self.books.budgets.needs_approval(most.total))

    async def ask(self, query: Query[A], principal: Principal) -> A | None:
        """A free query, asked of the first provider that answers it; its failure is raised.

        `Suppressed` where it is about somebody on the principal's suppression list, and nothing is asked; people on
        the list are left out of the answer.
        """
        _require_free(query)
        self._lookups.refuse_suppressed(principal.workspace, query)
        offer = self.catalog.require(query)[0]
        driven = await self._upstream.drive(offer.offering, query, deadline=time.monotonic() + self._seconds)
        allowed = self._lookups.withhold(principal.workspace, driven.answer)
        if allowed is None and driven.answer is not None:
            raise Suppressed("The provider's answer is about somebody on the suppression list, and is withheld.")
        return allowed

    async def ask_each(self, query: AnyQuery) -> Mapping[str, Answer | ProviderError]:
        """A free query, asked of every provider that answers it, all at once."""
        _require_free(query)
        offers = self.catalog.offers(query)
        deadline = time.monotonic() + self._seconds
        replies = await asyncio.gather(*(self._lookups.try_offer(query, offer, deadline) for offer in offers))
        pairs = zip(offers, replies, strict=True)
        return {offer.provider: reply for offer, (tried, _) in pairs if (reply := tried.error or tried.answer)}

    def _from_memory(self, plan: Plan[A], principal: Principal) -> Result[A] | None:
        """The answer of a one-step plan where it is in memory: the hot path, without a task or an await."""
        if len(plan.steps) != 1:
            return None
        step = plan.steps[0]
        looked = self._lookups.peek(principal.workspace, step.query)
        if looked is None:
            return None
        self._lookups.refuse_suppressed(principal.workspace, step.query)
        return self._read(plan, looked)

    def _from_store(self, plan: Plan[A], workspace: str, stored: Stored | None) -> Result[A] | None:
        if stored is None or len(plan.steps) != 1 or self._lookups.suppressed(workspace, plan.steps[0].query):
            return None
        return self._read(plan, self._lookups.read(workspace, stored))

    def _read(self, plan: Plan[A], looked: Looked) -> Result[A]:
        answer = plan.compose({plan.steps[0].name: looked.answer})
        return Result(looked.outcome, answer, self._at_hand, looked.provenance)

    async def _prepare(
        self, plan: Plan[A], principal: Principal, tool: str, row: BatchRow | None = None, confirm: Unit = anybody
    ) -> Call[A]:
        """Refuse what may not be asked, and reckon the most that the call can cost, less what is stored.

        A single question is not looked for in storage here: its look-up does that, before it opens the purse.
        """
        alone, most, priced = len(plan.steps) == 1, money.NOTHING, list[Priced]()
        for step in plan.steps:
            self._lookups.refuse_suppressed(principal.workspace, step.query)
            if alone or await self._stored(step, principal) is None:
                offers = self._lookups.offers(step.query)
                most += _most(offers)
                priced.append(Priced(step, offers))
        asked = partial(proposal, plan, priced, most, principal, tool)
        purse = Purse(self.books, principal, tool, most, proposal=asked, row=row, confirm=confirm)
        return Call(plan, principal, purse)

    async def _carry_out(self, call: Call[A]) -> Result[A]:
        try:
            if call.alone:
                step = call.plan.steps[0]
                return self._result(call, {step.name: await self._lookups.look_up(step.query, call.purse, alone=True)})
            for step in call.plan.steps:
                earlier = {name: call.steps[name] for name in step.after}
                task = call.steps[step.name] = asyncio.create_task(self._step(step, earlier, call.purse))
                if call.done is not None:
                    task.add_done_callback(lambda _, name=step.name, done=call.done: done(name))
            await asyncio.gather(*call.steps.values())
            return self._result(call, call.looked())
        finally:
            await asyncio.gather(*call.steps.values(), return_exceptions=True)
            await call.purse.close()

    async def _step(self, step: Step, earlier: Mapping[str, asyncio.Task[Looked]], purse: Purse) -> Looked:
        query = step.query
        before = {name: await task for name, task in earlier.items()}
        if step.then is not None:
            derived = step.then({name: looked.answer for name, looked in before.items()})
            if derived is None:
                return _skipped(before)
            query = derived.model_copy(update={"fresh": step.query.fresh})
        try:
            return await self._lookups.look_up(query, purse, alone=False)
        except (NoOffer, Suppressed) as refusal:
            return Looked(refusal.outcome, error=refusal)

    def _so_far(self, call: Call[A]) -> Result[A]:
        if call.alone or not any(task.done() for task in call.steps.values()):
            raise StillRunning(
                f"The providers have not answered within {self._seconds:g} seconds. The call goes on and its answer "
                "will be stored.",
                fix="Repeat the same call in a minute: it returns the stored answer and costs nothing more.",
            )
        return self._result(call, call.looked())

    def _result(self, call: Call[A], looked: Mapping[str, Looked]) -> Result[A]:
        answer = call.plan.compose({name: one.answer for name, one in looked.items()})
        receipt = Receipt(
            cost=call.purse.spent,
            cached=not call.purse.attempts and any(one.cached for one in looked.values()),
            sandbox=self.sandbox,
            attempts=tuple(call.purse.attempts),
        )
        last = looked[call.plan.steps[-1].name]
        if call.alone:
            return Result(last.outcome, answer, receipt, last.provenance, last.error if answer is None else None)
        parts = tuple(Part(name, one.outcome, one.error) for name, one in looked.items() if not one.skipped)
        if answer is not None:
            return Result(outcome_of(answer), answer, receipt, parts=parts)
        error = last.error or next((one.error for one in looked.values() if one.error), None)
        return Result(error.outcome if error else last.outcome, None, receipt, error=error, parts=parts)

    def _offers(self, step: Step, plan: Plan[Any]) -> Sequence[Offer]:
        """Who may be asked; a plan of several steps can do without one that nobody answers."""
        return self._lookups.offers(step.query) if len(plan.steps) > 1 else self._lookups.require(step.query)

    async def _expected(self, step: Step, offer: Offer, principal: Principal) -> Credits:
        """What an answer of `offer` is expected to cost, less what was paid for and is not charged again."""
        if step.then is not None:
            return offer.expected
        unlocked = await self._lookups.unlocked(principal.workspace, step.query, offer)
        return offer.expected if unlocked is None else unlocked.left(offer.expected)

    async def _stored(self, step: Step, principal: Principal) -> Stored | None:
        if step.query.fresh or step.then is not None:
            return None
        return await self.books.cache.get(principal.workspace, step.query)


def _skipped(before: Mapping[str, Looked]) -> Looked:
    """The outcome of a step that did not arise: that of what it would have built on, which found too little for it."""
    base = next(iter(before.values()))
    outcome = Outcome.NOT_FOUND if base.outcome is Outcome.FOUND else base.outcome
    return replace(base, outcome=outcome, answer=None, skipped=True)


def _require_free(query: AnyQuery) -> None:
    if not query.free:
        raise ValueError(f"{query.operation()} is not free, so it goes through run")


def _most(offers: Sequence[Offer]) -> Cost:
    return money.total(offer.cost(offer.most) for offer in offers)


def _quoted(offer: Offer, expected: Credits) -> QuotedStep:
    return QuotedStep(
        offer.provider, offer.operation, expected, offer.most, offer.miss, confirmed=offer.price.confirmed
    )


def _quoted_from_store(stored: Stored) -> QuotedStep:
    where = stored.provenance
    return QuotedStep(where.provider, where.operation, money.FREE, money.FREE, money.FREE, cached=True)


def _observe(call: asyncio.Task[Any]) -> None:
    """Look at the outcome of a call that nobody waits for, so that its failure is logged and not lost."""
    if not call.cancelled() and (error := call.exception()) is not None:
        logger.warning("a call that nobody waited for ended in %s", type(error).__name__)
