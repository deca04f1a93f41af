"""Connections and keys as pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from server.budgets import Budgets
from server.domain.money import Credits
from server.domain.principal import Scope
from server.identity.keys import Key
from server.oauth.connections import Connection
from server.web.permissions import PERMISSIONS, Bounds, number

T = TypeVar("T", Connection, Key)


@dataclass(frozen=True, slots=True)
class Card(Generic[T]):
    """A connection or key, and what a page says of it beside what it holds."""

    of: T
    workspace: str
    """What people call it."""
    scopes: Sequence[str]
    tools: str
    spent: str
    """Credits of this month."""
    limit: str
    """Most of these; empty for no limit of its own."""

    @property
    def spends(self) -> bool:
        """Whether a limit means anything for it."""
        return Scope.SPEND in self.of.scopes


class Cards:
    """Makes cards; `bounds` know the toolsets that there are."""

    def __init__(self, budgets: Budgets, bounds: Bounds) -> None:
        self._budgets = budgets
        self._bounds = bounds

    async def of(self, shown: Sequence[T], names: Mapping[str, str]) -> Sequence[Card[T]]:
        """A card for each; `names` are those of the workspaces by id."""
        spent: dict[str, Credits] = {}
        for workspace in {one.workspace for one in shown}:
            spent |= await self._budgets.spent(workspace, [one.id for one in shown if one.workspace == workspace])
        return [self._card(one, names.get(one.workspace, one.workspace), spent[one.id]) for one in shown]

    def _card(self, one: T, workspace: str, spent: Credits) -> Card[T]:
        return Card(
            one,
            workspace,
            scopes=[PERMISSIONS[scope].title for scope in Scope if scope in one.scopes],
            tools=self._bounds.tools_of(one.toolsets),
            spent=number(spent),
            limit="" if one.monthly_limit is None else number(one.monthly_limit),
        )
