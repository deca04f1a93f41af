"""Where an authorization response may be sent."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

_LONGEST = 2048
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_EDITORS = frozenset(
    {
        "cursor",
        "goose",
        "jetbrains",
        "kiro",
        "raycast",
        "trae",
        "vscode",
        "vscode-insiders",
        "vscodium",
        "warp",
        "windsurf",
        "zed",
    }
)
"""Schemes of programs that do not follow the advice of RFC 8252 to put a domain into the scheme."""


def fault(uri: str) -> str | None:
    """Why a client may not have `uri` as a redirect URI; None where it may."""
    if not uri or len(uri) > _LONGEST:
        return f"it is empty or longer than {_LONGEST} characters"
    if not uri.isascii() or not uri.isprintable() or any(sign in uri for sign in ' "<>\\^`{|}'):
        return "it holds characters that a URI may not hold"
    parts = _parts(uri)
    if parts is None:
        return "it is not a URI"
    if "#" in uri:
        return "it has a fragment"
    if "@" in parts.netloc:
        return "it has user information"
    return _fault_of_place(parts)


def loopback(uri: str) -> bool:
    """Whether `uri` leads to a program on the person's own computer over HTTP."""
    parts = _parts(uri)
    return parts is not None and parts.scheme == "http" and parts.hostname in _LOOPBACK


def same(registered: str, asked: str) -> bool:
    """Whether a response may go to `asked` where `registered` is known; on loopback any port will do (RFC 8252)."""
    return registered == asked or (
        loopback(registered)
        and loopback(asked)
        and fault(asked) is None
        and _without_port(registered) == _without_port(asked)
    )


def host(uri: str) -> str:
    """Who gets the response, for people to read: the host, or for a program's own scheme the scheme."""
    parts = urlsplit(uri)
    return parts.hostname or "" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def _fault_of_place(parts: SplitResult) -> str | None:
    match parts.scheme:
        case "https":
            return None if parts.hostname else "it names no host"
        case "http":
            return None if parts.hostname in _LOOPBACK else "it is http, and leads to another computer; use https"
        case scheme if "." in scheme or scheme in _EDITORS:
            return None
        case _:
            return "its scheme is neither https nor one that belongs to a program, such as com.example.app"


def _parts(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        # The port is only looked at when it is asked for.
        return parts if parts.scheme and (parts.port is None or parts.port) else None
    except ValueError:
        return None


def _without_port(uri: str) -> tuple[str, str | None, str, str]:
    parts = urlsplit(uri)
    return parts.scheme, parts.hostname, parts.path, parts.query
