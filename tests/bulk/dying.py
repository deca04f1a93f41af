"""A Weir that dies when it has paid for a row: `python -m tests.bulk.dying HOME SANDBOX_URL`; prints the job's id."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from server import app
from server.batches.store import Standing, Store
from server.domain.batch import Order, Settled
from server.domain.money import credits
from server.domain.principal import LOCAL
from server.settings import load
from tests.batches.jobs import addresses


async def die(home: str, sandbox_url: str) -> None:
    """Run a job of one row, and end without any farewell before its result is written."""

    async def settle(self: Store, batch_id: str, settled: Sequence[Settled]) -> Standing:
        print(batch_id, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("dead")

    Store.settle = settle
    async with app.opened(load(home=home, providers="sandbox"), sandbox_url=sandbox_url) as weir:
        source = await weir.batches.sources.open(await weir.batches.sources.keep(["Email"], addresses(1)))
        order = Order("email_validation", {"email": "Email"}, credits(10), name="people.csv", fresh=True)
        await weir.batches.submit(LOCAL, order, source)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(die(*sys.argv[1:]))
