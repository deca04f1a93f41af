"""Statements over the processes that share a database. PostgreSQL only: its clock counts, and it knows who is there.

Every process holds an advisory lock in the session that it writes with. Once the process is gone, so is the session,
and nothing can be written without it: whoever sees the lock free may take over, at once.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, bindparam, delete, literal_column, select, text, update

from server.storage.bulk import workers
from server.storage.instant import NOW
from server.storage.statement import Statement

_w = workers.c
_STARTED = literal_column("(extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint", BigInteger)
_HELD = literal_column(
    "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = hashtext('weir worker')::oid"
    " AND objid = hashtext(current_schema() || ' ' || workers.executor)::oid)",
    Boolean,
)
_THE_WORKER = _w.executor == bindparam("of")

HOLD = Statement(
    text("SELECT pg_advisory_lock_shared(hashtext('weir worker'), hashtext(current_schema() || ' ' || :executor))")
)
"""Never waits: nobody takes the lock for himself alone. A former session may linger and hold it as well."""
ENTER = Statement.upsert(
    lambda insert: (
        insert(workers)
        .values(executor=bindparam("executor"), beat_at=NOW, host=bindparam("host"), started_at=bindparam("started_at"))
        .on_conflict_do_update(index_elements=[_w.executor], set_={"beat_at": NOW})
    )
)
BEAT = Statement(update(workers).where(_THE_WORKER).values(beat_at=NOW).returning(_w.executor))
"""A sign of life; no row where others have declared the process dead."""
LISTED = Statement(select(_w.executor).where(_THE_WORKER))
_GONE = ~_HELD & (_w.beat_at >= _STARTED)
"""Its last sign of life came from a session that held the lock and has ended since; not because the server restarted,
which ends all sessions."""
ALL = Statement(select(_w.executor, _w.beat_at >= NOW - bindparam("ttl", type_=BigInteger), _GONE))
"""Of each process: whether it has been silent for less than `ttl` microseconds, and whether its session has ended."""
BURY = Statement(delete(workers).where(_THE_WORKER, _GONE).returning(_w.executor))
LEAVE = Statement(delete(workers).where(_THE_WORKER))
SWEEP = Statement(delete(workers).where(_w.beat_at < NOW - bindparam("age", type_=BigInteger)))
