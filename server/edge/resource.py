"""What a resource is: an async function of the caller that writes a text; its docstring is the description.

A URI with `{name}` stands for several resources. Which names there are, the resource says itself, so that they can be
listed and completed.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from server.edge.tool import Caller

MARKDOWN = "text/markdown"
JSON = "application/json"

Write = Callable[..., Awaitable[str]]
Names = Callable[[Caller], Sequence[str]]

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
    minutes: float
    """How long a client may keep what it read."""
    shared: bool
    """Whether every caller reads the same."""

    @property
    def uri(self) -> str:
        """The URI itself."""
        return self.uris[0]

    @property
    def slug(self) -> str:
        """What the resource is called in lists, such as `jobs-catalogs`."""
        return self.uri.removeprefix("weir://").removesuffix(f"/{_NAME}")

    def uri_of(self, name: str) -> str:
        """The URI of the resource of that name."""
        return self.uri.replace(_NAME, name)

    def match(self, uri: str, caller: Caller) -> dict[str, Any] | None:
        """What `write` takes for `uri`; None where the URI leads elsewhere."""
        if self.names is None:
            return {} if uri in self.uris else None
        return next(({"name": name} for name in self.names(caller) if uri == self.uri_of(name)), None)


def resource(
    *uris: str, title: str, mime_type: str, minutes: float, shared: bool, names: Names | None = None
) -> Callable[[Write], Resource]:
    """Make a resource of an async function. `names` lists the values of `{name}`, for URIs that have one."""
    if (names is not None) != (_NAME in uris[0]):
        raise ValueError(f"{uris[0]}: names are for a URI with {_NAME}, and only for such")

    def make(write: Write) -> Resource:
        description = " ".join((inspect.getdoc(write) or "").split())
        if not description:
            raise ValueError(f"{uris[0]}: the docstring is the description, and there is none")
        return Resource(uris, title, description, mime_type, write, names, minutes, shared)

    return make
