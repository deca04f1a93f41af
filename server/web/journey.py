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
from server.web import cookie
from server.web.destination import HOME

_VALID = timedelta(minutes=10)
_COOKIES = ("weir-openid", "weir-openid-2")
_PIECE = 3_500
"""Characters of each: browsers keep cookies of 4096 bytes, and proxies pass on 8 KiB of all cookies together."""
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the browser keeps meanwhile."""

    journey: Journey
    return_to: str


class Memory:
    """Keeps journeys in signed cookies, so that any replica can go on with what another one began.

    `secret` is one that all replicas share; nobody else can make such a cookie.
    """

    def __init__(self, secret: str, clock: Callable[[], datetime]) -> None:
        key = hmac.digest(secret.encode(), b"weir: journeys to the OpenID provider", hashlib.sha256)
        self._key = OctKey.import_key(key)
        self._clock = clock

    def keep(self, response: Response, base: str, journey: Journey, return_to: str) -> None:
        """Let the browser that gets `response` remember a journey; it ends at `HOME` if the way is too long to keep."""
        token = self._sealed(journey, return_to)
        if len(token) > _PIECE * len(_COOKIES):
            token = self._sealed(journey, HOME)
        for number, name in enumerate(_COOKIES):
            piece = token[number * _PIECE : (number + 1) * _PIECE]
            if piece:
                cookie.keep(response, base, piece, name, seconds=int(_VALID.total_seconds()))
            else:
                # What a longer journey left behind would be read as a part of this one.
                cookie.drop(response, base, name)

    def recall(self, request: Request, base: str) -> Remembered | None:
        """The journey that the browser remembers; None where there is none, or it is over or not of our making."""
        try:
            kept = "".join(cookie.read(request, base, name) for name in _COOKIES)
            said = jwt.decode(kept, self._key, algorithms=[_ALGORITHM]).claims
            if said["exp"] <= self._clock().timestamp():
                return None
            return_to = said["return_to"]
            names = ("redirect_uri", "state", "nonce", "verifier")
            return Remembered(Journey(*(str(said[name]) for name in names)), str(return_to))
        except (JoseError, ValueError, KeyError, TypeError):
            return None

    def forget(self, response: Response, base: str) -> None:
        """Let the browser forget its journey."""
        for name in _COOKIES:
            cookie.drop(response, base, name)

    def _sealed(self, journey: Journey, return_to: str) -> str:
        expires = int((self._clock() + _VALID).timestamp())
        said = {**asdict(journey), "return_to": return_to, "exp": expires}
        return jwt.encode({"alg": _ALGORITHM}, said, self._key)
