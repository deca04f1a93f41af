"""A process that is killed in the middle of a call: `python -m tests.storage.dying URL asked|answered`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from server.budgets import Budgets, Limits
from server.ledger import Ledger
from server.storage.database import Database
from tests.calls import Books
from tests.databases import Clock


async def die(url: str, moment: str) -> None:
    """Hold and note the attempt; where `moment` is `answered`, capture as well; then end without any farewell."""
    clock, database = Clock(), await Database.open(url)
    books = Books(database, Ledger(database, clock), Budgets(Limits(), database, clock), clock)
    hold = await books.open(500)
    if moment == "answered":
        await database.write(lambda tx: books.capture(tx, hold, 100))
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(die(*sys.argv[1:]))
