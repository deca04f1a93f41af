"""What the operator may ask about webhooks, as commands with text arguments and rows for answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.batches.webhook_secrets import WebhookSecrets
from server.domain.errors import InvalidInput
from server.identity.identity import Identity

Rows = list[dict[str, Any]]


class WebhookCommands:
    """Carries out commands about webhooks."""

    def __init__(self, secrets: WebhookSecrets, identity: Identity) -> None:
        self._secrets = secrets
        self._identity = identity

    async def run(self, command: str, arguments: Mapping[str, Any]) -> Rows | None:
        """The rows of one command; None where it is no command about webhooks. `InvalidInput` for no workspace."""
        match command, dict(arguments):
            case "webhook secret", {"workspace": str(workspace)}:
                await self._require(workspace)
                return [{"secret": await self._secrets.of(workspace)}]
            case "renew webhook secret", {"workspace": str(workspace)}:
                await self._require(workspace)
                await self._identity.audit.record("webhook_secret.renewed", workspace=workspace)
                return [{"secret": await self._secrets.renew(workspace)}]
            case _:
                return None

    async def _require(self, workspace: str) -> None:
        known = [one.id for one in await self._identity.workspaces.all()]
        if workspace not in known:
            raise InvalidInput(
                f"There is no workspace {workspace[:80]!r}.", field="workspace", fix=f"There are {', '.join(known)}."
            )
