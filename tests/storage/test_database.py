"""What holds on both databases."""

from __future__ import annotations

import asyncio
import threading

import pytest
from sqlalchemy import text

from server.domain.errors import StorageUnavailable
from server.storage.database import Database, Statement, Transaction
from tests.storage.counters import COUNT, INSERT, USED, inserting, members, started, waiting


class Refusal(Exception):
    """A unit's own reason to give up."""


async def test_a_write_returns_what_its_unit_returns_and_is_there_afterwards(database: Database):
    assert await database.write(inserting("ada", 7)) == "ada"
    assert list(await database.read(USED, member="ada")) == [(7,)]


async def test_what_was_written_survives_closing_and_opening(storage_url: str):
    first = await Database.open(storage_url)
    await first.write(inserting("ada"))
    await first.close()
    second = await Database.open(storage_url)
    assert await members(second) == ["ada"]
    await second.close()


async def test_a_unit_that_raises_leaves_nothing_behind_and_its_caller_learns_why(database: Database):
    def unit(tx: Transaction) -> None:
        tx.execute(INSERT, member="ada", used=1)
        raise Refusal("too dear")

    with pytest.raises(Refusal, match="too dear"):
        await database.write(unit)
    assert await members(database) == []


async def test_a_refused_unit_in_a_group_does_not_harm_its_neighbours(database: Database):
    def refused(tx: Transaction) -> None:
        tx.execute(INSERT, member="refused", used=1)
        raise Refusal

    async with waiting(database):
        writes = started(database, inserting("before"), refused, inserting("behind"))
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert outcomes[0] == "before"
    assert isinstance(outcomes[1], Refusal)
    assert outcomes[2] == "behind"
    assert await members(database) == ["before", "behind"]


async def test_a_unit_that_the_database_refuses_does_not_harm_its_neighbours(database: Database):
    async with waiting(database):
        writes = started(database, *(inserting(member) for member in ("ada", "ada", "grace")))
        await asyncio.sleep(0)
    first, second, third = await asyncio.gather(*writes, return_exceptions=True)
    assert (first, third) == ("ada", "grace")
    assert isinstance(second, StorageUnavailable)
    assert await members(database) == ["ada", "grace"]


async def test_a_unit_is_carried_out_though_its_caller_stops_waiting(database: Database):
    async with waiting(database):
        abandoned = asyncio.create_task(database.write(inserting("ada")))
        await asyncio.sleep(0)
        abandoned.cancel()
        with pytest.raises(asyncio.CancelledError):
            await abandoned
    await database.write(inserting("later"))
    assert await members(database) == ["ada", "later"]


async def test_closing_writes_what_waits_and_refuses_what_comes_after(storage_url: str):
    database = await Database.open(storage_url)
    writes = started(database, *(inserting(f"m{number:03}") for number in range(100)))
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*writes) == [f"m{number:03}" for number in range(100)]
    with pytest.raises(StorageUnavailable, match="closed"):
        await database.write(inserting("late"))
    again = await Database.open(storage_url)
    assert list(await again.read(COUNT)) == [(100,)]
    await again.close()


async def test_reading_goes_on_while_a_unit_runs_and_sees_nothing_of_it(database: Database):
    await database.write(inserting("ada"))
    inside, leave = threading.Event(), threading.Event()

    def unit(tx: Transaction) -> None:
        tx.execute(INSERT, member="grace", used=1)
        inside.set()
        leave.wait()

    writing = asyncio.create_task(database.write(unit))
    await asyncio.to_thread(inside.wait)
    assert await members(database) == ["ada"]
    leave.set()
    await writing
    assert await members(database) == ["ada", "grace"]


async def test_reading_cannot_write(database: Database):
    with pytest.raises(StorageUnavailable):
        await database.read(INSERT, member="ada", used=1)
    with pytest.raises(StorageUnavailable):
        await database.report(INSERT, member="ada", used=1)
    assert await members(database) == []


async def test_a_report_sees_what_was_written(database: Database):
    await database.write(inserting("ada", 7))
    assert list(await database.report(USED, member="ada")) == [(7,)]


async def test_a_broken_statement_is_reported_and_the_door_stays_open(database: Database):
    with pytest.raises(StorageUnavailable, match="no_such_table"):
        await database.read(Statement(text("SELECT 1 FROM no_such_table")))
    with pytest.raises(StorageUnavailable, match="no_such_table"):
        await database.write(lambda tx: tx.execute(Statement(text("DELETE FROM no_such_table"))))
    assert await database.write(inserting("ada")) == "ada"


async def test_a_wrong_parameter_is_the_programmers_mistake_and_not_the_databases(database: Database):
    with pytest.raises(TypeError, match=r"takes \['member', 'used'\], and was given \['member'\]"):
        await database.write(lambda tx: tx.execute(INSERT, member="ada"))
    assert await members(database) == []


@pytest.mark.parametrize("url", ["mysql://host/weir", "weir.db", ""])
async def test_a_url_of_no_known_database_is_refused_with_the_fix(url: str):
    with pytest.raises(StorageUnavailable, match="starts neither with sqlite") as refusal:
        await Database.open(url)
    assert "WEIR_DATABASE_URL" in (refusal.value.fix or "")
