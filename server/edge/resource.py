"""What a resource is: an async function of the caller that writes a text; its docstring is the description.

A URI with `{name}` stands for several resources. Which names there are, the resource says itself, so that they can be
listed and completed; where there are new ones all the time, any name leads to it, and it refuses those that are not.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.domain.principal import Scope
from server.domain.query import Query
from server.edge.tool import Caller

MARKDOWN = "text/markdown"
JSON = "application/json"
WIDGET = "text/html;profile=mcp-app"
"""A page that a host shows in place of a tool's result (MCP Apps)."""

Write = Callable[..., Awaitable[str]]
Names = Callable[[Caller], Sequence[str]]
Meta = Callable[[Caller], Mapping[str, Any]]
Follow = Callable[[Caller, str], Awaitable[object]]

_NAME = "{name}"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource, or several that differ by `{name}` in the URI."""

    uris: tuple[str, ...]
    """The URI, and others that lead to the same."""
    title: str
    description: str
    mime_type: str
    write: Write
    """Takes the caller and, where the URI has a `{name}`, the name."""
    names: Names | None
    """The values of `{name}`; None where there is none, or where any may be."""
    minutes: float
    """How long a client may keep what it read."""
    shared: bool
    """Whether every caller reads the same."""
    scope: Scope = Scope.READ
    """What a connection needs to read it."""
    meta: Meta | None = None
    """What hosts are told beside the text, as `_meta`."""
    asks: type[Query[Any]] | None = None
    """What it asks providers, for nothing; None where it asks nobody."""
    follow: Follow | None = None
    """Takes the caller and the name; what it returns differs once the resource has changed. None where nobody can
    follow it."""

    @property
    def uri(self) -> str:
        """The URI itself."""
        return self.uris[0]

    @property
    def slug(self) -> str:
        """What the resource is called in lists, such as `jobs-catalogs`."""
        return self.uri.removeprefix("weir://").replace(f"/{_NAME}", "")

    @property
    def several(self) -> bool:
        """Whether the URI has a `{name}`."""
        return _NAME in self.uri

    def uri_of(self, name: str) -> str:
        """The URI of the resource of that name."""
        return self.uri.replace(_NAME, name)

    def covers(self, uri: str) -> bool:
        """Whether `uri` is this resource, or would be one of several if it exists."""
        prefix, braces, suffix = self.uri.partition(_NAME)
        return uri.startswith(prefix) and uri.endswith(suffix) if braces else uri in self.uris

    def match(self, uri: str, caller: Caller) -> dict[str, Any] | None:
        """What `write` takes for `uri`; None where the URI leads elsewhere."""
        if not self.several:
            return {} if uri in self.uris else None
        if self.names is None:
            prefix, _, suffix = self.uri.partition(_NAME)
            name = uri.removeprefix(prefix).removesuffix(suffix)
            return {"name": name} if name and "/" not in name and uri == self.uri_of(name) else None
        return next(({"name": name} for name in self.names(caller) if uri == self.uri_of(name)), None)


def resource(
    *uris: str,
    title: str,
    mime_type: str,
    minutes: float,
    shared: bool,
    names: Names | None = None,
    scope: Scope = Scope.READ,
    meta: Meta | None = None,
    asks: type[Query[Any]] | None = None,
    follow: Follow | None = None,
) -> Callable[[Write], Resource]:
    """Make a resource of an async function. `names` lists the values of `{name}`, for URIs that have one.

    `meta` says what the host is told beside the text, `asks` what providers are asked for it, and `follow` whether the
    text has changed.
    """
    if names is not None and _NAME not in uris[0]:
        raise ValueError(f"{uris[0]}: names are for a URI with {_NAME}, and only for such")

    def make(write: Write) -> Resource:
        description = " ".join((inspect.getdoc(write) or "").split())
        if not description:
            raise ValueError(f"{uris[0]}: the docstring is the description, and there is none")
        return Resource(uris, title, description, mime_type, write, names, minutes, shared, scope, meta, asks, follow)

    return make
