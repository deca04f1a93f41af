"""What a call costs the database does not grow with what is stored, counted in steps of SQLite's own machine."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from server.budgets import Budgets, Limits
from server.cache import Cache, Stored
from server.domain.contact import EmailVerdict, ValidateEmail
from server.domain.outcome import Outcome
from server.domain.quality import QualityStatus
from server.domain.receipt import Provenance
from server.ledger import Ledger
from server.storage import sqlite
from server.storage.database import Database
from tests.calls import ADA, Books
from tests.databases import Clock

FEW, MANY = 100, 10_000


class Meter:
    """Counts the steps of every connection that `connect` opens, while it is told to."""

    def __init__(self, connect: Callable[[Path], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connections: list[sqlite3.Connection] = []
        self._steps = 0

    def connect(self, path: Path) -> sqlite3.Connection:
        """In place of `sqlite.connect`."""
        connection = self._connect(path)
        self._connections.append(connection)
        return connection

    async def steps(self, work: Awaitable[object]) -> int:
        """The steps that `work` takes."""
        self._steps = 0
        self._watch(self._step)
        await work
        self._watch(None)
        return self._steps

    def _watch(self, step: Callable[[], None] | None) -> None:
        for connection in self._connections:
            with suppress(sqlite3.ProgrammingError):  # closed since
                connection.set_progress_handler(step, 1)

    def _step(self) -> None:
        self._steps += 1


class Shop:
    """Ledger, budgets and cache over one database, and calls on all of them."""

    def __init__(self, database: Database) -> None:
        self.clock = Clock()
        limits = Limits(per_call=None, per_member_day=None, per_workspace_month=None)
        budgets = Budgets(limits, database, self.clock)
        self.books = Books(database, Ledger(database, self.clock), budgets, self.clock)

    @property
    def cache(self) -> Cache:
        """A cache whose memory is empty."""
        return Cache(self.books.database, self.clock)

    async def call(self, number: int) -> None:
        """A whole paid call with its stored answer."""
        await self.books.settle(await self.books.open(100), 100)
        email, now = f"m{number}@example.com", self.clock()
        answer = EmailVerdict(email=email, status=QualityStatus.VERIFIED)
        where = Provenance("leadmagic", "email_validation", now, cached=False)
        stored = Stored(Outcome.FOUND, answer, where, now + timedelta(days=30))
        cache = self.cache
        await self.books.database.write(lambda tx: cache.put(tx, "acme", ValidateEmail(email=email), stored))

    async def fill(self, calls: range) -> None:
        """Many calls, a hundred of them at once and in every second."""
        for start in calls[::100]:
            await asyncio.gather(*(self.call(number) for number in calls[start - calls.start :][:100]))
            self.clock.advance(seconds=1)


async def test_a_call_and_its_reports_take_the_same_steps_however_much_is_stored(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
):
    meter = Meter(sqlite.connect)
    monkeypatch.setattr(sqlite, "connect", meter.connect)
    database = await Database.open(sqlite_url)
    shop = Shop(database)
    ledger = shop.books.ledger

    async def measured(name: int) -> dict[str, int]:
        just_now = shop.clock() - timedelta(seconds=1)
        return {
            "call": await meter.steps(shop.call(name)),
            "answer": await meter.steps(shop.cache.get("acme", ValidateEmail(email=f"m{name}@example.com"))),
            "limits": await meter.steps(shop.books.budgets.usage(ADA)),
            "spending of a second": await meter.steps(ledger.spending("acme", just_now)),
            "total of a second": await meter.steps(ledger.total("leadmagic", just_now)),
            "recovery": await meter.steps(ledger.recover(timedelta(0), shop.books.budgets.give_back)),
            "sweep": await meter.steps(shop.cache.sweep()),
            "opt-out": await meter.steps(shop.cache.forget("acme", f"m{name}@example.com")),
        }

    await shop.fill(range(FEW))
    few = await measured(FEW)
    await shop.fill(range(FEW + 100, MANY + 100))
    many = await measured(MANY + 200)
    assert min(few.values()) > 5
    assert {name: round(many[name] / few[name], 1) for name in few} == dict.fromkeys(few, 1.0)
    await database.close()
