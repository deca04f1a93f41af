"""Progress notifications, to clients that send a progress token with a call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from server.domain.progress import Report
from server.edge.context import Context

_PACE = 0.5
"""Seconds between two notifications of one call, but for the last one."""


class _Client:
    """Tells the client that sent a request; what is no progress since it was told last is left out."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._told = -1.0
        self._at = float("-inf")

    async def __call__(self, progress: float, total: float | None, message: str) -> None:
        now = time.monotonic()
        if progress > self._told and (progress == total or now - self._at >= _PACE):
            self._told, self._at = progress, now
            await self._ctx.session.report_progress(progress, total, message)


def reports(ctx: Context) -> Report:
    """What tells the client of a request how far it is; to be used until it is answered."""
    return _Client(ctx)


@asynccontextmanager
async def steps(report: Report, total: int) -> AsyncGenerator[Callable[[str], None]]:
    """Reports the steps of a call, of which the caller says by name which is done."""
    done: asyncio.Queue[str] = asyncio.Queue()
    telling = asyncio.create_task(_tell(report, done, total))
    try:
        yield done.put_nowait
    finally:
        # Nothing is told any more once the call is answered.
        telling.cancel()
        await asyncio.wait({telling})


async def _tell(report: Report, done: asyncio.Queue[str], total: int) -> None:
    for count in range(1, total + 1):
        name = await done.get()
        await report(count, total, f"{name.replace('_', ' ')} is done")
