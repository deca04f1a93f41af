"""What the operator may ask about people and workspaces, as commands with text arguments and rows for answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.domain.errors import InvalidInput
from server.identity.identity import Identity
from server.identity.people import User
from server.identity.workspaces import Role

Rows = list[dict[str, Any]]


class Administration:
    """Carries out commands about people; `url` is where people reach the server, without a slash at the end."""

    def __init__(self, identity: Identity, url: str) -> None:
        self._identity = identity
        self._url = url

    async def run(self, command: str, arguments: Mapping[str, Any]) -> Rows | None:
        """The rows of one command; None where it is no command about people. `InvalidInput` as the command has it."""
        match command, dict(arguments):
            case "users", {}:
                return [await self._row(user) for user in await self._identity.people.everybody()]
            case "add user", {"email": str(), "name": str(), "workspace": str(), "role": str(), **rest}:
                return await self._add(arguments, rest.get("password"))
            case (("disable user" | "enable user"), {"email": str(email)}):
                people = self._identity.people
                change = people.disable if command == "disable user" else people.enable
                return [await self._row(await change(email))]
            case "invite user", {"email": str(email)}:
                return [await self._link(await self._known(email))]
            case "audit", {"since": str(since)}:
                return await self._audit(since)
            case _:
                return await self._about_workspaces(command, arguments)

    async def _about_workspaces(self, command: str, arguments: Mapping[str, Any]) -> Rows | None:
        workspaces = self._identity.workspaces
        match command, dict(arguments):
            case "workspaces", {}:
                return [{"id": one.id, "name": one.name} for one in await workspaces.all()]
            case "add workspace", {"id": str(id_), "name": str(name)}:
                return [{"id": (await workspaces.create(id_, name)).id}]
            case "join workspace", {"email": str(email), "workspace": str(workspace), "role": str(role)}:
                await workspaces.join(workspace, (await self._known(email)).id, _role(role))
                return []
            case "leave workspace", {"email": str(email), "workspace": str(workspace)}:
                return [{"left": await workspaces.leave(workspace, (await self._known(email)).id)}]
            case _:
                return await self._identity.key_commands.run(command, arguments)

    async def _add(self, given: Mapping[str, Any], password: str | None) -> Rows:
        user = await self._identity.people.add(
            given["email"],
            given["name"],
            password=password,
            workspace=given["workspace"],
            role=_role(given["role"]),
        )
        return [{"email": user.email, "link": None} if password else await self._link(user)]

    async def _link(self, user: User) -> dict[str, Any]:
        if user.disabled:
            raise InvalidInput(
                f"{user.email} is disabled.", field="email", fix=f"First: weir users enable {user.email}"
            )
        token = await self._identity.invitations.invite(user.id)
        return {"email": user.email, "link": f"{self._url}/password/{token}"}

    async def _row(self, user: User) -> dict[str, Any]:
        memberships = await self._identity.workspaces.of(user.id)
        return {
            "email": user.email,
            "name": user.name,
            "workspaces": " ".join(f"{one.workspace}:{one.role}" for one in memberships),
            "disabled": user.disabled,
        }

    async def _audit(self, since: str) -> Rows:
        return [
            {
                "at": entry.at.isoformat(timespec="seconds"),
                "event": entry.event,
                "workspace": entry.workspace,
                "member": entry.member,
                "client": entry.client,
                "detail": dict(entry.detail),
            }
            for entry in await self._identity.audit.since(_moment(since))
        ]

    async def _known(self, email: str) -> User:
        return await self._identity.people.known(email)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise InvalidInput(f"There is no role {text!r}.", field="role", fix="Roles are admin and member.") from None


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidInput(
            f"{text!r} is not a point in time with its time zone.",
            field="since",
            fix="Write it as 2026-11-21T00:00:00+00:00.",
        )
    return at
