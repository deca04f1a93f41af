"""What the operator may ask about machine clients, as commands with text arguments and rows for answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.domain.errors import InvalidInput
from server.domain.principal import USUAL, scope_text
from server.identity.identity import Identity
from server.identity.words import limit_in, scopes_in
from server.identity.workspaces import shown
from server.oauth.authorization import Authorization

Rows = list[dict[str, Any]]

_LONGEST_NAME = 100


class MachineCommands:
    """Carries out commands about clients that act for nobody in particular, with a secret (client_credentials)."""

    def __init__(self, authorization: Authorization, identity: Identity) -> None:
        self._authorization = authorization
        self._identity = identity

    async def run(self, command: str, arguments: Mapping[str, Any]) -> Rows | None:
        """The rows of one command; None where it is no command about machines. `InvalidInput` as the command has it."""
        match command, dict(arguments):
            case "machines", {}:
                return [
                    {
                        "id": one.client_id,
                        "name": one.name,
                        "workspace": one.workspace,
                        "scopes": scope_text(one.scopes),
                    }
                    for one in await self._authorization.clients.machines()
                ]
            case "add machine", {"name": str(), "workspace": str(), "scopes": str(), "limit": str()}:
                return await self._add(arguments)
            case "remove machine", {"id": str(id_)}:
                return await self._remove(id_)
            case _:
                return None

    async def _add(self, given: Mapping[str, str]) -> Rows:
        name, workspace = shown(given["name"], "name", _LONGEST_NAME), given["workspace"]
        limit, scopes = limit_in(given["limit"]), scopes_in(given["scopes"])
        if not name:
            raise InvalidInput("A machine needs a name.", field="name", fix="Name it for what it does.")
        if not scopes <= frozenset(USUAL):
            raise InvalidInput(
                "Only people can have the scope admin.", field="scopes", fix=f"Choose from {scope_text(USUAL)}."
            )
        if workspace not in [one.id for one in await self._identity.workspaces.all()]:
            raise InvalidInput(
                f"There is no workspace {workspace!r}.", field="workspace", fix="See: weir workspaces list"
            )
        machine, secret = await self._authorization.clients.add_machine(name, workspace, scopes, limit)
        await self._identity.audit.record(
            "machine.added", workspace=workspace, member=f"machine:{name}", client=machine.client_id
        )
        return [{"id": machine.client_id, "secret": secret}]

    async def _remove(self, id_: str) -> Rows:
        known = [one for one in await self._authorization.clients.machines() if one.client_id == id_]
        for one in known:
            await self._authorization.remove_machine(one.client_id)
            await self._identity.audit.record(
                "machine.removed", workspace=one.workspace, member=f"machine:{one.name}", client=one.client_id
            )
        return [{"removed": bool(known)}]
