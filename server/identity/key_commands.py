"""What the operator may ask about personal keys, as commands with text arguments and rows for answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from server.domain.errors import InvalidInput
from server.domain.money import plain
from server.domain.principal import scope_text
from server.identity.keys import Key, Keys, NewKey
from server.identity.words import limit_in, scopes_in

Rows = list[dict[str, Any]]

_NEVER = "never"
_LONGEST_DAYS = 3650


class KeyCommands:
    """Carries out commands about keys."""

    def __init__(self, keys: Keys, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._clock = clock

    async def run(self, command: str, arguments: Mapping[str, Any]) -> Rows | None:
        """The rows of one command; None where it is no command about keys. `InvalidInput` as the command has it."""
        match command, dict(arguments):
            case "keys", {}:
                return [self._row(key) for key in await self._keys.everywhere()]
            case "create key", {
                "name": str(),
                "member": str(),
                "workspace": str(),
                "scopes": str(),
                "toolsets": str(),
                "limit": str(),
                "expires": str(),
            }:
                text, key = await self._keys.create(self._wanted(arguments))
                return [{"key": text, **self._row(key)}]
            case "revoke key", {"id": str(id_)}:
                return [{"revoked": await self._keys.revoke(id_, by="operator")}]
            case _:
                return None

    def _wanted(self, given: Mapping[str, str]) -> NewKey:
        return NewKey(
            given["name"],
            given["workspace"],
            given["member"],
            scopes_in(given["scopes"]),
            tuple(given["toolsets"].replace(",", " ").split()) or None,
            limit_in(given["limit"]),
            self._end(given["expires"]),
        )

    def _end(self, text: str) -> datetime | None:
        """When a key ends that is valid for so many days, such as `90d`."""
        if text == _NEVER:
            return None
        days = re.fullmatch(r"([0-9]{1,4})d", text)
        if days is None or not 1 <= int(days[1]) <= _LONGEST_DAYS:
            raise InvalidInput(
                f"expires is {text!r}, which is no number of days.", field="expires", fix="Write 90d, or never."
            )
        return self._clock() + timedelta(days=int(days[1]))

    def _row(self, key: Key) -> dict[str, Any]:
        return {
            "id": key.id,
            "name": key.name,
            "member": key.member,
            "workspace": key.workspace,
            "scopes": scope_text(key.scopes),
            "toolsets": " ".join(key.toolsets or ()),
            "limit": None if key.monthly_limit is None else plain(key.monthly_limit),
            "expires": _day(key.expires_at),
            "used": _day(key.used_at),
            "state": self._state(key),
        }

    def _state(self, key: Key) -> str:
        if key.revoked_at is not None:
            return "revoked"
        return "expired" if key.expires_at is not None and key.expires_at <= self._clock() else "active"


def _day(at: datetime | None) -> str | None:
    return None if at is None else at.date().isoformat()
