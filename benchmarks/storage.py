"""Storage beside the standard library's sqlite3, in one run and by turns.

Ratios travel, absolute figures do not. A pair is a hold and its capture: two durable transactions of one row each.
A call is what the engine writes for one paid look-up: budgets, ledger and stored answer in two transactions.

    python -m benchmarks.storage [--json] [--rounds 3] [--seconds 1] [--postgres postgresql://...]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import psycopg
import uvloop
from psycopg.sql import SQL, Identifier

from server.budgets import Budgets, Limits
from server.cache import Cache, Stored
from server.domain.contact import EmailVerdict, ValidateEmail
from server.domain.money import Cost, Credits, Micros
from server.domain.outcome import Outcome
from server.domain.principal import LOCAL
from server.domain.quality import QualityStatus
from server.domain.receipt import Provenance
from server.ledger import Hold, Ledger
from server.storage import entries
from server.storage.database import Database, Transaction
from server.storage.sqlite import connect

Operation = Callable[[int], Awaitable[object]]

STORED = 10_000
_SCHEMA = """
    CREATE TABLE entries (id INTEGER PRIMARY KEY, hold TEXT NOT NULL, kind TEXT NOT NULL, credits INTEGER NOT NULL);
    CREATE TABLE answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One operation at one concurrency, medians over the rounds."""

    subject: str
    operation: str
    concurrency: int
    per_second: float
    p50_us: float
    ratio: float | None = None
    """Of the standard library's rate, at the same concurrency; None for that rate itself."""


class Stdlib:
    """sqlite3 called in the event loop: the least that this could cost."""

    def __init__(self, path: Path) -> None:
        self.connection = connect(path)
        self.connection.executescript(_SCHEMA)
        rows = ((f"k{number}", "x" * 1024) for number in range(STORED))
        self.connection.executemany("INSERT INTO answers VALUES (?, ?)", rows)

    async def pair(self, number: int) -> None:
        """Two durable transactions of one row."""
        for kind in ("hold", "capture"):
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.execute(
                "INSERT INTO entries (hold, kind, credits) VALUES (?, ?, ?)", (f"h{number}", kind, 100)
            )
            self.connection.execute("COMMIT")

    async def read(self, number: int) -> None:
        """A 1 KB row by key."""
        key = (f"k{number % STORED}",)
        self.connection.execute("SELECT answer FROM answers WHERE key = ?", key).fetchall()


