"""The money of one call: one hold for all it may cost, drawn down attempt by attempt, closed once.

Every change is one durable transaction over ledger, budgets and cache together, so that a killed process leaves
either all of it or nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from server.approvals import Approvals
from server.budgets import Budgets
from server.cache import Cache, Stored, Unfinished
from server.catalog import Offer
from server.domain.approval import Approval, Proposal
from server.domain.batch_row import BatchRow
from server.domain.errors import ProviderError, ProviderOutcomeUnknown, StorageUnavailable
from server.domain.money import FREE, NOTHING, Cost, Credits, Micros
from server.domain.outcome import Outcome
from server.domain.principal import Principal
from server.domain.query import AnyQuery
from server.domain.receipt import Attempt
from server.ledger import Hold, Ledger
from server.storage.database import Database, Transaction, Unit
from server.unlocks import Unlocked, Unlocks

Kept = tuple[AnyQuery, Stored | Unfinished | None]
"""What is known of a query from now on: the answer, how far the look-up came, or nothing any more."""


def anybody(_: Transaction) -> None:
    """Confirms that a process may spend where nobody could have taken over from it."""


@dataclass(frozen=True, slots=True)
class Books:
    """Where money and answers are written down."""

    database: Database
    ledger: Ledger
    budgets: Budgets
    cache: Cache
    unlocks: Unlocks
    approvals: Approvals
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Bill:
    """What came of one attempt, as far as money is concerned."""

    offer: Offer
    outcome: Outcome
    charged: Credits | None
    """What the provider says, or what the price list says of the data that came back; None where nobody knows."""
    request_id: str | None = None
    error: ProviderError | None = None
    unlocked: Unlocked | None = None
    """What this paid for, where the provider does not charge it again."""

    @property
    def unknown(self) -> bool:
        """Whether the provider may have charged without our knowing."""
        return self.charged is None

    @property
    def paid(self) -> Credits:
        """What the caller pays: never more than the offer's bound, and all of it while the charge is unknown."""
        return self.offer.most if self.charged is None else Credits(min(self.charged, self.offer.most))


class Intent:
    """One attempt of a purse's call, as `Upstream` tells of it."""

    def __init__(self, purse: Purse, offer: Offer) -> None:
        self._purse = purse
        self._offer = offer
        self.written = False
        """Whether the offer may have been asked."""

    async def waits(self) -> None:
        """Have the purse hold what the call may cost."""
        await self._purse.hold()

    async def leaves(self) -> None:
        """Write the attempt down, before its first request leaves."""
        if not self.written:
            await self._purse.attempt(self._offer)
            self.written = True


