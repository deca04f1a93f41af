"""Slows down guessing and flooding: counts attempts in storage, so that replicas count together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select

from server.domain.errors import TooManyAttempts
from server.identity.secret import digest
from server.storage.database import Database, Statement, Transaction
from server.storage.identity import attempt_counters
from server.storage.instant import to_micros

_MICROSECOND = timedelta(microseconds=1)
_KEPT = timedelta(days=1)
"""Longer than any window."""

_c = attempt_counters.c
_SEEN = Statement(select(_c.count).where(_c.bucket == bindparam("bucket"), _c.since == bindparam("since")))
_COUNT = Statement.upsert(
    lambda insert: (
        insert(attempt_counters)
        .values(bucket=bindparam("bucket"), since=bindparam("since"), count=1)
        .on_conflict_do_update(index_elements=[_c.bucket, _c.since], set_={"count": _c.count + 1})
        .returning(_c.count)
    )
)
_CLEAR = Statement(delete(attempt_counters).where(_c.bucket == bindparam("bucket")))
_SWEEP = Statement(delete(attempt_counters).where(_c.since < bindparam("before")))


class Throttle:
    """Counts in windows that start at the same moment for everybody."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def count(self, bucket: str, most: int, window: timedelta) -> None:
        """Count one attempt; `TooManyAttempts` where there were `most` of them in the window, of at most a day.

        A bucket is any text, such as `sign-in:ada@example.com`; storage holds its hash. What is over the limit is
        refused without a write.
        """
        now = to_micros(self._clock())
        length = window // _MICROSECOND
        since = now - now % length
        left = timedelta(microseconds=since + length - now)
        hashed = digest(bucket)
        seen = await self._database.read(_SEEN, bucket=hashed, since=since)
        if seen and seen[0][0] >= most:
            raise TooManyAttempts(left)
        ((count,),) = await self._database.write(lambda tx: tx.execute(_COUNT, bucket=hashed, since=since))
        if count > most:
            raise TooManyAttempts(left)

    async def clear(self, bucket: str) -> None:
        """Forget what was counted in a bucket."""
        await self._database.write(lambda tx: tx.execute(_CLEAR, bucket=digest(bucket)))

    def sweep_in(self, tx: Transaction) -> None:
        """Forget the windows that are over."""
        tx.execute(_SWEEP, before=to_micros(self._clock() - _KEPT))
