"""The names under which this server's MCP endpoint is a protected resource."""

from __future__ import annotations

from collections.abc import Sequence

_PATH = "/mcp"


def resources(base: str) -> Sequence[str]:
    """Both names: `/mcp` and `/` are the same endpoint. The first is meant where a client names none."""
    return base + _PATH, base


def issuers(base: str) -> Sequence[str]:
    """Under which names the authorization server describes itself; clients derive the second from the endpoint."""
    return base, base + _PATH


def base_of(resource: str) -> str:
    """The base URL that a resource belongs to."""
    return resource.removesuffix(_PATH)


def named(asked: str | None, base: str) -> str | None:
    """The resource that a client means, None where it is not ours; a slash at the end means nothing."""
    known = resources(base)
    wanted = known[0] if asked is None else asked.removesuffix("/")
    return wanted if wanted in known else None
