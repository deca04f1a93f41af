"""`/`: the endpoint for programs, and the catalog for people."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from server.web.catalog import CatalogPage


class Root:
    """POST and DELETE are MCP, as is a GET that wants an event stream; any other GET is the catalog."""

    def __init__(self, mcp: ASGIApp, page: CatalogPage) -> None:
        self._mcp = mcp
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        if request.method in ("GET", "HEAD") and "text/event-stream" not in request.headers.get("accept", ""):
            response = await self._page(request)
            await response(scope, receive, send)
        else:
            await self._mcp(scope, receive, send)
