"""Statements over rate limits that several processes share. PostgreSQL only: its clock is the one that counts."""

from __future__ import annotations

from sqlalchemy import Text, any_, bindparam, func, select, update

from server.storage.instant import NOW
from server.storage.statement import Statement
from server.storage.tables import rate_limits

_r = rate_limits.c
_STATE = ("learned", "due", "last", "paused_until", "credit", "slow", "slow_until")
_UNUSED = dict.fromkeys(("due", "last", "paused_until", "credit", "slow", "slow_until"), 0)

READ = Statement(
    select(NOW, _r.operation, *(_r[name] for name in _STATE)).where(
        _r.account == bindparam("account"),
        _r.operation == any_(func.string_to_array(bindparam("operations", type_=Text), ",")),
    )
)
"""The database's clock in microseconds, and the state of one account's limits; `operations` are joined by commas."""

KEEP = Statement(
    update(rate_limits)
    .where(_r.account == bindparam("of_account"), _r.operation == bindparam("of_operation"))
    .values({name: bindparam(name) for name in _STATE})
)

ENTER = Statement.upsert(
    lambda insert: (
        insert(rate_limits)
        .values(_UNUSED | {name: bindparam(name) for name in ("account", "operation", "configured")})
        .on_conflict_do_update(
            index_elements=[_r.account, _r.operation],
            set_={"configured": bindparam("configured"), "learned": None},
            where=_r.configured != bindparam("configured"),
        )
    )
)
"""A limit, unused. Where it is known and was configured otherwise, what was learned of it is forgotten."""
