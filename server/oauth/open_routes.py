"""Routes of the authorization server and the protected resource, which programs and pages of any origin ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.domain.site import Site

Handler = Callable[[Request, str], Awaitable[Response]]
"""Answers a request to the server that is reached under a base URL."""

_FOR_ALL = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["GET", "POST"],
    allow_headers=["*"],
    allow_private_network=True,
    expose_headers=["WWW-Authenticate"],
)
"""Nothing here goes by cookies, so pages of any origin may ask: whoever holds a code or token may use it."""


def open_route(site: Site, path: str, method: str, handler: Handler) -> Route:
    """A route that answers under the names of `site`, and says which method it takes."""

    async def answer(request: Request) -> Response:
        base = site.base(request.headers.get("host", ""))
        if base is None:
            return PlainTextResponse("This server is not known by that host name.", status_code=421)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": f"{method}, OPTIONS"})
        return await handler(request, base)

    return Route(path, answer, methods=[method, "OPTIONS"], middleware=[_FOR_ALL])


def document(content: Mapping[str, Any]) -> Response:
    """Clients may keep it for a while, though not for so long that a new signing key surprises them."""
    return JSONResponse(dict(content), headers={"Cache-Control": "public, max-age=300", "Vary": "Host"})
