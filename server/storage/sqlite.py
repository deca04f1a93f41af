"""SQLite: one file, one process, write-ahead log, every commit flushed to the disk."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy import Engine as SqlAlchemy
from sqlalchemy.pool import NullPool

from server.domain.errors import StorageUnavailable
from server.storage import migrations
from server.storage.statement import Engine, Parameters, Row, Statement

_BUSY_MILLISECONDS = 2_000
_CACHE_KIBIBYTES = 4_096


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode, durable and waiting for locks. `sqlite3.Error` where that fails."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in (
        f"busy_timeout = {_BUSY_MILLISECONDS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"cache_size = -{_CACHE_KIBIBYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _unavailable(error: sqlite3.Error) -> StorageUnavailable:
    return StorageUnavailable(
        f"The database failed: {error}.", fix="Check the disk that holds WEIR_HOME: space, permissions, health."
    )


def _execute(connection: sqlite3.Connection, statement: Statement, params: Parameters) -> Sequence[Row]:
    sql = statement.sql(Engine.SQLITE)
    try:
        cursor = connection.execute(sql.text, sql.bind(params))
        return cursor.fetchall() if cursor.description else ()
    except sqlite3.Error as error:
        raise _unavailable(error) from error


class Home:
    """The folder of a database file, made private and locked, so that no second process spends from it."""

    def __init__(self, path: Path) -> None:
        """`StorageUnavailable` where the folder cannot be written or another process has it."""
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _cannot_write(path, error) from error
        try:
            self._claim()
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            os.close(self._lock)
            raise _cannot_write(path, error) from error
        except StorageUnavailable:
            os.close(self._lock)
            raise

    def _claim(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(self._lock, 20, 0).decode(errors="replace").strip() or "unknown"
            raise StorageUnavailable(
                f"{self.path.parent} belongs to another running Weir (process {owner}).",
                fix="Stop that process, give this one a WEIR_HOME of its own, or share a PostgreSQL database.",
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process have the folder."""
        os.close(self._lock)


def _cannot_write(path: Path, error: OSError) -> StorageUnavailable:
    return StorageUnavailable(
        f"Weir cannot write its database {path}: {error.strerror}.",
        fix="Make the folder writable for the user that runs Weir, or set WEIR_HOME to one that is.",
    )


class SqliteSession:
    """The writing connection."""

    def __init__(self, path: Path) -> None:
        self.number = 0
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def begin(self) -> None:
        self._run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._run("COMMIT")

    def rollback(self) -> None:
        if self._connection is None or not self._connection.in_transaction:
            return
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self.close()

    def savepoint(self) -> None:
        self._run("SAVEPOINT unit")

    def release(self) -> None:
        self._run("RELEASE unit")

    def undo(self) -> None:
        # After a full disk or an I/O error SQLite has undone everything, and there is no savepoint to return to.
        self._run("ROLLBACK TO unit")
        self._run("RELEASE unit")

    def execute(self, statement: Statement, params: Parameters) -> Sequence[Row]:
        return _execute(self._connected(), statement, params)

    def execute_many(self, statement: Statement, batch: Sequence[Parameters]) -> None:
        sql = statement.sql(Engine.SQLITE)
        try:
            self._connected().executemany(sql.text, [sql.bind(params) for params in batch])
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connect(self._path)
            self.number += 1
        return self._connection

    def _run(self, command: str) -> None:
        try:
            self._connected().execute(command)
        except sqlite3.Error as error:
            raise _unavailable(error) from error


class SqliteBackend:
    """A database file. Reads by key run in the event loop: a hop to a thread would cost three times the read."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._near = connect(home.path)
        self._far = connect(home.path)
        for connection in (self._near, self._far):
            connection.execute("PRAGMA query_only = ON")
        self._reports = ThreadPoolExecutor(1, thread_name_prefix="weir-reports")

    def session(self) -> SqliteSession:
        """A session for the thread that writes."""
        return SqliteSession(self._home.path)

    async def read(self, statement: Statement, params: Parameters) -> Sequence[Row]:
        """Rows of a statement that finds its rows by key."""
        return _execute(self._near, statement, params)

    async def report(self, statement: Statement, params: Parameters) -> Sequence[Row]:
        """Rows of a statement that may take long."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reports, _execute, self._far, statement, params)

    def close(self) -> None:
        """Let go of every connection and lock."""
        self._reports.shutdown()
        self._near.close()
        self._far.close()
        self._home.release()


def prepare(path: Path) -> SqliteBackend:
    """Claim the folder of `path` and bring the file to this Weir's schema; `StorageUnavailable` where that fails."""
    home = Home(path)
    try:
        if _revision(path) != migrations.HEAD:
            migrations.upgrade(_engine(path))
        return SqliteBackend(home)
    except sqlite3.Error as error:
        home.release()
        raise StorageUnavailable(
            f"{path} cannot be opened as a database: {error}.", fix="Move the file away, or restore a backup."
        ) from error
    except StorageUnavailable:
        home.release()
        raise


def _revision(path: Path) -> str | None:
    with closing(connect(path)) as connection:
        try:
            found = connection.execute(migrations.CURRENT).fetchone()
        except sqlite3.OperationalError:
            return None
    return found[0] if found else None


def _engine(path: Path) -> SqlAlchemy:
    engine = create_engine("sqlite://", creator=lambda: connect(path), poolclass=NullPool)

    def begin(connection: Connection) -> None:
        # Without it Python's driver commits each CREATE TABLE by itself, and a crash leaves half a schema.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "begin", begin)
    return engine
