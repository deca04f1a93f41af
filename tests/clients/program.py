"""What tests ask of every client, whoever made it and whatever it runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]

NAME = "Scripted client"
DOCUMENT = "https://client.example/oauth/meta.json"


@dataclass(frozen=True, slots=True)
class Setup:
    """What a person puts into a client, and which revision of the protocol it speaks."""

    endpoint: str
    era: str
    """`modern` or `legacy`."""
    document: str | None = None
    """Where it has published what it is; without one, it registers."""


class Program(Protocol):
    """A connected client. Opens a browser by itself whenever it needs its person."""

    async def call(self, tool: str, arguments: Json) -> Json:
        """The structured content that the client saw of a call."""
        ...

    def age(self) -> None:
        """Let its own clock pass the time at which its access token ends, where it looks at that."""
        ...