class Purse:
    """Hold, attempts, captures and release of one call. Opened where it first has to wait or leaves, closed by `close`.

    What an attempt came to goes into one transaction with the next attempt, unless that has to wait for its turn.
    """

    def __init__(
        self,
        books: Books,
        principal: Principal,
        tool: str,
        most: Cost,
        *,
        proposal: Callable[[], Proposal],
        row: BatchRow | None = None,
        confirm: Unit = anybody,
    ) -> None:
        """`confirm` raises `HoldLapsed` in the transaction where this process may not spend any more."""
        self._books = books
        self._confirm = confirm
        self._hold = Hold.of(principal, tool, most, books.clock(), row)
        self._most = most
        self._proposal = proposal
        self._approval: Approval | None = None
        self._spent = NOTHING
        self._open = False
        self._closed = False
        self._asked = False
        self._lock = asyncio.Lock()
        self._due: list[Unit] = []
        """What came of earlier attempts and is not written yet."""
        self.attempts: list[Attempt] = []

    @property
    def workspace(self) -> str:
        """Whose money it is."""
        return self._hold.principal.workspace

    @property
    def spent(self) -> Cost:
        """What the call has cost so far."""
        return self._spent

    async def intent(self, offer: Offer) -> Intent:
        """The intent to ask `offer`; nothing of it is written yet. `ApprovalRequired` where a person has to approve."""
        async with self._lock:
            if not self._open and self._approval is None:
                await self._approve()
        return Intent(self, offer)

    async def hold(self) -> None:
        """Hold what the call may cost, and leave nothing unwritten meanwhile.

        `OutOfBudget` or `StorageUnavailable`: nothing may be asked.
        """
        async with self._lock:
            if not self._open or self._due:
                await self._write()

    async def attempt(self, offer: Offer) -> None:
        """Write down that `offer` is about to be asked. As `hold`, and `HoldLapsed` where the hold is gone."""
        async with self._lock:
            # Opening the hold confirms.
            confirm = (self._confirm,) if self._open else ()
            await self._write(*confirm, partial(self._write_attempt, offer=offer))
            self._asked = True

    async def settle(
        self,
        intent: Intent,
        bill: Bill,
        *,
        store: Kept | None = None,
        more: bool = False,
        close: bool = False,
    ) -> None:
        """Write down what an attempt cost, with what to `store`; durably, unless `more` attempts take it along."""
        async with self._lock:
            self._spent = self._spent + bill.offer.cost(bill.paid)
            self._due.append(partial(self._write_bill, bill=bill, attempted=intent.written))
            if store is not None:
                self._due.append(partial(self._write_answer, kept=store))
            if close:
                self._release()
            self.attempts.append(
                Attempt(bill.offer.provider, bill.offer.operation, bill.outcome, bill.paid, bill.request_id)
            )
            if not more:
                await self._write()
        # Rows of a bulk job would push out of memory what single calls ask for again.
        if store is not None and isinstance(store[1], Stored) and self._hold.row is None:
            self._books.cache.remember(self.workspace, store[0], store[1])

    async def close(self) -> None:
        """Give back what was held and not spent; does nothing where nothing was held or all is closed."""
        async with self._lock:
            if not self._open:
                return
            if not self._closed:
                self._release()
            if self._due:
                await self._write()

    async def _write(self, *units: Unit) -> None:
        """The hold, where there is none yet, what is due, and `units`: durably at once."""
        opening, due = not self._open, tuple(self._due)

        def unit(tx: Transaction) -> None:
            if opening:
                self._write_hold(tx)
            for one in (*due, *units):
                one(tx)

        try:
            await self._books.database.write(unit)
        except StorageUnavailable as error:
            self._give_up(error)
            raise
        self._open = True
        self._due.clear()

    def _give_up(self, error: StorageUnavailable) -> None:
        """Leave the hold to recovery, which counts as spent what is not written: nobody knows how much of it is.

        `ProviderOutcomeUnknown` where somebody was asked already, so that nobody asks again as if nothing had happened.
        """
        self._due.clear()
        self._closed = self._open
        if self._asked:
            raise ProviderOutcomeUnknown(
                f"A provider was asked, and what came of it could not be written down: {error.message}"
            ) from error

    async def _approve(self) -> None:
        """See that a person has approved, where that takes one; a batch was approved as a whole."""
        if self._hold.row is None and self._books.budgets.needs_approval(self._most.total):
            self._approval = await self._books.approvals.require(self._proposal(), self._hold.principal)
            self._hold = replace(self._hold, approval=self._approval.id)

    def _release(self) -> None:
        self._due.append(partial(self._write_release, spent=self._spent))
        self._closed = True

    def _write_hold(self, tx: Transaction) -> None:
        self._confirm(tx)
        if self._approval is not None:
            self._books.approvals.use(tx, self._approval)
        self._books.budgets.reserve(tx, self._hold.principal, self._most.total, self._hold.at, self._hold.row)
        self._books.ledger.hold(tx, self._hold)

    def _write_attempt(self, tx: Transaction, offer: Offer, *, leaves: bool = True) -> None:
        self._books.ledger.attempt(
            tx,
            self._hold,
            provider=offer.provider,
            operation=offer.operation,
            most=offer.most,
            priced_since=offer.price.since,
            usd=offer.cost(offer.most).usd,
            leaves=leaves,
        )

    def _write_answer(self, tx: Transaction, kept: Kept) -> None:
        query, found = kept
        if found is None:
            self._books.cache.drop(tx, self.workspace, query)
        else:
            self._books.cache.put(tx, self.workspace, query, found)

    def _write_bill(self, tx: Transaction, bill: Bill, *, attempted: bool) -> None:
        offer, ledger = bill.offer, self._books.ledger
        if not attempted:
            self._write_attempt(tx, offer, leaves=False)
        dollars = offer.cost(bill.paid).usd
        if bill.unknown:
            note = bill.error.code if bill.error else ""
            ledger.unresolved(
                tx,
                self._hold,
                provider=offer.provider,
                operation=offer.operation,
                credits=bill.paid,
                usd=dollars,
                note=note,
            )
            return
        ledger.capture(
            tx,
            self._hold,
            provider=offer.provider,
            operation=offer.operation,
            credits=bill.paid,
            usd=dollars,
            outcome=bill.outcome,
            request_id=bill.request_id,
        )
        if bill.unlocked is not None:
            self._books.unlocks.put(tx, self.workspace, bill.unlocked)
        if (bill.charged or FREE) > offer.most:
            ledger.variance(
                tx,
                self._hold,
                provider=offer.provider,
                operation=offer.operation,
                charged=bill.charged or FREE,
                quoted=offer.most,
                priced_since=offer.price.since,
            )

    def _write_release(self, tx: Transaction, spent: Cost) -> None:
        remaining = Cost(
            {name: Credits(held - spent.credits.get(name, 0)) for name, held in self._most.credits.items()},
            Micros(self._most.usd - spent.usd),
        )
        left = self._books.ledger.release(tx, self._hold, remaining)
        self._books.budgets.give_back(tx, self._hold.principal, left, self._hold.at, self._hold.row)
