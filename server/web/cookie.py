"""The one cookie: it tells browsers apart, and after signing in it tells who somebody is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response


def name(base: str) -> str:
    """The cookie's name at the server that is reached as `base`.

    Browsers take a `__Host-` cookie from nobody but this very host over https; on plain http there is no such thing.
    """
    return "__Host-weir" if _secure(base) else "weir"


def read(request: Request, base: str) -> str:
    """The token that the browser sent, or nothing."""
    return request.cookies.get(name(base), "")


def keep(response: Response, base: str, token: str) -> None:
    """Let the browser send `token` from now on, until it is closed."""
    response.set_cookie(name(base), token, path="/", secure=_secure(base), httponly=True, samesite="lax")


def drop(response: Response, base: str) -> None:
    """Let the browser forget its token."""
    response.delete_cookie(name(base), path="/", secure=_secure(base), httponly=True, samesite="lax")


def _secure(base: str) -> bool:
    return base.startswith("https://")
