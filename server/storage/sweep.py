"""Deletes rows whose time is over, a thousand in each transaction, so that nobody waits long for the writer."""

from __future__ import annotations

from sqlalchemy import BigInteger, Table, bindparam, delete, select, tuple_

from server.storage.database import Database, Statement

_AT_ONCE = 1_000


def expired(table: Table) -> Statement:
    """Deletes some rows of `table` whose `expires_at` is not after the parameter `now`."""
    ends_at, key = table.c.expires_at, tuple(table.primary_key)
    over = select(*key).where(ends_at <= bindparam("now", type_=BigInteger)).order_by(ends_at).limit(_AT_ONCE)
    return Statement(delete(table).where(tuple_(*key).in_(over)).returning(ends_at))


async def sweep(database: Database, statement: Statement, now: int) -> int:
    """Run a statement of `expired` until nothing is left; how many rows there were."""
    swept = 0
    while True:
        rows = await database.write(lambda tx: tx.execute(statement, now=now))
        swept += len(rows)
        if len(rows) < _AT_ONCE:
            return swept
