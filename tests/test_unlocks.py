"""What was paid for is not charged again, while it lasts, of the same record and at the same account."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.domain.money import Credits
from server.storage.database import Database
from server.unlocks import Unlocked, Unlocks, record_of
from tests.databases import Clock

YEAR = timedelta(days=365)
ACCOUNTS = {"leadiq": "leadiq 1", "leadsonar": "leadsonar 1"}


@pytest.fixture
def unlocks(database: Database, clock: Clock) -> Unlocks:
    return Unlocks(database, clock, ACCOUNTS)


def one(clock: Clock, credits: int = 110, key: str = "find_work_email:1", record: str = "PersonID-1") -> Unlocked:
    return Unlocked(key, "leadiq", record_of(record), Credits(credits), clock() + YEAR)


async def put(unlocks: Unlocks, database: Database, *found: Unlocked, workspace: str = "acme") -> None:
    for each in found:
        await database.write(lambda tx, each=each: unlocks.put(tx, workspace, each))


async def test_what_was_paid_for_is_known_by_its_question_until_its_time_is_over(
    unlocks: Unlocks, database: Database, clock: Clock
):
    first, second = one(clock), one(clock, 300, "find_company:1", "c-1")
    await put(unlocks, database, first, second)
    keys = [first.key, second.key, "find_company:2"]
    assert await unlocks.known("acme", "leadiq", keys) == {first.key: first, second.key: second}
    assert await unlocks.known("acme", "leadiq", keys[1:]) == {second.key: second}
    assert await unlocks.known("acme", "leadsonar", keys) == {}
    assert await unlocks.known("globex", "leadiq", keys) == {}
    clock.advance(days=364, hours=23)
    assert len(await unlocks.known("acme", "leadiq", keys)) == 2
    clock.advance(hours=1)
    assert await unlocks.known("acme", "leadiq", keys) == {}


async def test_another_account_begins_anew(unlocks: Unlocks, database: Database, clock: Clock):
    await put(unlocks, database, one(clock))
    other = Unlocks(database, clock, {"leadiq": "leadiq 2"})
    assert await other.known("acme", "leadiq", [one(clock).key]) == {}
    await put(other, database, one(clock, 10))
    assert (await unlocks.known("acme", "leadiq", [one(clock).key]))[one(clock).key].credits == 110


async def test_what_is_over_is_swept_and_the_rest_stays(unlocks: Unlocks, database: Database, clock: Clock):
    earlier = one(clock)
    await put(unlocks, database, earlier)
    clock.advance(days=1)
    later = one(clock, key="find_work_email:2")
    await put(unlocks, database, later)
    clock.advance(days=364)
    await unlocks.sweep()
    clock.now -= YEAR
    assert await unlocks.known("acme", "leadiq", [earlier.key, later.key]) == {later.key: later}


def test_of_the_same_record_only_what_it_is_worth_more_is_charged(clock: Clock):
    before = one(clock, 10)
    clock.advance(days=100)
    assert one(clock, 10).after(None) == (10, one(clock, 10))
    assert one(clock, 10).after(before)[0] == 0
    assert one(clock, 5).after(before)[0] == 0
    charged, now = one(clock, 110).after(before)
    assert (charged, now.credits, now.expires_at) == (100, 110, before.expires_at)


def test_another_record_is_charged_whole(clock: Clock):
    before, other = one(clock), one(clock, record="PersonID-2")
    assert other.after(before) == (110, other)
