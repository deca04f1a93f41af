"""What the storage door needs from a database driver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.domain.errors import StorageUnavailable
from server.storage.statement import Parameters, Row, Statement


class Interrupted(StorageUnavailable):
    """The connection was lost and nothing of the transaction was kept, so it may be run again."""


class Session(Protocol):
    """The connection that writes, used by one thread. Every failure of the driver is `StorageUnavailable`."""

    number: int
    """Grows with every connection."""

    def begin(self) -> None:
        """Start a transaction, connecting first where there is no connection."""
        ...

    def commit(self) -> None:
        """Make the transaction durable; on `Interrupted` it certainly is not."""
        ...

    def rollback(self) -> None:
        """Undo the transaction, if there is one; never fails."""
        ...

    def savepoint(self) -> None:
        """Mark the place that `undo` returns to."""
        ...

    def release(self) -> None:
        """Forget the savepoint and keep what followed it."""
        ...

    def undo(self) -> None:
        """Return to the savepoint; `StorageUnavailable` where the whole transaction is gone."""
        ...

    def execute(self, statement: Statement, params: Parameters) -> Sequence[Row]:
        """Run one statement; its rows, where it returns rows."""
        ...

    def execute_many(self, statement: Statement, batch: Sequence[Parameters]) -> None:
        """Run one statement, which returns no rows, for every member of `batch`."""
        ...

    def close(self) -> None:
        """Let go of the connection; never fails."""
        ...


class Backend(Protocol):
    """One database: its writing session, and two ways to read beside it."""

    def session(self) -> Session:
        """A session for the thread that writes."""
        ...

    async def read(self, statement: Statement, params: Parameters) -> Sequence[Row]:
        """Rows of a statement that finds its rows by key."""
        ...

    async def report(self, statement: Statement, params: Parameters) -> Sequence[Row]:
        """Rows of a statement that may take long; never blocks the event loop."""
        ...

    def close(self) -> None:
        """Let go of every connection and lock."""
        ...
