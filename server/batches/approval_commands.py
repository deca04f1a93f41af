"""What the operator may ask about approvals, as commands with text arguments and rows for answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.approvals import Approvals
from server.batches.batches import Batches
from server.domain import consent as words
from server.domain.approval import Approval

Rows = list[dict[str, Any]]


class ApprovalCommands:
    """Carries out commands about approvals."""

    def __init__(self, approvals: Approvals, batches: Batches) -> None:
        self._approvals = approvals
        self._batches = batches

    async def run(self, command: str, arguments: Mapping[str, Any]) -> Rows | None:
        """The rows of one command; None where it is no command about approvals. `InvalidInput` for a late decision."""
        match command, dict(arguments):
            case "approvals", {}:
                return [_row(one) for one in await self._approvals.everywhere()]
            case "allow approval", {"id": str(id_)}:
                return [_row(await self._decided(id_, allowed=True))]
            case "refuse approval", {"id": str(id_)}:
                return [_row(await self._decided(id_, allowed=False))]
            case _:
                return None

    async def _decided(self, approval_id: str, *, allowed: bool) -> Approval:
        return await self._batches.decide(approval_id, allowed=allowed, by="operator", how="operator")


def _row(approval: Approval) -> dict[str, Any]:
    return {
        "id": approval.id,
        "until": approval.expires_at.isoformat(timespec="minutes"),
        "facts": [[name, list(lines)] for name, lines in words.facts(approval)],
        "job": approval.proposal.summary.get("batch"),
    }
