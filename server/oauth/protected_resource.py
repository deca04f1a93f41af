"""What clients read once they were refused: which authorization server opens this resource (RFC 9728)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.domain.errors import IdentityProviderUnavailable
from server.domain.principal import USUAL
from server.domain.site import Site
from server.oauth.resources import resources

_PLACE = "/.well-known/oauth-protected-resource"
_RETRY_SECONDS = "5"

Issuer = Callable[[str], Awaitable[str]]
"""The authorization server of the server that is reached under a base URL."""


def protected_resource(site: Site, issuer: Issuer) -> list[Route]:
    """A route for each name of the resource; pages of any origin may read it."""
    readable = Middleware(CORSMiddleware, allow_origins=["*"], allow_headers=["*"], allow_private_network=True)

    def route(path: str) -> Route:
        async def answer(request: Request) -> Response:
            base = site.base(request.headers.get("host", ""))
            if base is None:
                return PlainTextResponse("This server is not known by that host name.", status_code=421)
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={"Allow": "GET, OPTIONS"})
            return await _described(base, path, issuer)

        return Route(f"{_PLACE}{path}", answer, methods=["GET", "OPTIONS"], middleware=[readable])

    return [route(path) for path in resources("")]


async def _described(base: str, path: str, issuer: Issuer) -> Response:
    try:
        document = _document(base, f"{base}{path}", await issuer(base))
    except IdentityProviderUnavailable as error:
        return PlainTextResponse(error.message, 503, {"Retry-After": _RETRY_SECONDS})
    return JSONResponse(document, headers={"Cache-Control": "public, max-age=300", "Vary": "Host"})


def _document(base: str, resource: str, issuer: str) -> Mapping[str, Any]:
    return {
        "resource": resource,
        "authorization_servers": [issuer],
        # Without `offline_access`: renewing is between the client and the authorization server.
        "scopes_supported": [*USUAL],
        "bearer_methods_supported": ["header"],
        "resource_name": "Weir",
        "resource_documentation": f"{base}/clients",
    }
