"""From which network address a request comes, for counting attempts."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request

_NOBODY = "unknown"
_SITE_BITS = 64
"""Bits of an IPv6 address that one customer has at least, who may use a new address for every attempt."""


def address_of(request: Request, trusted: Sequence[str]) -> str:
    """The address of whoever sends `request`; of an IPv6 address, the network of 64 bits.

    `X-Forwarded-For` is believed as far as `trusted` (addresses or networks) wrote it: its right-most address that is
    not one of theirs. Everything to the left of that may be invented.
    """
    found = _parsed(request.client.host if request.client else "")
    hops = [hop for line in request.headers.getlist("x-forwarded-for") for hop in line.split(",")]
    while hops and found is not None and _is_trusted(found, trusted):
        nearer = _parsed(hops.pop())
        if nearer is None:
            break
        found = nearer
    return _counted(found)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, perhaps in brackets and with a port."""
    plain = text.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        found = ip_address(plain)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_trusted(address: IPv4Address | IPv6Address, trusted: Sequence[str]) -> bool:
    return any(address in ip_network(network, strict=False) for network in trusted)


def _counted(address: IPv4Address | IPv6Address | None) -> str:
    if address is None:
        return _NOBODY
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), _SITE_BITS), strict=False))
    return str(address)
