"""What holds for the embedded database alone: its home, and a disk that fails."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from server.domain.errors import StorageUnavailable
from server.storage.database import Database, Statement
from tests.storage.counters import inserting, members, started, waiting

OPEN = "import asyncio, sys; from server.storage.database import Database; asyncio.run(Database.open(sys.argv[1]))"


PRAGMAS = Statement(
    text(
        "SELECT (SELECT * FROM pragma_synchronous), (SELECT * FROM pragma_journal_mode), "
        "(SELECT * FROM pragma_foreign_keys)"
    ).columns()
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_the_home_is_made_private(sqlite_url: str, tmp_path: Path):
    database = await Database.open(sqlite_url)
    await database.write(inserting("ada"))
    assert mode(tmp_path / "home") == 0o700
    assert {path.name: mode(path) for path in (tmp_path / "home").iterdir()} == {
        "weir.db": 0o600,
        "weir.db-wal": 0o600,
        "weir.db-shm": 0o600,
        "weir.db.lock": 0o600,
    }
    await database.close()


async def test_every_commit_is_flushed_to_the_disk(sqlite_url: str):
    database = await Database.open(sqlite_url)
    full, enforced = 2, 1
    assert await database.write(lambda tx: tx.execute(PRAGMAS)) == [(full, "wal", enforced)]
    await database.close()


async def test_a_home_that_another_process_has_is_refused_and_names_that_process(sqlite_url: str):
    owner = await Database.open(sqlite_url)
    with pytest.raises(StorageUnavailable, match=rf"belongs to another running Weir \(process {os.getpid()}\)") as no:
        await Database.open(sqlite_url)
    assert "WEIR_HOME" in (no.value.fix or "")
    await owner.close()
    again = await Database.open(sqlite_url)
    await again.close()


async def test_a_killed_process_leaves_no_lock_behind(sqlite_url: str):
    killed = f"{OPEN}; import os; os.kill(os.getpid(), 9)"
    died = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", killed, sqlite_url], check=False)
    assert died.returncode == -signal.SIGKILL
    database = await Database.open(sqlite_url)
    assert await database.write(inserting("ada")) == "ada"
    await database.close()


def test_a_home_that_cannot_be_written_is_refused_with_the_fix(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)  # pytest keeps them from other users
    unprivileged = OPEN.replace("; asyncio.run", "; import os; os.geteuid() or os.setuid(65534); asyncio.run")
    finished = subprocess.run(
        [sys.executable, "-c", unprivileged, f"sqlite:///{home / 'weir.db'}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"Weir cannot write its database {home / 'weir.db'}: Permission denied." in finished.stderr
    assert finished.returncode == 1


async def test_a_home_below_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageUnavailable, match="cannot write its database"):
        await Database.open(f"sqlite:///{tmp_path / 'file' / 'weir.db'}")


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path):
    path = tmp_path / "weir.db"
    path.write_bytes(b"minutes of a meeting" * 100)
    with pytest.raises(StorageUnavailable, match="cannot be opened as a database"):
        await Database.open(f"sqlite:///{path}")
    assert path.read_bytes() == b"minutes of a meeting" * 100


async def test_a_full_disk_fails_the_whole_group_and_nothing_of_it_is_kept(sqlite_url: str, tmp_path: Path):
    database = await Database.open(sqlite_url)
    await database.write(inserting("ada"))
    with no_file_larger_than((tmp_path / "home" / "weir.db-wal").stat().st_size):
        async with waiting(database):
            writes = started(database, *map(inserting, ("grace", "mary", "jean")))
            await asyncio.sleep(0)
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 3
    assert await members(database) == ["ada"]
    assert await database.write(inserting("later")) == "later"
    assert await members(database) == ["ada", "later"]
    await database.close()


async def test_a_database_that_stays_locked_is_unavailable_and_comes_back(sqlite_url: str, tmp_path: Path):
    database = await Database.open(sqlite_url)
    with closing(sqlite3.connect(tmp_path / "home" / "weir.db", isolation_level=None)) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="database is locked"):
            await database.write(inserting("ada"))
    assert await database.write(inserting("grace")) == "grace"
    assert await members(database) == ["grace"]
    await database.close()


@contextmanager
def no_file_larger_than(size: int) -> Generator[None]:
    """What a full disk is like, for this process and for a moment."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
