"""Who spent what, on what, and why. Entries are appended and never change.

A call is one hold: `hold`; then for every provider that is asked `attempt` (the intent, durable before the request
leaves) followed by `capture` or `unresolved`; then `release` of what is left. `variance` is what a provider took
beyond its quote: the operator's loss, not the caller's. `resolved` takes back an earlier `unresolved`.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import TypeAlias

from server.domain.batch_row import BatchRow
from server.domain.errors import HoldLapsed
from server.domain.money import Cost, Credits, Micros, plain
from server.domain.outcome import Outcome
from server.domain.principal import Grant, Principal
from server.domain.spending import Alarm, HitRate, Spending, Spent
from server.storage import entries
from server.storage.database import Database, Transaction, Unit
from server.storage.instant import from_micros, to_micros
from server.storage.statement import Parameters, Row

GiveBack: TypeAlias = Callable[[Transaction, Principal, Credits, datetime, BatchRow | None], None]
"""`Budgets.give_back`: recovery calls it for what an abandoned hold did not spend."""

Line: TypeAlias = dict[str, str | float | None]
"""One entry as a CSV file wants it: ISO 8601, whole credits, dollars."""

_ALWAYS = 2**62


class Kind(StrEnum):
    """What an entry records."""

    HOLD = "hold"
    ATTEMPT = "attempt"
    CAPTURE = "capture"
    UNRESOLVED = "unresolved"
    RESOLVED = "resolved"
    VARIANCE = "variance"
    RELEASE = "release"


RECOVERED = "recovered"
"""The note of entries by which a hold was closed that its own process had left open."""
SETTLED_LATE = "settled after recovery"


@dataclass(frozen=True, slots=True)
class Hold:
    """The most that one call may cost, set aside before it starts."""

    id: str
    """Sorts by time."""
    principal: Principal
    tool: str
    cost: Cost
    at: datetime
    """When it was set aside: the budgets of this moment carry it."""
    row: BatchRow | None = None
    approval: str = ""
    """The approval that a person gave, where one was needed."""

    @classmethod
    def of(
        cls, principal: Principal, tool: str, cost: Cost, at: datetime | None = None, row: BatchRow | None = None
    ) -> Hold:
        """A new hold; `at` is now where it is not given."""
        at = at or datetime.now(UTC)
        approval = row.approval if row else ""
        return cls(f"{to_micros(at) // 1000:012x}-{secrets.token_hex(10)}", principal, tool, cost, at, row, approval)

    @property
    def filed_under(self) -> Parameters:
        """The columns that say of every entry what it was for."""
        who, row = self.principal, self.row
        return {
            "hold_id": self.id,
            "workspace": who.workspace,
            "member": who.member,
            "client": who.client,
            "connection": who.grant.id,
            "tool": self.tool,
            "batch": row.batch if row else "",
            "batch_row": row.row if row else None,
            "approval": self.approval,
        }


@dataclass(frozen=True, slots=True)
class _Entry:
    """The part of an entry that does not follow from its hold."""

    kind: Kind
    credits: Credits
    usd: Micros = Micros(0)
    provider: str | None = None
    operation: str | None = None
    outcome: Outcome | None = None
    request_id: str | None = None
    priced_since: str | None = None
    note: str | None = None

    def taken_back(self) -> _Entry:
        """The entry that makes this `unresolved` one count for nothing."""
        return replace(
            self, kind=Kind.RESOLVED, credits=Credits(-self.credits), usd=Micros(-self.usd), note=SETTLED_LATE
        )

    @classmethod
    def read(cls, row: Row) -> _Entry:
        kind, provider, operation, credits, usd, since, note = row
        return cls(Kind(kind), Credits(credits), Micros(usd), provider, operation, priced_since=since, note=note)


class Ledger:
    """The ledger of all workspaces. Methods that take a `Transaction` belong into one with what they account for."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def hold(self, tx: Transaction, hold: Hold) -> None:
        """Set aside `hold.cost`."""
        tx.execute(
            entries.OPEN,
            **hold.filed_under,
            at=to_micros(hold.at),
            touched_at=to_micros(self._clock()),
            credits=hold.cost.total,
            usd_micros=hold.cost.usd,
        )
        self._enter(tx, hold, _Entry(Kind.HOLD, hold.cost.total, hold.cost.usd))

    def attempt(
        self,
        tx: Transaction,
        hold: Hold,
        *,
        provider: str,
        operation: str,
        most: Credits,
        priced_since: date,
        usd: Micros = Micros(0),
        leaves: bool = True,
    ) -> None:
        """Note that a provider is about to be asked, at the price row of `priced_since`; `usd` is the price of `most`.

        `HoldLapsed` where recovery has closed the hold in the meantime: nobody may be asked. Where nothing `leaves`,
        because the provider could not be asked after all, that makes no difference.
        """
        if leaves and not tx.execute(entries.TOUCH, hold=hold.id, now=to_micros(self._clock())):
            raise HoldLapsed(
                "The call was silent for too long, so what was held for it is free again.", fix="Repeat the call."
            )
        since = priced_since.isoformat()
        self._enter(tx, hold, _Entry(Kind.ATTEMPT, most, usd, provider, operation, priced_since=since))

    def capture(
        self,
        tx: Transaction,
        hold: Hold,
        *,
        provider: str,
        operation: str,
        credits: Credits,
        usd: Micros,
        outcome: Outcome,
        request_id: str | None,
    ) -> None:
        """Take what an attempt cost; 0 where it cost nothing."""
        self._enter(tx, hold, _Entry(Kind.CAPTURE, credits, usd, provider, operation, outcome, request_id))

    def unresolved(
        self, tx: Transaction, hold: Hold, *, provider: str, operation: str, credits: Credits, usd: Micros, note: str
    ) -> None:
        """Count an attempt as spent whose charge nobody knows; `note` says why."""
        self._enter(tx, hold, _Entry(Kind.UNRESOLVED, credits, usd, provider, operation, note=note))

    def variance(
        self,
        tx: Transaction,
        hold: Hold,
        *,
        provider: str,
        operation: str,
        charged: Credits,
        quoted: Credits,
        priced_since: date,
    ) -> None:
        """Book what a provider charged beyond the quote, and raise the alarm about its price row."""
        excess, since = Credits(charged - quoted), priced_since.isoformat()
        note = f"charged {plain(charged):g}, quoted {plain(quoted):g}"
        self._enter(tx, hold, _Entry(Kind.VARIANCE, excess, Micros(0), provider, operation, None, None, since, note))
        tx.execute(
            entries.ALARM,
            provider=provider,
            operation=operation,
            priced_since=since,
            seen=charged,
            quoted=quoted,
            at=to_micros(self._clock()),
        )

    def release(self, tx: Transaction, hold: Hold, remaining: Cost) -> Credits:
        """Close the hold; returns what the budgets of `hold.at` get back.

        That is all of `remaining`, unless recovery closed the hold first and gave its share back already.
        `ValueError` where the hold was released before.
        """
        if tx.execute(entries.CLOSE, hold=hold.id):
            self._enter(tx, hold, _Entry(Kind.RELEASE, remaining.total, remaining.usd))
            return remaining.total
        return self._release_late(tx, hold, remaining)

    def _release_late(self, tx: Transaction, hold: Hold, remaining: Cost) -> Credits:
        """Recovery took the call for dead and counted its open attempts as spent; now their true cost is known."""
        written = _entries(tx, hold.id)
        released = [entry for entry in written if entry.kind is Kind.RELEASE]
        if [entry.note for entry in released] != [RECOVERED]:
            raise ValueError(f"The hold {hold.id} is not open.")
        for entry in written:
            if entry.kind is Kind.UNRESOLVED and entry.note == RECOVERED:
                self._enter(tx, hold, entry.taken_back())
        difference = Credits(remaining.total - released[0].credits)
        dollars = Micros(remaining.usd - released[0].usd)
        self._enter(tx, hold, _Entry(Kind.RELEASE, difference, dollars, note=SETTLED_LATE))
        return difference

    async def recover(self, older_than: timedelta, give_back: GiveBack) -> int:
        """Close holds that have been silent for `older_than`, because their process died; how many there were.

        Attempts whose outcome was never written become `unresolved` at the most they can have cost.
        """
        before = to_micros(self._clock() - older_than)
        silent = await self._database.report(entries.SILENT, before=before)
        closed = [
            await self._database.write(partial(self._take_over, hold_id=hold_id, before=before, give_back=give_back))
            for (hold_id,) in silent
        ]
        return sum(closed)

    async def recover_hold(self, hold_id: str, give_back: GiveBack, confirm: Unit = lambda _: None) -> bool:
        """Close the hold of an owner who is known to be gone; False where it is closed already.

        `confirm` raises in the transaction where that is not known any more.
        """

        def unit(tx: Transaction) -> bool:
            confirm(tx)
            return self._take_over(tx, hold_id=hold_id, before=_ALWAYS, give_back=give_back)

        return await self._database.write(unit)

    def _take_over(self, tx: Transaction, *, hold_id: str, before: int, give_back: GiveBack) -> bool:
        rows = tx.execute(entries.TAKE_OVER, hold=hold_id, before=before)
        if not rows:
            return False  # its process was alive after all, or another replica was faster
        hold = _read_hold(hold_id, rows[0])
        written = _entries(tx, hold_id)
        lost = _without_outcome(written)
        for entry in lost:
            self._enter(tx, hold, replace(entry, kind=Kind.UNRESOLVED, note=RECOVERED))
        spent = [*lost, *(entry for entry in written if entry.kind in (Kind.CAPTURE, Kind.UNRESOLVED))]
        left = Credits(hold.cost.total - sum(entry.credits for entry in spent))
        dollars = Micros(hold.cost.usd - sum(entry.usd for entry in spent))
        self._enter(tx, hold, _Entry(Kind.RELEASE, left, dollars, note=RECOVERED))
        give_back(tx, hold.principal, left, hold.at, hold.row)
        return True

    async def alarms(self, in_force: Mapping[tuple[str, str], date] | None = None) -> frozenset[tuple[str, str]]:
        """Provider and operation of every price that turned out too low and was not confirmed since.

        With `in_force`, the date of each operation's price row, an alarm about an older row no longer counts.
        """
        return frozenset(
            (alarm.provider, alarm.operation)
            for alarm in await self.raised()
            if in_force is None or in_force.get((alarm.provider, alarm.operation)) in (alarm.priced_since, None)
        )

    async def raised(self) -> tuple[Alarm, ...]:
        """The alarms themselves."""
        rows = await self._database.report(entries.ALARMS)
        return tuple(
            Alarm(provider, operation, date.fromisoformat(since), Credits(seen), Credits(quoted), from_micros(at))
            for provider, operation, since, seen, quoted, at in rows
        )

    async def confirm(self, provider: str, operation: str) -> bool:
        """Take back the alarm about an operation whose price somebody has checked; False where there is none."""
        return bool(
            await self._database.write(lambda tx: tx.execute(entries.CONFIRM, provider=provider, operation=operation))
        )

    async def spending(self, workspace: str, since: datetime, until: datetime | None = None) -> Spending:
        """What `workspace` spent from `since` to before `until`."""
        rows = await self._database.report(
            entries.SPENDING,
            workspace=workspace,
            since=to_micros(since),
            until=_ALWAYS if until is None else to_micros(until),
        )
        return Spending(tuple(Spent(*row) for row in rows))

    async def hit_rates(self, workspace: str, since: datetime) -> tuple[HitRate, ...]:
        """How often each operation found something, by provider and operation."""
        spent = (await self.spending(workspace, since)).by(lambda row: (row.provider, row.operation))
        return tuple(
            HitRate(provider, operation, totals.calls, totals.found, totals.cost.total)
            for (provider, operation), totals in spent.items()
        )

    async def total(self, provider: str, since: datetime | None = None) -> Credits:
        """What `provider` should have charged over all workspaces: captured, unresolved and variance."""
        after = 0 if since is None else to_micros(since)
        ((credits,),) = await self._database.report(entries.TOTAL, provider=provider, since=after)
        return Credits(credits)

    async def export(self, workspace: str, since: datetime) -> AsyncIterator[Line]:
        """The entries of `workspace` from `since` on, oldest first, read page by page."""
        at, last = to_micros(since), 0
        while True:
            rows = await self._database.report(entries.EXPORT, workspace=workspace, at=at, id=last)
            for row in rows:
                yield _line(row)
            if len(rows) < entries.PAGE:
                return
            last, at = rows[-1][:2]

    def _enter(self, tx: Transaction, hold: Hold, entry: _Entry) -> None:
        tx.execute(
            entries.ENTER,
            **hold.filed_under,
            at=to_micros(self._clock()),
            kind=entry.kind,
            provider=entry.provider,
            operation=entry.operation,
            credits=entry.credits,
            usd_micros=entry.usd,
            outcome=entry.outcome,
            request_id=entry.request_id,
            priced_since=entry.priced_since,
            note=entry.note,
        )


