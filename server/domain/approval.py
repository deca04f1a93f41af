"""A person's consent to one exact piece of spending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.domain.money import Credits


class Decision(StrEnum):
    """What became of a request for approval."""

    WAITING = "waiting"
    ALLOWED = "allowed"
    REFUSED = "refused"
    EXPIRED = "expired"
    USED = "used"
    """Allowed, and the spending has begun: it allows nothing more."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person is asked to allow."""

    tool: str
    binding: str
    """SHA-256 over everything that must not change between question and spending."""
    most: Credits
    """The worst case, in hundredths of a credit."""
    summary: Mapping[str, Any]
    """The same for people, as JSON: `steps` in words, `rows`, `dollars`, and what else the kind of call has."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One request for approval, as it stands."""

    id: str
    """Unguessable; whoever knows it may see the request, and only its member may decide."""
    workspace: str
    member: str
    client: str
    proposal: Proposal
    created_at: datetime
    expires_at: datetime
    decision: Decision
    decided_by: str | None = None
    decided_how: str | None = None
    """`page`, `elicitation` or `operator`."""

    @property
    def path(self) -> str:
        """Where a person decides, relative to the server's URL."""
        return path_of(self.id)


def path_of(approval_id: str) -> str:
    """Where a person decides about the request of that id, relative to the server's URL."""
    return f"/approvals/{approval_id}"
