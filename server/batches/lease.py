"""Whether this process still counts as alive to the others that share its database, and which of them are gone.

There are two signs of life. A process that dies loses its session with the database, and with it the lock that it holds
there: others see that at once. One that is frozen keeps its session and falls silent: others wait for `TTL`.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf

from server.domain.errors import HoldLapsed, StorageUnavailable
from server.storage import workers
from server.storage.database import Database, Transaction
from server.storage.instant import to_micros

TTL = timedelta(seconds=5)
"""A process that has been silent for so long counts as dead, and others take over what it had begun."""
_MARGIN = 1.0
"""Seconds before that, a process that cannot reach storage stops spending."""
_REMEMBERED = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)

ENDED = "its session with the database ended"
SILENT = f"it was silent for {TTL.total_seconds():g} s"
LEFT = "it has left"

logger = logging.getLogger(__name__)


class Tenure:
    """A time in which this process counted as alive without a break: nobody has taken over what it began then."""

    def __init__(self, executor: str, until: float) -> None:
        self.until = until
        """On the boot clock."""
        self._executor = executor
        self._session = -1

    @property
    def stands(self) -> bool:
        """Whether it lasts, as far as this process can tell by itself."""
        return boot_clock() < self.until

    def confirm(self, tx: Transaction) -> None:
        """Make sure of it in the transaction before something is spent; `HoldLapsed` where it is over.

        Others declare this process dead only while it has no session, so the database is asked once for each session.
        """
        if self.stands and (self.until == inf or tx.session == self._session or self._found(tx)):
            return
        self.end()
        raise HoldLapsed("This process counts as dead, and others have taken over from it.")

    def enter(self, tx: Transaction) -> None:
        """Hold the lock in the writing session, once for each."""
        if tx.session != self._session:
            tx.execute(workers.HOLD, executor=self._executor)
            self._session = tx.session

    def end(self) -> None:
        """It will not come back: what was begun belongs to others."""
        self.until = -inf

    def _found(self, tx: Transaction) -> bool:
        if not tx.execute(workers.LISTED, of=self._executor):
            return False
        self.enter(tx)
        return True


@dataclass(frozen=True, slots=True)
class Roll:
    """Which executors count as alive, and why others do not."""

    alive: frozenset[str]
    gone: Mapping[str, str] = field(default_factory=dict[str, str])

    def why(self, executor: str) -> str:
        """What happened to an executor that is not alive."""
        return self.gone.get(executor, LEFT)


class Lease:
    """The signs of life of one process. An embedded database has one process only, which needs none."""

    def __init__(self, database: Database, clock: Callable[[], datetime], *, shared: bool) -> None:
        self._database = database
        self.shared = shared
        """Whether other processes may use the database."""
        self.executor = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}" if shared else "local"
        self._since = clock()
        self.tenure = self._next_tenure(boot_clock())
        """The present one. What is begun in one tenure is not gone on with in another."""
        self._entered = False

    async def renew(self) -> None:
        """Give a sign of life. `StorageUnavailable`: the tenure runs out unless a later attempt succeeds in time."""
        if not self.shared:
            return
        asked = boot_clock()
        if not await self._beat(self.tenure):
            if self._entered:
                logger.warning("this process counted as dead for a while; others go on with what it had begun")
            self.tenure.end()
            self.tenure, self._entered = self._next_tenure(asked), True
            await self._database.write(self._enter)
        self.tenure.until = self._until(asked)

    async def leave(self) -> None:
        """Say that this process is gone, so that others need not wait to find out; it spends nothing more."""
        self.tenure.end()
        if self.shared:
            try:
                await self._database.write(lambda tx: tx.execute(workers.LEAVE, of=self.executor))
            except StorageUnavailable:
                return

    async def _beat(self, tenure: Tenure) -> bool:
        """A sign of life; False where the tenure is over, so that a new one has to begin."""

        def unit(tx: Transaction) -> bool:
            tenure.enter(tx)
            if not tx.execute(workers.BEAT, of=self.executor):
                # At once, because the rest of this very transaction may be about to spend.
                tenure.end()
            return tenure.stands

        return self._entered and tenure.stands and await self._database.write(unit)

    def _enter(self, tx: Transaction) -> None:
        self.tenure.enter(tx)
        tx.execute(workers.SWEEP, age=_REMEMBERED // _MICROSECOND)
        tx.execute(workers.ENTER, executor=self.executor, host=socket.gethostname(), started_at=to_micros(self._since))

    async def roll(self) -> Roll:
        """Who is alive, where others can be. Whoever has lost its session is declared dead."""
        alive, gone = {self.executor}, dict[str, str]()
        if not self.shared:
            return Roll(frozenset(alive))
        for executor, beating, ended in await self._database.read(workers.ALL, ttl=TTL // _MICROSECOND):
            if executor == self.executor:
                continue
            if ended and await self._bury(executor):
                gone[executor] = ENDED
            elif beating:
                alive.add(executor)
            else:
                gone[executor] = SILENT
        return Roll(frozenset(alive), gone)

    async def _bury(self, executor: str) -> bool:
        """Declare a process dead, unless it has a session again: from now on it cannot spend."""
        return bool(await self._database.write(lambda tx: tx.execute(workers.BURY, of=executor)))

    def _next_tenure(self, asked: float) -> Tenure:
        return Tenure(self.executor, self._until(asked) if self.shared else inf)

    @staticmethod
    def _until(asked: float) -> float:
        return asked + TTL.total_seconds() - _MARGIN


def boot_clock() -> float:
    """Seconds on a clock that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
