"""The connections to one provider: lent to one exchange each, the one that was used last before all others.

An HTTP transport looks over all of its idle connections at every request, which costs more than the request itself once
there are fifty. So each exchange gets a small transport of its own, and what lies idle is not looked at.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2

from server.upstream.exchange import KEEP_ALIVE_SECONDS, transport

_HOSTS = 2
"""Connections that one transport keeps: a provider has up to two hosts, which would displace each other at one."""


class Pool:
    """As many connections as are needed at once. The caller bounds how many that are."""

    def __init__(self, tls: ssl.SSLContext, proxy: str | None) -> None:
        self._tls = tls
        self._proxy = proxy
        self._idle: deque[tuple[float, httpx2.AsyncHTTPTransport]] = deque()
        """With the instant of their return, the newest last."""

    @asynccontextmanager
    async def lent(self) -> AsyncGenerator[httpx2.AsyncHTTPTransport]:
        """A transport that nobody else uses meanwhile."""
        await self._drop_old()
        lent = self._idle.pop()[1] if self._idle else transport(_HOSTS, self._tls, self._proxy)
        try:
            yield lent
        finally:
            self._idle.append((time.monotonic(), lent))

    async def aclose(self) -> None:
        """Close what lies idle."""
        while self._idle:
            await self._idle.pop()[1].aclose()

    async def _drop_old(self) -> None:
        """Close the connections that the provider is about to close."""
        before = time.monotonic() - KEEP_ALIVE_SECONDS
        while self._idle and self._idle[0][0] < before:
            await self._idle.popleft()[1].aclose()
