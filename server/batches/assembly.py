"""Bulk jobs, built and kept going for as long as the product runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from server.batches.batches import Batches
from server.batches.lease import Lease
from server.batches.limits import BulkLimits
from server.batches.runner import TICK, Runner
from server.batches.sources import Sources
from server.batches.store import Store
from server.batches.webhook_secrets import WebhookSecrets
from server.batches.webhooks import Webhooks, telling
from server.batches.work import Grants
from server.domain.errors import StorageUnavailable
from server.engine import Engine
from server.storage.database import Database, Statement
from server.storage.rounds import keep_doing
from server.upstream.notices import Notices

_SCHEMA = Statement(select(func.current_schema()))
_FOLDER = "uploads"


@asynccontextmanager
async def bulk(
    engine: Engine,
    database: Database,
    *,
    url: str,
    home: Path,
    clock: Callable[[], datetime],
    limits: BulkLimits,
    grants: Grants,
    notices: Notices,
) -> AsyncGenerator[Batches]:
    """Bulk jobs over the database at `url`, with their files under `home`; lets them rest on the way out."""
    shared = not url.startswith("sqlite:///")
    store, sources = Store(database, clock, telling(clock), kept=limits.kept), Sources(home / _FOLDER)
    lease = Lease(database, clock, shared=shared)
    schema = str((await database.read(_SCHEMA))[0][0]) if shared else ""
    runner = Runner(
        engine,
        store,
        sources,
        lease,
        grants,
        database=url,
        schema=f"{schema}_engine",
        clock=clock,
        limits=limits,
    )
    webhooks = Webhooks(store, WebhookSecrets(database, clock), notices, clock)
    with contextlib.suppress(StorageUnavailable):
        # Nothing can be spent before the first sign of life, which otherwise comes a moment later.
        await lease.renew()
    keeping = asyncio.gather(
        # By itself, so that nothing else delays it.
        keep_doing("signs of life", lease.renew, every=TICK),
        keep_doing("bulk jobs", runner.tick, every=TICK),
        keep_doing("webhooks", webhooks.deliver_due, every=TICK),
    )
    try:
        yield Batches(engine, store, sources, runner, notices=notices, clock=clock)
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        await runner.close()
