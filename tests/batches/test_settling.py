"""Results on their way into storage."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from server.batches.settling import Settling
from server.domain.batch import RowState, Settled
from tests.batches.jobs import addresses, jobs


async def test_what_cannot_be_written_is_told_to_whoever_waits_and_holds_up_nobody_else(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        batch = await bulk.run(addresses(1))
        settling = Settling(bulk.batches.store, batch.id)
        text: Any = object()
        async with asyncio.timeout(60):
            with pytest.raises(TypeError, match="not JSON serializable"):
                await settling.keep([Settled(2, RowState.DONE, "found", cells=(text,))])
            await settling.keep([Settled(3, RowState.DONE, "found", cells=("ada@stripe.com",))])
        assert await bulk.batches.store.settled_rows(batch.id, 1, 9) == {1, 3}
