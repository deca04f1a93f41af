"""How one client is connected."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from server.web.assistants.config_file import ConfigFile


@dataclass(frozen=True, slots=True)
class Guide:
    """The ways to connect one client, the easiest first: a link, a command, a file, or steps in its settings."""

    slug: str
    """What `weir connect` calls it."""
    name: str
    link: str | None = None
    """Opens the client, which then asks whether to add the server. Holds no key."""
    command: tuple[str, ...] = ()
    """A command of the client's own that adds the server."""
    file: ConfigFile | None = None
    steps: tuple[str, ...] = ()
    """What a person does in the client's settings."""
    sign_in: str = ""
    """Where the sign-in starts, where it does not start by itself."""
    notes: tuple[str, ...] = ()
    takes_keys: bool = True
    """Whether the client can be given a personal key instead of signing in."""
    from_the_internet: bool = False
    """Whether its maker's servers call Weir, and not the person's own machine."""

    @property
    def command_line(self) -> str:
        """The command as one types it into a POSIX shell."""
        return shlex.join(self.command)
