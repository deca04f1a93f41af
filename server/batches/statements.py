"""Statements over batches, their rows and their events."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from server.storage.bulk import batch_chunks, batch_events, batch_results, batches, webhooks
from server.storage.statement import Statement
from server.storage.tables import OF_BATCH, ledger, open_holds

_b, _c, _r, _e, _l, _o = batches.c, batch_chunks.c, batch_results.c, batch_events.c, ledger.c, open_holds.c

BATCH = tuple(batches.columns)
_THE_BATCH = _b.id == bindparam("batch")
_OF_BATCH = bindparam("batch", type_=Text)


def _number(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=BigInteger)


ADD = Statement(insert(batches).values({column.name: bindparam(column.name) for column in BATCH}))
GET = Statement(select(*BATCH).where(_THE_BATCH))
STANDING = Statement(
    select(_b.status, _b.run, _c.attempts)
    .join_from(batches, batch_chunks, _c.batch == _b.id)
    .where(_THE_BATCH, _c.chunk == bindparam("chunk"))
)
LOOKING = Statement(select(_b.looks).where(_THE_BATCH, _b.status == "checking"))
LOOK = Statement(
    update(batches)
    .where(_THE_BATCH, _b.status == "checking", _b.estimate == "")
    .values(looks=_b.looks + 1)
    .returning(_b.looks)
)
LIST = Statement(
    select(*BATCH)
    .where(
        _b.workspace == bindparam("workspace"),
        (_b.status == bindparam("status")) | (bindparam("status") == ""),
        (_b.kind == bindparam("kind")) | (bindparam("kind") == ""),
        _b.created_at < _number("before"),
    )
    .order_by(_b.created_at.desc(), _b.id)
    .limit(_number("most"))
)
UNFINISHED = Statement(
    select(*BATCH)
    .where((_b.status == "checking") | (_b.status == "queued") | (_b.status == "running"))
    .order_by(_b.created_at)
)
AHEAD = Statement(
    select(func.count())
    .select_from(batches)
    .where((_b.status == "queued") | (_b.status == "running"), _b.created_at < _number("created"))
)
ACTIVE = Statement(
    select(func.count())
    .select_from(batches)
    .where(
        (_b.status == "queued") | (_b.status == "running"),
        _b.workspace == bindparam("workspace"),
        _b.member == bindparam("member"),
    )
)
UNAPPROVED = Statement(
    select(func.coalesce(func.sum(_b.ceiling), 0)).where(
        _b.workspace == bindparam("workspace"),
        _b.member == bindparam("member"),
        _b.approval == "",
        _b.created_at >= _number("since"),
        _b.status != "failed",
        _b.status != "cancelled",
        _b.status != "awaiting_approval",
        _b.id != bindparam("batch"),
    )
)
"""Ceilings of a member's batches that nobody approved, since an instant: many small jobs count as a large one."""

MOVE = Statement(
    update(batches)
    .where(_THE_BATCH, _b.status == bindparam("before"))
    .values(
        status=bindparam("after"),
        reason=bindparam("why"),
        finished_at=bindparam("finished"),
        expires_at=bindparam("until"),
    )
    .returning(_b.id)
)
START = Statement(
    update(batches)
    .where(_THE_BATCH, _b.status == bindparam("before"))
    .values(status="queued", reason="", run=_b.run + 1, started_at=bindparam("now"), finished_at=None, expires_at=None)
    .returning(_b.run)
)
RUNNING = Statement(
    update(batches)
    .where(_THE_BATCH, _b.status == "queued", _b.run == _number("of_run"))
    .values(status="running")
    .returning(_b.id)
)
CHECKED = Statement(
    update(batches)
    .where(_THE_BATCH, _b.status == "checking")
    .values(rows=bindparam("total"), chunks=bindparam("slices"), estimate=bindparam("reckoned"))
    .returning(_b.id)
)
APPROVED = Statement(update(batches).where(_THE_BATCH).values(approval=bindparam("given")).returning(_b.id))

_settled = _b.done + _b.failed + _b.skipped
_COUNTED = {
    "done": _b.done + _number("n_done"),
    "found": _b.found + _number("n_found"),
    "failed": _b.failed + _number("n_failed"),
    "skipped": _b.skipped + _number("n_skipped"),
    "cached": _b.cached + _number("n_cached"),
    "credits": _b.credits + _number("n_credits"),
    "usd_micros": _b.usd_micros + _number("n_usd"),
}
COUNT = Statement(update(batches).where(_THE_BATCH).values(**_COUNTED).returning(_b.status, _b.run, _b.rows - _settled))
"""The last column is how many rows are left."""
WAITING = Statement(select(*BATCH).where(_b.status == "awaiting_approval").order_by(_b.created_at))
FINISH = Statement(
    update(batches)
    .where(_THE_BATCH, (_b.status == "running") | (_b.status == "queued"), _settled >= _b.rows)
    .values(status="completed", finished_at=_number("finished"), expires_at=_number("until"))
    .returning(_b.id)
)

