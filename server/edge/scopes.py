"""Which scopes an operation needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from server.domain.errors import InsufficientScope
from server.domain.principal import Principal, Scope, scope_text
from server.edge.resource import Resource
from server.edge.tool import Registry

NOTHING: frozenset[Scope] = frozenset()
READING = frozenset({Scope.READ})
STEERING = frozenset({Scope.BULK})


class Scopes:
    """Reads off a message what its sender must have been allowed."""

    def __init__(self, tools: Registry, resources: Iterable[Resource]) -> None:
        self._tools = tools
        self._resources = tuple(resources)

    def needed(self, message: object) -> frozenset[Scope]:
        """All scopes for a decoded JSON-RPC message or batch; none for what is open to every connection.

        What is malformed or does not exist needs none either: the protocol's own error follows.
        """
        if isinstance(message, list):
            return NOTHING.union(*map(self._of_message, cast("list[object]", message)))
        return self._of_message(message)

    def _of_message(self, message: object) -> frozenset[Scope]:
        match message:
            case {"method": "tools/call", "params": {"name": str(name)}}:
                return self._of_call(name, cast("dict[str, Any]", message)["params"].get("arguments"))
            case {"method": "resources/read" | "resources/subscribe", "params": {"uri": str(uri)}}:
                return self._of_resource(uri)
            case {"method": "prompts/get" | "completion/complete" | "tasks/get" | "subscriptions/listen"}:
                return READING
            case {"method": "tasks/update" | "tasks/cancel"}:
                return STEERING
            case _:
                return NOTHING

    def _of_call(self, name: str, arguments: object) -> frozenset[Scope]:
        tool = self._tools.get(name)
        if tool is None:
            return NOTHING
        return tool.needs(cast("dict[str, object]", arguments) if isinstance(arguments, dict) else None)

    def _of_resource(self, uri: str) -> frozenset[Scope]:
        return next((frozenset({one.scope}) for one in self._resources if one.covers(uri)), NOTHING)


def require(principal: Principal, scopes: frozenset[Scope]) -> None:
    """`InsufficientScope` where `principal` was not allowed all of `scopes`."""
    lacking = scopes - principal.grant.scopes
    if lacking:
        names = scope_text(lacking)
        raise InsufficientScope(
            f"This connection was not allowed {names}.",
            field="scope",
            fix=f"Connect again and allow {names}, or use a key that has it.",
        )
