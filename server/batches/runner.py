"""Keeps bulk jobs going in this process: checks, runs, resumes and closes them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from server.batches.asking import Asking
from server.batches.check import Checker
from server.batches.lease import Lease, Tenure
from server.batches.limits import BulkLimits
from server.batches.pieces import Pieces, Unfinished
from server.batches.slice import Slice, check_id
from server.batches.sources import Source, Sources
from server.batches.store import Store, chunk_size
from server.batches.work import Grants, Work
from server.domain.approval import Approval, Decision, Proposal
from server.domain.batch import Batch, Estimate, Status
from server.domain.errors import ApprovalRequired, HoldLapsed, InvalidInput, StorageUnavailable
from server.domain.money import Credits, plain
from server.domain.principal import Grant, Principal
from server.engine import Engine
from server.proposals import fingerprint

if TYPE_CHECKING:
    from server.batches.durable import Durable

_WINDOW = timedelta(days=1)
"""Jobs that a member submits within this time count together, so that a large one cannot be split into small ones."""

TICK = 1.0
"""Seconds between two rounds."""
_PATIENCE = 10.0
"""Seconds that rows which are being asked get when the process ends."""

logger = logging.getLogger(__name__)


class Runner:
    """The bulk jobs that this process takes part in. DBOS is loaded when the first job needs it."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        sources: Sources,
        lease: Lease,
        grants: Grants,
        *,
        database: str,
        schema: str,
        clock: Callable[[], datetime],
        limits: BulkLimits,
    ) -> None:
        self._engine = engine
        self._store = store
        self._sources = sources
        self._lease = lease
        self._database = database
        self._schema = schema
        self._resting = False
        self._clock = clock
        self._limits = limits
        self._work = Work(
            engine,
            store,
            grants,
            resting=lambda: self._resting,
            in_flight=limits.in_flight,
            at_once=limits.chunks_at_once * limits.in_flight,
        )
        self._durable: Durable | None = None
        self._opening = asyncio.Lock()
        self._reached = 0
        """The place in the queue of the slice that was begun last: where newcomers queue up."""
        self._begun: set[asyncio.Task[None]] = set()
        self._pieces = Pieces()
        self._idle: dict[str, int] = {}
        """Batches, by id and run, of which nothing was under way in the last round."""

    async def durable(self) -> Durable:
        """The durable work of this process, opened when first needed; `StorageUnavailable` once it is closed."""
        async with self._opening:
            if self._durable is None:
                if self._resting:
                    raise StorageUnavailable("Weir is shutting down; bulk jobs go on when it runs again.")
                # Loading DBOS takes half a second that a server without bulk jobs saves.
                from server.batches.durable import Durable, Place  # noqa: PLC0415 - see above

                place = Place.beside(self._database, self._schema, self._lease.executor)
                opened = Durable(place, at_once=self._limits.chunks_at_once, checks=self._limits.looks)
                await opened.open(self)
                self._durable = opened
            return self._durable

    async def take_up(self) -> None:
        """Go on with what an earlier process left, where there is something."""
        for batch in await self._store.unfinished():
            if batch.status is Status.CHECKING:
                await self.check_soon(batch.id)
            elif self._lease.shared:
                await self._enqueue(batch.id, batch.run)
            else:
                await self.start(batch)

    async def close(self) -> None:
        """Let the rows that are being asked finish, begin no others, and leave the rest to whoever opens next."""
        self._resting = True
        async with self._opening:
            if self._durable is not None:
                await self._see_off()
                await self._durable.close()
                self._durable = None
        await self._lease.leave()

    async def _see_off(self) -> None:
        """Wait for what is under way, alive to the others meanwhile."""
        until = time.monotonic() + _PATIENCE
        while self._begun and time.monotonic() < until:
            await asyncio.wait(self._begun, timeout=TICK)
            with contextlib.suppress(StorageUnavailable):
                await self._lease.renew()

    async def check_soon(self, batch_id: str) -> None:
        """Have the rows of a new batch looked at; where that cannot be queued, a later round does it."""
        with _later(batch_id):
            await (await self.durable()).enqueue_check(batch_id)

    async def start(self, batch: Batch) -> None:
        """Queue a run of whatever the batch has left; does nothing where its status has changed meanwhile."""
        run = await self._store.start(batch.id, batch.status)
        if run is not None:
            with _later(batch.id):
                await self._enqueue(batch.id, run)

    async def _enqueue(self, batch_id: str, run: int) -> None:
        batch = await self._store.get(batch_id)
        if batch is None or await self._store.finish(batch_id):
            await self.let_go(batch_id)
            return
        numbers = [number for number, _, _ in await self._store.chunks(batch_id)]
        # Who has several batches under way gets the turns of one.
        stride = max(1, await self._store.active_of(batch.workspace, batch.member))
        places = range(self._reached + 1, self._reached + 1 + stride * len(numbers), stride)
        slices = [Slice(batch_id, number, run, place) for number, place in zip(numbers, places, strict=True)]
        await (await self.durable()).enqueue(slices)

    async def chunk(self, slice_: Slice) -> None:
        """Carry out a slice; durable work calls this."""
        self._reached = max(self._reached, slice_.place)
        tenure = self._lease.tenure
        with self._pieces.begun(slice_.id):
            task = asyncio.create_task(self._work.chunk(slice_.batch, slice_.number, slice_.run, tenure))
            self._begun.add(task)
            task.add_done_callback(self._begun.discard)
            await task
            if self._resting or not tenure.stands:
                raise Unfinished
            await self.let_go(slice_.batch)

    async def check(self, batch_id: str) -> None:
        """Look at the rows of a batch, keep them, and queue it, or have a person asked; durable work calls this."""
        with self._pieces.begun(check_id(batch_id)):
            await self._check(batch_id, self._lease.tenure)

    async def _check(self, batch_id: str, tenure: Tenure) -> None:
        batch = await self._store.get(batch_id)
        if batch is None or batch.status is not Status.CHECKING:
            return
        try:
            source = await self._sources.open(batch.order.source)
            # Whoever looked at them may have died before it went on.
            estimate = batch.estimate or await self._take_in(batch, source, tenure)
        except HoldLapsed:
            if not tenure.stands:
                raise Unfinished from None
            if not await self._checking(batch_id):
                return
            # Otherwise another look has begun, and durable work knows this one no more.
            raise asyncio.CancelledError from None
        except InvalidInput as refused:
            await self._fail(batch, refused.message)
            return
        if estimate.problems:
            await self._fail(batch, " ".join(estimate.problems))
        else:
            await self._decide(batch, source, estimate)

    async def _checking(self, batch_id: str) -> bool:
        batch = await self._store.get(batch_id)
        return batch is not None and batch.status is Status.CHECKING

    async def _take_in(self, batch: Batch, source: Source, tenure: Tenure) -> Estimate:
        """`HoldLapsed` where the batch has been stopped, or another look at it begun."""
        look = await self._store.look(batch.id, tenure)
        checker = Checker(self._engine, Asking.of(batch), batch.workspace)
        found = await checker.check(source.rows)
        size, number = chunk_size(found.rows), 0
        async for chunk in checker.chunks(source.rows, found, size):
            await self._store.add_chunk(look, chunk)
            number += 1
        estimate = await asyncio.to_thread(found.estimate, self._engine.per_minute())
        await self._store.checked(look, found.rows, number, estimate)
        await self._store.note(batch.id, "checked", _in_words(estimate), rows=found.rows)
        return estimate

    async def _decide(self, batch: Batch, source: Source, estimate: Estimate) -> None:
        """Queue the batch, or leave it to a person where its worst case is above the operator's limit."""
        most = Credits(min(estimate.total_most, batch.order.ceiling))
        principal = Principal(batch.workspace, batch.member, batch.client, Grant(batch.connection))
        if not await self.needs_approval(principal, most, batch.id):
            await self.start(batch)
            return
        try:
            approval = await self._engine.books.approvals.require(_proposal(batch, source, estimate, most), principal)
        except ApprovalRequired as asked:
            approval = asked.approval
        await self._store.approved(batch.id, approval.id)
        await self._store.move(batch.id, Status.CHECKING, Status.AWAITING_APPROVAL, _waiting(most), path=approval.path)

    async def needs_approval(self, principal: Principal, most: Credits, besides: str = "") -> bool:
        """Whether a job that may cost `most` is above the operator's limit, together with the member's other ones."""
        earlier = await self._store.unapproved(principal, self._clock() - _WINDOW, besides)
        return self._engine.books.budgets.needs_approval(Credits(most + earlier))

    async def decided(self, approval: Approval) -> None:
        """Do what a person decided about a batch; nothing where the approval is about something else."""
        for batch in await self._store.awaiting():
            if batch.approval == approval.id:
                await self._follow(batch, approval)

    async def _follow(self, batch: Batch, approval: Approval) -> None:
        if approval.decision in (Decision.ALLOWED, Decision.USED):
            if await self._use(approval):
                await self._store.note(batch.id, "approved", f"Approved by {approval.decided_by}.")
            await self.start(batch)
        elif approval.decision in (Decision.REFUSED, Decision.EXPIRED):
            why = "Nobody approved it in time." if approval.decision is Decision.EXPIRED else "A person refused it."
            await self._store.move(batch.id, batch.status, Status.CANCELLED, why)
            await self.let_go(batch.id)

    async def _use(self, approval: Approval) -> bool:
        """Use an approval; False where somebody else did, who may have died before the batch began."""
        try:
            await self._store.database.write(lambda tx: self._engine.books.approvals.use(tx, approval))
        except ApprovalRequired:
            return False
        return True

    async def _fail(self, batch: Batch, why: str) -> None:
        await self._store.move(batch.id, Status.CHECKING, Status.FAILED, why)

    async def let_go(self, batch_id: str) -> None:
        """Remove the file of a batch that is over; does nothing while it is not."""
        batch = await self._store.get(batch_id)
        if batch is not None and batch.status in (Status.COMPLETED, Status.CANCELLED):
            self._sources.forget(batch.order.source)

    async def forget(self, batch_id: str) -> None:
        """Remove what durable work remembers of a batch that is over."""
        await (await self.durable()).forget(batch_id)

    async def tick(self) -> None:
        """Every second: follow decisions, close what is over, take over from processes that are gone."""
        for batch in await self._store.awaiting():
            approval = await self._engine.books.approvals.get(batch.approval)
            if approval is not None and approval.decision is not Decision.WAITING:
                await self._follow(batch, approval)
        if self._durable is None:
            await self.take_up()
        else:
            await self._take_over(self._durable)
        await self._restart_stalled()

    async def _take_over(self, durable: Durable) -> None:
        tenure, dropped = self._lease.tenure, self._pieces.dropped
        if not self._lease.shared and not dropped:
            return
        begun = await durable.begun()
        # Called after that, so that whoever has begun something is on it.
        roll = await self._lease.roll()
        if not tenure.stands:
            # This process may have been frozen since, and know nothing of who else is alive.
            return
        taken = await durable.take_over(begun, roll.alive, self._pieces.still(dropped))
        self._pieces.forget(dropped)
        for executor, count in taken.items():
            if executor != self._lease.executor:
                logger.warning("took over %d pieces of bulk jobs from %s: %s", count, executor, roll.why(executor))

    async def _restart_stalled(self) -> None:
        """A batch that is under way and of which nothing is queued or begun, in two rounds in a row, begins anew."""
        durable = self._durable
        if durable is None:
            return
        idle: dict[str, int] = {}
        for batch in await self._store.unfinished():
            checking = batch.status is Status.CHECKING
            if await durable.has_work(check_id(batch.id) if checking else f"{batch.id}:{batch.run}:"):
                continue
            idle[batch.id] = batch.run
            if self._idle.get(batch.id) != batch.run:
                continue
            logger.warning("bulk job %s had stalled and is begun anew", batch.id)
            if checking:
                await durable.enqueue_check(batch.id, again=True)
            else:
                await self.start(batch)
        self._idle = idle


