"""Files of batches that are over, which lie where they came in although somebody elsewhere has closed the batch."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from server.batches.sources import Sources
from server.domain.batch import Status
from server.storage.bulk import batches
from server.storage.database import Database, Statement

LEFT = timedelta(days=2)
"""After so long no upload waits for a batch any more."""

_b = batches.c
_ORDERS = Statement(select(_b.options).where(or_(*(_b.status == status.value for status in Status if not status.over))))


async def sweep(database: Database, sources: Sources, now: datetime) -> None:
    """Remove the files in this home folder that have lain there for days and belong to no batch that goes on."""
    old = await asyncio.to_thread(sources.older_than, now - LEFT)
    if not old:
        return
    # Read after the files, so that a batch that has just begun is among them.
    needed = {json.loads(options)["source"] for (options,) in await database.report(_ORDERS)}
    for source in old - needed:
        await asyncio.to_thread(sources.forget, source)
