"""Batches in storage: rows in chunks, results one by one, totals that change together with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from server.batches import records
from server.batches import statements as sql
from server.batches.lease import Tenure
from server.batches.records import Result
from server.domain.batch import Batch, Chunk, Estimate, Event, RowState, Settled, Status
from server.domain.errors import HoldLapsed
from server.domain.money import Credits, plain
from server.domain.principal import Principal
from server.storage.database import Database, Transaction
from server.storage.instant import from_micros, to_micros

NEVER = 2**62

Tell = Callable[[Transaction, Batch], None]
"""Called in the transaction that stops a batch, or has it wait for a person, to have others told of it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a batch stands after something was counted."""

    status: Status
    run: int
    beginning: int | None = None
    """How often the chunk that was asked about has been begun."""


def stands(tx: Transaction, batch_id: str, chunk: int) -> Standing | None:
    """Where a batch and one of its chunks stand; None where they are gone."""
    rows = tx.execute(sql.STANDING, batch=batch_id, chunk=chunk)
    return Standing(Status(rows[0][0]), int(rows[0][1]), int(rows[0][2])) if rows else None


def lapsed() -> HoldLapsed:
    """The error of work that must not go on: somebody else does, or nobody."""
    return HoldLapsed("The bulk job has been stopped or begun anew in the meantime.")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the rows of a batch. What a look writes counts while nobody has begun another one."""

    batch: str
    number: int
    tenure: Tenure

    def confirm(self, tx: Transaction) -> None:
        """`HoldLapsed` where another one was begun, the batch is stopped, or this process counts as dead."""
        self.tenure.confirm(tx)
        if tx.execute(sql.LOOKING, batch=self.batch) != [(self.number,)]:
            raise lapsed()


