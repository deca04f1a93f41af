"""One question, answered once: from storage, from a look-up that is under way, or from the providers in order.

Whatever a provider is paid for is written down, and its answer stored, before anybody sees it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from server.cache import Stored, Unfinished
from server.catalog import Catalog, Offer
from server.domain import money
from server.domain.errors import ApprovalRequired, HoldLapsed, OutOfBudget, ProviderError, Suppressed, WeirError
from server.domain.outcome import Outcome
from server.domain.query import Answer, AnyQuery
from server.domain.receipt import Provenance
from server.purse import Bill, Books, Purse
from server.suppression import Suppression
from server.unlocks import Unlocked, record_of
from server.upstream import Intent, Upstream
from server.upstream.intent import UNWRITTEN
from server.waterfall import Descent, Landing, Tried, outcome_of

A = TypeVar("A", bound=Answer)

logger = logging.getLogger(__name__)

FINISH_SECONDS = 120.0
"""How long one attempt may go on upstream, whether or not the client still waits."""

_NEVER = timedelta(0)


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one question."""

    outcome: Outcome
    answer: Answer | None = None
    provenance: Provenance | None = None
    cached: bool = False
    """At hand, or paid for by another call: free for this one."""
    error: WeirError | None = None
    skipped: bool = False
    """The question did not arise."""


@dataclass(slots=True)
class _Search:
    """One look-up under way."""

    query: AnyQuery
    purse: Purse
    alone: bool
    descent: Descent[Offer]
    asked: tuple[str, ...] = ()
    """Who had answered when an earlier look-up was cut off."""
    paid: bool = False
    """Whether anything was paid, now or then."""
    fetched: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """When who answered."""

    def resume(self, found: Unfinished, offers: Sequence[Offer]) -> None:
        """Go on where an earlier look-up was cut off: nobody is paid for the same answer again."""
        self.asked, self.paid = found.asked, True
        answer, where = found.best.answer, found.best.provenance
        for offer in offers:
            # Without an answer, whoever was asked last stands there, who may have failed.
            if answer is not None and (offer.provider, offer.operation) == (where.provider, where.operation):
                self.descent.note(offer, Tried(answer))
                self.fetched[_name(offer)] = where.fetched_at

    @property
    def answered(self) -> tuple[str, ...]:
        """Who has answered until now."""
        return tuple(dict.fromkeys((*self.asked, *map(_name, self.descent.answered))))


def _name(offer: Offer) -> str:
    return f"{offer.provider} {offer.operation}"


