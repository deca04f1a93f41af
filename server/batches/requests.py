"""Requests for batches, by what they ask: one that is repeated leads to the batch that it led to before.

The database has one row for a member's request, so it does not matter which replica a repeated one reaches.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam, delete, exists, or_, select

from server.domain.batch import Batch, Status
from server.domain.principal import Principal
from server.storage.bulk import batch_requests, batches
from server.storage.database import Database, Statement, Transaction
from server.storage.instant import to_micros

REPEATED = timedelta(minutes=10)
"""A request that comes again within this time is the same one, such as that of a client which lost the answer."""

_r, _b = batch_requests.c, batches.c
_SINCE = bindparam("since", type_=BigInteger)
_CAME_TO_NOTHING = or_(_b.status == Status.FAILED.value, _b.status == Status.CANCELLED.value)
_OF_REQUEST = (
    _r.workspace == bindparam("workspace"),
    _r.member == bindparam("member"),
    _r.request == bindparam("request"),
)
_CLAIM = Statement.upsert(
    lambda insert: (
        insert(batch_requests)
        .values({column.name: bindparam(column.name) for column in batch_requests.columns})
        .on_conflict_do_update(
            index_elements=[_r.workspace, _r.member, _r.request],
            set_={"batch": bindparam("batch"), "at": bindparam("at")},
            where=(_r.at < _SINCE) | exists().where(_b.id == _r.batch, _CAME_TO_NOTHING).correlate(batch_requests),
        )
        .returning(_r.batch)
    )
)
_EARLIER = Statement(select(_r.batch).where(*_OF_REQUEST))
_LATELY = Statement(
    select(_r.batch).join(batches, _b.id == _r.batch).where(*_OF_REQUEST, _r.at >= _SINCE, ~_CAME_TO_NOTHING)
)
_SWEEP = Statement(delete(batch_requests).where(_r.at < _SINCE))


def claim(tx: Transaction, batch: Batch) -> str:
    """The batch that the request for `batch` leads to: its own from now on, or the one that was there before it.

    Of two transactions that claim a request at the same time, the second waits for the first.
    """
    order = {"workspace": batch.workspace, "member": batch.member, "request": batch.order.request}
    at = batch.created_at
    if tx.execute(_CLAIM, **order, batch=batch.id, at=to_micros(at), since=to_micros(at - REPEATED)):
        return batch.id
    ((earlier,),) = tx.execute(_EARLIER, **order)
    return str(earlier)


async def earlier(database: Database, principal: Principal, request: str, now: datetime) -> str | None:
    """The batch that the same request of the principal's led to lately, unless that came to nothing."""
    rows = await database.read(
        _LATELY,
        workspace=principal.workspace,
        member=principal.member,
        request=request,
        since=to_micros(now - REPEATED),
    )
    return str(rows[0][0]) if rows else None


async def sweep(database: Database, now: datetime) -> None:
    """Forget requests that are recognised no more."""
    await database.write(lambda tx: tx.execute(_SWEEP, since=to_micros(now - REPEATED)) and None)
