"""Whether this process still counts as alive to the others that share its database."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam, delete, select

from server.domain.errors import StorageUnavailable
from server.storage.bulk import workers
from server.storage.database import Database, Statement
from server.storage.instant import to_micros

TTL = timedelta(seconds=5)
"""A process that has been silent for so long counts as dead, and others take over what it had begun."""
_MARGIN = 1.0
"""Seconds before that, a process that cannot reach storage stops spending."""

_w = workers.c
_BEAT = Statement.upsert(
    lambda insert: (
        insert(workers)
        .values({column.name: bindparam(column.name) for column in workers.columns})
        .on_conflict_do_update(index_elements=[_w.executor], set_={"beat_at": bindparam("beat_at")})
    )
)
_ALIVE = Statement(select(_w.executor).where(_w.beat_at >= bindparam("since", type_=BigInteger)))
_SWEEP = Statement(delete(workers).where(_w.beat_at < bindparam("before", type_=BigInteger)))
_LEAVE = Statement(delete(workers).where(_w.executor == bindparam("executor")))


class Lease:
    """The sign of life of one process. An embedded database has one process only, which needs none."""

    def __init__(self, database: Database, clock: Callable[[], datetime], *, shared: bool) -> None:
        self._database = database
        self._clock = clock
        self.shared = shared
        """Whether other processes may use the database."""
        self._until = _boot_clock() + TTL.total_seconds() - _MARGIN
        self.executor = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}" if shared else "local"
        self._since = clock()

    @property
    def valid(self) -> bool:
        """Whether this process may spend: it is not silent, so nobody has taken over from it."""
        return not self.shared or _boot_clock() < self._until

    async def renew(self) -> frozenset[str] | None:
        """Give a sign of life; the executors that are alive, or None where there can be no other.

        `StorageUnavailable`: the lease runs out unless a later attempt succeeds in time.
        """
        if not self.shared:
            return None
        asked, now = _boot_clock(), self._clock()
        await self._database.write(
            lambda tx: (
                tx.execute(
                    _BEAT,
                    executor=self.executor,
                    beat_at=to_micros(now),
                    host=socket.gethostname(),
                    started_at=to_micros(self._since),
                )
                and None
            )
        )
        self._until = asked + TTL.total_seconds() - _MARGIN
        rows = await self._database.read(_ALIVE, since=to_micros(now - TTL))
        return frozenset(executor for (executor,) in rows) | {self.executor}

    async def leave(self) -> None:
        """Say that this process is gone, so that others need not wait to find out."""
        if self.shared:
            try:
                await self._database.write(lambda tx: tx.execute(_LEAVE, executor=self.executor))
            except StorageUnavailable:
                return

    async def sweep(self) -> None:
        """Forget processes that have been gone for a day."""
        before = to_micros(self._clock() - timedelta(days=1))
        await self._database.write(lambda tx: tx.execute(_SWEEP, before=before))


def _boot_clock() -> float:
    """Seconds on a clock that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