class Lookups:
    """Answers questions for all workspaces. One per process."""

    def __init__(self, catalog: Catalog, books: Books, suppression: Suppression, upstream: Upstream) -> None:
        self.catalog = catalog
        self.books = books
        self.suppression = suppression
        self._upstream = upstream
        self._in_flight: dict[tuple[str, AnyQuery], asyncio.Future[Looked]] = {}
        self.alarmed: frozenset[tuple[str, str]] = frozenset()
        """(provider, operation) pairs whose price turned out too low: off automatic routing."""

    def offers(self, query: AnyQuery) -> Sequence[Offer]:
        """Who would be asked, in order."""
        return self.catalog.offers(query, self.alarmed)

    def require(self, query: AnyQuery) -> Sequence[Offer]:
        """`offers`, or `NoOffer` with the reason where nobody would be asked."""
        return self.catalog.require(query, self.alarmed)

    def peek(self, workspace: str, query: AnyQuery) -> Looked | None:
        """The answer where it is in memory, without an await."""
        stored = None if query.fresh else self.books.cache.peek(workspace, query)
        return None if stored is None else self.read(workspace, stored)

    def read(self, workspace: str, stored: Stored) -> Looked:
        """A stored answer, less what may not be shown."""
        allowed = self.withhold(workspace, stored.answer)
        if allowed is None and stored.answer is not None:
            return Looked(Outcome.SUPPRESSED, cached=True)
        return Looked(stored.outcome, allowed, stored.provenance if allowed is not None else None, cached=True)

    async def unlocked(self, workspace: str, query: AnyQuery, offer: Offer) -> Unlocked | None:
        """What the offer's provider was paid for the answer, where it does not charge it again."""
        if offer.unlocked_for is None:
            return None
        return (await self.books.unlocks.known(workspace, offer.provider, [query.key])).get(query.key)

    def suppressed(self, workspace: str, query: AnyQuery) -> bool:
        """Whether the question is about somebody who asked not to be looked up."""
        return self.suppression.active(workspace) and self.suppression.covers(workspace, query.subjects())

    def refuse_suppressed(self, workspace: str, query: AnyQuery) -> None:
        """Raise `Suppressed` where the question is about somebody who asked not to be looked up."""
        if self.suppressed(workspace, query):
            raise Suppressed("This person or company is on the suppression list; nothing was asked or spent.")

    async def look_up(self, query: AnyQuery, purse: Purse, *, alone: bool) -> Looked:
        """Share a running look-up of the same question, else start one; `alone` closes the purse with the answer.

        Raises what refuses the spending: `Suppressed`, `NoOffer`, `OutOfBudget`, `ApprovalRequired`, `HoldLapsed`,
        `StorageUnavailable`. Failures of providers are part of what comes back.
        """
        # No await may come between the looks and the start, or two callers could both start.
        at_hand = self.peek(purse.workspace, query)
        if at_hand is not None:
            return at_hand
        key = (purse.workspace, query)
        shared = self._in_flight.get(key)
        if shared is None:
            return await self._start(key, query, purse, alone=alone)
        try:
            looked = await asyncio.shield(shared)
        except (OutOfBudget, ApprovalRequired, HoldLapsed):
            # What stops the first caller does not stop this one: try on our own account.
            return await self.look_up(query, purse, alone=alone)
        return Looked(looked.outcome, looked.answer, looked.provenance, cached=True, error=looked.error)

    async def try_offer(
        self, query: AnyQuery, offer: Offer, deadline: float, intent: Intent = UNWRITTEN
    ) -> tuple[Tried, Bill]:
        """Ask one provider, until the monotonic instant `deadline`; what came of it, and what it cost."""
        try:
            driven = await self._upstream.drive(offer.offering, query, deadline=deadline, intent=intent)
        except ProviderError as error:
            charged = error.charged if error.charged is not None or error.billed_unknown else money.FREE
            return Tried(error=error), Bill(offer, error.outcome, charged, error.request_id, error)
        outcome = outcome_of(driven.answer)
        units = driven.answer.units if driven.answer is not None else 0
        charged = driven.charged if driven.charged is not None else offer.price.charge(units, query.extras)
        return Tried(driven.answer), Bill(offer, outcome, charged, driven.request_id)

    async def _start(self, key: tuple[str, AnyQuery], query: AnyQuery, purse: Purse, *, alone: bool) -> Looked:
        outcome: asyncio.Future[Looked] = asyncio.get_running_loop().create_future()
        self._in_flight[key] = outcome
        try:
            looked = await self._ask(query, purse, alone=alone)
        except BaseException as error:
            del self._in_flight[key]
            outcome.set_exception(error)
            outcome.exception()  # looked at, so that nobody is warned where nobody else waited
            raise
        del self._in_flight[key]
        outcome.set_result(looked)
        return looked

    async def _ask(self, query: AnyQuery, purse: Purse, *, alone: bool) -> Looked:
        self.refuse_suppressed(purse.workspace, query)
        found = None if query.fresh else await self.books.cache.find(purse.workspace, query)
        if isinstance(found, Stored):
            return self.read(purse.workspace, found)
        search = _Search(query, purse, alone, Descent(query))
        offers = self.require(query)
        if found is not None:
            search.resume(found, offers)
            if self.withhold(purse.workspace, found.best.answer) is None and found.best.answer is not None:
                return Looked(Outcome.SUPPRESSED)
        left = [offer for offer in offers if _name(offer) not in search.asked]
        for offer in left:
            withheld = await self._attempt(search, offer, last=offer is left[-1])
            if withheld:
                return Looked(Outcome.SUPPRESSED)
            if search.descent.settled:
                break
        return self._landed(search, search.descent.landing())

    async def _attempt(self, search: _Search, offer: Offer, *, last: bool) -> bool:
        """Ask one offer and settle it; True where its answer is about somebody on the suppression list."""
        query, purse, descent = search.query, search.purse, search.descent
        intent = await purse.intent(offer)
        before = await self.unlocked(purse.workspace, query, offer)
        tried, bill = await self.try_offer(query, offer, time.monotonic() + FINISH_SECONDS, intent)
        bill = self._charged_once(bill, query, tried.answer, before)
        search.fetched[_name(offer)] = self.books.clock()
        allowed = self.withhold(purse.workspace, tried.answer)
        withheld = allowed is None and tried.answer is not None
        descent.note(offer, Tried(allowed, tried.error))
        search.paid = search.paid or bill.paid != money.FREE
        over = withheld or descent.settled or last
        kept = self._to_keep(search, offer, withheld=withheld, over=over)
        store = (query, kept) if kept is not None or (over and search.paid) else None
        await purse.settle(intent, bill, store=store, more=not over, close=search.alone and over)
        if bill.charged is not None and bill.charged > offer.most:
            self._raise_alarm(offer, bill)
        return withheld

    def _charged_once(self, bill: Bill, query: AnyQuery, answer: Answer | None, before: Unlocked | None) -> Bill:
        """`bill` without what the provider was paid for `before` and does not charge again."""
        offer = bill.offer
        if offer.unlocked_for is None or not bill.charged:
            return bill
        record = record_of(None if answer is None else answer.record_id)
        until = self.books.clock() + offer.unlocked_for
        charged, now = Unlocked(query.key, offer.provider, record, bill.charged, until).after(before)
        return replace(bill, charged=charged, unlocked=now if charged else None)

    def _to_keep(self, search: _Search, offer: Offer, *, withheld: bool, over: bool) -> Stored | Unfinished | None:
        """What is remembered after an attempt, so that the same money is not spent again."""
        query, landing = search.query, search.descent.landing()
        if withheld:
            return self._stored(search, offer, None, withheld=True)
        if not over or (landing.offer is None and landing.failures):
            # Whoever failed, or was not asked yet, may still find something.
            best = self._stored(search, landing.offer or offer, landing.answer)
            return Unfinished(search.answered, best) if search.paid else None
        if landing.offer is not None:
            stored = self._stored(search, landing.offer, landing.answer)
            return stored if search.descent.settled or stored.outcome is Outcome.FOUND else None
        if query.keep_miss <= _NEVER:
            return None
        now = self.books.clock()
        return Stored(Outcome.NOT_FOUND, None, Provenance("", "", now, cached=False), now + query.keep_miss)

    def _landed(self, search: _Search, landing: Landing[Offer]) -> Looked:
        if landing.offer is not None:
            stored = self._stored(search, landing.offer, landing.answer)
            return Looked(stored.outcome, landing.answer, stored.provenance)
        if landing.failures:
            return Looked(landing.failures[-1].outcome, error=landing.failures[-1])
        return Looked(Outcome.NOT_FOUND)

    def _stored(self, search: _Search, offer: Offer, answer: Answer | None, *, withheld: bool = False) -> Stored:
        """What is kept of an answer; of a withheld one only that it was, so that it is not paid for again."""
        fetched, longest = search.fetched[_name(offer)], offer.offering.provider.manifest.keep
        keep = search.query.keep if longest is None else min(search.query.keep, longest)
        provenance = Provenance(offer.provider, offer.operation, fetched, cached=False)
        return Stored(Outcome.SUPPRESSED if withheld else outcome_of(answer), answer, provenance, fetched + keep)

    def withhold(self, workspace: str, answer: A | None) -> A | None:
        """The answer without anybody who asked not to be found; None where nothing may be shown."""
        if answer is None or not self.suppression.active(workspace):
            return answer
        return answer.without(lambda subjects: self.suppression.covers(workspace, subjects))

    def _raise_alarm(self, offer: Offer, bill: Bill) -> None:
        """Take an operation that charged more than its quote off automatic routing, until its price is confirmed."""
        self.alarmed |= {(offer.provider, offer.operation)}
        logger.error(
            "price alarm: %s %s charged %s hundredths of a credit where at most %s were quoted; it is off automatic "
            "routing until its price is confirmed",
            offer.provider,
            offer.operation,
            bill.charged,
            offer.most,
        )
