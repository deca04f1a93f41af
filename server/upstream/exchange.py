"""One HTTP exchange, bounded in time and size: a `Response`, or `Lost` that says how far it came.

The transport is used below httpx2's client on purpose: it keeps no cookies, follows no redirects, reads no proxy from
the environment and logs no address.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from enum import Enum
from functools import cache, lru_cache
from urllib.parse import quote, urlencode

import httpx2

from server import __version__
from server.provider import Request, Response

MAX_BODY = 8 * 1024 * 1024
CONNECT_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 4.0
"""Shorter than the five seconds after which common servers close, so that few requests meet a closing connection."""

_AGENT = f"weir/{__version__}"
_NEVER_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
    httpx2.InvalidURL,
    UnicodeError,
)


class Stage(Enum):
    """How far a lost exchange came."""

    UNSENT = "unsent"
    """Provably not sent whole, so the provider cannot have acted on it."""
    UNANSWERED = "unanswered"
    """Sent, and time or connection ran out before the whole answer was there."""
    UNREADABLE = "unreadable"
    """Answered, but the body broke off, was too long or was encoded wrongly."""


class Lost(Exception):
    """An exchange without a usable response; `head` is what did arrive of one."""

    def __init__(self, stage: Stage, reason: str, *, timeout: bool = False, head: Response | None = None) -> None:
        super().__init__(reason)
        self.stage = stage
        self.reason = reason
        self.timeout = timeout
        self.head = head


class _Body(httpx2.AsyncByteStream):
    """A request body that knows whether it was asked for: headers go first, so before that nothing was sent whole."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.started = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.started = True
        if self.data:
            yield self.data


class _Arriving:
    """Status and headers of the response, once they are there."""

    head: Response | None = None


def transport(connections: int, tls: ssl.SSLContext, proxy: str | None) -> httpx2.AsyncHTTPTransport:
    """A pool of at most `connections` connections."""
    limits = httpx2.Limits(
        max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEP_ALIVE_SECONDS
    )
    return httpx2.AsyncHTTPTransport(verify=tls, trust_env=False, http2=False, limits=limits, proxy=proxy)


@cache
def tls_context() -> ssl.SSLContext:
    """Certificates are verified against the system's store, read once; the environment has no say."""
    return httpx2.create_ssl_context(trust_env=False)


async def exchange(
    pool: httpx2.AsyncHTTPTransport, base: str, request: Request, headers: Mapping[str, str], seconds: float
) -> Response:
    """Send `request` to the host `base` and read the whole answer within `seconds`. Raises `Lost`."""
    body = _Body(
        b"" if request.json is None else json.dumps(request.json, separators=(",", ":"), default=dict).encode()
    )
    arriving = _Arriving()
    try:
        async with asyncio.timeout(seconds):
            outgoing = _outgoing(base, request, headers, body, min(seconds, CONNECT_SECONDS))
            return await _receive(pool, outgoing, arriving)
    except TimeoutError:
        stage = Stage.UNANSWERED if body.started else Stage.UNSENT
        lost = Lost(stage, f"no answer within {seconds:.3g} s", timeout=True, head=arriving.head)
    except (httpx2.TransportError, httpx2.DecodingError, httpx2.InvalidURL, UnicodeError) as error:
        late = isinstance(error, httpx2.TimeoutException)
        lost = Lost(_stage(error, body, arriving), _reason(error), timeout=late, head=arriving.head)
    # Raised out here, so that no traceback shows the cause: its text may hold the key.
    raise lost


async def _receive(pool: httpx2.AsyncHTTPTransport, outgoing: httpx2.Request, arriving: _Arriving) -> Response:
    answer = await pool.handle_async_request(outgoing)
    try:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers.raw}
        arriving.head = Response(answer.status_code, b"", headers)
        chunks: list[bytes] = []
        left = MAX_BODY
        async for chunk in answer.aiter_bytes() if "content-encoding" in headers else answer.aiter_raw():
            chunks.append(chunk)
            left -= len(chunk)
            if left < 0:
                raise Lost(Stage.UNREADABLE, f"its body is longer than {MAX_BODY >> 20} MiB", head=arriving.head)
        return Response(answer.status_code, b"".join(chunks), headers)
    finally:
        await answer.aclose()


def _outgoing(
    base: str, request: Request, headers: Mapping[str, str], body: _Body, connect_seconds: float
) -> httpx2.Request:
    url = _url(base, request.path) if not request.params else _with_params(base, request)
    host = url.netloc.decode("ascii")
    sent = {"Host": host, "Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": _AGENT}
    if request.json is not None:
        sent["Content-Type"] = "application/json"
    if body.data or request.method not in ("GET", "HEAD"):
        sent["Content-Length"] = str(len(body.data))
    timeouts = {"connect": connect_seconds}
    return httpx2.Request(
        request.method, url, headers=sent | dict(headers), stream=body, extensions={"timeout": timeouts}
    )


@lru_cache(maxsize=256)
def _url(base: str, path: str) -> httpx2.URL:
    """`path` below `base`, whose own path is kept; it cannot leave the host."""
    return httpx2.URL(f"{base.rstrip('/')}/{path.lstrip('/')}")


def _with_params(base: str, request: Request) -> httpx2.URL:
    """Not cached: a query names people."""
    query = urlencode(request.params or {}, quote_via=quote)
    return httpx2.URL(f"{base.rstrip('/')}/{request.path.lstrip('/')}?{query}")


def _stage(error: Exception, body: _Body, arriving: _Arriving) -> Stage:
    if arriving.head is not None:
        return Stage.UNREADABLE
    if isinstance(error, _NEVER_LEFT) or (body.data and not body.started):
        return Stage.UNSENT
    return Stage.UNANSWERED


def _reason(error: Exception) -> str:
    """What happened, in words that hold nothing of the request: only connecting fails with a text worth showing."""
    match error:
        case httpx2.ConnectError() | httpx2.ProxyError():
            return f"no connection: {error}"
        case httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return "no connection in time"
        case httpx2.LocalProtocolError() | httpx2.InvalidURL() | UnicodeError():
            return "the request cannot be written; look for stray characters in the key and the base URL"
        case httpx2.DecodingError():
            return "its body is not encoded as its headers say"
        case _:
            return "the connection broke"
