"""A whole Weir over real HTTP inside the test's event loop, with its own sandbox."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from mcp import Client
from sqlalchemy import select, update
from starlette.types import ASGIApp

from server import app
from server.cli.listener import configuration
from server.sandbox import app as sandbox
from server.settings import load
from server.storage.database import Statement
from server.storage.tables import answers

_EXPIRE = Statement(update(answers).values(expires_at=0))
_WORKSPACES = Statement(select(answers.c.workspace).distinct())
CODE = "4821-9037-5526"
"""What pages of approvals ask for where nobody signs in."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running Weir: its URL, its parts, and the sandbox it calls."""

    url: str
    weir: app.Weir
    sandbox_url: str

    async def call(self, tool: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The structured content of a call by the official client, in the newest era."""
        async with Client(f"{self.url}/mcp") as client:
            result = await client.call_tool(tool, dict(arguments or {}))
        assert result.structured_content is not None
        return result.structured_content

    async def control(self, **change: Any) -> None:
        """Script the sandbox: faults, latency, hard rate limits."""
        async with httpx2.AsyncClient() as http:
            (await http.post(f"{self.sandbox_url}/control", json=change)).raise_for_status()

    async def reset_control(self) -> None:
        """Take back whatever was scripted."""
        await _reset(f"{self.sandbox_url}/control/reset")

    async def expire_answers(self) -> None:
        """Have the time of every stored answer be over."""
        books = self.weir.engine.books
        await books.database.write(lambda tx: tx.execute(_EXPIRE) and None)
        for workspace in await books.database.read(_WORKSPACES):
            await books.cache.forget_withheld(*workspace)

    async def bill(self) -> dict[str, float]:
        """What the sandbox charged the key `sandbox`, by provider."""
        async with httpx2.AsyncClient() as http:
            accounts = (await http.get(f"{self.sandbox_url}/bill")).json()
        return {
            provider: account["charged"]
            for provider, by_key in accounts.items()
            for key, account in by_key.items()
            if key == "sandbox" and account["charged"]
        }


@asynccontextmanager
async def served(home: Path, **settings: Any) -> AsyncGenerator[Served]:
    """Weir on a free port, on the sandbox, with storage in `home`; the sandbox starts with an empty bill."""
    async with sandbox.running() as sandbox_url:
        await _reset(f"{sandbox_url}/bill/reset")
        await _reset(f"{sandbox_url}/control/reset")
        chosen = load(**{"home": home, "providers": "sandbox", **settings})
        try:
            async with app.opened(chosen, sandbox_url=sandbox_url) as weir, listening(weir) as url:
                yield Served(url, weir, sandbox_url)
        finally:
            # What was scripted holds for the whole process, and so for the tests that come after this one.
            await _reset(f"{sandbox_url}/control/reset")


async def _reset(url: str) -> None:
    async with httpx2.AsyncClient() as http:
        (await http.post(url)).raise_for_status()


@asynccontextmanager
async def listening(
    weir: app.Weir, around: Callable[[ASGIApp], ASGIApp] = lambda application: application
) -> AsyncGenerator[str]:
    """The web application of `weir` on a free port, with what a test puts `around` it; yields its URL.

    Early requests wait in the socket's backlog.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    application = around(app.web(weir, url, code=CODE))
    config = configuration(application)
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield url
    finally:
        server.should_exit = True
        await running
