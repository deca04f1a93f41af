"""A host of MCP Apps for tests, made of the official client and bridge, with a sandbox on another origin."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.nodejs import MODULES

_HERE = Path(__file__).parent / "host"


async def _sandbox(request: Request) -> Response:
    """What the specification has hosts allow: inline code, and the origins that the resource declares."""
    connect = request.query_params["connect"] or "'none'"
    policy = f"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src {connect}"
    headers = {"Content-Security-Policy": f"{policy}; frame-src 'self'; base-uri 'none'"}
    return FileResponse(_HERE / "sandbox.html", headers=headers)


@asynccontextmanager
async def hosting() -> AsyncGenerator[int]:
    """Serve the host at 127.0.0.1 and its sandbox at localhost; yields their port."""
    app = Starlette(
        routes=[
            Route("/sandbox.html", _sandbox),
            Mount("/modules", StaticFiles(directory=MODULES, follow_symlink=True)),
            Mount("/", StaticFiles(directory=_HERE)),
        ]
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await running
