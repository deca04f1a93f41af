"""What holds for the shared database alone: connections that break, and replicas that write at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import chain

import pytest
from sqlalchemy import text

from server.domain.errors import StorageUnavailable
from server.storage.database import Database, Statement
from tests.databases import execute_on_postgres
from tests.storage.counters import inserting, members, started
from tests.storage.proxy import Loss, Proxy

BACKEND = Statement(text("SELECT pg_backend_pid()").columns())


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[Proxy]:
    with Proxy(postgres_url) as relay:
        yield relay


@pytest.fixture
async def relayed(proxy: Proxy) -> AsyncIterator[Database]:
    database = await Database.open(proxy.url)
    yield database
    await database.close()


async def test_a_connection_that_broke_while_nobody_wrote_is_replaced(relayed: Database, proxy: Proxy):
    await relayed.write(inserting("ada"))
    proxy.cut()
    assert await relayed.write(inserting("grace")) == "grace"
    assert await members(relayed) == ["ada", "grace"]


@pytest.mark.parametrize("loss", Loss)
async def test_a_commit_whose_reply_is_lost_happens_exactly_once(relayed: Database, proxy: Proxy, loss: Loss):
    await relayed.write(inserting("ada"))
    proxy.losing = loss
    assert await relayed.write(inserting("grace")) == "grace"
    assert proxy.losing is None
    assert await members(relayed) == ["ada", "grace"]


async def test_a_server_that_is_gone_is_unavailable_and_nothing_is_written(
    relayed: Database, proxy: Proxy, postgres_url: str
):
    await relayed.write(inserting("ada"))
    proxy.refusing = True
    proxy.cut()
    outcomes = await asyncio.gather(*started(relayed, inserting("grace"), inserting("mary")), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 2
    with pytest.raises(StorageUnavailable):
        await members(relayed)
    direct = await Database.open(postgres_url)
    assert await members(direct) == ["ada"]
    await direct.close()
    proxy.refusing = False
    assert await relayed.write(inserting("later")) == "later"
    assert await members(relayed) == ["ada", "later"]


async def test_a_session_that_the_administrator_ends_is_replaced(postgres_url: str):
    database = await Database.open(postgres_url)
    ((pid,),) = await database.write(lambda tx: tx.execute(BACKEND))
    execute_on_postgres(f"SELECT pg_terminate_backend({pid})")
    assert await database.write(inserting("ada")) == "ada"
    await database.close()


async def test_a_server_that_does_not_answer_is_refused_without_showing_the_password():
    with pytest.raises(StorageUnavailable) as refusal:
        await Database.open("postgresql://weir:hunter2@127.0.0.1:1/weir")
    assert "hunter2" not in refusal.value.message
    assert "WEIR_DATABASE_URL" in (refusal.value.fix or "")


async def test_replicas_that_write_at_once_write_one_after_the_other(postgres_url: str):
    replicas = [await Database.open(postgres_url) for _ in range(3)]
    names = [[f"{replica}-{number:02}" for number in range(40)] for replica in range(3)]
    writes = [started(database, *map(inserting, own)) for database, own in zip(replicas, names, strict=True)]
    for tasks in writes:
        await asyncio.gather(*tasks)
    assert await members(replicas[0]) == sorted(chain(*names))
    for database in replicas:
        await database.close()
