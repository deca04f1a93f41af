"""A receiver of webhooks over real HTTP, or HTTPS, which answers as it is told."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass(frozen=True, slots=True)
class Notice:
    """What arrived."""

    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """Where notices go. `answers` are the statuses of the next ones; 204 after that."""

    port: int
    answers: list[int] = field(default_factory=list[int])
    location: str = ""
    arrived: asyncio.Queue[Notice] = field(default_factory=asyncio.Queue[Notice])

    async def take(self, request: Request) -> Response:
        """Take one notice."""
        await self.arrived.put(Notice(dict(request.headers), await request.body()))
        status = self.answers.pop(0) if self.answers else 204
        return Response(status_code=status, headers={"Location": self.location} if self.location else {})


@asynccontextmanager
async def receiving(tls: tuple[Any, ...] = ()) -> AsyncGenerator[Receiver]:
    """A receiver on a free port; with `tls`, a server's context for its HTTPS."""
    listener = socket.create_server(("127.0.0.1", 0))
    receiver = Receiver(listener.getsockname()[1])
    application = Starlette(routes=[Route("/{rest:path}", receiver.take, methods=["POST", "GET"])])
    config = uvicorn.Config(application, log_config=None)
    config.load()
    context: ssl.SSLContext | None = tls[0] if tls else None
    config.ssl = context
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield receiver
    finally:
        server.should_exit = True
        await serving
