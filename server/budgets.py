"""Limits in credits: what a call may cost, and what members and workspaces may spend in a period.

Credits of all providers count together. Held and unresolved credits count as used, so concurrent calls cannot
overshoot a limit between them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import BigInteger, bindparam, select, update

from server.domain.batch_row import BatchRow
from server.domain.errors import OutOfBudget
from server.domain.money import FREE, Credits, plain
from server.domain.principal import Principal
from server.domain.quote import LimitUse
from server.storage.database import Database, Statement, Transaction
from server.storage.tables import budget_counters

PER_CALL = "credits_per_call"
PER_MEMBER_DAY = "credits_per_member_day"
PER_WORKSPACE_MONTH = "credits_per_workspace_month"
PER_CONNECTION_MONTH = "credits_per_connection_month"
PER_BATCH = "credits_per_bulk_job"

_REMEDY = {
    PER_CALL: "have the operator raise WEIR_LIMIT_PER_CALL",
    PER_MEMBER_DAY: "have the operator raise WEIR_LIMIT_PER_MEMBER_DAY",
    PER_WORKSPACE_MONTH: "have the operator raise WEIR_LIMIT_PER_WORKSPACE_MONTH",
    PER_CONNECTION_MONTH: "raise the limit of this connection on the page /connections",
    PER_BATCH: "submit what is left as a new job with a ceiling of its own",
}
_NEXT_MONTH = "wait for the next month (UTC)"
_RENEWAL = {
    PER_MEMBER_DAY: "wait for the next day (UTC)",
    PER_WORKSPACE_MONTH: _NEXT_MONTH,
    PER_CONNECTION_MONTH: _NEXT_MONTH,
}
_NO_LIMIT = 2**62


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator allows, in hundredths of a credit; None switches a limit off."""

    per_call: Credits | None = Credits(100_00)
    per_member_day: Credits | None = Credits(500_00)
    per_workspace_month: Credits | None = Credits(5000_00)
    approval_above: Credits | None = Credits(100_00)
    """Calls that may cost more need a person's approval."""


@dataclass(frozen=True, slots=True)
class _Counter:
    """One row of used credits, and the limit on it."""

    name: str
    member: str
    period: str
    limit: Credits | None


_c = budget_counters.c
_OF_COUNTER = (
    _c.workspace == bindparam("workspace"),
    _c.member == bindparam("member"),
    _c.period == bindparam("period"),
)
_AMOUNT = bindparam("amount", type_=BigInteger)
_ADD = Statement.upsert(
    lambda insert: (
        insert(budget_counters)
        .values(
            workspace=bindparam("workspace"),
            member=bindparam("member"),
            period=bindparam("period"),
            used=bindparam("used"),
        )
        .on_conflict_do_update(
            index_elements=[_c.workspace, _c.member, _c.period],
            set_={"used": _c.used + _AMOUNT},
            where=_c.used + _AMOUNT <= bindparam("limit", type_=BigInteger),
        )
        .returning(_c.used)
    )
)
_TAKE = Statement(update(budget_counters).where(*_OF_COUNTER).values(used=_c.used - _AMOUNT))
_USED = Statement(select(_c.used).where(*_OF_COUNTER))
_USED_BY = Statement.listed(
    "members",
    lambda members: select(_c.member, _c.used).where(
        _c.workspace == bindparam("workspace"),
        _c.member.in_(select(members.c.value)),
        _c.period == bindparam("period"),
    ),
)


