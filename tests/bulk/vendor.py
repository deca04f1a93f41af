"""The sandbox as a provider that notes when it was asked, and what it answered."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.sandbox import app as sandbox
from tests.pace import Arrivals
from tests.stalls import watched


@dataclass
class Vendor(Arrivals):
    """Writes down when requests come to the sandbox, and passes them on.

    What the sandbox says of its own limit stays here, so that the test's stands.
    """

    behind: ASGIApp = field(default_factory=sandbox.build)
    statuses: list[int] = field(default_factory=list[int])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith("/leadmagic/"):
            await self.behind(scope, receive, send)
            return
        self.at.append(time.monotonic())

        async def pass_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.statuses.append(message["status"])
                message["headers"] = [pair for pair in message["headers"] if b"ratelimit" not in pair[0].lower()]
            await send(message)

        await self.behind(scope, receive, pass_on)


@asynccontextmanager
async def recorded(outcomes: Sequence[str] = (), latency_ms: float = 120) -> AsyncGenerator[tuple[Vendor, str]]:
    """The sandbox behind a notebook, and its URL; its next requests end in `outcomes`."""
    async with watched() as stalls:
        arrivals = Vendor(stalls)
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(arrivals, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            async with httpx2.AsyncClient(base_url=url) as http:
                await http.post("/bill/reset")
                await http.post("/control/reset")
                change = {"provider": "leadmagic", "latency_ms": latency_ms, "faults": list(outcomes)}
                (await http.post("/control", json=change)).raise_for_status()
                yield arrivals, url
                await http.post("/control/reset")
        finally:
            server.should_exit = True
            await serving
