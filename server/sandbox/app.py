"""The sandbox as one HTTP server: five simulated providers, the bill, and the controls.

`build` gives the application, `running` a server on an own port inside the caller's event loop, `serve` one that runs
until it is stopped.
"""

from __future__ import annotations

import importlib
import socket
from asyncio import create_task
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from server.sandbox import accounts, control, people
from server.sandbox.faults import Faults, refuse_plainly

_KEEP_ALIVE = 75
"""Seconds that a silent connection is kept: as nginx does, which stands in front of many vendors."""


def build() -> Starlette:
    """The whole sandbox. Its accounts and controls are the process's own, shared by all applications in it."""
    routes: list[BaseRoute] = [
        Route("/health", _health),
        Route("/bill", _bill),
        Route("/bill/reset", _reset_bill, methods=["POST"]),
        Route("/control", _show_control),
        Route("/control", _change_control, methods=["POST"]),
        Route("/control/reset", _reset_control, methods=["POST"]),
        Route("/people", _people),
        *(Mount(f"/{provider}", app=_Lazy(provider)) for provider in control.PROVIDERS),
    ]
    return Starlette(routes=routes)


class _Lazy:
    """A provider that is imported at its first request, so that starting the sandbox stays cheap."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is None:
            self.app = _provider(self.provider)
        await self.app(scope, receive, send)


def _provider(name: str) -> ASGIApp:
    module = importlib.import_module(f"server.sandbox.{name}")
    routes: Sequence[BaseRoute] = module.routes()
    return Faults(Router(routes=routes), name, getattr(module, "refusal", refuse_plainly))


async def _health(_: Request) -> Response:
    return JSONResponse({"ok": True, "service": "weir-sandbox"})


async def _bill(_: Request) -> Response:
    return JSONResponse(accounts.bill())


async def _reset_bill(_: Request) -> Response:
    accounts.reset()
    return JSONResponse({"ok": True})


async def _show_control(_: Request) -> Response:
    return JSONResponse(control.shown())


async def _change_control(request: Request) -> Response:
    try:
        control.apply(control.Change.model_validate_json(await request.body() or b"{}"))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        return JSONResponse({"error": problems}, 400)
    return JSONResponse(control.shown())


async def _reset_control(_: Request) -> Response:
    control.reset()
    return JSONResponse(control.shown())


async def _people(request: Request) -> Response:
    try:
        limit, seed = int(request.query_params.get("limit", "200")), int(request.query_params.get("seed", "1"))
    except ValueError:
        return JSONResponse({"error": "limit and seed are whole numbers"}, 400)
    return JSONResponse(people.contacts(min(max(limit, 0), 10_000), seed))


class _Embedded(uvicorn.Server):
    """A server inside somebody else's event loop, which leaves the process's signals alone."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _config(**settings: Any) -> uvicorn.Config:
    return uvicorn.Config(
        build(), log_config=None, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1,
        server_header=False, timeout_keep_alive=_KEEP_ALIVE, **settings,
    )  # fmt: skip


async def serve(host: str = "127.0.0.1", port: int = 9000) -> None:
    """Serve until a signal stops the process."""
    await uvicorn.Server(_config(host=host, port=port)).serve()


@asynccontextmanager
async def running(host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str]:
    """A sandbox in the present event loop, on a free port unless one is given; yields its base URL."""
    listener = socket.create_server((host, port), backlog=2048)
    server = _Embedded(_config())
    serving = create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
