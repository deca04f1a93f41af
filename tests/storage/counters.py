"""Units of work over one table of Weir's own, for tests that need some table."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from server.storage.database import Database, Statement, Transaction
from server.storage.tables import budget_counters
from server.storage.writer import Writer

Writes = Database | Writer

_c = budget_counters.c
INSERT = Statement(
    insert(budget_counters).values(workspace="w", member=bindparam("member"), period="p", used=bindparam("used"))
)
COUNT = Statement(select(func.count()).select_from(budget_counters))
MEMBERS = Statement(select(_c.member).order_by(_c.member))
USED = Statement(select(_c.used).where(_c.member == bindparam("member")))


def inserting(member: str, used: int = 1) -> Callable[[Transaction], str]:
    """A unit that adds one row and returns its name."""

    def unit(tx: Transaction) -> str:
        tx.execute(INSERT, member=member, used=used)
        return member

    return unit


async def members(database: Database) -> list[str]:
    """The rows that are there."""
    return [member for (member,) in await database.read(MEMBERS)]


def started(database: Writes, *units: Callable[[Transaction], Any]) -> list[asyncio.Task[Any]]:
    """The writes of all units, as tasks; they reach the writer when the event loop next turns."""
    return [asyncio.create_task(database.write(unit)) for unit in units]


@asynccontextmanager
async def waiting(database: Writes) -> AsyncGenerator[None]:
    """Keep the writer busy inside the block, so that what is written there has to wait and forms a group."""
    running, leave = threading.Event(), threading.Event()

    def unit(_: Transaction) -> None:
        running.set()
        leave.wait()

    occupying = asyncio.create_task(database.write(unit))
    await asyncio.to_thread(running.wait)
    yield
    leave.set()
    await occupying
