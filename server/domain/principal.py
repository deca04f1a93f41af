"""Who is calling."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """A member of a workspace, and the client that speaks for them; every ledger entry carries all three."""

    workspace: str
    member: str
    client: str = ""
    """The client's declared name, such as `claude-ai`; self-reported, so it names and never authorises."""


LOCAL = Principal(workspace="default", member="local")
"""The caller where open access is allowed: one workspace, one member, loopback only."""
