"""Who has opted out. Checked in memory, because every call asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select

from server.domain.errors import InvalidInput
from server.domain.subject import canonical, covered_by
from server.storage.database import Database, Statement
from server.storage.instant import from_micros, to_micros
from server.storage.tables import suppressions


@dataclass(frozen=True, slots=True)
class OptOut:
    """One entry of a workspace's list."""

    subject: str
    reason: str
    added_at: datetime
    added_by: str


_c = suppressions.c
_ADD = Statement.upsert(
    lambda insert: (
        insert(suppressions)
        .values({column.name: bindparam(column.name) for column in suppressions.columns})
        .on_conflict_do_nothing()
    )
)
_REMOVE = Statement(
    delete(suppressions)
    .where(_c.workspace == bindparam("workspace"), _c.subject == bindparam("subject"))
    .returning(_c.subject)
)
_LIST = Statement(
    select(_c.subject, _c.reason, _c.added_at, _c.added_by)
    .where(_c.workspace == bindparam("workspace"))
    .order_by(_c.added_at, _c.subject)
)
_ALL = Statement(select(_c.workspace, _c.subject))
_STATE = Statement(select(func.count(), func.max(_c.added_at)).select_from(suppressions))


class Suppression:
    """The lists of all workspaces. `load` before use; with replicas, `refresh` every few seconds."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._lists: dict[str, set[str]] = {}
        self._state: tuple[int, int | None] | None = None

    async def load(self) -> None:
        """Read every list from storage."""
        self._state = await self._read_state()
        lists: dict[str, set[str]] = {}
        for workspace, subject in await self._database.report(_ALL):
            lists.setdefault(workspace, set()).add(subject)
        self._lists = lists

    async def refresh(self) -> None:
        """Read the lists again where another process has changed one."""
        if await self._read_state() != self._state:
            await self.load()

    def active(self, workspace: str) -> bool:
        """Whether anybody is on the workspace's list."""
        return workspace in self._lists

    def covers(self, workspace: str, subjects: frozenset[str]) -> bool:
        """Whether the list names one of the canonical `subjects`, or a domain above it."""
        listed = self._lists.get(workspace)
        if listed is None:
            return False
        return any(not listed.isdisjoint(covered_by(subject)) for subject in subjects)

    async def add(self, workspace: str, subject: str, reason: str, by: str) -> str:
        """Put an e-mail address, domain, profile URL or phone number on the list; returns its canonical form.

        In force when this returns. Answers about the subject that are already stored are the cache's to forget.
        `InvalidInput` where `subject` is none of these.
        """
        named = _canonical(subject)
        at = to_micros(self._clock())
        await self._database.write(
            lambda tx: tx.execute(_ADD, workspace=workspace, subject=named, reason=reason, added_at=at, added_by=by)
        )
        self._lists.setdefault(workspace, set()).add(named)
        return named

    async def remove(self, workspace: str, subject: str) -> bool:
        """Take a subject off the list; False where it was not on it."""
        named = _canonical(subject)
        removed = await self._database.write(lambda tx: tx.execute(_REMOVE, workspace=workspace, subject=named))
        remaining = self._lists.get(workspace, set()) - {named}
        if remaining:
            self._lists[workspace] = remaining
        else:
            self._lists.pop(workspace, None)
        return bool(removed)

    async def list(self, workspace: str) -> tuple[OptOut, ...]:
        """The workspace's list, oldest entry first."""
        rows = await self._database.report(_LIST, workspace=workspace)
        return tuple(OptOut(subject, reason, from_micros(at), by) for subject, reason, at, by in rows)

    async def _read_state(self) -> tuple[int, int | None]:
        ((count, newest),) = await self._database.read(_STATE)
        return count, newest


def _canonical(subject: str) -> str:
    try:
        return canonical(subject)
    except ValueError as error:
        raise InvalidInput(
            f"subject {error}.",
            field="subject",
            fix="Send an e-mail address, a domain, a LinkedIn URL or a phone number with its country code.",
        ) from error
