"""Holds, captures and releases, and what the ledger tells about them."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select, text

from server.budgets import Budgets, Limits
from server.domain.errors import HoldLapsed
from server.domain.money import Cost, Credits, Micros
from server.domain.principal import Principal
from server.ledger import Hold, Ledger, Line
from server.storage.database import Database, Statement, Transaction
from server.storage.tables import ledger as ledger_table
from server.storage.tables import open_holds
from tests.calls import ADA, SINCE, Books, cost
from tests.databases import Clock

GRACE = Principal("acme", "grace", "cursor")
STRANGER = Principal("globex", "ada", "claude-ai")
KINDS = Statement(select(ledger_table.c.kind, ledger_table.c.credits).order_by(ledger_table.c.id))
OPEN = Statement(select(open_holds.c.hold_id))


@pytest.fixture
def books(database: Database, clock: Clock) -> Books:
    return Books(database, Ledger(database, clock), Budgets(Limits(), database, clock), clock)


async def written(books: Books) -> list[tuple[str, int]]:
    return [(kind, credits) for kind, credits in await books.database.read(KINDS)]


async def exported(books: Books, workspace: str = "acme") -> list[Line]:
    return [line async for line in books.ledger.export(workspace, books.clock() - timedelta(days=40))]


async def test_a_call_is_written_as_hold_attempt_capture_and_release(books: Books):
    hold = await books.open(500)
    await books.settle(hold, 100)
    assert await written(books) == [("hold", 500), ("attempt", 500), ("capture", 100), ("release", 400)]
    assert list(await books.database.read(OPEN)) == []


async def test_every_entry_names_who_spent_on_what(books: Books):
    hold = await books.open(500)
    await books.settle(hold, 100)
    shared = {
        "at": "2026-11-21T12:00:00+00:00",
        "hold_id": hold.id,
        "workspace": "acme",
        "member": "ada",
        "client": "claude-ai",
        "connection": "",
        "batch": "",
        "batch_row": None,
        "approval": "",
        "tool": "find_work_email",
        "note": None,
    }
    asked = {"provider": "leadmagic", "operation": "email_finder"}
    nothing = {"provider": None, "operation": None, "outcome": None, "request_id": None, "priced_since": None}
    assert await exported(books) == [
        {**shared, **nothing, "kind": "hold", "credits": 5.0, "usd": 0.05},
        {**shared, **nothing, **asked, "kind": "attempt", "credits": 5.0, "usd": 0.05, "priced_since": "2026-11-01"},
        {
            **shared,
            **nothing,
            **asked,
            "kind": "capture",
            "credits": 1.0,
            "usd": 0.01,
            "outcome": "found",
            "request_id": "req-1",
        },
        {**shared, **nothing, "kind": "release", "credits": 4.0, "usd": 0.04},
    ]


async def test_a_settlement_that_fails_midway_leaves_the_hold_open_and_writes_nothing(books: Books):
    hold = await books.open(500)

    def unit(tx: Transaction) -> None:
        books.capture(tx, hold, 100)
        books.release(tx, hold, 100)
        raise RuntimeError("the answer cannot be stored")

    with pytest.raises(RuntimeError):
        await books.database.write(unit)
    assert await written(books) == [("hold", 500), ("attempt", 500)]
    assert list(await books.database.read(OPEN)) == [(hold.id,)]
    assert await books.used() == {
        "credits_per_call": 0,
        "credits_per_member_day": 500,
        "credits_per_workspace_month": 500,
    }


async def test_a_hold_is_released_once(books: Books):
    hold = await books.open(500)
    await books.settle(hold, 100)
    with pytest.raises(ValueError, match="is not open"):
        await books.settle(hold, 100)
    assert len(await written(books)) == 4


async def test_an_attempt_without_a_hold_is_refused(books: Books):
    hold = Hold.of(ADA, "find_work_email", cost(100), books.clock())
    with pytest.raises(HoldLapsed):
        await books.database.write(lambda tx: books.attempt(tx, hold, 100))
    assert await written(books) == []


async def test_hold_ids_sort_by_time(clock: Clock):
    early = Hold.of(ADA, "t", cost(1), clock())
    clock.advance(milliseconds=1)
    assert early.id < Hold.of(ADA, "t", cost(1), clock()).id
    assert early.id != Hold.of(ADA, "t", cost(1), early.at).id


async def test_an_overcharge_is_booked_apart_and_raises_an_alarm(books: Books):
    hold = await books.open(100)

    def unit(tx: Transaction) -> None:
        books.capture(tx, hold, 100)
        overcharge(books, tx, hold)
        books.release(tx, hold, 100)

    await books.database.write(unit)
    spending = await books.ledger.spending("acme", books.clock() - timedelta(hours=1))
    assert spending.totals.cost.credits == {"leadmagic": 100}
    assert await books.ledger.total("leadmagic") == 260
    (alarm,) = await books.ledger.raised()
    assert (alarm.seen, alarm.quoted, alarm.priced_since) == (260, 100, SINCE)
    assert (await exported(books))[3]["note"] == "charged 2.6, quoted 1"


async def test_an_alarm_stays_until_it_is_confirmed_or_the_price_row_is_another(books: Books):
    hold = await books.open(100)
    await books.database.write(partial(overcharge, books, hold=hold))
    price = ("leadmagic", "email_finder")
    assert await books.ledger.alarms() == {price}
    assert await books.ledger.alarms({price: SINCE}) == {price}
    assert await books.ledger.alarms({price: date(2026, 11, 20)}) == frozenset()
    assert await books.ledger.confirm(*price) is True
    assert await books.ledger.confirm(*price) is False
    assert await books.ledger.alarms() == frozenset()


async def test_spending_is_told_apart_by_provider_tool_member_and_client(books: Books):
    for who, credits in ((ADA, 100), (ADA, 0), (GRACE, 100)):
        await books.settle(await books.open(100, who), credits)
    other = await books.open(25, provider="leadiq", operation="search_people")
    await books.database.write(
        lambda tx: books.ledger.unresolved(
            tx,
            other,
            provider="leadiq",
            operation="search_people",
            credits=Credits(25),
            usd=Micros(5),
            note="timeout",
        )
    )
    spending = await books.ledger.spending("acme", books.clock() - timedelta(hours=1))
    rows = [(r.provider, r.member, r.client, r.calls, r.found, r.credits, r.unresolved) for r in spending.rows]
    assert rows == [
        ("leadiq", "ada", "claude-ai", 1, 0, 25, 25),
        ("leadmagic", "ada", "claude-ai", 2, 1, 100, 0),
        ("leadmagic", "grace", "cursor", 1, 1, 100, 0),
    ]
    by_member = spending.by(lambda row: row.member)
    assert by_member["ada"].cost == Cost({"leadiq": Credits(25), "leadmagic": Credits(100)}, Micros(10_005))
    assert (spending.totals.calls, spending.totals.found, spending.totals.unresolved) == (4, 2, 25)


async def test_spending_counts_from_since_to_before_until_and_only_the_own_workspace(books: Books):
    start = books.clock()
    for who in (ADA, STRANGER, ADA):
        await books.settle(await books.open(100, who), 100)
        books.clock.advance(days=1)
    day = timedelta(days=1)
    assert (await books.ledger.spending("acme", start)).totals.calls == 2
    assert (await books.ledger.spending("acme", start, start + 2 * day)).totals.calls == 1
    assert (await books.ledger.spending("acme", start + day, start + 2 * day)).rows == ()
    assert (await books.ledger.spending("globex", start)).totals.calls == 1
    assert [line["workspace"] for line in await exported(books, "globex")] == ["globex"] * 4


async def test_totals_are_over_all_workspaces_as_the_provider_bills_them(books: Books):
    start = books.clock()
    for who in (ADA, STRANGER):
        await books.settle(await books.open(500, who), 100)
        books.clock.advance(days=1)
    assert await books.ledger.total("leadmagic") == 200
    assert await books.ledger.total("leadmagic", start + timedelta(hours=1)) == 100
    assert await books.ledger.total("xmagnet") == 0


async def test_hit_rates_are_found_per_attempt(books: Books):
    for credits in (100, 0, 100, 100):
        await books.settle(await books.open(100), credits)
    (rate,) = await books.ledger.hit_rates("acme", books.clock() - timedelta(days=1))
    assert (rate.provider, rate.operation, rate.attempts, rate.found, rate.credits) == (
        "leadmagic",
        "email_finder",
        4,
        3,
        300,
    )
    assert rate.rate == 0.75


async def test_an_export_of_many_pages_has_every_entry_once_in_order(books: Books):
    holds = await asyncio.gather(*(books.open(1) for _ in range(600)))
    await asyncio.gather(*(books.settle(hold, 0) for hold in holds))
    lines = await exported(books)
    assert len(lines) == 2400
    assert sorted({str(line["hold_id"]) for line in lines}) == sorted(hold.id for hold in holds)
    assert [line["kind"] for line in lines[:1200]].count("capture") == 0


async def test_recovery_counts_open_attempts_as_spent_and_gives_the_rest_back(books: Books):
    hold = await books.open(500)

    def second(tx: Transaction) -> None:
        books.capture(tx, hold, 0)
        books.attempt(tx, hold, 120, "xmagnet", "enrich_single")

    await books.database.write(second)
    books.clock.advance(minutes=20)
    assert await books.ledger.recover(timedelta(minutes=10), books.budgets.give_back) == 1
    assert (await written(books))[-2:] == [("unresolved", 120), ("release", 380)]
    assert (await books.used())["credits_per_member_day"] == 120
    assert await books.ledger.total("xmagnet") == 120
    assert await books.ledger.recover(timedelta(minutes=10), books.budgets.give_back) == 0


async def test_recovery_leaves_calls_alone_that_are_still_at_work(books: Books):
    hold = await books.open(500)
    books.clock.advance(minutes=9)
    await books.database.write(lambda tx: books.attempt(tx, hold, 100, "xmagnet", "enrich_single"))
    books.clock.advance(minutes=9)
    assert await books.ledger.recover(timedelta(minutes=10), books.budgets.give_back) == 0
    assert list(await books.database.read(OPEN)) == [(hold.id,)]


@pytest.mark.parametrize(("captured", "assumed"), [(0, 300), (100, 300), (300, 100)])
async def test_where_one_of_two_like_attempts_was_answered_recovery_assumes_the_dearer_that_fits(
    books: Books, captured: int, assumed: int
):
    hold = await books.open(400, most=300)

    def again(tx: Transaction) -> None:
        books.attempt(tx, hold, 100)
        books.capture(tx, hold, captured)

    await books.database.write(again)
    books.clock.advance(hours=1)
    await books.ledger.recover(timedelta(minutes=10), books.budgets.give_back)
    assert (await written(books))[-2:] == [("unresolved", assumed), ("release", 400 - assumed - captured)]
    assert (await books.used())["credits_per_workspace_month"] == assumed + captured


async def test_a_call_that_ends_after_its_recovery_is_billed_what_it_cost(books: Books):
    hold = await books.open(500)
    books.clock.advance(minutes=20)
    await books.ledger.recover(timedelta(minutes=10), books.budgets.give_back)
    with pytest.raises(HoldLapsed):
        await books.database.write(lambda tx: books.attempt(tx, hold, 100, "xmagnet"))
    await books.settle(hold, 100)
    assert await books.ledger.total("leadmagic") == 100
    assert await books.used() == {
        "credits_per_call": 0,
        "credits_per_member_day": 100,
        "credits_per_workspace_month": 100,
    }
    (row,) = (await books.ledger.spending("acme", books.clock() - timedelta(days=1))).rows
    assert (row.calls, row.credits, row.unresolved) == (1, 100, 0)
    with pytest.raises(ValueError, match="is not open"):
        await books.settle(hold, 100)


async def test_two_replicas_recover_a_hold_once(postgres_url: str, clock: Clock):
    replicas = [await Database.open(postgres_url) for _ in range(2)]
    books = [Books(each, Ledger(each, clock), Budgets(Limits(), each, clock), clock) for each in replicas]
    for _ in range(20):
        await books[0].open(100)
    clock.advance(hours=1)
    closed = await asyncio.gather(*(b.ledger.recover(timedelta(minutes=10), b.budgets.give_back) for b in books))
    assert sum(closed) == 20
    assert (await books[0].used())["credits_per_workspace_month"] == 2000
    for each in replicas:
        await each.close()


@pytest.mark.parametrize("answered", [False, True], ids=["before the answer", "after the answer"])
async def test_a_process_killed_in_the_middle_of_a_call_leaves_what_recovery_needs(
    storage_url: str, clock: Clock, *, answered: bool
):
    command = [sys.executable, "-m", "tests.storage.dying", storage_url, "answered" if answered else "asked"]
    died = await asyncio.to_thread(subprocess.run, command, check=False)
    assert died.returncode == -signal.SIGKILL
    clock.advance(hours=1)
    database = await Database.open(storage_url)
    books = Books(database, Ledger(database, clock), Budgets(Limits(), database, clock), clock)
    assert (await books.used())["credits_per_workspace_month"] == 500
    assert await books.ledger.recover(timedelta(minutes=10), books.budgets.give_back) == 1
    spent = 100 if answered else 500
    ending = [("capture", 100)] if answered else [("unresolved", 500)]
    assert await written(books) == [("hold", 500), ("attempt", 500), *ending, ("release", 500 - spent)]
    assert (await books.used())["credits_per_workspace_month"] == spent
    assert await books.ledger.total("leadmagic") == spent
    await database.close()


async def test_the_budget_counters_equal_the_ledger_after_many_calls_at_once(books: Books):
    async def call(number: int) -> None:
        who = (ADA, GRACE)[number % 2]
        hold = await books.open(100, who)
        match number % 3:
            case 0:
                await books.settle(hold, 40)
            case 1:
                await books.settle(hold, 0)
            case _:
                await books.database.write(
                    lambda tx: books.ledger.unresolved(
                        tx,
                        hold,
                        provider="leadmagic",
                        operation="email_finder",
                        credits=Credits(100),
                        usd=Micros(0),
                        note="timeout",
                    )
                )

    await asyncio.gather(*(call(number) for number in range(240)))
    assert await books.ledger.total("leadmagic") == 80 * 40 + 80 * 100
    assert (await books.used())["credits_per_workspace_month"] == 80 * 40 + 80 * 100
    members = [(await books.used(who))["credits_per_member_day"] for who in (ADA, GRACE)]
    assert sum(members) == 80 * 40 + 80 * 100


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("SELECT 1 FROM ledger WHERE workspace = 'w' AND at >= 1 AND at < 2", "ix_ledger_workspace_at"),
        ("SELECT 1 FROM ledger WHERE hold_id = 'h'", "ix_ledger_hold_id"),
        (
            "SELECT sum(credits) FROM ledger WHERE provider = 'p' AND at >= 0 "
            "AND kind IN ('capture', 'unresolved', 'resolved', 'variance')",
            "ix_ledger_provider_spent",
        ),
    ],
)
async def test_what_the_ledger_is_asked_is_answered_from_an_index(sqlite_url: str, statement: str, index: str):
    database = await Database.open(sqlite_url)
    plan = await database.read(Statement(text(f"EXPLAIN QUERY PLAN {statement}")))
    assert index in str(plan)
    await database.close()


def overcharge(books: Books, tx: Transaction, hold: Hold) -> None:
    books.ledger.variance(
        tx,
        hold,
        provider="leadmagic",
        operation="email_finder",
        charged=Credits(260),
        quoted=Credits(100),
        priced_since=SINCE,
    )