class Budgets:
    """Counts used credits against the limits."""

    def __init__(self, limits: Limits, database: Database, clock: Callable[[], datetime]) -> None:
        self.limits = limits
        self._database = database
        self._clock = clock

    def reserve(
        self,
        tx: Transaction,
        principal: Principal,
        amount: Credits,
        at: datetime | None = None,
        row: BatchRow | None = None,
    ) -> None:
        """Count `amount` as used in the periods of `at` (default: now), and by the batch of `row`.

        `OutOfBudget` names the limit that refuses it; let it leave the unit of work, so that nothing stays counted.
        """
        if amount == FREE:
            return
        self._check_call(amount)
        # The workspace's row comes first everywhere, so that transactions queue up instead of deadlocking.
        for counter in self._counters(principal, at, row):
            fits = counter.limit is None or amount <= counter.limit
            if not fits or not self._add(tx, principal, counter, amount):
                raise _refusal(counter.name, counter.limit, _used(tx, principal, counter), amount)

    def give_back(
        self,
        tx: Transaction,
        principal: Principal,
        amount: Credits,
        at: datetime,
        row: BatchRow | None = None,
    ) -> None:
        """Take `amount` off what `reserve` counted at `at`: the periods of the reservation, not of now."""
        if amount == FREE:
            return
        for counter in self._counters(principal, at, row):
            tx.execute(
                _TAKE, workspace=principal.workspace, member=counter.member, period=counter.period, amount=amount
            )

    def needs_approval(self, most: Credits) -> bool:
        """Whether a person has to approve what may cost `most`."""
        return self.limits.approval_above is not None and most > self.limits.approval_above

    async def usage(self, principal: Principal) -> tuple[LimitUse, ...]:
        """The limits that bind `principal` now, and what is used of them."""
        month, day, *connection = self._counters(principal, None)
        binding = (day, month, *(one for one in connection if one.limit is not None))
        used = [LimitUse(one.name, one.limit, await self._read_used(principal, one)) for one in binding]
        return (LimitUse(PER_CALL, self.limits.per_call, FREE), *used)

    async def spent(self, workspace: str, connections: Sequence[str]) -> Mapping[str, Credits]:
        """What each of these connections and keys of a workspace has used this month, by id."""
        _, month = self._periods(None)
        names = {_counted(one): one for one in connections}
        rows = await self._database.report(_USED_BY, workspace=workspace, members=json.dumps(list(names)), period=month)
        return {**dict.fromkeys(connections, FREE), **{names[member]: Credits(used) for member, used in rows}}

    def _periods(self, at: datetime | None) -> tuple[str, str]:
        """The day and the month of an instant, by default of now."""
        day = (at or self._clock()).astimezone(UTC).date().isoformat()
        return day, day[:7]

    def _counters(self, principal: Principal, at: datetime | None, row: BatchRow | None = None) -> tuple[_Counter, ...]:
        (day, month), grant = self._periods(at), principal.grant
        counters = (
            _Counter(PER_WORKSPACE_MONTH, "", month, self.limits.per_workspace_month),
            _Counter(PER_MEMBER_DAY, principal.member, day, self.limits.per_member_day),
        )
        if grant.id:
            # Counted without a limit as well: one that a person sets later is about the whole month.
            counters += (_Counter(PER_CONNECTION_MONTH, _counted(grant.id), month, grant.monthly_limit),)
        if row is not None:
            counters += (_Counter(PER_BATCH, f"batch {row.batch}", "", row.ceiling),)
        return counters

    def _check_call(self, amount: Credits) -> None:
        limit = self.limits.per_call
        if limit is not None and amount > limit:
            raise _refusal(PER_CALL, limit, FREE, amount)

    @staticmethod
    def _add(tx: Transaction, principal: Principal, counter: _Counter, amount: Credits) -> bool:
        rows = tx.execute(
            _ADD,
            workspace=principal.workspace,
            member=counter.member,
            period=counter.period,
            used=amount,
            amount=amount,
            limit=_NO_LIMIT if counter.limit is None else counter.limit,
        )
        return bool(rows)

    async def _read_used(self, principal: Principal, counter: _Counter) -> Credits:
        rows = await self._database.read(
            _USED, workspace=principal.workspace, member=counter.member, period=counter.period
        )
        return Credits(rows[0][0]) if rows else FREE


def _counted(connection: str) -> str:
    """The member under which the use of a connection or key is counted."""
    return f"connection {connection}"


def _used(tx: Transaction, principal: Principal, counter: _Counter) -> Credits:
    rows = tx.execute(_USED, workspace=principal.workspace, member=counter.member, period=counter.period)
    return Credits(rows[0][0]) if rows else FREE


def _refusal(name: str, limit: Credits | None, used: Credits, asked: Credits) -> OutOfBudget:
    size = limit or FREE
    left = Credits(max(0, size - used))
    wait = _RENEWAL.get(name)
    return OutOfBudget(
        f"This may cost up to {plain(asked):g} credits, and {name} leaves {plain(left):g} of {plain(size):g}.",
        field=name,
        fix=f"Ask for less{f', {wait},' if wait else ''} or {_REMEDY[name]}.",
    )
