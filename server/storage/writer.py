"""The one thread that writes: whatever waits becomes one transaction.

A commit that survives a power cut costs a disk flush, however much it carries. So the thread takes all units that
wait at that moment (it never waits for more to come), runs each in a savepoint of its own, and flushes once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from server.domain.errors import StorageUnavailable
from server.storage.session import Interrupted, Session
from server.storage.statement import Parameters, Row, Statement

T = TypeVar("T")

_LARGEST_GROUP = 64
_TRIES = 3


class Transaction:
    """What a unit of work sees of the database. Valid only while the unit runs."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def session(self) -> int:
        """Which session with the database this is: another one after the connection was lost."""
        return self._session.number

    def execute(self, statement: Statement, **params: str | int | None) -> Sequence[Row]:
        """Run one statement; its rows, where it returns rows. `StorageUnavailable` where the database fails."""
        return self._session.execute(statement, params)

    def execute_many(self, statement: Statement, batch: Sequence[Parameters]) -> None:
        """Run one statement, which returns no rows, for every member of `batch`."""
        self._session.execute_many(statement, batch)


@dataclass(slots=True)
class _Job:
    unit: Callable[[Transaction], Any]
    loop: asyncio.AbstractEventLoop
    waiter: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = None

    def deliver(self) -> None:
        if self.waiter.done():
            return
        if self.error is None:
            self.waiter.set_result(self.value)
        else:
            self.waiter.set_exception(self.error)


class Writer:
    """Owns the writing session and the thread that uses it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._transaction = Transaction(session)
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._thread = Thread(target=self._serve, name="weir-writer", daemon=True)
        self._thread.start()

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` in a transaction; see `Database.write`."""
        if self._closed:
            raise StorageUnavailable("The storage is closed: Weir is shutting down.")
        loop = asyncio.get_running_loop()
        job = _Job(unit, loop, loop.create_future())
        self._queue.put(job)
        return await job.waiter

    def close(self) -> None:
        """Write what waits, then end. Blocks until the thread is gone."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while jobs := self._take():
            try:
                self._run_group(jobs)
            except StorageUnavailable as error:
                for job in jobs:
                    job.error = error
            _deliver(jobs)
        self._session.close()

    def _take(self) -> list[_Job]:
        """The next group; empty once the writer is closed and nothing waits any more."""
        job = self._queue.get()
        jobs: list[_Job] = []
        while job is not None:
            jobs.append(job)
            if len(jobs) == _LARGEST_GROUP:
                return jobs
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs
        if jobs:
            self._queue.put(None)  # closing: come back for the end of the queue once this group is written
        return jobs

    def _run_group(self, jobs: list[_Job]) -> None:
        for left in reversed(range(_TRIES)):
            try:
                self._run_once(jobs)
            except Interrupted:
                if not left:
                    raise
            else:
                return

    def _run_once(self, jobs: list[_Job]) -> None:
        session = self._session
        try:
            session.begin()
            if len(jobs) == 1:
                self._run_alone(jobs[0])
                return
            for job in jobs:
                self._run_one_of_many(job)
            session.commit()
        except StorageUnavailable:
            session.rollback()
            raise

    def _run_alone(self, job: _Job) -> None:
        self._call(job)
        if isinstance(job.error, Interrupted):
            raise job.error
        if job.error is None:
            self._session.commit()
        else:
            self._session.rollback()

    def _run_one_of_many(self, job: _Job) -> None:
        self._session.savepoint()
        self._call(job)
        if job.error is None:
            self._session.release()
        else:
            self._session.undo()

    def _call(self, job: _Job) -> None:
        job.value = job.error = None
        try:
            job.value = job.unit(self._transaction)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the caller that awaits the unit
            job.error = error


def _deliver(jobs: list[_Job]) -> None:
    """Wake the callers: one call into each event loop, not one for each job."""
    for loop in {job.loop for job in jobs}:
        mine = [job for job in jobs if job.loop is loop]
        if not loop.is_closed():
            loop.call_soon_threadsafe(_deliver_all, mine)


def _deliver_all(jobs: list[_Job]) -> None:
    for job in jobs:
        job.deliver()