@contextmanager
def _later(batch_id: str) -> Generator[None]:
    """A batch is kept before it is queued: whoever finds it stalled begins it anew."""
    try:
        yield
    except StorageUnavailable as error:
        logger.warning("bulk job %s is queued later: %s", batch_id, error.message)


def _proposal(batch: Batch, source: Source, estimate: Estimate, most: Credits) -> Proposal:
    order = batch.order
    facts = {
        "batch": batch.id,
        "kind": order.kind,
        "columns": dict(order.columns),
        "rows": source.sha256,
        "per_row": order.most,
        "fresh": order.fresh,
        "ceiling": order.ceiling,
        "most": dict(estimate.most),
        "workspace": batch.workspace,
        "member": batch.member,
        "connection": batch.connection,
    }
    summary = {
        "steps": [f"{order.kind.replace('_', ' ')} for {estimate.to_ask} rows, {_by_provider(estimate)}"],
        "rows": estimate.rows,
        "to_ask": estimate.to_ask,
        "file": order.name,
        "batch": batch.id,
        "expected": plain(estimate.total_expected),
        "dollars": estimate.usd_most / 1_000_000,
    }
    return Proposal("submit_bulk_job", fingerprint(facts), most, summary)


def _by_provider(estimate: Estimate) -> str:
    worst = (f"{name} up to {plain(amount):g} credits" for name, amount in estimate.most.items())
    return ", ".join(worst) or "at no cost"


def _waiting(most: Credits) -> str:
    return f"It may cost up to {plain(most):g} credits, and a person has to approve that first."


def _in_words(estimate: Estimate) -> str:
    unlocked = f" ({estimate.unlocked} of them unlocked already)" if estimate.unlocked else ""
    return (
        f"{estimate.rows} rows: {estimate.to_ask} to ask{unlocked}, {estimate.cached} at hand, {estimate.duplicates} "
        f"repeated, {estimate.invalid} unusable, {estimate.suppressed} suppressed; expected "
        f"{plain(estimate.total_expected):g} credits, at most {plain(estimate.total_most):g}"
    )
