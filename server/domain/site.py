"""Under which URLs people reach Weir."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

LOCAL = ("127.0.0.1", "localhost", "[::1]")
"""Hosts, as in URLs, under which a server is always reached from its own machine."""


@dataclass(frozen=True, slots=True)
class Site:
    """The public URL, and further host names under which requests are accepted.

    Clients compare what the server says of itself with the URL that they were given, so every name has a base URL of
    its own; a name that is not known has none.
    """

    url: str
    """Scheme and host, without a path or a slash at the end."""
    hosts: Sequence[str] = ()
    """Further Host values; the port may be `*`."""

    def base(self, host: str) -> str | None:
        """The URL of the server as somebody sees it who sent this Host header; None for a host that is not ours."""
        public = urlsplit(self.url)
        host = host.strip().lower()
        if host == public.netloc.lower():
            return self.url
        if any(_matches(host, known.lower()) for known in self.hosts):
            return f"{public.scheme}://{host}"
        if _name(host) in LOCAL and _plain(host):
            return f"http://{host}"
        return None


def is_url(text: str) -> bool:
    """Whether a text is an absolute http or https URL."""
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without a port, stands for the machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """The host without its port."""
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _plain(host: str) -> bool:
    port = host.removeprefix(_name(host)).removeprefix(":")
    return port == "" or (port.isascii() and port.isdigit())


def _matches(host: str, known: str) -> bool:
    if known.endswith(":*"):
        return _name(host) == known[:-2] and _plain(host)
    return host == known
