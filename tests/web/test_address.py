"""An attempt is counted for whoever made it, not for whom they claim to be."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from server.web.address import address_of

PROXIES = ("10.0.0.0/8", "192.0.2.9", "fd00::/8")


def asked(peer: str | None, *forwarded: str) -> Request:
    """A request as the server hands it on."""
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return Request({"type": "http", "client": (peer, 1) if peer else None, "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", (), "198.51.100.7"),
        ("198.51.100.7", ("203.0.113.5",), "198.51.100.7"),
        ("10.1.2.3", ("203.0.113.5",), "203.0.113.5"),
        ("10.1.2.3", ("1.1.1.1, 203.0.113.5",), "203.0.113.5"),
        ("10.1.2.3", ("1.1.1.1", "203.0.113.5, 192.0.2.9"), "203.0.113.5"),
        ("10.1.2.3", ("203.0.113.5:4711",), "203.0.113.5"),
        ("10.1.2.3", ("203.0.113.5, nonsense",), "10.1.2.3"),
        ("10.1.2.3", ("10.9.9.9",), "10.9.9.9"),
        ("10.1.2.3", (), "10.1.2.3"),
        ("::ffff:10.1.2.3", ("203.0.113.5",), "203.0.113.5"),
        ("fd00::1", ("[2001:db8:1:2:3::4]:443",), "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", (), "2001:db8:1:2::/64"),
        (None, ("203.0.113.5",), "unknown"),
        ("testclient", (), "unknown"),
    ],
)
def test_the_nearest_address_that_no_trusted_proxy_has_counts(peer: str, forwarded: tuple[str, ...], address: str):
    assert address_of(asked(peer, *forwarded), PROXIES) == address


def test_nobody_is_believed_where_no_proxy_is_trusted():
    assert address_of(asked("127.0.0.1", "203.0.113.5"), ()) == "127.0.0.1"
