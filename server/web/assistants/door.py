"""What a client has to know of this server to connect to it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from server.domain.site import is_loopback
from server.settings import Auth

NAME = "weir"
"""What clients call the server; tool names carry it in several of them, so it is short."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the server is, who may come in, and the personal key of whoever connects, where they use one."""

    endpoint: str
    """The whole URL, with its path."""
    auth: Auth = Auth.OPEN
    key: str | None = None

    @property
    def authorization(self) -> str | None:
        """The value of the Authorization header that the client is to send, where it is to send one."""
        return f"Bearer {self.key}" if self.key else None

    @property
    def headers(self) -> dict[str, object]:
        """A `headers` entry for a client's configuration; nothing where no header is needed."""
        return {"headers": {"Authorization": self.authorization}} if self.authorization else {}

    @property
    def signs_in(self) -> bool:
        """Whether the client has to send a person to sign in."""
        return self.auth is not Auth.OPEN and self.key is None

    @property
    def loopback(self) -> bool:
        """Whether only programs on the server's own machine reach it."""
        return is_loopback(urlsplit(self.endpoint).hostname or "")

    @property
    def secure(self) -> bool:
        """Whether it is reached through https."""
        return urlsplit(self.endpoint).scheme == "https"

    @property
    def public(self) -> bool:
        """Whether services on the internet can be expected to reach it: https, and not an address of a private net."""
        host = urlsplit(self.endpoint).hostname or ""
        return self.secure and not self.loopback and not _private(host)


def _private(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return False
