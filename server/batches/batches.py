"""Bulk jobs from submission to the finished file: the one object through which everything about them is asked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from server.batches import leftovers, records, requests
from server.batches import statements as sql
from server.batches.asking import Asking
from server.batches.check import Checker
from server.batches.runner import Runner
from server.batches.sources import Source, Sources
from server.batches.store import Result, Store
from server.batches.waiting import Waiting
from server.domain.approval import Approval
from server.domain.batch import Batch, Estimate, Event, Order, RowState, Status
from server.domain.errors import InvalidInput
from server.domain.money import FREE, Credits, Micros
from server.domain.principal import Principal
from server.engine import Engine
from server.storage.database import Transaction
from server.upstream.notices import NotDelivered, Notices

_STEERED: Mapping[str, tuple[frozenset[Status], str]] = {
    "pause": (frozenset({Status.QUEUED, Status.RUNNING}), "It can be paused while it is queued or running."),
    "resume": (frozenset({Status.PAUSED}), "It can be resumed while it is paused."),
    "cancel": (
        frozenset({Status.CHECKING, Status.AWAITING_APPROVAL, Status.QUEUED, Status.RUNNING, Status.PAUSED}),
        "It can be cancelled until it is over.",
    ),
    "retry": (
        frozenset({Status.COMPLETED, Status.PAUSED}),
        "Its failed rows can be retried once it is over or paused.",
    ),
}


class Batches:
    """The bulk jobs of all workspaces."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        sources: Sources,
        runner: Runner,
        *,
        notices: Notices,
        clock: Callable[[], datetime],
    ) -> None:
        self.store = store
        self.sources = sources
        self.waiting = Waiting()
        self._engine = engine
        self._runner = runner
        self._notices = notices
        self._clock = clock

    async def estimate(self, principal: Principal, order: Order, source: Source) -> Estimate:
        """What running `order` over the rows of `source` would come to; nothing is kept and nothing spent."""
        asking = Asking.of(self._batch(principal, order, source))
        checker = Checker(self._engine, asking, principal.workspace)
        return (await checker.check(source.rows)).estimate(self._engine.per_minute())

    async def submit(self, principal: Principal, order: Order, source: Source) -> Batch:
        """Begin a bulk job. Its rows are looked at first, beside this call; nothing is spent before that is done.

        `InvalidInput` where the order makes no sense for the file.
        """
        return (await self.submit_once(principal, order, source))[0]

    async def submit_once(self, principal: Principal, order: Order, source: Source) -> tuple[Batch, bool]:
        """`submit`, unless another replica began the job of the same request meanwhile: then that one, and False."""
        if order.ceiling <= FREE:
            raise InvalidInput(
                "max_credits has to be above 0: it is the most that the whole job may cost.",
                field="max_credits",
                fix="Send the most credits that the job may spend, for example the expected cost of the estimate.",
            )
        self._check_webhook(order.webhook)
        batch = self._batch(principal, order, source)
        Asking.of(batch).kind.check_cap(order.most)
        first = await self.store.database.write(lambda tx: self._add(tx, batch))
        if first != batch.id:
            return await self.get(principal, first), False
        await self._runner.check_soon(batch.id)
        return batch, True

    def _add(self, tx: Transaction, batch: Batch) -> str:
        """Keep a batch, unless its request led to another one; the one that it leads to."""
        order = batch.order
        first = requests.claim(tx, batch) if order.request else batch.id
        if first == batch.id:
            tx.execute(sql.ADD, **records.written(batch))
            said = f"{order.kind} over {order.name or 'rows without a file'}"
            self.store.note_in(tx, batch.id, "submitted", said, by=batch.member)
        return first

    def _check_webhook(self, url: str | None) -> None:
        try:
            if url is not None:
                self._notices.judge(url)
        except NotDelivered as barred:
            raise InvalidInput(
                f"webhook_url cannot be told of the job: {barred}.",
                field="webhook_url",
                fix="Send an https:// URL without a port, or have the operator add its host to WEIR_WEBHOOK_HOSTS.",
            ) from barred

    async def repeated(self, principal: Principal, request: str) -> Batch | None:
        """The job that the same request of the principal's began lately; None for a new request."""
        found = await requests.earlier(self.store.database, principal, request, self._clock())
        return None if found is None else await self.get(principal, found)

    async def needs_approval(self, principal: Principal, most: Credits) -> bool:
        """Whether a job of the principal's that may cost `most` would wait for a person."""
        return await self._runner.needs_approval(principal, most)

    async def decide(self, approval_id: str, *, allowed: bool, by: str, how: str) -> Approval:
        """Record what a person decided about any spending, and let a job that waits for it go on.

        `InvalidInput` where there is nothing left to decide.
        """
        approval = await self._engine.books.approvals.decide(approval_id, allowed=allowed, by=by, how=how)
        await self._runner.decided(approval)
        return approval

    async def get(self, principal: Principal, batch_id: str) -> Batch:
        """The job; `InvalidInput` where the principal's workspace has none of that id."""
        batch = await self.store.get(batch_id)
        if batch is None or batch.workspace != principal.workspace:
            raise InvalidInput(
                f"There is no bulk job {batch_id[:80]!r}.",
                field="job_id",
                fix="list_bulk_jobs names the jobs there are.",
            )
        return batch

    async def list(
        self, principal: Principal, *, status: str = "", kind: str = "", before: datetime | None = None, most: int = 20
    ) -> tuple[Batch, ...]:
        """The workspace's jobs, newest first."""
        return await self.store.list(principal.workspace, status=status, kind=kind, before=before, most=most)

    async def steer(self, principal: Principal, batch_id: str, action: str) -> Batch:
        """`pause`, `resume`, `cancel` or `retry` (ask the failed rows again); `InvalidInput` where that cannot be."""
        batch = await self._steerable(principal, batch_id, action)
        if action == "pause":
            await self._stop(batch, principal, action, Status.PAUSED)
        elif action == "cancel":
            await self._stop(batch, principal, action, Status.CANCELLED)
            await self._runner.let_go(batch.id)
        else:
            await self._go_on(batch, principal, action)
        return await self.get(principal, batch_id)

    async def _steerable(self, principal: Principal, batch_id: str, action: str) -> Batch:
        """The job; `InvalidInput` where it stands so that `action` makes no sense."""
        batch = await self.get(principal, batch_id)
        fitting, otherwise = _STEERED[action]
        if batch.status not in fitting:
            raise InvalidInput(
                f"The job is {batch.status.value}, so there is nothing to {action}.", field="action", fix=otherwise
            )
        return batch

    async def rows(self, principal: Principal, batch_id: str, first: int, most: int) -> tuple[Result, ...]:
        """Settled rows from the row `first` on, out of a window of `most` rows."""
        batch = await self.get(principal, batch_id)
        return await self.store.results(batch.id, first, first + most)

    async def given(self, batch: Batch, first: int, most: int) -> Mapping[int, Sequence[str]]:
        """The cells of rows as they came, by row, from the row `first` on."""
        found: dict[int, Sequence[str]] = {}
        for number, start, count in await self.store.chunks(batch.id):
            overlaps = start < first + most and first < start + count
            chunk = await self.store.chunk(batch.id, number) if overlaps else None
            if chunk is not None:
                found |= {start + index: cells for index, cells in enumerate(chunk.cells)}
        return {row: cells for row, cells in found.items() if first <= row < first + most}

    async def failures(
        self, principal: Principal, batch_id: str, after: int, most: int, *, skipped: bool = False
    ) -> tuple[Result, ...]:
        """Failed rows after the row `after`, and if so wanted those that were skipped."""
        batch = await self.get(principal, batch_id)
        found = list(await self.store.results_of(batch.id, RowState.FAILED, after, most))
        if skipped:
            found += await self.store.results_of(batch.id, RowState.SKIPPED, after, most)
        return tuple(sorted(found, key=lambda one: one.row)[:most])

    async def events(
        self, principal: Principal, batch_id: str, *, after: int = 0, most: int = 100, level: str = "event"
    ) -> tuple[Event, ...]:
        """What happened to the job, oldest first."""
        batch = await self.get(principal, batch_id)
        return await self.store.events(batch.id, after=after, most=most, level=level)

    async def sweep(self) -> None:
        """Forget jobs whose results have been kept long enough, and all that belongs to them."""
        for batch_id in await self.store.expired():
            await self._runner.forget(batch_id)
            await self.store.drop(batch_id)
        await requests.sweep(self.store.database, self._clock())
        await leftovers.sweep(self.store.database, self.sources, self._clock())

    async def _stop(self, batch: Batch, principal: Principal, action: str, status: Status) -> None:
        why = f"{status.value.capitalize()} by {principal.member}."
        while not await self.store.move(batch.id, batch.status, status, why):
            # It went on by itself since it was looked at, for example from queued to running.
            batch = await self._steerable(principal, batch.id, action)

    async def _go_on(self, batch: Batch, principal: Principal, action: str) -> None:
        if action == "retry":
            await self._close_failed(batch)
            if not await self.store.forget_failures(batch.id):
                raise InvalidInput("The job has no failed rows.", field="action", fix="There is nothing to do.")
        standing = await self.get(principal, batch.id)
        await self.store.note(batch.id, action, f"{action} by {principal.member}.", settled=standing.settled)
        await self._runner.start(batch)

    async def _close_failed(self, batch: Batch) -> None:
        """Count as spent what may have been charged for failed rows whose bill could not be written.

        A row fails after its call has ended, so nobody else closes what it holds. It has to be closed before the retry
        is noted: whatever is found open after that was under way in an earlier process, and is not asked again.
        """
        books = self._engine.books
        for (hold,) in await self.store.database.read(sql.HELD_BY_FAILED, batch=batch.id):
            await books.ledger.recover_hold(str(hold), books.budgets.give_back)

    def _batch(self, principal: Principal, order: Order, source: Source) -> Batch:
        return Batch(
            id=f"job_{secrets.token_urlsafe(15)}",
            workspace=principal.workspace,
            member=principal.member,
            client=principal.client,
            connection=principal.grant.id,
            order=replace(order, source=source.id),
            header=source.facts.columns,
            titles=source.facts.header if source.facts.has_header else source.facts.columns,
            status=Status.CHECKING,
            reason="",
            approval="",
            estimate=None,
            rows=0,
            chunks=0,
            done=0,
            found=0,
            failed=0,
            skipped=0,
            cached=0,
            credits=Credits(0),
            usd=Micros(0),
            run=0,
            created_at=self._clock(),
            started_at=None,
            finished_at=None,
            expires_at=None,
        )
