"""Statements over the ledger and its open holds."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, bindparam, case, cast, delete, func, insert, select, tuple_, update

from server.storage.statement import Statement
from server.storage.tables import SPENT, ledger, open_holds, price_alarms

_l, _o, _p = ledger.c, open_holds.c, price_alarms.c

ENTER = Statement(
    insert(ledger)
    .values({column.name: bindparam(column.name) for column in ledger.columns if column is not _l.id})
    .inline()
)
OPEN = Statement(
    insert(open_holds).values({column.name: bindparam(column.name) for column in open_holds.columns}).inline()
)
TOUCH = Statement(
    update(open_holds).where(_o.hold_id == bindparam("hold")).values(touched_at=bindparam("now")).returning(_o.hold_id)
)
CLOSE = Statement(delete(open_holds).where(_o.hold_id == bindparam("hold")).returning(_o.hold_id))
SILENT = Statement(
    select(_o.hold_id).where(_o.touched_at < bindparam("before", type_=BigInteger)).order_by(_o.touched_at)
)
TAKE_OVER = Statement(
    delete(open_holds)
    .where(_o.hold_id == bindparam("hold"), _o.touched_at < bindparam("before", type_=BigInteger))
    .returning(
        _o.at,
        _o.workspace,
        _o.member,
        _o.client,
        _o.connection,
        _o.tool,
        _o.batch,
        _o.batch_row,
        _o.approval,
        _o.credits,
        _o.usd_micros,
    )
)
OF_HOLD = Statement(
    select(_l.kind, _l.provider, _l.operation, _l.credits, _l.usd_micros, _l.priced_since, _l.note)
    .where(_l.hold_id == bindparam("hold"))
    .order_by(_l.id)
)

ALARM = Statement.upsert(
    lambda insert: (
        insert(price_alarms)
        .values({column.name: bindparam(column.name) for column in price_alarms.columns})
        .on_conflict_do_update(
            index_elements=[_p.provider, _p.operation],
            set_={name: bindparam(name) for name in ("priced_since", "seen", "quoted", "at")},
        )
    )
)
ALARMS = Statement(
    select(_p.provider, _p.operation, _p.priced_since, _p.seen, _p.quoted, _p.at).order_by(_p.provider, _p.operation)
)
CONFIRM = Statement(
    delete(price_alarms)
    .where(_p.provider == bindparam("provider"), _p.operation == bindparam("operation"))
    .returning(_p.provider)
)


def _sum(amount: ColumnElement[int]) -> ColumnElement[int]:
    # PostgreSQL sums big integers to a decimal type of its own.
    return cast(func.coalesce(func.sum(amount), 0), BigInteger)


_IN_PERIOD = (
    _l.workspace == bindparam("workspace"),
    _l.at >= bindparam("since", type_=BigInteger),
    _l.at < bindparam("until", type_=BigInteger),
)
_WHO_AND_WHAT = (_l.provider, _l.operation, _l.tool, _l.member, _l.client)
SPENDING = Statement(
    select(
        *_WHO_AND_WHAT,
        _sum(case((_l.kind == "resolved", -1), else_=1)),
        _sum(case((_l.outcome == "found", 1), else_=0)),
        _sum(_l.credits),
        _sum(_l.usd_micros),
        _sum(case((_l.kind == "capture", 0), else_=_l.credits)),
    )
    .where(*_IN_PERIOD, SPENT, _l.kind != "variance")
    .group_by(*_WHO_AND_WHAT)
    .order_by(*_WHO_AND_WHAT)
)
TOTAL = Statement(
    select(_sum(_l.credits)).where(
        _l.provider == bindparam("provider"), _l.at >= bindparam("since", type_=BigInteger), SPENT
    )
)
PAGE = 1_000
EXPORT = Statement(
    select(_l.id, *(column for column in ledger.columns if column is not _l.id))
    .where(
        _l.workspace == bindparam("workspace"),
        tuple_(_l.at, _l.id) > tuple_(bindparam("at", type_=BigInteger), bindparam("id", type_=BigInteger)),
    )
    .order_by(_l.at, _l.id)
    .limit(PAGE)
)
EXPORTED = tuple(column.name for column in ledger.columns if column is not _l.id)
