"""Pages for people: rendered here, shown in no frame, without any script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

from server.web.refusal import Refusal

if TYPE_CHECKING:
    from jinja2 import Environment

SHIELD: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Not `no-referrer`: under that, browsers send `Origin: null` with our own forms, and it could not be checked.
    "Referrer-Policy": "same-origin",
}
"""Headers of every page."""

PRIVATE: Mapping[str, str] = {**SHIELD, "Cache-Control": "no-store"}
"""Headers of a page that shows one person's affairs."""


def render(template: str, **values: Any) -> str:
    """The page; whatever `values` hold is escaped."""
    return _templates().get_template(template).render(**values)


def private(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page that nobody keeps."""
    return HTMLResponse(render(template, **values), status, PRIVATE)


def refused(refusal: Refusal) -> HTMLResponse:
    """The page that says why somebody gets no other."""
    return private("refused.html", refusal.status, refusal=refusal)


@cache
def _templates() -> Environment:
    # Imported here because start-up can do without it.
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape  # noqa: PLC0415 - see above

    made = Environment(
        loader=PackageLoader("server.web"),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters["moment"] = moment
    return made


def moment(at: datetime) -> str:
    """A point in time for people, such as `21 Nov 2026, 12:00 UTC`."""
    return f"{at.astimezone(UTC):%d %b %Y, %H:%M} UTC".removeprefix("0")
