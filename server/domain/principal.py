"""Who is calling, and what they were allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.domain.money import Credits


class Scope(StrEnum):
    """What a token or key allows; the names are those that clients ask for."""

    READ = "enrich:read"
    """Ask what costs nothing: catalogs, quotes, prospect lists, results of bulk jobs."""
    SPEND = "enrich:spend"
    """Ask providers that charge, and change prospect lists."""
    BULK = "bulk:submit"
    """Upload files, and submit and steer bulk jobs; what these spend needs `enrich:spend` as well."""
    ACCOUNT = "account:read"
    """See balances, spending and providers of the workspace."""
    ADMIN = "admin"
    """Steer the bulk jobs of every member of the workspace; only its administrators can grant it."""


USUAL = (Scope.READ, Scope.SPEND, Scope.BULK, Scope.ACCOUNT)
"""What a client gets that asks for nothing in particular and is let in."""


def scopes_of(text: str) -> frozenset[Scope]:
    """The scopes in a space-separated list, without those that Weir does not know, such as `offline_access`."""
    known = {scope.value: scope for scope in Scope}
    return frozenset(known[word] for word in text.split() if word in known)


def scope_rules(words: Iterable[str]) -> Mapping[str, frozenset[Scope]]:
    """What another system's names stand for, from `name=scope` each; ValueError where one has another form."""
    rules: dict[str, frozenset[Scope]] = {}
    for word in words:
        name, _, scope = word.rpartition("=")
        if not (name and scopes_of(scope)):
            raise ValueError(f"{word!r} is not of the form name=scope; the scopes are {', '.join(Scope)}")
        rules[name] = rules.get(name, frozenset()) | scopes_of(scope)
    return rules


def scope_text(scopes: Iterable[Scope]) -> str:
    """A space-separated list in the order of `Scope`."""
    given = frozenset(scopes)
    return " ".join(scope for scope in Scope if scope in given)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allowed one connection: an OAuth grant, or a personal key."""

    id: str = ""
    """Names the connection in the ledger; empty where access is open."""
    scopes: frozenset[Scope] = frozenset(Scope)
    toolsets: tuple[str, ...] | None = None
    """The toolsets that the connection sees, within the operator's choice; None for all of these."""
    monthly_limit: Credits | None = None
    """Most credits that the connection may spend in a calendar month (UTC), in hundredths."""


EVERYTHING = Grant()
"""No connection in particular, and no bounds beyond the operator's."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A member of a workspace, the client that speaks for them, and what it may do; the ledger carries all of them."""

    workspace: str
    member: str
    client: str = ""
    """The client's declared name, such as `claude-ai`; self-reported, so it names and never authorises."""
    grant: Grant = EVERYTHING


LOCAL = Principal(workspace="default", member="local")
"""The caller where open access is allowed: one workspace, one member, loopback only."""
