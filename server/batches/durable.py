"""Work that survives its process, on DBOS: what was begun is begun again, here or in another process.

Everything that DBOS has to know is in this module. A workflow's arguments are a batch, a slice and a run; what a row
came to is in our own tables, so a workflow may run any number of times. DBOS allows one instance per process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID, WorkflowStatus
from sqlalchemy.exc import SQLAlchemyError

from server.batches.slice import Slice, check_id
from server.domain.errors import StorageUnavailable
from server.storage import sqlite

VERSION = "weir-batches-1"
"""Pinned: a change of code does not strand what an earlier version began. A new shape of work gets a new name."""

_CHECKS = "weir-checks"
_CHUNKS = "weir-chunks"
_POLL_SECONDS = 0.1
_THREADS = 16
_LAST_WORDS = 2.0
"""Seconds that DBOS gets to write down what is done, before it is closed."""
_IDLE_SECONDS = 4.0
"""After so long, PostgreSQL ends a transaction of a frozen process, so that its locks do not hold up the others."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where DBOS keeps its own tables, and who this process is among those that share them."""

    url: str
    schema: str
    executor: str

    @classmethod
    def beside(cls, database: str, schema: str, executor: str) -> Place:
        """Beside the database at `database`: a file of its own, or a schema of its own."""
        if not database.startswith("sqlite:///"):
            return cls(database, schema, executor)
        path = Path(database.removeprefix("sqlite:///")).with_name("engine.db")
        return cls(f"sqlite:///{path}", schema, executor)


class Handler(Protocol):
    """What the workflows do."""

    async def check(self, batch_id: str) -> None:
        """Look at the rows of a batch."""
        ...

    async def chunk(self, slice_: Slice) -> None:
        """Settle a slice of its rows. `asyncio.CancelledError`: it is not done, and somebody else may go on with it."""
        ...


_handler: list[tuple[Handler, asyncio.AbstractEventLoop]] = []
"""The handler of this process and the loop that its work belongs to, while it works. DBOS finds workflows by name, so
they cannot be methods.
"""

_begun: set[asyncio.Task[Any]] = set()
"""What DBOS carries out in this process; each lasts until DBOS has written down what came of it."""
_looks: set[asyncio.Task[None]] = set()
"""Looks at batches that are under way."""


@DBOS.workflow(name="weir_check")
async def _check(batch_id: str) -> None:
    await _at_home(partial(_look, batch_id))


@DBOS.workflow(name="weir_chunk")
async def _chunk(batch_id: str, number: int, run: int, place: int) -> None:
    await _at_home(partial(_carry_out, Slice(batch_id, number, run, place)))


async def _look(batch_id: str) -> None:
    look = asyncio.ensure_future(_begin().check(batch_id))
    _looks.add(look)
    look.add_done_callback(_looks.discard)
    await look


async def _carry_out(slice_: Slice) -> None:
    await _begin().chunk(slice_)


