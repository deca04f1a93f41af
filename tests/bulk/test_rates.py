"""A bulk job under a provider's limit: no window holds too much, whatever goes wrong, and little of it is lost."""

from __future__ import annotations

import asyncio
import socket
import time
from bisect import bisect_left
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx2
import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import app
from server.batches.batches import Batches
from server.domain.batch import Batch, Order
from server.domain.money import credits
from server.domain.principal import LOCAL
from server.sandbox import app as sandbox
from server.settings import load
from tests.batches.jobs import addresses

PLAN = 2000.0
PER_MINUTE = 1200.0
"""What such a plan allows for validating addresses: this limit of a single operation scales along with the plan."""
ROWS = 300
WINDOW = 3.0
"""Seconds that stand for the provider's minute."""
JITTER = 0.45
"""Seconds by which a request may come late; a minute's margin of one per cent covers them."""
SILENCE = 1.0
"""Seconds for which the sandbox asks with a 429."""

pytestmark = pytest.mark.usefixtures("isolated")


@dataclass
class Arrivals:
    """Writes down when requests come to the sandbox, and passes them on.

    What the sandbox says of its own limit stays here, so that the test's stands.
    """

    behind: ASGIApp
    at: list[float] = field(default_factory=list[float])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith("/leadmagic/"):
            self.at.append(time.monotonic())

        async def pass_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [pair for pair in message["headers"] if b"ratelimit" not in pair[0].lower()]
            await send(message)

        await self.behind(scope, receive, pass_on)

    def most_within(self, seconds: float) -> int:
        return max(bisect_left(self.at, first + seconds) - index for index, first in enumerate(self.at))

    def used(self) -> float:
        """Of what the limit permits from the first request to the last, without the silences that were asked for."""
        gaps = [after - before for before, after in zip(self.at, self.at[1:], strict=False)]
        silent = sum(gap for gap in gaps if gap >= SILENCE)
        return (len(self.at) - 1) / (PER_MINUTE / 60 * (self.at[-1] - self.at[0] - silent))


@asynccontextmanager
async def recorded() -> AsyncGenerator[tuple[Arrivals, str]]:
    """The sandbox behind a notebook; its URL."""
    arrivals = Arrivals(sandbox.build())
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(arrivals, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield arrivals, f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def ended(batches: Batches, batch: Batch) -> Batch:
    """The job once it is over."""
    while True:
        now = await batches.get(LOCAL, batch.id)
        if now.status.over:
            return now
        await asyncio.sleep(0.05)


async def test_a_bulk_job_keeps_the_limit_and_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    faults = [*["rate-limited"] * 2, *["server-error"] * 8, *["hang-up"] * 4]
    Random(5).shuffle(faults)
    async with recorded() as (arrivals, url), httpx2.AsyncClient() as http:
        await http.post(f"{url}/bill/reset")
        await http.post(f"{url}/control/reset")
        change = {"provider": "leadmagic", "latency_ms": 120, "faults": faults}
        (await http.post(f"{url}/control", json=change)).raise_for_status()
        monkeypatch.setenv("LEADMAGIC_API_KEY", "sandbox")
        monkeypatch.setenv("WEIR_LEADMAGIC_BASE_URL", f"{url}/leadmagic")
        monkeypatch.setenv("WEIR_LEADMAGIC_PER_MINUTE", str(PLAN))
        async with app.opened(load(home=tmp_path / "home", approval_above="none")) as weir:
            sources = weir.batches.sources
            source = await sources.open(await sources.keep(["Email"], addresses(ROWS)))
            order = Order("email_validation", {"email": "Email"}, credits(1000))
            batch = await weir.batches.submit(LOCAL, order, source)
            batch = await ended(weir.batches, batch)
        assert (batch.settled, batch.skipped) == (ROWS, 0)
        assert batch.failed <= 4, "only what broke off while it was answered is left to a person"
        assert len(arrivals.at) >= ROWS
        assert arrivals.most_within(WINDOW - JITTER) <= PER_MINUTE * WINDOW / 60
        assert arrivals.used() >= 0.95
        await http.post(f"{url}/control/reset")
