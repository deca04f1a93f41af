"""`GET /health` and `GET /ready`: is the process up, and can it serve."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Probe = Callable[[], Awaitable[Mapping[str, Any]]]
Endpoint = Callable[[Request], Awaitable[Response]]


def health(version: str) -> Endpoint:
    """Always 200 while the process answers; touches nothing else, so that a slow disk does not get it restarted."""
    body = {"ok": True, "service": "weir", "version": version}

    async def answer(_: Request) -> Response:
        return JSONResponse(body)

    return answer


def ready(probe: Probe) -> Endpoint:
    """200 where `probe` says `ok`, else 503 with what is missing."""

    async def answer(_: Request) -> Response:
        state = await probe()
        return JSONResponse(dict(state), status_code=200 if state["ok"] else 503)

    return answer
