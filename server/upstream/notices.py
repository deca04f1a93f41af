"""Sends notices to addresses that members name."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection, Mapping

import httpx2

from server.upstream.guarded import Barred, Guard, Resolve, Visit, checked

_SECONDS = 10.0
_AT_ONCE = 8


class NotDelivered(Exception):
    """The notice did not get there, or was not taken; the message says why, and may be shown to people."""


class Notices:
    """Sends notices over https to hosts on the public internet, and to `hosts`, which the operator names.

    Those may have any address and port, and take plain http. `resolve` and `tls` are for tests.
    """

    def __init__(
        self, hosts: Collection[str] = (), *, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._guard = Guard(resolve, tls)
        self._places = asyncio.Semaphore(_AT_ONCE)

    def judge(self, url: str) -> None:
        """Raises `NotDelivered` where it shows without asking anybody that no notice may go to `url`."""
        try:
            checked(url, private=self._named(url))
        except Barred as barred:
            raise NotDelivered(str(barred)) from None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """POST `body` as JSON within ten seconds; any 2xx takes it. Nothing of the answer is read but its status.

        Raises `NotDelivered`.
        """
        visit = Visit("POST", {"Content-Type": "application/json", **headers}, _SECONDS, body)
        try:
            private = self._named(url)
            async with (
                self._places,
                asyncio.timeout(_SECONDS),
                self._guard.visit(url, visit, private=private) as answer,
            ):
                status = answer.status_code
        except Barred as barred:
            raise NotDelivered(str(barred)) from None
        except TimeoutError:
            raise NotDelivered(f"nobody answered within {_SECONDS:.0f} seconds") from None
        except httpx2.TransportError as error:
            raise NotDelivered(f"the server cannot be reached ({type(error).__name__})") from None
        if not 200 <= status < 300:
            raise NotDelivered(f"the server answered with status {status}")

    def _named(self, url: str) -> bool:
        return checked(url, private=True).host.lower() in self._hosts
