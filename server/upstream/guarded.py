"""Visits to addresses that others name, without being led into the operator's own network.

The name is resolved once, every address it has must be public, and the connection goes to the address that was
checked: a name that resolves differently a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

import httpx2

from server import __version__
from server.upstream.exchange import tls_context, transport

_UNICAST = IPv6Network("2000::/3")
_SPECIAL = tuple(
    ip_network(network) for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
)
"""Reserved for protocols, for tunnels that hold an IPv4 address, and for documents; not all Pythons know them."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The IP addresses of a host name, and the port that will be asked for."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What is asked of an address."""

    method: str
    headers: Mapping[str, str]
    seconds: float
    """For each step of the exchange."""
    body: bytes = b""


class Barred(Exception):
    """The address is not visited; the message says why, and may be shown to people."""


class Guard:
    """Lets requests out. `resolve` and `tls` replace the system's; they are for tests, and no setting reaches them."""

    def __init__(self, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._resolve = resolve or _resolve
        self._tls = tls

    @asynccontextmanager
    async def visit(self, url: str, visit: Visit, *, private: bool) -> AsyncGenerator[httpx2.Response]:
        """The answer of `url`, its body unread; no redirect is followed and nothing is kept.

        `private` is for addresses that the operator names: any port and address, and plain http. Raises `Barred`, and
        httpx2's TransportError where nobody answers.
        """
        target = checked(url, private=private)
        addresses = await self._addresses(target, private=private)
        async with transport(1, self._tls or tls_context(), None) as channel:
            answer = await _first_answer(channel, [_request(target, address, visit) for address in addresses])
            try:
                yield answer
            finally:
                await answer.aclose()

    async def _addresses(self, target: httpx2.URL, *, private: bool) -> Sequence[str]:
        try:
            addresses = await self._resolve(target.host, target.port or (443 if target.scheme == "https" else 80))
        except (OSError, UnicodeError):
            raise Barred("its host name does not resolve") from None
        if not addresses:
            raise Barred("its host name does not resolve")
        if not private and not all(public(address) for address in addresses):
            raise Barred("its host is not on the public internet")
        return addresses


def public(address: str) -> bool:
    """Whether an IP address is one that anybody on the internet may be asked to visit."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address) and parsed not in _UNICAST:
        return False
    special = any(parsed in network for network in _SPECIAL if network.version == parsed.version)
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved and not special


def checked(url: str, *, private: bool) -> httpx2.URL:
    """The URL, as far as it can be judged before its name is resolved. Raises `Barred`."""
    try:
        target = httpx2.URL(url)
    except (httpx2.InvalidURL, UnicodeError):
        raise Barred("its address is not a URL") from None
    if target.userinfo or not target.host:
        raise Barred("its address is not a plain URL")
    if target.scheme != "https" and not (private and target.scheme == "http"):
        raise Barred("its address does not start with https://")
    if not private and target.port not in (None, 443):
        raise Barred("its address names a port")
    return target


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def _first_answer(channel: httpx2.AsyncHTTPTransport, requests: Sequence[httpx2.Request]) -> httpx2.Response:
    """The answer of the first address that lets us connect."""
    for request in requests[:-1]:
        try:
            return await channel.handle_async_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            continue
    return await channel.handle_async_request(requests[-1])


def _request(target: httpx2.URL, address: str, visit: Visit) -> httpx2.Request:
    """To the address that was checked, in the name that was asked for: for the certificate as for the Host header."""
    return httpx2.Request(
        visit.method,
        target.copy_with(host=address.partition("%")[0]),
        headers={"Host": target.netloc.decode("ascii"), "User-Agent": f"weir/{__version__}", **visit.headers},
        content=visit.body or None,
        extensions={
            "sni_hostname": target.host,
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), visit.seconds),
        },
    )
