"""`GET /`: what this server is and offers, for people (HTML) and programs (JSON)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from server.web.pages import SHIELD, render


@dataclass(frozen=True, slots=True)
class CatalogTool:
    """One tool, as the catalog lists it."""

    name: str
    title: str
    description: str
    family: str
    paid: bool

    @property
    def summary(self) -> str:
        """The first paragraph of the description."""
        return " ".join(self.description.split("\n\n")[0].split())


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
    endpoint: str
    sandbox: bool
    tools: Sequence[CatalogTool]
    providers: Sequence[CatalogProvider]


class CatalogPage:
    """Renders the catalog once, for its first visitor: nothing on it changes while the server runs."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @cached_property
    def _json(self) -> Mapping[str, Any]:
        return {"service": "weir", **asdict(self._catalog)}

    @cached_property
    def _html(self) -> str:
        return render("catalog.html", catalog=self._catalog)

    async def __call__(self, request: Request) -> Response:
        """HTML for browsers, JSON where it is asked for."""
        if wants_json(request.headers.get("accept", "")):
            return JSONResponse(self._json, headers={"Vary": "Accept"})
        return HTMLResponse(self._html, headers={**SHIELD, "Vary": "Accept"})


def wants_json(accept: str) -> bool:
    """Whether an Accept header prefers JSON to HTML; where it likes both alike, the one that it names first."""
    ranges = sorted((_range(one) for one in accept.split(",")), key=lambda found: -found[1])
    named = [media for media, weight in ranges if weight > 0 and media in _JSON | _HTML]
    return bool(named) and named[0] in _JSON


_JSON = {"application/json", "application/*"}
_HTML = {"text/html", "application/xhtml+xml", "text/*", "*/*"}


def _range(text: str) -> tuple[str, float]:
    """A media range and its weight."""
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        return media, float(weight)
    except ValueError:
        return media, 0.0
