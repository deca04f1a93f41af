"""Real databases for tests: a SQLite file, and a PostgreSQL schema, of its own for every test."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from server.storage import migrations, sqlite
from server.storage.database import Database

POSTGRES = os.environ.get("WEIR_TEST_POSTGRES_URL", "postgresql://root@127.0.0.1:5432/postgres")


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        """Move on by a `timedelta`'s keyword arguments."""
        self.now += timedelta(**duration)


@pytest.fixture(scope="session", autouse=True)
def migrated_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Empty SQLite databases get the pages of one that went through every migration, which alone takes a third of the
    time of all tests. What is done with databases of other revisions, and on PostgreSQL, stays as it is.
    """
    upgrade, pages = migrations.upgrade, sqlite3.connect(":memory:", check_same_thread=False)
    path = tmp_path_factory.mktemp("migrated") / "weir.db"
    sqlite.prepare(path).close()
    with closing(sqlite3.connect(path)) as migrated:
        migrated.backup(pages)

    def filled(engine: Engine) -> None:
        with closing(engine.raw_connection()) as raw:
            empty = raw.driver_connection if engine.dialect.name == "sqlite" else None
            if isinstance(empty, sqlite3.Connection) and not empty.execute("SELECT 1 FROM sqlite_master").fetchone():
                return pages.backup(empty)
        return upgrade(engine)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrations, "upgrade", filled)
        yield
    pages.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'home' / 'weir.db'}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    require_postgres()
    schema = f"weir_test_{secrets.token_hex(6)}"
    execute_on_postgres(f"CREATE SCHEMA {schema}")
    yield f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{schema}"
    execute_on_postgres(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(params=["sqlite", "postgresql"])
def storage_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, once of each kind."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
async def database(storage_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(storage_url)
    yield opened
    await opened.close()


def require_postgres() -> None:
    """Skip the test where no server answers, or fail it where the environment demands one."""
    reason = unreachable()
    if reason is None:
        return
    if os.environ.get("WEIR_TEST_REQUIRE") == "1":
        pytest.fail(f"no PostgreSQL at WEIR_TEST_POSTGRES_URL: {reason}")
    pytest.skip(f"no PostgreSQL at WEIR_TEST_POSTGRES_URL: {reason}")


@cache
def unreachable() -> str | None:
    """Why no PostgreSQL answers; None where one does."""
    try:
        execute_on_postgres("SELECT 1")
    except psycopg.Error as error:
        return str(error)
    return None


def execute_on_postgres(command: str) -> None:
    """Run one command as the test's administrator."""
    with closing(psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)) as connection:
        connection.execute(command.encode())
