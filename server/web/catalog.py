"""`GET /`: what this server is and offers, for people (HTML) and programs (JSON)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response


@dataclass(frozen=True, slots=True)
class CatalogTool:
    """One tool, as the catalog lists it."""

    name: str
    title: str
    description: str
    family: str
    paid: bool


@dataclass(frozen=True, slots=True)
class CatalogProvider:
    """One provider, as the catalog lists it."""

    name: str
    title: str
    configured: bool


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the page shows."""

    version: str
    url: str
    sandbox: bool
    tools: Sequence[CatalogTool]
    providers: Sequence[CatalogProvider]


class CatalogPage:
    """Renders the catalog once: nothing on it changes while the server runs."""

    def __init__(self, catalog: Catalog) -> None:
        templates = Environment(loader=PackageLoader("server.web"), autoescape=select_autoescape(), trim_blocks=True)
        self._html = templates.get_template("catalog.html").render(catalog=catalog)
        self._json = {"service": "weir", **asdict(catalog), "endpoint": catalog.url}

    async def __call__(self, request: Request) -> Response:
        """HTML for browsers, JSON where it is asked for."""
        if wants_json(request.headers.get("accept", "")):
            return JSONResponse(self._json)
        return HTMLResponse(self._html, headers=_HEADERS)


_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def wants_json(accept: str) -> bool:
    """Whether an Accept header names JSON before HTML."""
    html, json = accept.find("text/html"), accept.find("application/json")
    return json >= 0 and (html < 0 or json < html)
