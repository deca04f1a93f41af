"""PostgreSQL: shared by replicas, which write one after the other.

Every group of units takes one advisory lock. Groups of different replicas would otherwise wait for each other's
budget counters in different orders and deadlock; and whoever reads a counter sees what SQLite would show.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Lock, local
from typing import LiteralString, cast

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from server.domain.errors import StorageUnavailable
from server.storage import migrations
from server.storage.session import Interrupted
from server.storage.statement import Engine, Parameters, Row, Statement

logger = logging.getLogger(__name__)

WRITE_LOCK = "hashtextextended('weir ' || current_schema(), 0)"
"""The advisory lock of one Weir: two of them may share a database in schemas of their own."""

_READERS = 4
_PATIENCE_SECONDS = 3.0
_RETRY_SECONDS = 0.05
_BEGIN = f"BEGIN; SELECT pg_advisory_xact_lock({WRITE_LOCK}); SELECT pg_current_xact_id()::text"
_WRITING = """
    SET synchronous_commit = on; SET lock_timeout = '10s'; SET statement_timeout = '30s';
    SET idle_in_transaction_session_timeout = '5s'
"""
_READING = "SET default_transaction_read_only = on; SET statement_timeout = '60s'"

_STATUS = "SELECT pg_xact_status(%s::xid8)"

Connection = psycopg.Connection[Row]


def connect(url: str, settings: LiteralString = "") -> Connection:
    """A connection in autocommit mode. `psycopg.Error` where that fails."""
    connection = psycopg.connect(url, autocommit=True, connect_timeout=5, tcp_user_timeout=10_000)
    # One type for all integers: otherwise every mix of sizes is prepared as a statement of its own.
    connection.adapters.register_dumper(int, Int8Dumper)
    if settings:
        connection.execute(settings)
    return connection


def unavailable(error: psycopg.Error) -> StorageUnavailable:
    """The failure to report, without the connection string."""
    said = " ".join(str(error).split()) or type(error).__name__
    return StorageUnavailable(
        f"The database failed: {said}.", fix="Check that PostgreSQL runs and that WEIR_DATABASE_URL is right."
    )


def _execute(connection: Connection, statement: Statement, params: Parameters) -> Sequence[Row]:
    sql = statement.sql(Engine.POSTGRESQL)
    cursor = connection.execute(cast("LiteralString", sql.text), sql.bind(params))
    return cursor.fetchall() if cursor.description else ()


class PostgresSession:
    """The writing connection; it comes back by itself after the server restarts."""

    def __init__(self, url: str) -> None:
        self.number = 0
        self._url = url
        self._connection: Connection | None = None
        self._was_connected = False
        self._transaction_id = ""
        self._released = False

    def begin(self) -> None:
        if self._connection is None:
            self._connection = self._connect()
        self._released = False
        cursor = self._run(_BEGIN)
        while cursor.nextset():
            pass
        (self._transaction_id,) = cursor.fetchone() or ("",)

    def commit(self) -> None:
        connection = self._connected()
        try:
            connection.execute("COMMIT", prepare=False)
        except psycopg.Error as error:
            if not connection.closed:
                raise unavailable(error) from error
            self._find_out(error)

    def rollback(self) -> None:
        connection = self._connection
        if connection is None or connection.info.transaction_status is TransactionStatus.IDLE:
            return
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:
            self.close()

    def savepoint(self) -> None:
        self._run("RELEASE SAVEPOINT unit; SAVEPOINT unit" if self._released else "SAVEPOINT unit")
        self._released = False

    def release(self) -> None:
        # Sent together with the next savepoint, and by COMMIT itself after the last.
        self._released = True

    def undo(self) -> None:
        self._run("ROLLBACK TO SAVEPOINT unit; RELEASE SAVEPOINT unit")
        self._released = False

    def execute(self, statement: Statement, params: Parameters) -> Sequence[Row]:
        connection = self._connected()
        try:
            return _execute(connection, statement, params)
        except psycopg.Error as error:
            raise self._failure(error) from error

    def execute_many(self, statement: Statement, batch: Sequence[Parameters]) -> None:
        sql = statement.sql(Engine.POSTGRESQL)
        try:
            self._connected().cursor().executemany(
                cast("LiteralString", sql.text), [sql.bind(params) for params in batch]
            )
        except psycopg.Error as error:
            raise self._failure(error) from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> Connection:
        """Patient where a connection was lost, because servers restart; at once where there has been none."""
        deadline = time.monotonic() + (_PATIENCE_SECONDS if self._was_connected else 0)
        while True:
            try:
                connection = connect(self._url, _WRITING)
            except psycopg.Error as error:
                if time.monotonic() >= deadline:
                    self._was_connected = False
                    raise unavailable(error) from error
                time.sleep(_RETRY_SECONDS)
            else:
                self._was_connected = True
                self.number += 1
                return connection

    def _connected(self) -> Connection:
        if self._connection is None:
            raise Interrupted("The connection to the database was lost.")
        return self._connection

    def _run(self, command: LiteralString) -> psycopg.Cursor[Row]:
        connection = self._connected()
        try:
            return connection.execute(command, prepare=False)  # several commands at once cannot be prepared
        except psycopg.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: psycopg.Error) -> StorageUnavailable:
        """What `error` means: a lost connection takes the uncommitted transaction with it."""
        if self._connection is not None and not self._connection.closed:
            return unavailable(error)
        self.close()
        logger.warning("the connection to the database was lost; connecting again")
        return Interrupted("The connection to the database was lost before anything was written.")

    def _find_out(self, error: psycopg.Error) -> None:
        """Ask the server what became of a commit whose reply was lost. Returns where it is durable."""
        self.close()
        logger.warning("the connection to the database was lost during a commit; asking what became of it")
        self._connection = self._connect()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (status := self._status()) == "in progress" and time.monotonic() < deadline:
            time.sleep(_RETRY_SECONDS)
        match status:
            case "committed":
                return
            case "aborted":
                raise Interrupted("The connection to the database was lost before the commit.") from error
            case _:
                raise StorageUnavailable(
                    "The connection to the database was lost during a commit, and whether it succeeded is unknown."
                ) from error

    def _status(self) -> str | None:
        try:
            found = self._connected().execute(_STATUS, (self._transaction_id,)).fetchone()
        except psycopg.Error as error:
            raise unavailable(error) from error
        return found[0] if found else None


class PostgresBackend:
    """A server. Reads go through a few connections, one for each reading thread."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="weir-readers")
        self._own = local()
        self._all: list[Connection] = []
        self._lock = Lock()

    def session(self) -> PostgresSession:
        """A session for the thread that writes."""
        return PostgresSession(self._url)

    async def read(self, statement: Statement, params: Parameters) -> Sequence[Row]:
        """Rows of a statement that finds its rows by key."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, statement, params)

    report = read

    def close(self) -> None:
        """Let go of every connection."""
        self._readers.shutdown()
        for connection in self._all:
            connection.close()

    def _read(self, statement: Statement, params: Parameters) -> Sequence[Row]:
        try:
            connection = self._connection()
            try:
                return _execute(connection, statement, params)
            except psycopg.OperationalError:
                if not connection.closed:
                    raise
                return _execute(self._connection(), statement, params)
        except psycopg.Error as error:
            raise unavailable(error) from error

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is None or connection.closed:
            connection = self._own.connection = connect(self._url, _READING)
            with self._lock:
                self._all = [*(each for each in self._all if not each.closed), connection]
        return connection


def prepare(url: str) -> PostgresBackend:
    """Bring the database at `url` to this Weir's schema. `StorageUnavailable` says what prevents it."""
    try:
        if _revision(url) != migrations.HEAD:
            migrations.upgrade(
                create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
            )
    except psycopg.Error as error:
        raise unavailable(error) from error
    return PostgresBackend(url)


def _revision(url: str) -> str | None:
    with closing(connect(url)) as connection:
        try:
            found = connection.execute(migrations.CURRENT).fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return found[0] if found else None
