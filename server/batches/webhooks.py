"""Notices that a bulk job has come to a stop or waits for a person, delivered at least once.

A notice is written in the transaction that changes the job, and sent by whichever process finds it due. Whoever takes
it can tell by its signature that it is ours, and by its id whether it came before.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import bindparam, select, update

from server.batches.store import NEVER, Store, Tell
from server.batches.webhook_secrets import WebhookSecrets
from server.domain.approval import path_of
from server.domain.batch import Batch, Status
from server.domain.money import plain
from server.storage.bulk import batches, webhooks
from server.storage.database import Statement, Transaction
from server.storage.instant import to_micros
from server.upstream.notices import NotDelivered, Notices

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""Before each further attempt; after the last one a notice is given up."""

_LEASE = timedelta(minutes=1)
"""How long an attempt is left to the process that began it."""

_AT_ONCE = 20


_c = webhooks.c
_ADD = Statement.upsert(
    lambda insert: (
        insert(webhooks)
        .values({column.name: bindparam(column.name) for column in webhooks.columns})
        .on_conflict_do_nothing()
    )
)
_DUE = Statement(
    select(_c.id, _c.batch, batches.c.workspace, _c.url, _c.body, _c.attempts, _c.next_at)
    .join(batches, batches.c.id == _c.batch)
    .where(_c.next_at <= bindparam("now"))
    .order_by(_c.next_at)
    .limit(bindparam("most"))
)
_CLAIM = Statement(
    update(webhooks)
    .where(_c.id == bindparam("notice"), _c.next_at == bindparam("seen"))
    .values(attempts=_c.attempts + 1, next_at=bindparam("until"))
    .returning(_c.id)
)
_DELIVERED = Statement(
    update(webhooks).where(_c.id == bindparam("notice")).values(delivered_at=bindparam("now"), next_at=NEVER, said="")
)
_PUT_OFF = Statement(
    update(webhooks).where(_c.id == bindparam("notice")).values(next_at=bindparam("until"), said=bindparam("why"))
)
_GIVEN_UP = Statement(
    update(webhooks)
    .where(_c.id == bindparam("notice"))
    .values(failed_at=bindparam("now"), next_at=NEVER, said=bindparam("why"))
)


@dataclass(frozen=True, slots=True)
class _Due:
    """A notice whose time has come."""

    id: str
    batch: str
    workspace: str
    url: str
    body: str
    attempts: int
    """Before this one."""
    next_at: int


def telling(clock: Callable[[], datetime]) -> Tell:
    """Writes down the notice of a batch whose order asks for one; once for every stop of every run."""

    def tell(tx: Transaction, batch: Batch) -> None:
        if batch.order.webhook is None:
            return
        now = clock()
        stop = f"{batch.id}:{batch.run}:{batch.status.value}"
        notice = f"evt_{sha256(stop.encode()).hexdigest()[:32]}"
        tx.execute(
            _ADD,
            id=notice,
            batch=batch.id,
            url=batch.order.webhook,
            body=_body(notice, batch, now),
            attempts=0,
            next_at=to_micros(now),
            delivered_at=None,
            failed_at=None,
            said="",
        )

    return tell


def _body(notice: str, batch: Batch, now: datetime) -> str:
    """Numbers only: nothing of the rows, of whoever submitted them, or of what the file is called.

    `approval` is where the page is on which the person who submitted the job decides, below the server's own address.
    """
    return json.dumps(
        {
            "id": notice,
            "event": f"bulk_job.{batch.status.value}",
            "at": now.isoformat(timespec="seconds"),
            "job_id": batch.id,
            "status": batch.status.value,
            "enrichment": batch.order.kind,
            "rows": batch.rows,
            "settled": batch.settled,
            "found": batch.found,
            "failed": batch.failed,
            "skipped": batch.skipped,
            "cached": batch.cached,
            "credits": plain(batch.credits),
            "usd": batch.usd / 1_000_000,
            "max_credits": plain(batch.order.ceiling),
            **({"approval": path_of(batch.approval)} if batch.status is Status.AWAITING_APPROVAL else {}),
        }
    )


def signature(secret: str, at: datetime, body: bytes) -> str:
    """The header by which whoever knows the secret can tell that `body` was sent by us, and when."""
    seconds = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, sha256).hexdigest()
    return f"t={seconds},v1={signed}"


class Webhooks:
    """Delivers notices for as long as the product runs."""

    def __init__(self, store: Store, secrets: WebhookSecrets, notices: Notices, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._database = store.database
        self._secrets = secrets
        self._notices = notices
        self._clock = clock

    async def deliver_due(self) -> None:
        """Every second: deliver what is due."""
        rows = await self._database.report(_DUE, now=to_micros(self._clock()), most=_AT_ONCE)
        await asyncio.gather(*(self._deliver(_Due(*row)) for row in rows))

    async def _deliver(self, due: _Due) -> None:
        until = to_micros(self._clock() + _LEASE)
        claim = {"notice": due.id, "seen": due.next_at, "until": until}
        if not await self._database.write(lambda tx: tx.execute(_CLAIM, **claim)):
            return
        secret, body, now = await self._secrets.of(due.workspace), due.body.encode(), self._clock()
        headers = {"X-Weir-Id": due.id, "X-Weir-Signature": signature(secret, now, body)}
        try:
            await self._notices.post(due.url, body, headers)
        except NotDelivered as refused:
            await self._not_delivered(due, str(refused))
            return
        await self._write(_DELIVERED, due, "webhook delivered", now=to_micros(now))

    async def _not_delivered(self, due: _Due, why: str) -> None:
        now = self._clock()
        if due.attempts < len(WAITS):
            again = now + WAITS[due.attempts]
            said = f"webhook not delivered, {why}; tried again at {again.isoformat(timespec='seconds')}"
            await self._write(_PUT_OFF, due, said, until=to_micros(again), why=why)
        else:
            await self._write(_GIVEN_UP, due, f"webhook given up, {why}", now=to_micros(now), why=why)

    async def _write(self, statement: Statement, due: _Due, message: str, **params: str | int) -> None:
        def unit(tx: Transaction) -> None:
            tx.execute(statement, notice=due.id, **params)
            self._store.note_in(tx, due.batch, "webhook", message, level="log", id=due.id)

        await self._database.write(unit)
