"""Cross-origin access for MCP clients that run in a browser."""

from __future__ import annotations

import re
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_EXPOSED = ("Mcp-Session-Id", "WWW-Authenticate")
_METHODS = ("GET", "POST", "DELETE")
_PREFLIGHT_SECONDS = 3600


class Cors:
    """Answers preflights and marks responses of `paths` for `origins`; any other path is left alone.

    An origin may end in `:*` for any port, as where the transport checks it.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str], paths: Collection[str]) -> None:
        self._app = app
        self._paths = frozenset(paths)
        self._cors = _Cors(
            app,
            allow_origin_regex="|".join(_pattern(origin) for origin in origins),
            allow_methods=_METHODS,
            # Mirrors what is asked for: clients send headers of their own beside those of the protocol.
            allow_headers=("*",),
            allow_private_network=True,
            expose_headers=_EXPOSED,
            max_age=_PREFLIGHT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        concerned = scope["type"] == "http" and scope["path"] in self._paths
        await (self._cors if concerned else self._app)(scope, receive, send)


class _Cors(CORSMiddleware):
    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code != 200:
            return response
        headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return Response(status_code=204, headers=headers)


def _pattern(origin: str) -> str:
    return rf"{re.escape(origin[:-2])}:\d+" if origin.endswith(":*") else re.escape(origin)