class Weir:
    """The same through the storage door, and a whole call."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ledger = Ledger(database, _now)
        self.budgets = Budgets(Limits(per_member_day=None, per_workspace_month=None), database, _now)
        self.cache = Cache(database, _now)

    async def prepare(self) -> None:
        """Store the answers that are read."""

        def unit(tx: Transaction) -> None:
            for number in range(STORED):
                self.cache.put(tx, LOCAL.workspace, _query(number), _answer(number))

        await self.database.write(unit)

    async def pair(self, number: int) -> None:
        """Two durable transactions of one ledger row."""
        for kind in ("hold", "capture"):
            row = {**_ENTRY, "hold_id": f"h{number}", "kind": kind}
            await self.database.write(lambda tx, row=row: tx.execute(entries.ENTER, **row))

    async def call(self, number: int) -> None:
        """Reserve, hold and attempt; then capture, release, give back and store the answer."""
        hold = Hold.of(LOCAL, "validate_work_email", Cost({"leadmagic": Credits(125)}, Micros(30_625)), _now())
        query, stored = _query(STORED + number), _answer(STORED + number)
        await self.database.write(lambda tx: self._open(tx, hold))
        await self.database.write(lambda tx: self._settle(tx, hold, query, stored))
        self.cache.remember(LOCAL.workspace, query, stored)

    async def read(self, number: int) -> None:
        """A stored answer that is not in memory, as an object."""
        cold = Cache(self.database, _now, size=0)
        await cold.get(LOCAL.workspace, _query(number % STORED))

    async def peek(self, number: int) -> None:
        """A stored answer that is in memory."""
        self.cache.peek(LOCAL.workspace, _WARM)

    def _open(self, tx: Transaction, hold: Hold) -> None:
        self.budgets.reserve(tx, LOCAL, hold.cost.total, hold.at)
        self.ledger.hold(tx, hold)
        self.ledger.attempt(
            tx, hold, provider="leadmagic", operation="email_validation", most=Credits(25), priced_since=_SINCE
        )

    def _settle(self, tx: Transaction, hold: Hold, query: ValidateEmail, stored: Stored) -> None:
        self.ledger.capture(
            tx,
            hold,
            provider="leadmagic",
            operation="email_validation",
            credits=Credits(25),
            usd=Micros(6_125),
            outcome=Outcome.FOUND,
            request_id=None,
        )
        back = self.ledger.release(tx, hold, Cost({"leadmagic": Credits(100)}, Micros(24_500)))
        self.budgets.give_back(tx, LOCAL, back, hold.at)
        self.cache.put(tx, LOCAL.workspace, query, stored)


_SINCE = date(2026, 1, 1)
_ENTRY = {
    **dict.fromkeys(entries.EXPORTED, ""),
    **dict.fromkeys(("provider", "operation", "outcome", "request_id", "priced_since", "note")),
    "at": 0,
    "credits": 100,
    "usd_micros": 0,
}


def _now() -> datetime:
    return datetime.now(UTC)


def _query(number: int) -> ValidateEmail:
    return ValidateEmail(email=f"m{number}@example.com")


def _answer(number: int) -> Stored:
    answer = EmailVerdict(email=f"m{number}@example.com", status=QualityStatus.VERIFIED, score=0.99, mx_host="mx.test")
    where = Provenance("leadmagic", "email_validation", _now(), cached=False)
    return Stored(Outcome.FOUND, answer, where, _now() + timedelta(days=30))


_WARM = _query(0)


async def measure(operation: Operation, concurrency: int, seconds: float) -> tuple[float, float]:
    """Operations per second, and the median time of one in microseconds."""
    numbers, times = itertools.count(time.time_ns()), list[float]()
    end = time.perf_counter() + seconds

    async def work() -> None:
        while (began := time.perf_counter()) < end:
            await operation(next(numbers))
            times.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    return len(times) / (time.perf_counter() - began), median(times) * 1e6


async def compare(
    subjects: dict[tuple[str, str], Operation], concurrency: int, rounds: int, seconds: float
) -> list[Measured]:
    """Every operation of every subject by turns; its baseline is the standard library's of the same name."""
    figures: dict[tuple[str, str], list[tuple[float, float]]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, operation in subjects.items():
            figures[name].append(await measure(operation, concurrency, seconds))
    medians = {
        name: (median(rate for rate, _ in each), median(p50 for _, p50 in each)) for name, each in figures.items()
    }

    def measured(subject: str, operation: str) -> Measured:
        rate, p50 = medians[subject, operation]
        base = medians.get(("sqlite3", _BASE[operation]))
        ratio = rate / base[0] if base and subject != "sqlite3" else None
        return Measured(subject, operation, concurrency, rate, p50, ratio)

    return [measured(*name) for name in subjects]


_BASE = {"pair": "pair", "call": "pair", "read": "read", "peek": "read"}


@asynccontextmanager
async def opened(name: str, url: str) -> AsyncGenerator[dict[tuple[str, str], Operation]]:
    """The operations of Weir over the database at `url`."""
    database = await Database.open(url)
    weir = Weir(database)
    await weir.prepare()
    weir.cache.remember(LOCAL.workspace, _WARM, _answer(0))
    yield {(name, each): getattr(weir, each) for each in ("pair", "call", "read", "peek")}
    await database.close()


@asynccontextmanager
async def schema(url: str) -> AsyncGenerator[str]:
    """The URL of an empty schema that is gone afterwards."""
    name = f"weir_bench_{time.time_ns():x}"
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(name)))
        try:
            yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}"
        finally:
            connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(name)))


async def run(rounds: int, seconds: float, postgres: str | None) -> list[Measured]:
    """Measure everything at 1 and at 32 at once."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stdlib = Stdlib(folder / "stdlib.db")
        subjects: dict[tuple[str, str], Operation] = {
            ("sqlite3", "pair"): stdlib.pair,
            ("sqlite3", "read"): stdlib.read,
        }
        subjects |= await stack.enter_async_context(opened("weir on SQLite", f"sqlite:///{folder / 'weir.db'}"))
        if postgres is not None:
            url = await stack.enter_async_context(schema(postgres))
            subjects |= await stack.enter_async_context(opened("weir on PostgreSQL", url))
        return [each for at_once in (1, 32) for each in await compare(subjects, at_once, rounds, seconds)]


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--postgres", help="a database in which a schema may be made")
    arguments = parser.parse_args()
    measured = uvloop.run(run(arguments.rounds, arguments.seconds, arguments.postgres))
    if arguments.json:
        print(json.dumps([asdict(each) for each in measured], indent=2))
        return
    print(f"{'subject':<20}{'operation':<11}{'at once':>8}{'per second':>12}{'p50 us':>10}{'x sqlite3':>11}")
    for each in measured:
        ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
        line = f"{each.subject:<20}{each.operation:<11}{each.concurrency:>8}"
        print(f"{line}{each.per_second:>12,.0f}{each.p50_us:>10,.1f}{ratio:>11}")


if __name__ == "__main__":
    main()
