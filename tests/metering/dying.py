"""A Weir that is killed in the middle of a call: `python -m tests.metering.dying HOME SANDBOX_URL KIND COUNT`.

It asks for the e-mail address of somebody whom no provider has, and dies as soon as the ledger durably holds so many
entries of a kind.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, func, select

from server import app
from server.domain.contact import FindWorkEmail
from server.domain.plan import ask
from server.domain.principal import LOCAL
from server.settings import Settings, load
from server.storage.database import Database, Statement, Transaction
from server.storage.tables import ledger

NOBODY = FindWorkEmail(first_name="Nobody", last_name="MagicNotFound", company_domain="stripe.com")
_COUNT = Statement(select(func.count()).select_from(ledger).where(ledger.c.kind == bindparam("kind")))


def settings(home: str) -> Settings:
    """First is asked who charges for finding nothing."""
    return load(home=home, providers="sandbox", order="leadsonar")


async def die(home: str, sandbox_url: str, kind: str, count: str) -> None:
    """Ask, and end without any farewell."""
    write = Database.write

    async def watched(self: Database, unit: Callable[[Transaction], Any]) -> Any:
        value = await write(self, unit)
        ((entries,),) = await self.read(_COUNT, kind=kind)
        if entries >= int(count):
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    Database.write = watched
    async with app.opened(settings(home), sandbox_url=sandbox_url) as weir:
        await weir.engine.run(ask(NOBODY), LOCAL, "find_work_email")


if __name__ == "__main__":
    asyncio.run(die(*sys.argv[1:]))
