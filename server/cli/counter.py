"""Where the command line has bulk jobs done: at a server by its URL, at the one that owns the home, or at its own."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import uvicorn

from server import app
from server.cli.listener import configuration
from server.cli.running import Running, announced, find
from server.cli.shell import SHELL
from server.cli.transfer import answers
from server.domain.errors import InvalidInput
from server.edge.remote import call_remote
from server.edge.server import Edge
from server.settings import Settings
from server.web.approval_code import new_code


class Counter(Protocol):
    """Somewhere to call tools."""

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The data of a tool's result; arguments that are None are left out. `InvalidInput` where the call failed."""
        ...


@dataclass(frozen=True, slots=True)
class _Remote:
    url: str
    key: str | None

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return _data(await call_remote(f"{self.url}/mcp", tool, _given(arguments), self.key))


@dataclass(frozen=True, slots=True)
class _Own:
    edge: Edge

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return _data(await self.edge.call(tool, _given(arguments), SHELL))


@asynccontextmanager
async def counter(settings: Settings, url: str | None) -> AsyncGenerator[Counter]:
    """The server at `url`, else the one that owns the home, else one of our own for as long as this is open."""
    key = settings.key.get_secret_value() if settings.key else None
    if url is not None:
        base = url.rstrip("/").removesuffix("/mcp")
        await asyncio.to_thread(answers, base)
        yield _Remote(base, key)
        return
    running = await asyncio.to_thread(find, settings)
    if running is not None:
        yield _Remote(running.url, key)
        return
    async with app.opened(settings) as weir, _listening(weir) as own:
        yield _Own(weir.edge(own))


@asynccontextmanager
async def _listening(weir: app.Weir) -> AsyncGenerator[str]:
    """Serve `weir` on a free port, so that files come and go by links, and other commands find it; its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    running = Running(f"http://127.0.0.1:{listener.getsockname()[1]}", secrets.token_urlsafe(32), new_code())
    server = _Embedded(configuration(app.web(weir, running.url, token=running.token, code=running.code)))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        with announced(weir.settings, running):
            yield running.url
    finally:
        server.should_exit = True
        await serving


class _Embedded(uvicorn.Server):
    """A server inside a command, which sees to the process's signals itself."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave them alone."""
        yield


def _given(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _data(result: dict[str, Any]) -> dict[str, Any]:
    said = result["structuredContent"]
    if result["isError"]:
        error = said["error"]
        raise InvalidInput(error["message"], field=error.get("field"), fix=error.get("fix"))
    return said["data"]
