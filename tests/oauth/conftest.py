"""Fixtures of the authorization server's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.storage.database import Database
from tests.databases import Clock
from tests.oauth.door import Door, door


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """An empty SQLite database, for what does not depend on the kind of storage."""
    opened = await Database.open(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
async def site(sqlite: Database, clock: Clock) -> AsyncIterator[Door]:
    """The authorization server on SQLite."""
    async with door(sqlite, clock) as served:
        yield served


@pytest.fixture
async def stored_site(database: Database, clock: Clock) -> AsyncIterator[Door]:
    """The authorization server on each kind of storage."""
    async with door(database, clock) as served:
        yield served
