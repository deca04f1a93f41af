"""One account's rate limits as rows of the database, which counts time by its own clock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from server.storage import rates
from server.storage.database import Database, Transaction
from server.storage.statement import Row
from server.upstream.pace import Pace, Paces, Slot

GENERAL = "*"
"""The row of the limit that all requests share."""
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants a slot before the `deadline`."""

    operation: str
    deadline: float


@dataclass(frozen=True, slots=True)
class Note:
    """What a response taught about a limit at the instant `heard`."""

    operation: str
    heard: float
    teach: Callable[[Pace, float], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """Limits by row, as they were at the instant `at` or a moment later; and a slot for every wish."""

    at: float
    limits: Mapping[str, Pace]
    slots: Sequence[Slot] = ()


@dataclass(frozen=True, slots=True)
class _Clocks:
    """One moment on both clocks: at the database in microseconds, here in seconds."""

    there: int
    here: float

    def to_here(self, micros: int) -> float:
        return self.here + (micros - self.there) / _SECOND

    def to_there(self, instant: float) -> int:
        return self.there + round((instant - self.here) * _SECOND)


class Account:
    """What every process over one database reads and writes of a provider's account.

    All instants of arguments and results are on `clock`, the process's own.
    """

    def __init__(self, name: str, configured: Paces, clock: Callable[[], float]) -> None:
        self._name = name
        self._configured = configured
        self._clock = clock

    def rows(self, operations: Iterable[str]) -> set[str]:
        """The limits that concern `operations`."""
        return {GENERAL} | {operation for operation in operations if operation in self._configured.own}

    async def look(self, database: Database, rows: Collection[str]) -> Seen | None:
        """The limits `rows`; None where they are not known any more."""
        before = self._clock()
        found = await database.read(rates.READ, **self._key(rows))
        if len(found) < len(rows):
            return None
        return Seen(before, self._loaded(found, _Clocks(found[0][0], self._clock())))

    def serve(
        self, tx: Transaction, wishes: Sequence[Wish], notes: Sequence[Note], lead: float, known: Collection[str]
    ) -> Seen:
        """Take in `notes`, then give out slots at least `lead` seconds away. Limits not `known` are entered first."""
        rows = self.rows(each.operation for each in (*wishes, *notes))
        before = self._clock()
        found = self._found(tx, rows, known)
        now = self._clock()
        clocks = _Clocks(found[0][0], now)
        limits, untouched = self._loaded(found, clocks), self._loaded(found, clocks)
        paces = Paces(limits[GENERAL], limits)
        for note in notes:
            note.teach(paces.of(note.operation), note.heard)
        slots = [paces.reserve(wish.operation, now + lead, wish.deadline) for wish in wishes]
        for row, pace in limits.items():
            if pace != untouched[row]:
                self._keep(tx, row, pace, clocks)
        # The database's clock was read somewhere in between, so that much of what a slot may be late is used up.
        return Seen(before, limits, [replace(slot, lapses=slot.lapses - (now - before)) for slot in slots])

    def _found(self, tx: Transaction, rows: Collection[str], known: Collection[str]) -> Sequence[Row]:
        if set(rows).issubset(known):
            found = tx.execute(rates.READ, **self._key(rows))
            if len(found) == len(rows):
                return found
        self._enter(tx, rows)
        return tx.execute(rates.READ, **self._key(rows))

    def _enter(self, tx: Transaction, rows: Iterable[str]) -> None:
        for row in sorted(rows):
            configured = _milli(self._pace(row).per_minute)
            tx.execute(rates.ENTER, account=self._name, operation=row, configured=configured)

    def _key(self, rows: Collection[str]) -> dict[str, str]:
        return {"account": self._name, "operations": ",".join(sorted(rows))}

    def _pace(self, row: str) -> Pace:
        return self._configured.general if row == GENERAL else self._configured.own[row]

    def _loaded(self, found: Sequence[Row], clocks: _Clocks) -> dict[str, Pace]:
        return {row: _loaded(self._pace(row), state, clocks) for _, row, *state in found}

    def _keep(self, tx: Transaction, row: str, pace: Pace, clocks: _Clocks) -> None:
        tx.execute(
            rates.KEEP,
            of_account=self._name,
            of_operation=row,
            learned=None if pace.learned is None else _milli(pace.learned),
            due=clocks.to_there(pace.due),
            last=clocks.to_there(pace.last),
            paused_until=clocks.to_there(pace.paused_until),
            credit=pace.credit,
            slow=round(pace.slow * _SECOND),
            slow_until=clocks.to_there(pace.slow_until),
        )


def _loaded(configured: Pace, state: Sequence[int | None], clocks: _Clocks) -> Pace:
    learned, *rest = state
    due, last, paused_until, credit, slow, slow_until = (value or 0 for value in rest)
    return Pace(
        configured.per_minute,
        configured.burst,
        learned=None if learned is None else learned / 1000,
        due=clocks.to_here(due),
        last=clocks.to_here(last),
        paused_until=clocks.to_here(paused_until),
        credit=credit,
        slow=slow / _SECOND,
        slow_until=clocks.to_here(slow_until),
    )


def _milli(per_minute: float) -> int:
    return max(1, round(per_minute * 1000))