ADD_CHUNK = Statement(insert(batch_chunks).values({c.name: bindparam(c.name) for c in batch_chunks.columns}))
DROP_CHUNKS = Statement(delete(batch_chunks).where(_c.batch == _OF_BATCH))
CHUNK = Statement(select(_c.first_row, _c.rows, _c.data).where(_c.batch == _OF_BATCH, _c.chunk == bindparam("chunk")))
ATTEMPT = Statement(
    update(batch_chunks)
    .where(
        _c.batch == _OF_BATCH,
        _c.chunk == bindparam("number"),
        exists().where(_b.id == _c.batch, _b.status == "running", _b.run == _number("of_run")),
    )
    .values(attempts=_c.attempts + 1)
    .returning(_c.attempts)
)
CHUNKS = Statement(select(_c.chunk, _c.first_row, _c.rows).where(_c.batch == _OF_BATCH).order_by(_c.chunk))

SETTLE = Statement.upsert(
    lambda insert: (
        insert(batch_results)
        .values({column.name: bindparam(column.name) for column in batch_results.columns})
        .on_conflict_do_nothing(index_elements=[_r.batch, _r.row])
    )
)
SETTLED_AMONG = Statement.listed(
    "rows",
    lambda rows: select(_r.row).where(_r.batch == _OF_BATCH, _r.row.in_(select(cast(rows.c.value, BigInteger)))),
)
_IN_ROWS = and_(_r.batch == _OF_BATCH, _r.row >= _number("first"), _r.row < _number("end"))
SETTLED_ROWS = Statement(select(_r.row).where(_IN_ROWS))
RESULTS = Statement(
    select(_r.row, _r.state, _r.outcome, _r.reason, _r.credits, _r.cells).where(_IN_ROWS).order_by(_r.row)
)
RESULTS_OF_STATE = Statement(
    select(_r.row, _r.state, _r.outcome, _r.reason, _r.credits, _r.cells)
    .where(_r.batch == _OF_BATCH, _r.state == bindparam("state"), _r.row > _number("after"))
    .order_by(_r.row)
    .limit(_number("most"))
)
DROP_RESULTS = Statement(delete(batch_results).where(_r.batch == _OF_BATCH))
DROP_FAILED = Statement(delete(batch_results).where(_r.batch == _OF_BATCH, _r.state == "failed").returning(_r.credits))
UNFAIL = Statement(update(batches).where(_THE_BATCH).values(failed=_b.failed - _number("n")))
ADD_EVENT = Statement(
    insert(batch_events).values({c.name: bindparam(c.name) for c in batch_events.columns if c is not _e.id}).inline()
)
EVENTS = Statement(
    select(_e.id, _e.at, _e.level, _e.event, _e.message, _e.detail)
    .where(
        _e.batch == _OF_BATCH, _e.id > _number("after"), (_e.level == bindparam("level")) | (bindparam("level") == "")
    )
    .order_by(_e.id)
    .limit(_number("most"))
)
NEWEST_EVENTS = Statement(
    select(_e.id, _e.at, _e.level, _e.event, _e.message, _e.detail)
    .where(_e.batch == _OF_BATCH, (_e.level == bindparam("level")) | (bindparam("level") == ""))
    .order_by(_e.id.desc())
    .limit(_number("most"))
)

OPEN_HOLDS = Statement(
    select(_o.hold_id, _o.at).where(
        _o.batch == _OF_BATCH, _o.batch_row >= _number("first"), _o.batch_row < _number("end")
    )
)
HELD_BY_FAILED = Statement(
    select(_o.hold_id)
    .join_from(open_holds, batch_results, and_(_r.batch == _o.batch, _r.row == _o.batch_row))
    .where(_o.batch == _OF_BATCH, _r.state == "failed")
)
"""Open holds of rows that have failed."""
_LAST_RETRY = (
    select(func.coalesce(func.max(_e.at), 0)).where(_e.batch == _OF_BATCH, _e.event == "retry").scalar_subquery()
)
BILLED_ROWS = Statement(
    select(_l.batch_row)
    .distinct()
    .where(
        OF_BATCH,
        _l.batch == _OF_BATCH,
        _l.batch_row >= _number("first"),
        _l.batch_row < _number("end"),
        _l.kind == bindparam("kind"),
        _l.at >= _LAST_RETRY,
    )
)
"""Rows with an entry of a kind, since a person last said to ask failed rows again."""

EXPIRED = Statement(
    select(_b.id).where(_b.expires_at.is_not(None), _b.expires_at < _number("now")).order_by(_b.expires_at).limit(20)
)
DROP_EVENTS = Statement(delete(batch_events).where(_e.batch == _OF_BATCH))
DROP_WEBHOOKS = Statement(delete(webhooks).where(webhooks.c.batch == _OF_BATCH))
DROP_BATCH = Statement(delete(batches).where(_THE_BATCH))
