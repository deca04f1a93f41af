"""Remembers, in the browser itself, a person who was sent to the OpenID provider."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.requests import Request
from starlette.responses import Response

from server.upstream.openid import Journey
from server.web.destination import HOME

_VALID = timedelta(minutes=10)
_LONGEST = 2_400
"""Characters of a place to return to: browsers keep cookies of 4096 bytes."""
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the browser keeps meanwhile."""

    journey: Journey
    return_to: str


class Memory:
    """Keeps journeys in a signed cookie, so that any replica can go on with what another one began.

    `secret` is one that all replicas share; nobody else can make such a cookie.
    """

    def __init__(self, secret: str, clock: Callable[[], datetime]) -> None:
        key = hmac.digest(secret.encode(), b"weir: journeys to the OpenID provider", hashlib.sha256)
        self._key = OctKey.import_key(key)
        self._clock = clock

    def keep(self, response: Response, base: str, journey: Journey, return_to: str) -> None:
        """Let the browser that gets `response` remember a journey; it ends at `HOME` if the way is too long to keep."""
        expires = int((self._clock() + _VALID).timestamp())
        said = {**asdict(journey), "return_to": return_to if len(return_to) <= _LONGEST else HOME, "exp": expires}
        response.set_cookie(
            _name(base),
            jwt.encode({"alg": _ALGORITHM}, said, self._key),
            max_age=int(_VALID.total_seconds()),
            path="/",
            secure=base.startswith("https://"),
            httponly=True,
            samesite="lax",
        )

    def recall(self, request: Request, base: str) -> Remembered | None:
        """The journey that the browser remembers; None where there is none, or it is over or not of our making."""
        try:
            token = jwt.decode(request.cookies.get(_name(base), ""), self._key, algorithms=[_ALGORITHM])
            said = token.claims
            if said["exp"] <= self._clock().timestamp():
                return None
            return_to = said["return_to"]
            names = ("redirect_uri", "state", "nonce", "verifier")
            return Remembered(Journey(*(str(said[name]) for name in names)), str(return_to))
        except (JoseError, ValueError, KeyError, TypeError):
            return None

    def forget(self, response: Response, base: str) -> None:
        """Let the browser forget its journey."""
        response.delete_cookie(_name(base), path="/", secure=base.startswith("https://"), httponly=True, samesite="lax")


def _name(base: str) -> str:
    return "__Host-weir-openid" if base.startswith("https://") else "weir-openid"
