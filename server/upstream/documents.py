"""Fetches small JSON documents from addresses that others name."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx2

from server.upstream.guarded import Barred, Guard, Resolve, Visit

MOST_BYTES = 65_536
_SECONDS = 5.0
_AT_ONCE = 8
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:store|cache)\b", re.IGNORECASE)
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_VISIT = Visit("GET", {"Accept": "application/json", "Accept-Encoding": "identity"}, _SECONDS)


class NoDocument(Exception):
    """There is no such document for us; the message says why, and may be shown to people."""


@dataclass(frozen=True, slots=True)
class Document:
    """What was fetched."""

    content: Mapping[str, Any]
    """The JSON object."""
    body: bytes
    """The same as it came."""
    max_age: float | None
    """Seconds for which it may be kept; 0 not at all, None where the server does not say."""


class Documents:
    """Fetches documents. `private` is for addresses that the operator names: any port and address, and plain http.

    `allow` maps URLs to other URLs that are fetched in their place and unguarded, `resolve` and `tls` replace the
    system's; they are for tests, and no setting reaches them.
    """

    def __init__(
        self,
        *,
        private: bool = False,
        allow: Mapping[str, str] | None = None,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._private = private
        self._allow = allow or {}
        self._guard = Guard(resolve, tls)
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def json(self, url: str) -> Document:
        """The JSON object at `url`: at most 64 KiB, within five seconds, without redirects. Raises `NoDocument`."""
        try:
            async with asyncio.timeout(_SECONDS), self._places:
                return await self._fetch(url)
        except Barred as barred:
            raise NoDocument(str(barred)) from None
        except TimeoutError:
            raise NoDocument(f"it did not arrive within {_SECONDS:.0f} seconds") from None
        except httpx2.TransportError as error:
            raise NoDocument(f"the server cannot be reached ({type(error).__name__})") from None

    async def _fetch(self, url: str) -> Document:
        instead = self._allow.get(url)
        private = self._private or instead is not None
        async with self._guard.visit(instead or url, _VISIT, private=private) as answer:
            return await _read(answer)


async def _read(answer: httpx2.Response) -> Document:
    if answer.status_code != 200:
        raise NoDocument(f"the server answers with status {answer.status_code}")
    if not _JSON.fullmatch(answer.headers.get("content-type", "")):
        raise NoDocument("it is not of the type application/json")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise NoDocument("it is compressed")
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise NoDocument(f"it is longer than {MOST_BYTES >> 10} KiB")
    return Document(_object(bytes(body)), bytes(body), _max_age(answer.headers))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        content: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise NoDocument("it is not JSON") from None
    if not isinstance(content, dict):
        raise NoDocument("it is not a JSON object")
    return cast("dict[str, Any]", content)


def _max_age(headers: httpx2.Headers) -> float | None:
    control = headers.get("cache-control", "")
    if _NOT_KEPT.search(control):
        return 0.0
    found = _MAX_AGE.search(control)
    if not found:
        return None
    age = headers.get("age", "")
    return max(0.0, float(found[1]) - (float(age) if age.isdecimal() and len(age) < 10 else 0.0))
