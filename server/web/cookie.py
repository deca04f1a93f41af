"""Cookies. The first of them tells browsers apart, and after signing in it tells who somebody is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

BROWSER = "weir"


def name(base: str, plain: str = BROWSER) -> str:
    """What a cookie is called at the server that is reached as `base`.

    Browsers take a `__Host-` cookie from nobody but this very host over https; on plain http there is no such thing.
    """
    return f"__Host-{plain}" if _secure(base) else plain


def read(request: Request, base: str, plain: str = BROWSER) -> str:
    """What the browser sent, or nothing."""
    return request.cookies.get(name(base, plain), "")


def keep(response: Response, base: str, value: str, plain: str = BROWSER, *, seconds: int | None = None) -> None:
    """Let the browser send `value` from now on, for so many `seconds` or until it is closed."""
    response.set_cookie(
        name(base, plain), value, path="/", max_age=seconds, secure=_secure(base), httponly=True, samesite="lax"
    )


def drop(response: Response, base: str, plain: str = BROWSER) -> None:
    """Let the browser forget what it kept."""
    response.delete_cookie(name(base, plain), path="/", secure=_secure(base), httponly=True, samesite="lax")


def _secure(base: str) -> bool:
    return base.startswith("https://")