class Store:
    """The batches of all workspaces."""

    def __init__(self, database: Database, clock: Callable[[], datetime], tell: Tell, *, kept: timedelta) -> None:
        """`kept` is how long a batch that is over is remembered."""
        self.database = database
        self._kept = kept
        self.tell = tell
        self._clock = clock

    async def get(self, batch_id: str) -> Batch | None:
        """The batch as it stands."""
        rows = await self.database.read(sql.GET, batch=batch_id)
        return records.batch(rows[0]) if rows else None

    async def list(
        self, workspace: str, *, status: str = "", kind: str = "", before: datetime | None = None, most: int = 20
    ) -> tuple[Batch, ...]:
        """The workspace's batches, newest first."""
        end = NEVER if before is None else to_micros(before)
        rows = await self.database.report(
            sql.LIST, workspace=workspace, status=status, kind=kind, before=end, most=most
        )
        return tuple(map(records.batch, rows))

    async def unfinished(self) -> tuple[Batch, ...]:
        """Whatever somebody has to go on with."""
        return tuple(map(records.batch, await self.database.report(sql.UNFINISHED)))

    async def awaiting(self) -> tuple[Batch, ...]:
        """Whatever waits for a person."""
        return tuple(map(records.batch, await self.database.report(sql.WAITING)))

    async def ahead_of(self, batch: Batch) -> int:
        """How many batches are older and not over."""
        ((count,),) = await self.database.read(sql.AHEAD, created=to_micros(batch.created_at))
        return int(count)

    async def active_of(self, workspace: str, member: str) -> int:
        """How many of a member's batches are queued or running."""
        ((count,),) = await self.database.read(sql.ACTIVE, workspace=workspace, member=member)
        return int(count)

    async def unapproved(self, principal: Principal, since: datetime, besides: str) -> Credits:
        """Ceilings of the member's other batches since `since` that no person has approved."""
        ((total,),) = await self.database.report(
            sql.UNAPPROVED,
            workspace=principal.workspace,
            member=principal.member,
            since=to_micros(since),
            batch=besides,
        )
        return Credits(int(total))

    async def move(self, batch_id: str, before: Status, after: Status, why: str, **detail: Any) -> bool:
        """Change the status, if it still is `before`: written down as an event with `detail`, and told to others."""
        end = self._end() if after.over else {"finished": None, "until": None}
        values = {"before": before.value, "after": after.value, "why": why, **end}

        def unit(tx: Transaction) -> bool:
            if not tx.execute(sql.MOVE, batch=batch_id, **values):
                return False
            self.note_in(tx, batch_id, after.value, why, **detail)
            self._announce(tx, batch_id)
            return True

        return await self.database.write(unit)

    def _end(self) -> Mapping[str, int]:
        """When a batch that is over now was, and until when it is kept."""
        now = self._clock()
        return {"finished": to_micros(now), "until": to_micros(now + self._kept)}

    def _announce(self, tx: Transaction, batch_id: str) -> None:
        """Tell others where a batch stands now, and write down what came of one that was carried out."""
        batch = records.batch(tx.execute(sql.GET, batch=batch_id)[0])
        if batch.status in (Status.COMPLETED, Status.CANCELLED):
            came_of_it = f"{batch.found} of {batch.rows} rows found, {plain(batch.credits):g} credits"
            self.note_in(tx, batch_id, batch.status.value, came_of_it)
        self.tell(tx, batch)

    async def start(self, batch_id: str, before: Status) -> int | None:
        """Queue a new run; its number, or None where the status was not `before`."""
        now = to_micros(self._clock())
        rows = await self.database.write(lambda tx: tx.execute(sql.START, batch=batch_id, before=before.value, now=now))
        return int(rows[0][0]) if rows else None

    async def running(self, batch_id: str, run: int) -> bool:
        """Say that a queued run has begun; False where it had already, or is not the present one."""
        return bool(await self.database.write(lambda tx: tx.execute(sql.RUNNING, batch=batch_id, of_run=run)))

    async def look(self, batch_id: str, tenure: Tenure) -> Look:
        """Begin to look at the rows of a batch, and take back what an earlier look had written.

        `HoldLapsed` where the batch is stopped, a look has come to its end, or this process counts as dead.
        """

        def unit(tx: Transaction) -> Look:
            tenure.confirm(tx)
            rows = tx.execute(sql.LOOK, batch=batch_id)
            if not rows:
                raise lapsed()
            tx.execute(sql.DROP_CHUNKS, batch=batch_id)
            tx.execute(sql.DROP_RESULTS, batch=batch_id)
            return Look(batch_id, int(rows[0][0]), tenure)

        return await self.database.write(unit)

    async def checked(self, look: Look, rows: int, chunks: int, estimate: Estimate) -> None:
        """Keep what a look found out; `HoldLapsed` where it does not count any more."""
        reckoned = json.dumps(asdict(estimate))

        def unit(tx: Transaction) -> None:
            look.confirm(tx)
            tx.execute(sql.CHECKED, batch=look.batch, total=rows, slices=chunks, reckoned=reckoned)

        await self.database.write(unit)

    async def approved(self, batch_id: str, approval: str) -> None:
        """File the batch under an approval."""
        await self.database.write(lambda tx: tx.execute(sql.APPROVED, batch=batch_id, given=approval))

    async def add_chunk(self, look: Look, chunk: Chunk) -> None:
        """Keep a slice of the rows; `HoldLapsed` as for `checked`."""

        def unit(tx: Transaction) -> None:
            look.confirm(tx)
            tx.execute(
                sql.ADD_CHUNK,
                batch=look.batch,
                chunk=chunk.number,
                first_row=chunk.first_row,
                rows=len(chunk.cells),
                data=records.packed(chunk),
                attempts=0,
            )

        await self.database.write(unit)

    async def chunk(self, batch_id: str, number: int) -> Chunk | None:
        """A slice of the rows."""
        rows = await self.database.read(sql.CHUNK, batch=batch_id, chunk=number)
        return records.unpacked(number, rows[0]) if rows else None

    async def attempt(self, batch_id: str, number: int, run: int, tenure: Tenure) -> int:
        """Count a beginning of a chunk's work, which is the only one that may ask from now on; how many there were.

        `HoldLapsed` where the batch does not run any more, or in another run, or this process counts as dead.
        """

        def unit(tx: Transaction) -> int:
            tenure.confirm(tx)
            rows = tx.execute(sql.ATTEMPT, batch=batch_id, number=number, of_run=run)
            if not rows:
                raise lapsed()
            return int(rows[0][0])

        return await self.database.write(unit)

    async def chunks(self, batch_id: str) -> tuple[tuple[int, int, int], ...]:
        """Number, first row and rows of every chunk."""
        rows = await self.database.report(sql.CHUNKS, batch=batch_id)
        return tuple((int(number), int(first), int(count)) for number, first, count in rows)

    async def settled_rows(self, batch_id: str, first: int, end: int) -> frozenset[int]:
        """Rows from `first` to before `end` that have a result."""
        rows = await self.database.read(sql.SETTLED_ROWS, batch=batch_id, first=first, end=end)
        return frozenset(int(row) for (row,) in rows)

    async def settle(self, batch_id: str, settled: Sequence[Settled]) -> Standing:
        """Keep results and count them, durably; a row that has a result keeps it."""
        return await self.database.write(lambda tx: self._settle(tx, batch_id, settled))

    def _settle(self, tx: Transaction, batch_id: str, settled: Sequence[Settled]) -> Standing:
        now = to_micros(self._clock())
        listed = json.dumps([one.row for one in settled])
        known = {int(row) for (row,) in tx.execute(sql.SETTLED_AMONG, batch=batch_id, rows=listed)}
        new = list({one.row: one for one in reversed(settled) if one.row not in known}.values())
        tx.execute_many(sql.SETTLE, [records.settlement(batch_id, one, now) for one in new])
        ((status, run, left),) = tx.execute(
            sql.COUNT,
            batch=batch_id,
            n_done=sum(one.state is RowState.DONE for one in new),
            n_found=sum(one.found for one in new),
            n_failed=sum(one.state is RowState.FAILED for one in new),
            n_skipped=sum(one.state is RowState.SKIPPED for one in new),
            n_cached=sum(one.cached for one in new),
            n_credits=sum(one.credits for one in new),
            n_usd=sum(one.usd for one in new),
        )
        completed = left <= 0 and self._finish(tx, batch_id)
        return Standing(Status.COMPLETED if completed else Status(status), int(run))

    async def finish(self, batch_id: str) -> bool:
        """Complete a batch all of whose rows are settled; False where there is something left, or it is over."""
        return await self.database.write(lambda tx: self._finish(tx, batch_id))

    def _finish(self, tx: Transaction, batch_id: str) -> bool:
        if not tx.execute(sql.FINISH, batch=batch_id, **self._end()):
            return False
        self._announce(tx, batch_id)
        return True

    async def forget_failures(self, batch_id: str) -> int:
        """Take back the failed rows, so that they can be asked again; how many there were."""

        def unit(tx: Transaction) -> int:
            failed = len(tx.execute(sql.DROP_FAILED, batch=batch_id))
            tx.execute(sql.UNFAIL, batch=batch_id, n=failed)
            return failed

        return await self.database.write(unit)

    async def results(self, batch_id: str, first: int, end: int) -> tuple[Result, ...]:
        """Results of rows from `first` to before `end`."""
        return tuple(map(records.result, await self.database.report(sql.RESULTS, batch=batch_id, first=first, end=end)))

    async def results_of(self, batch_id: str, state: RowState, after: int, most: int) -> tuple[Result, ...]:
        """Results of one state, of rows after `after`."""
        rows = await self.database.report(
            sql.RESULTS_OF_STATE, batch=batch_id, state=state.value, after=after, most=most
        )
        return tuple(map(records.result, rows))

    async def note(self, batch_id: str, event: str, message: str, *, level: str = "event", **detail: Any) -> None:
        """Write down something that happened."""
        await self.database.write(lambda tx: self.note_in(tx, batch_id, event, message, level=level, **detail))

    def note_in(
        self, tx: Transaction, batch_id: str, event: str, message: str, *, level: str = "event", **detail: Any
    ) -> None:
        """`note`, in a transaction with what it is about."""
        at = to_micros(self._clock())
        text = json.dumps(detail, ensure_ascii=False)
        tx.execute(sql.ADD_EVENT, batch=batch_id, at=at, level=level, event=event, message=message, detail=text)

    async def events(
        self, batch_id: str, *, after: int = 0, most: int = 100, level: str = "event"
    ) -> tuple[Event, ...]:
        """What happened, oldest first; of every level where `level` is empty."""
        rows = await self.database.report(sql.EVENTS, batch=batch_id, after=after, most=most, level=level)
        return tuple(map(records.event, rows))

    async def newest_events(self, batch_id: str, *, most: int, level: str = "event") -> tuple[Event, ...]:
        """The last of what happened, oldest first."""
        rows = await self.database.report(sql.NEWEST_EVENTS, batch=batch_id, most=most, level=level)
        return tuple(map(records.event, reversed(rows)))

    async def open_holds(self, batch_id: str, first: int, end: int) -> Mapping[str, datetime]:
        """Holds of these rows that are open, and when each was made."""
        rows = await self.database.read(sql.OPEN_HOLDS, batch=batch_id, first=first, end=end)
        return {str(hold): from_micros(at) for hold, at in rows}

    async def unresolved_rows(self, batch_id: str, first: int, end: int) -> frozenset[int]:
        """Rows that a provider may have charged without our knowing, since failed rows were last retried."""
        return await self._billed_rows(batch_id, first, end, "unresolved")

    async def answered_rows(self, batch_id: str, first: int, end: int) -> frozenset[int]:
        """Rows that a provider has answered, since failed rows were last retried."""
        return await self._billed_rows(batch_id, first, end, "capture")

    async def _billed_rows(self, batch_id: str, first: int, end: int, kind: str) -> frozenset[int]:
        rows = await self.database.read(sql.BILLED_ROWS, batch=batch_id, first=first, end=end, kind=kind)
        return frozenset(int(row) for (row,) in rows)

    async def expired(self) -> tuple[str, ...]:
        """The first of the batches whose time is over."""
        rows = await self.database.report(sql.EXPIRED, now=to_micros(self._clock()))
        return tuple(batch_id for (batch_id,) in rows)

    async def drop(self, batch_id: str) -> None:
        """Forget a batch."""
        await self.database.write(lambda tx: _drop(tx, batch_id))


def _drop(tx: Transaction, batch_id: str) -> None:
    for statement in (sql.DROP_CHUNKS, sql.DROP_RESULTS, sql.DROP_EVENTS, sql.DROP_WEBHOOKS, sql.DROP_BATCH):
        tx.execute(statement, batch=batch_id)


def chunk_size(rows: int) -> int:
    """Rows per chunk: about two hundred chunks, of 50 to 500 rows each."""
    return max(50, min(500, -(-rows // 200)))
