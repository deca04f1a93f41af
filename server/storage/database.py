"""The door to storage: durable writes in groups, reads that cost microseconds, one behaviour on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

from server.domain.errors import StorageUnavailable
from server.storage import sqlite
from server.storage.session import Backend
from server.storage.statement import Row, Statement
from server.storage.writer import Transaction, Writer

__all__ = ["Database", "Statement", "Transaction", "Unit"]

T = TypeVar("T")

Unit: TypeAlias = Callable[[Transaction], None]
"""A unit of work that returns nothing."""

_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql://", "postgres://")


class Database:
    """One open database. Use it from the event loop that opened it."""

    def __init__(self, backend: Backend, *, shared: bool) -> None:
        self.shared = shared
        """Whether other processes may use it at the same time, and tell time by its clock."""
        self._backend = backend
        self._writer = Writer(backend.session())

    @classmethod
    async def open(cls, url: str) -> Database:
        """Connect to `sqlite:////absolute/path.db` or `postgresql://...`, and bring it to this Weir's schema.

        `StorageUnavailable` where it cannot be reached, written or locked, or where a newer Weir wrote it.
        """
        return cls(await asyncio.to_thread(_prepare, url), shared=url.startswith(_POSTGRESQL))

    async def read(self, statement: Statement, **params: str | int | None) -> Sequence[Row]:
        """Rows of a statement that finds its rows by key; on SQLite this runs in the event loop."""
        return await self._backend.read(statement, params)

    async def report(self, statement: Statement, **params: str | int | None) -> Sequence[Row]:
        """Rows of a statement that may read much; runs beside the event loop."""
        return await self._backend.report(statement, params)

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        """Run `unit` in a transaction that is durable when this returns.

        Whatever `unit` raises undoes it, and only it, and is raised here. A unit may be run again after a lost
        connection, so it must change nothing but the database. It is carried out even where the caller stops waiting.
        `StorageUnavailable`: nothing was written, or nobody knows whether it was.
        """
        return await self._writer.write(unit)

    async def close(self) -> None:
        """Write what waits, then let go of the database."""
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._backend.close)


def _prepare(url: str) -> Backend:
    if url.startswith(_SQLITE):
        return sqlite.prepare(Path(url.removeprefix(_SQLITE)))
    if url.startswith(_POSTGRESQL):
        # A tenth of a second of start-up that nobody needs who runs on SQLite.
        from server.storage import postgres  # noqa: PLC0415

        return postgres.prepare(url)
    raise StorageUnavailable(
        "The database URL starts neither with sqlite:/// nor with postgresql://.",
        field="database_url",
        fix="Set WEIR_DATABASE_URL to postgresql://user:password@host/database, or leave it out for SQLite.",
    )
