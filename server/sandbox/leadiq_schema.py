"""LeadIQ's GraphQL API: the schema, and its execution against the world."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,  # pyright: ignore[reportUnknownVariableType] - graphql-core leaves its middleware untyped
    get_operation_ast,
    parse,
    validate,
)

from server.sandbox import leadiq_search as search
from server.sandbox.leadiq_records import CompanyRecord, FoundCompany, FoundPerson, PersonRecord, Spelling, Tab
from server.sandbox.leadiq_search import BadInput, Input

_MOST_TOKENS = 4000


class Usage(Protocol):
    """What `account` needs to know of the account behind a key, in hundredths of a credit."""

    @property
    def balance(self) -> int: ...
    @property
    def charged(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Plan:
    name: str
    product: str
    status: str
    next_billing_period: str | None


@dataclass(frozen=True, slots=True)
class UsagePlan(Plan):
    available: float
    used: float


@dataclass(frozen=True, slots=True)
class Account:
    plans: list[Plan]
    data_hub_plan: None
    universal_plan: UsagePlan


@dataclass(frozen=True, slots=True)
class People:
    total_results: int
    has_more: bool
    results: Callable[[], list[PersonRecord]]


@dataclass(frozen=True, slots=True)
class Companies:
    total_results: int
    has_more: bool
    results: Callable[[], list[CompanyRecord]]


@dataclass(frozen=True, slots=True)
class FoundPeople:
    total_people: int
    people: Callable[[], list[FoundPerson]]


@dataclass(frozen=True, slots=True)
class FoundCompanies:
    total_companies: int
    companies: Callable[[], list[FoundCompany]]


@dataclass(slots=True)
class Root:
    """The root fields. Every one opens a tab; what was taken is only known once the query has run."""

    usage: Usage
    renews: str
    """When the next billing period begins, ISO 8601."""
    spelling: Spelling = field(default_factory=Spelling)
    tabs: list[Tab] = field(default_factory=list[Tab])

    def account(self) -> Account:
        self._tab("account")
        status = "active" if self.spelling.bare else "Active"
        plan = Plan("Sandbox", "Api", status, self.renews)
        universal = UsagePlan(
            "Universal Credits", "Api", status, self.renews, self.usage.balance / 100, self.usage.charged / 100
        )
        return Account([plan], None, universal)

    def search_people(self, wanted: Input) -> People:
        size, skip = search.page(wanted, most=None), search.offset(wanted)
        one = search.look_up_person(wanted)
        found, tab = [one] if one else [], self._tab("search_people")
        shown = found[skip : skip + size]
        return People(len(found), False, lambda: [PersonRecord(each, tab) for each in shown])

    def search_company(self, wanted: Input) -> Companies:
        size, skip = search.page(wanted, most=None), search.offset(wanted)
        company = search.look_up_company(wanted)
        found, tab = [company] if company else [], self._tab("search_company")
        shown = found[skip : skip + size]
        return Companies(len(found), False, lambda: [CompanyRecord(each, tab) for each in shown])

    def flat_advanced_search(self, wanted: Input) -> FoundPeople:
        size, skip = search.page(wanted), search.offset(wanted)
        found, tab = search.search(wanted), self._tab("flat_advanced_search")
        return FoundPeople(len(found), lambda: [FoundPerson(one, tab) for one in found[skip : skip + size]])

    def grouped_advanced_search(self, wanted: Input) -> FoundCompanies:
        size, skip = search.page(wanted), search.offset(wanted)
        most = search.page(wanted, name="limitPerCompany")
        found, tab = search.group(wanted), self._tab("grouped_advanced_search")
        shown = found[skip : skip + size]
        return FoundCompanies(
            len(found), lambda: [FoundCompany(company, people, most, tab) for company, people in shown]
        )

    def _tab(self, operation: str) -> Tab:
        self.tabs.append(Tab(operation, self.spelling))
        return self.tabs[-1]


@cache
def schema() -> GraphQLSchema:
    return build_schema((Path(__file__).parent / "leadiq.graphql").read_text())


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query that parsed and fits the schema, or the errors that it has."""

    document: DocumentNode | None
    errors: list[GraphQLError]


@lru_cache(512)
def prepare(query: str) -> Prepared:
    """Parse and validate; the same text is done once."""
    try:
        document = parse(query, max_tokens=_MOST_TOKENS)
    except GraphQLError as error:
        return Prepared(None, [error])
    errors = validate(schema(), document)
    return Prepared(None if errors else document, errors)


def asks_only_for_account(document: DocumentNode, operation: str | None) -> bool:
    """True where no root field can cost anything."""
    node = get_operation_ast(document, operation)
    names = (
        [getattr(getattr(each, "name", None), "value", None) for each in node.selection_set.selections] if node else []
    )
    return all(name in ("account", "__schema", "__type", "__typename") for name in names)


def run(document: DocumentNode, root: Root, variables: Mapping[str, Any] | None, name: str | None) -> ExecutionResult:
    """Execute a prepared query; afterwards `root.tabs` says what it took."""
    return execute_sync(schema(), document, root, None, dict(variables or {}), name, field_resolver=_resolve)


def formatted(error: GraphQLError) -> dict[str, Any]:
    """An error as the API prints it, with the status that it stands for in its extensions (C-63)."""
    bad = isinstance(error.original_error, BadInput | GraphQLError | None)
    return {**error.formatted, "extensions": {"response": {"status": 400 if bad else 500}}}


@cache
def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    value = getattr(source, _snake(info.field_name))
    return value(*arguments.values()) if callable(value) else value
