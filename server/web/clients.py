"""`GET /clients`: how each assistant is connected to this server, for people (HTML) and programs (JSON)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.domain.site import Site
from server.settings import Auth
from server.web.assistants.door import Door
from server.web.assistants.guide import Guide
from server.web.assistants.guides import guides
from server.web.catalog import wants_json
from server.web.pages import SHIELD, render

_YOUR_KEY = "YOUR_KEY"
_HEADERS = {"Vary": "Accept, Host"}


class ClientsPage:
    """Speaks of the server under the name that its visitor uses, because clients compare names."""

    def __init__(self, site: Site, auth: Auth) -> None:
        self._site = site
        self._auth = auth

    def routes(self) -> Sequence[Route]:
        """The page."""
        return (Route("/clients", self._show, methods=["GET"]),)

    async def _show(self, request: Request) -> Response:
        """HTML for browsers, JSON where it is asked for."""
        base = self._site.base(request.headers.get("host", ""))
        if base is None:
            return PlainTextResponse("This server is not known by that host name.", 421)
        door = Door(f"{base}/mcp", self._auth)
        if wants_json(request.headers.get("accept", "")):
            return JSONResponse(_told(door), headers=_HEADERS)
        page = render("clients.html", door=door, guides=[*_with_keys(door)])
        return HTMLResponse(page, headers={**SHIELD, **_HEADERS})


def _with_keys(door: Door) -> Iterator[tuple[Guide, Guide | None]]:
    """Each guide, and the same with a personal key where the client can send one and one is needed."""
    keyed = guides(replace(door, key=_YOUR_KEY))
    for plain, other in zip(guides(door), keyed, strict=True):
        yield plain, other if door.signs_in and plain.takes_keys else None


def _told(door: Door) -> dict[str, Any]:
    return {
        "service": "weir",
        "endpoint": door.endpoint,
        "auth": door.auth,
        "clients": [_guide(guide, door) for guide in guides(door)],
    }


def _guide(guide: Guide, door: Door) -> dict[str, Any]:
    file = guide.file
    return {
        "client": guide.slug,
        "name": guide.name,
        "reaches_this_server": door.public or not guide.from_the_internet,
        "takes_keys": guide.takes_keys,
        "link": guide.link,
        "command": list(guide.command) or None,
        "file": file and {"format": file.format, "paths": dict(file.paths), "text": file.text},
        "steps": guide.steps,
        "sign_in": guide.sign_in if door.signs_in else "",
        "notes": guide.notes,
    }
