"""What clients read once they were refused: which authorization server opens this resource (RFC 9728)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from server.domain.errors import IdentityProviderUnavailable
from server.domain.principal import USUAL
from server.domain.site import Site
from server.oauth.open_routes import document, open_route
from server.oauth.resources import resources

_PLACE = "/.well-known/oauth-protected-resource"
_RETRY_SECONDS = "5"

Issuer = Callable[[str], Awaitable[str]]
"""The authorization server of the server that is reached under a base URL."""


def protected_resource(site: Site, issuer: Issuer) -> list[Route]:
    """A route for each name of the resource."""

    def route(path: str) -> Route:
        async def describe(request: Request, base: str) -> Response:
            return await _described(base, path, issuer)

        return open_route(site, f"{_PLACE}{path}", "GET", describe)

    return [route(path) for path in resources("")]


async def _described(base: str, path: str, issuer: Issuer) -> Response:
    try:
        return document(_facts(base, f"{base}{path}", await issuer(base)))
    except IdentityProviderUnavailable as error:
        return PlainTextResponse(error.message, 503, {"Retry-After": _RETRY_SECONDS})


def _facts(base: str, resource: str, issuer: str) -> Mapping[str, Any]:
    return {
        "resource": resource,
        "authorization_servers": [issuer],
        # Without `offline_access`: renewing is between the client and the authorization server.
        "scopes_supported": [*USUAL],
        "bearer_methods_supported": ["header"],
        "resource_name": "Weir",
        "resource_documentation": f"{base}/clients",
    }