async def _at_home(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do `work` in the loop that it belongs to. While that stands still, DBOS begins workflows in a loop of its own.

    `asyncio.CancelledError` while this process closes: it is left to others.
    """
    if not _handler:
        raise asyncio.CancelledError
    _, home = _handler[0]
    if home is asyncio.get_running_loop():
        await work()
    else:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), home))


def _begin() -> Handler:
    """Note what begins, and who does it. `asyncio.CancelledError` while this process closes."""
    if not _handler:
        raise asyncio.CancelledError
    task = asyncio.current_task()
    assert task is not None
    _begun.add(task)
    task.add_done_callback(_begun.discard)
    return _handler[0][0]


@contextmanager
def _storage() -> Generator[None]:
    """While DBOS uses its tables. It waits where the database is away, and raises what else fails there."""
    try:
        yield
    except SQLAlchemyError as error:
        # The type alone: the text has the statement and what was written.
        raise StorageUnavailable(f"The tables of durable work failed: {type(error).__name__}.") from error


class Durable:
    """The durable work of this process. `open` it before anything else. Everything else: `StorageUnavailable`."""

    def __init__(self, place: Place, *, at_once: int, checks: bool) -> None:
        """Carries out `at_once` slices at a time, and the looks at new batches only if it `checks`."""
        self._place = place
        self._at_once = at_once
        self._checks = checks

    async def open(self, handler: Handler) -> None:
        """Take up what is queued, and what this executor had begun. Where that fails, it may be tried again."""
        if _handler:
            raise RuntimeError("durable work is under way in this process already")
        if self._place.url.startswith("sqlite:///"):
            await asyncio.to_thread(_use_write_ahead_log, Path(self._place.url.removeprefix("sqlite:///")))
        _handler.append((handler, asyncio.get_running_loop()))
        try:
            with _storage():
                await self._launch()
        except BaseException:
            # Otherwise DBOS would go on half open, and have pieces begun here that nobody sees to.
            await self.close()
            raise

    async def _launch(self) -> None:
        # It warns of every slice that we leave to whoever opens next.
        logging.getLogger("dbos").setLevel(logging.ERROR)
        DBOS(config=self._config())
        if not self._checks:
            DBOS.listen_queues([_CHUNKS])
        # Async workflows run in the event loop in which this is called.
        DBOS.launch()
        await DBOS.register_queue_async(_CHECKS, worker_concurrency=1, polling_interval_sec=_POLL_SECONDS)
        await DBOS.register_queue_async(
            _CHUNKS,
            worker_concurrency=self._at_once,
            polling_interval_sec=_POLL_SECONDS,
            on_conflict="always_update",
        )

    async def close(self) -> None:
        """Let go; what is under way is begun again by whoever opens next."""
        _handler.clear()
        for look in _looks:
            look.cancel()
        if _begun:
            await asyncio.wait(_begun, timeout=_LAST_WORDS)
        # DBOS made its own threads the loop's, and ends them: whatever else needs one meanwhile gets others.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        await asyncio.to_thread(DBOS.destroy)

    async def enqueue_check(self, batch_id: str, *, again: bool = False) -> None:
        """Have the rows of a batch looked at; `again` where an earlier look came to nothing."""
        if again:
            with _storage():
                await DBOS.delete_workflows_async([check_id(batch_id)])
        with _storage(), SetWorkflowID(check_id(batch_id)):
            await DBOS.enqueue_workflow_async(_CHECKS, _check, batch_id)

    async def enqueue(self, slices: Iterable[Slice]) -> None:
        """Have slices of batches carried out."""
        for one in slices:
            with _storage(), SetWorkflowID(one.id), SetEnqueueOptions(priority=one.place):
                await DBOS.enqueue_workflow_async(_CHUNKS, _chunk, one.batch, one.number, one.run, one.place)

    async def begun(self) -> Sequence[WorkflowStatus]:
        """What any executor has begun and not finished."""
        with _storage():
            return await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)

    async def take_over(
        self, begun: Sequence[WorkflowStatus], alive: Collection[str], dropped: Collection[str]
    ) -> Mapping[str, int]:
        """Of what was `begun`, queue again what executors had that are not `alive`, and what this one `dropped`.

        Returns how much of whom.
        """
        mine = self._place.executor
        orphans = [
            one
            for one in begun
            if one.executor_id not in alive or (one.executor_id == mine and one.workflow_id in dropped)
        ]
        for queue in (_CHECKS, _CHUNKS):
            ids = [one.workflow_id for one in orphans if one.queue_name == queue]
            if ids:
                with _storage():
                    await DBOS.resume_workflows_async(ids, queue_name=queue)
        return Counter(one.executor_id or "" for one in orphans)

    async def has_work(self, prefix: str) -> bool:
        """Whether anything is queued or begun whose id starts with `prefix`."""
        with _storage():
            found = await DBOS.list_workflows_async(
                workflow_id_prefix=prefix,
                status=["ENQUEUED", "PENDING", "DELAYED"],
                limit=1,
                load_input=False,
                load_output=False,
            )
        return bool(found)

    async def forget(self, batch_id: str) -> None:
        """Remove what DBOS remembers of a batch that is over."""
        with _storage():
            done = await DBOS.list_workflows_async(
                workflow_id_prefix=f"{batch_id}:", load_input=False, load_output=False
            )
            if done:
                await DBOS.delete_workflows_async([one.workflow_id for one in done])

    def _config(self) -> DBOSConfig:
        return DBOSConfig(
            name="weir",
            system_database_url=self._place.url,
            dbos_system_schema=self._place.schema,
            executor_id=self._place.executor,
            application_version=VERSION,
            serializer=DBOSPortableJSONSerializer(),
            use_listen_notify=False,
            max_executor_threads=_THREADS,
            sys_db_pool_size=5,
            sys_db_idle_transaction_timeout_sec=_IDLE_SECONDS,
            log_level="ERROR",
            enable_otlp=False,
        )


def _use_write_ahead_log(path: Path) -> None:
    """DBOS leaves the journal as it finds it; the setting stays with the file."""
    with contextlib.closing(sqlite.connect(path)):
        pass
