"""Carrying out one chunk of a batch: each row asked once, its result durable before its place is free again.

A chunk may be begun any number of times, by any process: rows that have a result are passed over, answers that were
paid for are at hand, and a row whose charge nobody knows is settled as failed instead of being asked again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakValueDictionary

from server.batches.asking import Asking
from server.batches.concurrency import AdaptiveLimit
from server.batches.lease import Tenure
from server.batches.settling import Settling
from server.batches.spells import Spells
from server.batches.store import Standing, Store, lapsed, stands
from server.domain.batch import Batch, Chunk, RowState, Settled, Status
from server.domain.batch_row import BatchRow
from server.domain.errors import (
    HoldLapsed,
    InvalidInput,
    OutOfBudget,
    ProviderOutcomeUnknown,
    ProviderOutOfCredits,
    ProviderRejectedKey,
    StorageUnavailable,
    Suppressed,
    WeirError,
)
from server.domain.plan import Plan
from server.domain.principal import Grant, Principal
from server.domain.result import Result
from server.engine import Engine
from server.lookup import FINISH_SECONDS
from server.storage.database import Transaction

Grants = Callable[[str], Awaitable[Grant | None]]
"""What a connection allows now; None where it was revoked."""

_WAITS = (1.0, 5.0, 20.0)
"""Seconds before a row is asked again that failed for a passing reason."""
_EARLIER_RUN = 0.1
"""Seconds between two looks at what an earlier run has not finished."""
_READ_AT_ONCE = 50
"""Rows whose stored answers are read together."""
_FAILURES_IN_A_ROW = 50
_MOST_BEGINNINGS = 20
"""A chunk that was begun so often and never finished brings its process down; it is given up."""

_STOPPERS = (ProviderRejectedKey, ProviderOutOfCredits)
"""What would go wrong for every other row as well."""

logger = logging.getLogger(__name__)


@dataclass(slots=True, weakref_slot=True)
class _Gate:
    """Near a limit, rows of a batch are asked one by one: what the others hold and do not spend comes back."""

    asking: int = 0
    quiet: asyncio.Condition = field(default_factory=asyncio.Condition)
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def through(self, ask: Callable[[], Awaitable[Result[Any]]]) -> Result[Any]:
        """Ask together with others; where that is refused, once more when nobody else is asking."""
        try:
            return await self._counted(ask)
        except OutOfBudget:
            async with self.alone:
                async with self.quiet:
                    await self.quiet.wait_for(lambda: self.asking == 0)
                return await self._counted(ask)

    async def _counted(self, ask: Callable[[], Awaitable[Result[Any]]]) -> Result[Any]:
        self.asking += 1
        try:
            return await ask()
        finally:
            self.asking -= 1
            async with self.quiet:
                self.quiet.notify_all()


@dataclass(slots=True)
class _Run:
    """One beginning of one chunk."""

    batch: Batch
    chunk: Chunk
    asking: Asking
    principal: Principal
    settling: Settling
    rows: Iterator[int]
    gate: _Gate
    tenure: Tenure
    """That of this process when it began: whatever comes after it belongs to others."""
    beginning: int
    """How often the chunk has been begun, with this one: whatever comes after a later one belongs to that."""
    paid: frozenset[int] = frozenset()
    """Rows that an earlier owner had answers for: what is stored of those is fresh enough."""
    going: bool = True
    failures: int = 0
    stopped: str = ""
    """Why the batch cannot go on."""

    def cells(self, row: int) -> Sequence[str]:
        return self.chunk.cells[row - self.chunk.first_row]

    @property
    def lasts(self) -> bool:
        """Whether rows may still be asked, as far as this process can tell by itself."""
        return self.going and self.tenure.stands

    def follow(self, standing: Standing | None) -> None:
        """Go on only while the batch does."""
        self.going = (
            self.going
            and standing is not None
            and (standing.status, standing.run) == (Status.RUNNING, self.batch.run)
            and standing.beginning in (None, self.beginning)
        )

    def confirm(self, tx: Transaction) -> None:
        """Make sure in the transaction before something is spent that it may be; `HoldLapsed` where it may not.

        Nothing leaves once a person has paused the batch, and what begins after that is another run's, wherever it is.
        """
        self.tenure.confirm(tx)
        self.follow(stands(tx, self.batch.id, self.chunk.number))
        if not self.going:
            raise lapsed()

    def stop(self, why: str) -> None:
        """Begin no further row; the first reason counts."""
        self.going, self.stopped = False, self.stopped or why

    def count(self, settled: Settled) -> None:
        """Stop where nothing but failures comes back."""
        self.failures = self.failures + 1 if settled.state is RowState.FAILED else 0
        if self.failures >= _FAILURES_IN_A_ROW:
            self.stop(f"{self.failures} rows in a row failed, the last one with: {settled.reason}")


class Stopped(Exception):
    """The batch cannot go on; the message tells a person why."""


class Work:
    """Carries out chunks. One per process; where that is `resting`, no further row is begun."""

    def __init__(
        self, engine: Engine, store: Store, grants: Grants, *, resting: Callable[[], bool], in_flight: int, at_once: int
    ) -> None:
        self._engine = engine
        self._store = store
        self._grants = grants
        self._resting = resting
        self._in_flight = in_flight
        self._at_once = AdaptiveLimit(at_once)
        self._gates: WeakValueDictionary[str, _Gate] = WeakValueDictionary()
        self._reading = asyncio.Lock()
        """One slice at a time reads what is stored: it is work for the processor, and others use the event loop."""

    async def chunk(self, batch_id: str, number: int, run: int, tenure: Tenure) -> None:
        """Settle every row of a chunk, unless the batch is stopped or begins another run, or the `tenure` ends."""
        try:
            begun = await self._begin(batch_id, number, run, tenure)
            if begun is None:
                return
            await self._clear_up(begun)
        except HoldLapsed:
            return
        await self._read(begun)
        await asyncio.gather(*(self._rows(begun) for _ in range(self._in_flight)))
        if begun.stopped:
            await self._pause(begun.batch, begun.stopped)
        await self._store.finish(batch_id)

    async def _begin(self, batch_id: str, number: int, run: int, tenure: Tenure) -> _Run | None:
        await self._store.running(batch_id, run)
        batch, chunk = await self._store.get(batch_id), await self._store.chunk(batch_id, number)
        if batch is None or chunk is None or batch.status is not Status.RUNNING or batch.run != run:
            return None
        end = chunk.first_row + len(chunk.cells)
        settled = await self._store.settled_rows(batch_id, chunk.first_row, end)
        # Rows that repeat others are settled together with those.
        rows = [row for row in range(chunk.first_row, end) if row not in settled and row not in chunk.waiting]
        if not rows:
            return None
        grant = await self._grants(batch.connection)
        if grant is None:
            await self._pause(batch, "The connection through which the job was submitted has been revoked.")
            return None
        gate = self._gates.setdefault(batch_id, _Gate())
        principal = Principal(batch.workspace, batch.member, batch.client, grant)
        settling = Settling(self._store, batch_id)
        beginning = await self._store.attempt(batch_id, number, run, tenure)
        return _Run(batch, chunk, Asking.of(batch), principal, settling, iter(rows), gate, tenure, beginning)

    def _goes_on(self, run: _Run) -> bool:
        return run.lasts and not self._resting()

    async def _clear_up(self, run: _Run) -> None:
        """Take over from an owner that is gone: what it had asked and not settled may have been charged.

        `HoldLapsed` where this run is not the present one any more: the holds may be those of the one that is.
        """
        batch, first, end = run.batch, run.chunk.first_row, run.chunk.first_row + len(run.chunk.cells)
        books = self._engine.books
        for hold in await self._abandoned(run, first, end):
            await books.ledger.recover_hold(hold, books.budgets.give_back, run.confirm)
        unknown = await self._store.unresolved_rows(batch.id, first, end)
        if unknown:
            error = ProviderOutcomeUnknown(
                "The request was under way when the server stopped, so it may have been charged; it was not repeated.",
                fix="Retry the job's failed rows to ask again.",
            )
            await self._keep(run, [run.asking.refused(row, error) for row in sorted(unknown)])
        if run.asking.fresh:
            run.paid = await self._store.answered_rows(batch.id, first, end)
        settled = await self._store.settled_rows(batch.id, first, end)
        run.rows = iter([row for row in run.rows if row not in settled])
        if run.beginning > _MOST_BEGINNINGS:
            run.stop(f"Rows {first} to {end - 1} were begun {_MOST_BEGINNINGS} times and never finished.")

    async def _abandoned(self, run: _Run, first: int, end: int) -> Sequence[str]:
        """Open holds of these rows that nobody will close.

        The owner of this run is gone, or the rows would not be here. That of an earlier run, which a person paused, may
        still be waiting for answers: it gets the time that an answer may take.
        """
        patience, since = time.monotonic() + FINISH_SECONDS, run.batch.started_at
        while True:
            holds = await self._store.open_holds(run.batch.id, first, end)
            earlier = [hold for hold, at in holds.items() if since is not None and at < since]
            if not earlier or time.monotonic() > patience or not self._goes_on(run):
                return tuple(holds) if self._goes_on(run) else ()
            await asyncio.sleep(_EARLIER_RUN)

    async def _read(self, run: _Run) -> None:
        """Settle the rows whose answers are stored, a few at a time: nobody is asked for them, and nothing is held."""
        looked = run.batch.estimate
        # Where the look before the job found nothing at hand, what is stored since is found row by row.
        if run.asking.fresh or looked is None or not looked.cached:
            return
        rows, left = list(run.rows), list[int]()
        for begin in range(0, len(rows), _READ_AT_ONCE):
            if not self._goes_on(run):
                return
            group = rows[begin : begin + _READ_AT_ONCE]
            async with self._reading:
                settled = await self._at_hand(run, group)
            if settled:
                await self._keep(run, settled)
            done = {one.row for one in settled}
            left += [row for row in group if row not in done]
        run.rows = iter(left)

    async def _at_hand(self, run: _Run, rows: Sequence[int]) -> list[Settled]:
        plans, settled, spells = dict[int, Plan[Any]](), list[Settled](), Spells()
        for row in rows:
            # What is wrong with a row is told when it is its turn.
            with suppress(InvalidInput):
                plans[row] = run.asking.plan(run.cells(row))
            await spells.pause()
        results = await self._engine.at_hand(list(plans.values()), run.batch.workspace)
        for row, result in zip(plans, results, strict=True):
            if result is not None:
                settled.append(run.asking.settled(row, result))
            await spells.pause()
        return settled

    async def _rows(self, run: _Run) -> None:
        while self._goes_on(run):
            async with self._at_once:
                row = next(run.rows, None) if self._goes_on(run) else None
                if row is None:
                    return
                try:
                    settled = await self._row(run, row)
                except Stopped as stopped:
                    run.stop(str(stopped))
                    return
                except HoldLapsed:
                    return  # whoever goes on with the batch asks the row
                if settled.state is RowState.FAILED and not run.tenure.stands:
                    return  # whoever has taken over finds out better
                await self._keep(run, [settled])
                run.count(settled)

    async def _keep(self, run: _Run, settled: Sequence[Settled]) -> None:
        repeated = run.chunk.duplicates
        copies = [copy for one in settled for copy in run.asking.copies(one, repeated.get(one.row, ()))]
        run.follow(await run.settling.keep([*settled, *copies]))

    async def _row(self, run: _Run, row: int) -> Settled:
        """One row, asked again while what is wrong with it may pass."""
        for pause in (*_WAITS, None):
            settled, passing = await self._ask(run, row)
            if not passing or pause is None or not run.lasts:
                return settled
            await asyncio.sleep(pause)
        raise AssertionError("the last pause is None")

    async def _ask(self, run: _Run, row: int) -> tuple[Settled, bool]:
        """What came of asking once, and whether asking again may help."""
        try:
            asking = replace(run.asking, fresh=False) if row in run.paid else run.asking
            plan = asking.plan(run.cells(row))
            filed = BatchRow(run.batch.id, row, run.batch.order.ceiling, run.batch.approval)
            result = await run.gate.through(
                lambda: self._engine.run_row(plan, run.principal, run.asking.kind.tool, filed, run.confirm)
            )
        except HoldLapsed as error:
            if not run.lasts:
                raise
            return run.asking.refused(row, error), True
        except StorageUnavailable as error:
            return run.asking.refused(row, error), True
        except OutOfBudget as error:
            raise Stopped(f"{error.message} {error.fix or ''}".strip()) from error
        except (InvalidInput, Suppressed) as error:
            return run.asking.refused(row, error), False
        except WeirError as error:
            return run.asking.refused(row, error), error.retryable
        if isinstance(result.error, _STOPPERS):
            raise Stopped(result.error.message) from result.error
        settled = run.asking.settled(row, result)
        return settled, settled.state is RowState.FAILED and result.error is not None and result.error.retryable

    async def _pause(self, batch: Batch, why: str) -> None:
        await self._store.move(batch.id, Status.RUNNING, Status.PAUSED, why)
