"""Bulk jobs over a whole Weir in the test's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.batches.batches import Batches
from server.domain.batch import Batch, Order, Status
from server.domain.money import credits
from server.domain.principal import LOCAL, Principal
from tests.serving import Served, served

_OVER = frozenset({*(status for status in Status if status.over), Status.PAUSED, Status.AWAITING_APPROVAL})


@dataclass(frozen=True, slots=True)
class Jobs:
    """A running Weir and its bulk jobs."""

    weir: Served

    @property
    def batches(self) -> Batches:
        return self.weir.weir.batches

    async def submit(
        self,
        rows: Sequence[Sequence[str]],
        *,
        header: Sequence[str] = ("Email",),
        kind: str = "email_validation",
        ceiling: float = 10_000,
        principal: Principal = LOCAL,
        **more: Any,
    ) -> Batch:
        """Submit rows of e-mail addresses, or whatever the header says."""
        columns = more.pop("columns", {"email": "Email"})
        source = await self.batches.sources.open(await self.batches.sources.keep(header, rows))
        order = Order(kind, columns, credits(ceiling), name=more.pop("name", "rows.csv"), **more)
        return await self.batches.submit(principal, order, source)

    async def until(self, batch: Batch, statuses: Collection[Status] = _OVER) -> Batch:
        """Wait for one of `statuses`; the job as it then stands."""
        while True:
            now = await self.batches.get(LOCAL, batch.id)
            if now.status in statuses:
                return now
            await asyncio.sleep(0.02)

    async def run(self, rows: Sequence[Sequence[str]], **order: Any) -> Batch:
        """Submit, and wait until nothing happens any more."""
        return await self.until(await self.submit(rows, **order))


@asynccontextmanager
async def jobs(home: Path, **settings: Any) -> AsyncGenerator[Jobs]:
    """A Weir with limits wide enough for bulk jobs, unless `settings` say otherwise."""
    wide = {"limit_per_member_day": "none", "limit_per_workspace_month": "none", "approval_above": "none"}
    async with served(home, **{**wide, **settings}) as weir:
        yield Jobs(weir)


def addresses(count: int, company: str = "stripe.com") -> list[list[str]]:
    """So many rows with one address each, all different."""
    return [[f"person{number}@{company}"] for number in range(count)]
