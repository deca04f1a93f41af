"""The schema: built from nothing, the same on both databases, and as `tables` describes it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from server.domain.errors import StorageUnavailable
from server.storage import bulk, identity, migrations, sqlite, tables
from server.storage.database import Database, Statement
from tests.storage.counters import COUNT

VERSION = Statement(text("SELECT version_num FROM weir_version").columns())


def test_head_is_the_newest_revision():
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


async def test_an_empty_database_comes_up_at_head_with_every_table_empty(database: Database):
    assert list(await database.read(VERSION)) == [(migrations.HEAD,)]
    assert list(await database.read(COUNT)) == [(0,)]


async def test_the_migrations_build_what_the_tables_describe(storage_url: str):
    await (await Database.open(storage_url)).close()
    engine = create_engine(
        "sqlite://" if storage_url.startswith("sqlite") else "postgresql+psycopg://",
        creator=lambda: (
            sqlite.connect(Path(storage_url.removeprefix("sqlite:///")))
            if storage_url.startswith("sqlite")
            else psycopg.connect(storage_url)
        ),
    )
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": migrations.VERSION_TABLE, "compare_type": True}
        )
        assert {identity.metadata, bulk.metadata} == {tables.metadata}, "each of them adds to the same description"
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()


async def test_a_database_of_a_newer_weir_is_refused_and_left_alone(storage_url: str):
    database = await Database.open(storage_url)
    await database.write(lambda tx: tx.execute(Statement(text("UPDATE weir_version SET version_num = '9999'"))))
    await database.close()
    for _ in range(2):
        with pytest.raises(StorageUnavailable, match="written by a newer Weir"):
            await Database.open(storage_url)


async def test_databases_that_are_opened_at_once_are_migrated_once(postgres_url: str):
    opened = await asyncio.gather(*(Database.open(postgres_url) for _ in range(4)))
    assert [list(await database.read(VERSION)) for database in opened] == [[(migrations.HEAD,)]] * 4
    for database in opened:
        await database.close()


def test_replicas_that_start_at_once_migrate_once(postgres_url: str):
    program = (
        "import asyncio, sys; from server.storage.database import Database; asyncio.run(Database.open(sys.argv[1]))"
    )
    replicas = [subprocess.Popen([sys.executable, "-c", program, postgres_url]) for _ in range(3)]
    assert [replica.wait(60) for replica in replicas] == [0, 0, 0]


async def test_a_database_at_head_opens_without_loading_alembic(sqlite_url: str):
    await (await Database.open(sqlite_url)).close()
    program = (
        "import asyncio, sys; from server.storage.database import Database; "
        "asyncio.run(Database.open(sys.argv[1])); print('alembic' in sys.modules, 'psycopg' in sys.modules)"
    )
    command = [sys.executable, "-c", program, sqlite_url]
    said = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    assert said.stdout == "False False\n"
