"""What a person can allow a program, in words for people, and what they chose in a form."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from starlette.datastructures import QueryParams

from server.domain import money
from server.domain.money import Credits
from server.domain.principal import Scope
from server.identity.workspaces import Membership, Role

_AMOUNT = re.compile(r"\d{1,9}([.,]\d{1,2})?")
_USUAL_LIMIT = money.credits(500)


@dataclass(frozen=True, slots=True)
class Permission:
    """A scope as a page shows it."""

    title: str
    note: str


PERMISSIONS: Mapping[Scope, Permission] = MappingProxyType(
    {
        Scope.READ: Permission(
            "Look up what costs nothing", "Catalogs, price quotes, prospect lists, and results of bulk jobs."
        ),
        Scope.SPEND: Permission(
            "Spend credits of the workspace",
            "Ask data providers that charge, up to the monthly limit on this page, and change prospect lists.",
        ),
        Scope.BULK: Permission(
            "Run bulk jobs",
            "Upload files, and start and stop jobs over them. What a job costs is spent within the same limit.",
        ),
        Scope.ACCOUNT: Permission(
            "See the account", "Credits left at each provider, and what the workspace has spent on what."
        ),
        Scope.ADMIN: Permission(
            "Administer the workspace",
            "Stop and resume everybody's bulk jobs. Allow this only to a program of your own.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Toolset:
    """Tools that are chosen together."""

    name: str
    tools: Sequence[str]
    """Their titles."""
    fixed: bool = False
    """Whether it comes with every choice."""

    @property
    def title(self) -> str:
        """What a page calls it."""
        return (
            f"{self.name[:1].upper()}{self.name[1:]} ({len(self.tools)} {'tool' if len(self.tools) == 1 else 'tools'})"
        )


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the operator lets people give away."""

    toolsets: Sequence[Toolset]
    workspace_limit: Credits | None
    """Most credits that a workspace may spend in a month, in hundredths; None for no limit."""

    @property
    def usual_limit(self) -> Credits:
        """The monthly limit that a form suggests."""
        return _USUAL_LIMIT if self.workspace_limit is None else min(_USUAL_LIMIT, self.workspace_limit)

    def toolsets_in(self, fields: QueryParams) -> tuple[str, ...] | None:
        """The toolsets that were ticked; None for all of them."""
        ticked = fields.getlist("toolset")
        chosen = tuple(one.name for one in self.toolsets if one.fixed or one.name in ticked)
        return None if len(chosen) == len(self.toolsets) else chosen

    def limit_in(self, fields: QueryParams) -> Credits:
        """The monthly limit that was typed; ValueError says in words what is wrong with it."""
        typed = fields.get("limit", "").strip()
        if not _AMOUNT.fullmatch(typed):
            raise ValueError("Give the monthly limit as a number of credits, such as 500 or 12.5.")
        limit = money.credits(typed.replace(",", "."))
        if self.workspace_limit is not None and limit > self.workspace_limit:
            raise ValueError(f"The workspace may spend {number(self.workspace_limit)} credits a month, and no more.")
        return limit

    def tools_of(self, chosen: Collection[str] | None) -> str:
        """Chosen toolsets as a list for people."""
        if chosen is None:
            return "all"
        return ", ".join(one.name for one in self.toolsets if one.name in chosen or one.fixed)


def offered(asked: Collection[Scope], memberships: Collection[Membership]) -> Sequence[tuple[Scope, Permission]]:
    """What somebody can allow in one of their workspaces, of what is asked for, in the order of `Scope`."""
    administers = any(one.role is Role.ADMIN for one in memberships)
    allowed = (scope for scope in Scope if scope in asked and (administers or scope is not Scope.ADMIN))
    return [(scope, PERMISSIONS[scope]) for scope in allowed]


def scopes_in(fields: QueryParams, offered: Collection[Scope]) -> frozenset[Scope]:
    """The scopes that were ticked, of those that were offered."""
    return frozenset(scope for scope in offered if scope.value in fields.getlist("scope"))


def number(amount: Credits) -> str:
    """An amount as people write it: `500`, `12.5`."""
    return f"{money.plain(amount):.2f}".rstrip("0").rstrip(".")