def _read_hold(hold_id: str, row: Row) -> Hold:
    at, workspace, member, client, connection, tool, batch, number, approval, credits, usd = row
    # Which providers the credits were meant for is no longer told apart, and does not matter for closing.
    cost = Cost({"": Credits(credits)}, Micros(usd))
    principal = Principal(workspace, member, client, Grant(connection))
    of_batch = BatchRow(batch, number, approval=approval) if batch else None
    return Hold(hold_id, principal, tool, cost, from_micros(at), of_batch, approval)


def _entries(tx: Transaction, hold_id: str) -> list[_Entry]:
    return [_Entry.read(row) for row in tx.execute(entries.OF_HOLD, hold=hold_id)]


def _without_outcome(written: list[_Entry]) -> list[_Entry]:
    """Attempts that no capture or unresolved entry answers.

    Where an operation was asked more than once, an answer belongs to the cheapest attempt that can have cost as
    much: the dearest stay open, and all together never exceed the hold.
    """
    attempts = sorted((entry for entry in written if entry.kind is Kind.ATTEMPT), key=_amount)
    answered = (entry for entry in written if entry.kind in (Kind.CAPTURE, Kind.UNRESOLVED))
    for answer in sorted(answered, key=_amount, reverse=True):
        alike = [
            entry for entry in attempts if (entry.provider, entry.operation) == (answer.provider, answer.operation)
        ]
        if alike:
            attempts.remove(next((entry for entry in alike if entry.credits >= answer.credits), alike[-1]))
    return attempts


def _amount(entry: _Entry) -> Credits:
    return entry.credits


def _line(row: Row) -> Line:
    values = dict(zip(entries.EXPORTED, row[1:], strict=True))
    at, credits, usd = values.pop("at"), values.pop("credits"), values.pop("usd_micros")
    return {"at": from_micros(at).isoformat(), **values, "credits": plain(credits), "usd": usd / 1_000_000}
