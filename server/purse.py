"""The money of one call: one hold for all it may cost, drawn down attempt by attempt, closed once.

Every change is one durable transaction over ledger, budgets and cache together, so that a killed process leaves
either all of it or nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from server.approvals import Approvals
from server.budgets import Budgets
from server.cache import Cache, Stored
from server.catalog import Offer
from server.domain.approval import Approval, Proposal
from server.domain.batch_row import BatchRow
from server.domain.errors import ProviderError
from server.domain.money import FREE, NOTHING, Cost, Credits, Micros
from server.domain.outcome import Outcome
from server.domain.principal import Principal
from server.domain.query import AnyQuery
from server.domain.receipt import Attempt
from server.ledger import Hold, Ledger
from server.storage.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Books:
    """Where money and answers are written down."""

    database: Database
    ledger: Ledger
    budgets: Budgets
    cache: Cache
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

    @property
    def unknown(self) -> bool:
        """Whether the provider may have charged without our knowing."""
        return self.charged is None

    @property
    def paid(self) -> Credits:
        """What the caller pays: never more than the offer's bound, and all of it while the charge is unknown."""
        return self.offer.most if self.charged is None else Credits(min(self.charged, self.offer.most))


class Purse:
    """Hold, attempts, captures and release of one call. Opened by the first attempt, closed by `close`."""

    def __init__(
        self,
        books: Books,
        principal: Principal,
        tool: str,
        most: Cost,
        *,
        proposal: Callable[[], Proposal],
        row: BatchRow | None = None,
    ) -> None:
        self._books = books
        self._hold = Hold.of(principal, tool, most, books.clock(), row)
        self._most = most
        self._proposal = proposal
        self._approval: Approval | None = None
        self._spent = NOTHING
        self._open = False
        self._closed = False
        self._lock = asyncio.Lock()
        self._written: set[Offer] = set()
        self.attempts: list[Attempt] = []

    @property
    def workspace(self) -> str:
        """Whose money it is."""
        return self._hold.principal.workspace

    @property
    def spent(self) -> Cost:
        """What the call has cost so far."""
        return self._spent

    async def attempt(self, offer: Offer) -> None:
        """Write down, before it happens, that `offer` is about to be asked; the first time, hold the whole cost.

        `OutOfBudget`, `ApprovalRequired` or `StorageUnavailable`: nothing may be asked.
        """
        async with self._lock:
            if offer in self._written:
                return
            if not self._open:
                await self._approve()
            await self._books.database.write(lambda tx: self._write_attempt(tx, offer, opening=not self._open))
            self._written.add(offer)
            self._open = True

    async def settle(
        self,
        bill: Bill,
        *,
        following: Offer | None = None,
        store: tuple[AnyQuery, Stored] | None = None,
        close: bool = False,
    ) -> Attempt:
        """Write down what an attempt cost, with the answer to keep and the next attempt's intent, durably at once."""
        async with self._lock:
            await self._books.database.write(
                lambda tx: self._write_settlement(tx, bill, following=following, store=store, close=close)
            )
            self._spent = self._spent + bill.offer.cost(bill.paid)
            self._closed = close
            if following is not None:
                self._written.add(following)
            attempt = Attempt(bill.offer.provider, bill.offer.operation, bill.outcome, bill.paid, bill.request_id)
            self.attempts.append(attempt)
        if store is not None:
            self._books.cache.remember(self.workspace, *store)
        return attempt

    async def close(self) -> None:
        """Give back what was held and not spent; does nothing where nothing was held or all is closed."""
        async with self._lock:
            if not self._open or self._closed:
                return
            await self._books.database.write(lambda tx: self._write_release(tx, self._spent))
            self._closed = True

    async def _approve(self) -> None:
        """See that a person has approved, where that takes one; a batch was approved as a whole."""
        if self._hold.row is None and self._books.budgets.needs_approval(self._most.total):
            self._approval = await self._books.approvals.require(self._proposal(), self._hold.principal)
            self._hold = replace(self._hold, approval=self._approval.id)

    def _write_attempt(self, tx: Transaction, offer: Offer, *, opening: bool) -> None:
        if opening:
            if self._approval is not None:
                self._books.approvals.use(tx, self._approval)
            self._books.budgets.reserve(tx, self._hold.principal, self._most.total, self._hold.at, self._hold.row)
            self._books.ledger.hold(tx, self._hold)
        self._books.ledger.attempt(
            tx,
            self._hold,
            provider=offer.provider,
            operation=offer.operation,
            most=offer.most,
            priced_since=offer.price.since,
            usd=offer.cost(offer.most).usd,
        )

    def _write_settlement(
        self,
        tx: Transaction,
        bill: Bill,
        *,
        following: Offer | None,
        store: tuple[AnyQuery, Stored] | None,
        close: bool,
    ) -> None:
        self._write_bill(tx, bill)
        if store is not None:
            self._books.cache.put(tx, self.workspace, *store)
        if close:
            self._write_release(tx, self._spent + bill.offer.cost(bill.paid))
        if following is not None and following not in self._written:
            self._write_attempt(tx, following, opening=False)

    def _write_bill(self, tx: Transaction, bill: Bill) -> None:
        offer, ledger = bill.offer, self._books.ledger
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
