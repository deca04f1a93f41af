"""Files on their way in: an upload is opened for a member, takes one file, and is used by a batch.

A ticket opens the upload for one file; whoever has it may bring that file, so it is told the member alone and stored
hashed. The file itself is a source under the upload's id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import BigInteger, bindparam, delete, func, insert, or_, select, update

from server.batches.files import reading
from server.batches.files.facts import FileFacts
from server.batches.sources import Sources
from server.domain.errors import InvalidInput
from server.domain.principal import Principal
from server.identity.secret import digest, new_secret
from server.storage.bulk import uploads
from server.storage.database import Database, Statement, Transaction
from server.storage.instant import from_micros, to_micros
from server.storage.statement import Parameters, Row

WAITS = timedelta(hours=1)
"""How long an upload waits for its file."""

KEPT = timedelta(days=1)
"""How long a file waits to be used."""

REMEMBERED = timedelta(days=30)
"""How long it is known what became of an upload that a batch was made of."""

MOST_BYTES = 500_000_000

MOST_OPEN = 20
"""Uploads of a member that no batch uses yet."""


class UploadStatus(StrEnum):
    """How far an upload is."""

    WAITING = "waiting"
    """For its file."""
    RECEIVED = "received"
    USED = "used"
    """A batch was made of it."""
    REFUSED = "refused"
    """What came was no file of rows; another may be brought by the same ticket."""

    @property
    def open(self) -> bool:
        """Whether a file may still be brought."""
        return self in (UploadStatus.WAITING, UploadStatus.REFUSED)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new upload, with the ticket that lets one file in."""

    upload_id: str
    ticket: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as it stands."""

    id: str
    status: UploadStatus
    name: str
    """What its owner calls the file; empty where nobody said."""
    kind: str
    """What is to be done with it, in its owner's words; empty where nobody said."""
    size: int
    """Bytes; 0 before the file is there."""
    expires_at: datetime
    refusal: str = ""
    """Why the file that was brought was none."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket opens, and to whom it was given."""

    upload: Upload
    workspace: str
    member: str
    connection: str
    """Empty where access is open."""
    expired: bool


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that arrived, before it was looked into."""

    path: Path
    """Where `Sources.stage` put it."""
    size: int
    sha256: str
    name: str = ""
    """What the browser calls it; empty where nobody said."""
    content_type: str | None = None


_c = uploads.c
_NOW = bindparam("now", type_=BigInteger)
_ADD = Statement(insert(uploads).values({column.name: bindparam(column.name) for column in uploads.columns}))
_OPEN_OF_MEMBER = Statement(
    select(func.count(), func.min(_c.expires_at))
    .select_from(uploads)
    .where(
        _c.workspace == bindparam("workspace"),
        _c.member == bindparam("member"),
        _c.status != UploadStatus.USED.value,
        _c.expires_at > _NOW,
    )
)
_FACTS = (_c.id, _c.status, _c.name, _c.kind, _c.size, _c.expires_at, _c.facts)
_GET = Statement(
    select(*_FACTS).where(
        _c.id == bindparam("upload"),
        _c.workspace == bindparam("workspace"),
        _c.member == bindparam("member"),
        (_c.expires_at > _NOW) | (_c.status == UploadStatus.USED.value),
    )
)
_USE = Statement(
    update(uploads)
    .where(_c.id == bindparam("upload"), _c.status == UploadStatus.RECEIVED.value)
    .values(status=UploadStatus.USED.value, batch=bindparam("of_batch"))
    .returning(_c.id)
)
_BY_TICKET = Statement(
    select(*_FACTS, _c.workspace, _c.member, _c.connection).where(_c.ticket_hash == bindparam("ticket"))
)
_OPEN = or_(*(_c.status == status.value for status in UploadStatus if status.open))
_RECEIVE = Statement(
    update(uploads)
    .where(_c.id == bindparam("upload"), _OPEN)
    .values(
        status=UploadStatus.RECEIVED.value,
        name=bindparam("called"),
        facts=None,
        size=bindparam("bytes"),
        sha256=bindparam("digest"),
        expires_at=bindparam("until"),
    )
    .returning(_c.id)
)
_REFUSE = Statement(
    update(uploads)
    .where(_c.id == bindparam("upload"), _OPEN)
    .values(status=UploadStatus.REFUSED.value, facts=bindparam("why"))
)
_OVER = Statement(select(_c.id).where(_c.expires_at <= _NOW, _c.status != UploadStatus.USED.value))
_FORGET = Statement(delete(uploads).where(_c.id == bindparam("upload")))
_FORGET_USED = Statement(delete(uploads).where(_c.expires_at <= _NOW, _c.status == UploadStatus.USED.value))


class Uploads:
    """The uploads of all workspaces."""

    def __init__(
        self, database: Database, sources: Sources, clock: Callable[[], datetime], most_open: int = MOST_OPEN
    ) -> None:
        self.sources = sources
        self._database = database
        self._clock = clock
        self._most_open = most_open

    async def open(self, principal: Principal, kind: str | None = None, name: str | None = None) -> Opened:
        """An upload that waits for a file of the principal's; `InvalidInput` where they have too many open."""
        upload_id = self.sources.name()
        ticket, until = new_secret(), self._clock() + WAITS
        upload = Upload(upload_id, UploadStatus.WAITING, name or "", kind or "", 0, until)
        await self._add(principal, upload, ticket)
        return Opened(upload_id, ticket, until)

    async def keep(self, principal: Principal, file: bytes, kind: str | None = None, name: str | None = None) -> Upload:
        """A small file that came without a ticket; `InvalidInput` where it is no file of rows, or one too many."""
        upload_id, path = self.sources.new()
        path.write_bytes(file)
        facts = await self.sources.examine(upload_id, name=name or "rows.csv")
        called = name or f"{facts.rows or 'some'} rows"
        upload = Upload(upload_id, UploadStatus.RECEIVED, called, kind or "", path.stat().st_size, self._clock() + KEPT)
        try:
            _refuse_without_rows(facts)
            await self._add(principal, upload, new_secret())
        except InvalidInput:
            self.sources.forget(upload_id)
            raise
        return upload

    async def get(self, principal: Principal, upload_id: str) -> Upload:
        """The upload; `InvalidInput` where the principal has none of that id, or not any more."""
        rows = await self._database.read(
            _GET,
            upload=upload_id,
            workspace=principal.workspace,
            member=principal.member,
            now=to_micros(self._clock()),
        )
        if not rows:
            raise InvalidInput(
                f"upload_id is {upload_id[:80]!r}, and there is no upload of that id, or not any more.",
                field="upload_id",
                fix="Open another one with create_bulk_upload_session.",
            )
        return _upload(rows[0])

    async def find(self, ticket: str) -> Ticket | None:
        """What the ticket opens; None where it was never given out, or was forgotten since."""
        rows = await self._database.read(_BY_TICKET, ticket=digest(ticket))
        if not rows:
            return None
        upload = _upload(rows[0])
        workspace, member, connection = rows[0][7:]
        return Ticket(upload, workspace, member, connection, expired=upload.expires_at <= self._clock())

    async def receive(self, upload: Upload, brought: Brought) -> tuple[Upload, FileFacts] | None:
        """Make the file that was brought the upload's; None where another one was first.

        `InvalidInput` where it is no file of rows; another may be brought then. The caller drops what is staged.
        """
        called = brought.name or upload.name or "upload"
        try:
            facts = await asyncio.to_thread(
                reading.inspect, brought.path, name=called, content_type=brought.content_type
            )
            _refuse_without_rows(facts)
        except InvalidInput as error:
            why = f"{error.message} {error.fix or ''}".strip()
            await self._database.write(lambda tx: tx.execute(_REFUSE, upload=upload.id, why=why) and None)
            raise
        self.sources.note(brought.path, facts)
        until = self._clock() + KEPT
        change = {"called": called, "bytes": brought.size, "digest": brought.sha256, "until": to_micros(until)}
        if not await self._database.write(lambda tx: tx.execute(_RECEIVE, upload=upload.id, **change)):
            return None
        self.sources.take(brought.path)
        return Upload(upload.id, UploadStatus.RECEIVED, called, upload.kind, brought.size, until), facts

    async def drop(self, upload_id: str) -> None:
        """Remove an upload that is of no use to anybody, with its file."""
        # The file first: whoever stops in between finds the row again.
        await asyncio.to_thread(self.sources.forget, upload_id)
        await self._database.write(lambda tx: tx.execute(_FORGET, upload=upload_id) and None)

    async def sweep(self) -> None:
        """Remove uploads that waited too long, with their files, and forget used ones after a while."""
        now = self._clock()
        for (upload_id,) in await self._database.read(_OVER, now=to_micros(now)):
            await self.drop(upload_id)
        before = to_micros(now - REMEMBERED)
        await self._database.write(lambda tx: tx.execute(_FORGET_USED, now=before) and None)

    async def use(self, upload_id: str, batch_id: str) -> None:
        """A batch was made of the upload, which takes its file over."""
        await self._database.write(lambda tx: tx.execute(_USE, upload=upload_id, of_batch=batch_id) and None)

    async def _add(self, principal: Principal, upload: Upload, ticket: str) -> None:
        row = {
            "id": upload.id,
            "ticket_hash": digest(ticket),
            "workspace": principal.workspace,
            "member": principal.member,
            "connection": principal.grant.id,
            "client": principal.client,
            "kind": upload.kind or None,
            "status": upload.status.value,
            "name": upload.name or None,
            "facts": None,
            "size": upload.size or None,
            "sha256": None,
            "batch": None,
            "created_at": to_micros(self._clock()),
            "expires_at": to_micros(upload.expires_at),
        }
        await self._database.write(lambda tx: self._add_in(tx, row))

    def _add_in(self, tx: Transaction, row: Parameters) -> None:
        whose = {name: row[name] for name in ("workspace", "member")}
        ((count, until),) = tx.execute(_OPEN_OF_MEMBER, **whose, now=row["created_at"])
        if count >= self._most_open:
            raise InvalidInput(
                f"You have {count} uploads open, of at most {self._most_open} at a time.",
                fix="Bring a file by one of their links, or submit a file that is there. The next one lapses at "
                f"{from_micros(until).isoformat(timespec='seconds')}.",
            )
        tx.execute(_ADD, **row)


def _refuse_without_rows(facts: FileFacts) -> None:
    if facts.rows == 0:
        raise InvalidInput(
            "The file has a header and no rows." if facts.columns else "The file has no rows.",
            field="file",
            fix="Send a file with at least one row of data.",
        )


def _upload(row: Row) -> Upload:
    found, status, name, kind, size, until, why = row[:7]
    return Upload(
        found, UploadStatus(status), name or "", kind or "", int(size or 0), from_micros(until), refusal=why or ""
    )
