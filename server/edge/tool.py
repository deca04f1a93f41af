"""What a tool is: a function from arguments to a plan or to a bulk job's order, or a free function of the caller.

The function's name is the tool's name, its docstring the text that clients see, its annotations the schemas.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, TypeVar, get_args, get_type_hints

from pydantic import ValidationError

from server.domain.account import AccountAnalytics, Balances
from server.domain.bulk_job import SubmittedJob
from server.domain.bulk_order import BulkOrder
from server.domain.directory import ProviderList
from server.domain.download import Download
from server.domain.errors import InvalidInput
from server.domain.explanation import explained
from server.domain.plan import Plan
from server.domain.principal import Principal, Scope
from server.domain.progress import Report
from server.domain.query import Answer, Query
from server.domain.quote import Quote, QuotedStep
from server.edge import schema
from server.edge.arguments import Arguments, Groups, arguments_model, grouped, groups_of, parse
from server.edge.bulk import Bulk

A = TypeVar("A", bound=Answer)

Free = Callable[..., Awaitable[Answer | None]]
"""What a free tool is."""

Spends = Callable[[Mapping[str, Any]], bool]
"""Whether arguments, as they were sent, have something that is under way go on spending."""

_NOT_SENT = frozenset({"caller"})
NAME_LIMIT = 40
DESCRIPTION_LIMIT = 1000


class Caller(Protocol):
    """Who calls, and what free tools may ask on their behalf."""

    @property
    def principal(self) -> Principal: ...

    async def ask(self, query: Query[A]) -> A | None:
        """The answer to a free query of the provider that keeps it, such as a prospect list; None for not found."""
        ...

    async def quote(self, tool: str, arguments: Mapping[str, Any] | None) -> Quote:
        """What a tool call would cost; `InvalidInput` names what is wrong with the tool or its arguments."""
        ...

    async def balances(self) -> Balances:
        """What every configured provider's account holds, and what the limits of the caller leave."""
        ...

    async def analytics(self, period: str) -> AccountAnalytics:
        """Spending and use of `today`, `week` or `month`."""
        ...

    @property
    def registry(self) -> Registry:
        """The tools that the caller may use."""
        ...

    @property
    def url(self) -> str:
        """Where people reach Weir, without a path."""
        ...

    @property
    def bulk(self) -> Bulk:
        """Uploads and bulk jobs."""
        ...

    @property
    def report(self) -> Report:
        """Tells whoever waits for the call how far it is."""
        ...

    @property
    def provider_names(self) -> tuple[str, ...]:
        """Every provider, configured or not, in alphabetical order."""
        ...

    async def providers(self, name: str | None = None) -> ProviderList:
        """Every provider in brief, or one in full; `InvalidInput` where there is none of that name."""
        ...

    def asked(self, plan: Plan[Any]) -> tuple[tuple[QuotedStep, ...], ...]:
        """Who would be asked in each step of `plan`, in order, at which price, as though nothing were stored."""
        ...

    async def look_up(self, query: Query[A], on_behalf_of: str) -> A | None:
        """The answer to a query that no provider charges for, from storage where it is there; None for not found.

        `on_behalf_of` is what the ledger files it under. A failure is raised, as is `OutOfBudget` where the query
        turned out to cost something.
        """
        ...

    async def known_domains(self, prefix: str) -> tuple[str, ...]:
        """Domains of companies that the workspace has stored answers about."""
        ...

    async def known_companies(self, prefix: str) -> tuple[str, ...]:
        """Names of companies that the workspace has stored answers about."""
        ...

    async def hand_over(self, name: str, text: Iterable[str]) -> Download:
        """A file of `text` with the plain file name `name`, under a link that works once."""
        ...


@dataclass(frozen=True, slots=True)
class Hints:
    """What a client may assume of a tool; hosts decide by these whether to ask before each call."""

    read_only: bool
    open_world: bool
    destructive: bool = False
    idempotent: bool = True


@dataclass(frozen=True)
class Tool:
    """One tool on the wire. One of `plan` (metered), `order` (a bulk job, metered row by row) and `free` is set.

    The models of arguments are made when a tool is first used: all of them at once would slow every start down.
    """

    name: str
    title: str
    description: str
    family: str
    hints: Hints
    function: Callable[..., Any]
    answer: type[Answer]
    example: Mapping[str, Any]
    """Arguments of a call that makes sense; documents and tests use it."""
    scopes: frozenset[Scope]
    """All that a connection needs for any call."""
    plan: Callable[..., Plan[Any]] | None = None
    order: Callable[..., BulkOrder] | None = None
    free: Free | None = None
    asks: type[Query[Any]] | None = None
    """What a free tool asks providers; None where it asks nobody, and for tools whose plan says it."""
    spends: Spends | None = None
    """Which calls need `enrich:spend` as well; None where none does beyond `scopes`."""
    widget: str | None = None
    """The resource that hosts may show in place of the result."""

    @cached_property
    def arguments(self) -> type[Arguments]:
        """The model of what clients send."""
        return arguments_model(self.function, skip=_NOT_SENT)

    @cached_property
    def groups(self) -> Groups:
        """Parameters whose fields are sent one by one."""
        return groups_of(self.function)

    @property
    def costs(self) -> bool:
        """Whether a call may cost credits."""
        return (self.plan is not None or self.order is not None) and not self.hints.read_only

    @property
    def summary(self) -> str:
        """The first paragraph of the description."""
        return self.description.partition("\n\n")[0]

    def needs(self, raw: Mapping[str, Any] | None) -> frozenset[Scope]:
        """All scopes for a call with these arguments, which need not have been checked."""
        return self.scopes | {Scope.SPEND} if self.spends is not None and self.spends(raw or {}) else self.scopes

    def parse(self, raw: Mapping[str, Any] | None) -> dict[str, Any]:
        """Checked arguments by parameter of the tool's function, defaults included. `InvalidInput` otherwise."""
        arguments = parse(self.arguments, raw)
        values = {name: getattr(arguments, name) for name in self.arguments.model_fields}
        return grouped(values, self.groups) if self.groups else values

    def planned(self, raw: Mapping[str, Any] | None) -> Plan[Any] | None:
        """The plan of a call, None for any other tool; the arguments are checked either way."""
        arguments = self.parse(raw)
        if self.plan is None:
            return None
        try:
            return self.plan(**arguments)
        except ValidationError as error:
            # A value that the tool derived, such as the company from an address at a free-mail provider.
            raise explained(self.arguments, error) from None

    def ordered(self, raw: Mapping[str, Any] | None) -> BulkOrder | None:
        """The bulk job that a call asks for; None for any other tool, whose arguments are not looked at."""
        return None if self.order is None else self.order(**self.parse(raw))

    def input_schema(self) -> schema.Schema:
        """What clients are told to send."""
        return {"type": "object", "properties": {}, **schema.input_schema(self.arguments)}


class Family:
    """Tools that belong together; the order of definition is the order on the wire.

    A tool that costs or changes something needs `enrich:spend`, any other one what `reads` says, unless it names the
    `scopes` that it needs.
    """

    def __init__(self, name: str, *, reads: Scope = Scope.READ) -> None:
        self.name = name
        self.reads = reads
        self.tools: list[Tool] = []

    def lookup(
        self, title: str, *, costs: bool = True, scopes: Iterable[Scope] | None = None, **example: Any
    ) -> Callable[[Callable[..., Plan[Any]]], Callable[..., Plan[Any]]]:
        """Register a tool that asks providers: a pure function from arguments to a plan.

        `example` is a call that makes sense. A tool that never `costs` anything is read-only on the wire.
        """

        def register(function: Callable[..., Plan[Any]]) -> Callable[..., Plan[Any]]:
            hints = Hints(read_only=not costs, open_world=True)
            answer = _one_type(get_args(get_type_hints(function)["return"])[0])
            self.tools.append(self._tool(function, title, hints, answer, example, scopes=scopes, plan=function))
            return function

        return register

    def submits(
        self, title: str, *, scopes: Iterable[Scope], **example: Any
    ) -> Callable[[Callable[..., BulkOrder]], Callable[..., BulkOrder]]:
        """Register a tool that submits a bulk job: a pure function from arguments to its order."""

        def register(function: Callable[..., BulkOrder]) -> Callable[..., BulkOrder]:
            hints = Hints(read_only=False, open_world=True, idempotent=False)
            self.tools.append(self._tool(function, title, hints, SubmittedJob, example, scopes=scopes, order=function))
            return function

        return register

    def free(
        self,
        title: str,
        *,
        open_world: bool,
        writes: bool = False,
        scopes: Iterable[Scope] | None = None,
        asks: type[Query[Any]] | None = None,
        spends: Spends | None = None,
        widget: str | None = None,
        **example: Any,
    ) -> Callable[[Free], Free]:
        """Register a tool that itself never spends: an async function of the caller and arguments.

        One that `writes` changes something that the operator owns, and is neither read-only nor idempotent. `asks` is
        the free query that it asks of providers. Calls that `spends` names let a bulk job go on spending.
        """

        def register(function: Free) -> Free:
            hints = Hints(read_only=not writes, open_world=open_world, idempotent=not writes)
            answer = _one_type(get_type_hints(function)["return"])
            tool = self._tool(function, title, hints, answer, example, scopes=scopes, free=function)
            self.tools.append(replace(tool, asks=asks, spends=spends, widget=widget))
            return function

        return register

    def _tool(
        self,
        function: Callable[..., Any],
        title: str,
        hints: Hints,
        answer: type[Answer],
        example: Mapping[str, Any],
        *,
        scopes: Iterable[Scope] | None,
        plan: Callable[..., Plan[Any]] | None = None,
        order: Callable[..., BulkOrder] | None = None,
        free: Free | None = None,
    ) -> Tool:
        name, description = function.__name__, _paragraphs(inspect.getdoc(function) or "")
        if len(name) > NAME_LIMIT or not description or len(description) > DESCRIPTION_LIMIT:
            raise ValueError(f"{name}: names have at most {NAME_LIMIT} characters, docstrings 1 to {DESCRIPTION_LIMIT}")
        return Tool(
            name=name,
            title=title,
            description=description,
            family=self.name,
            hints=hints,
            function=function,
            answer=answer,
            example=example,
            scopes=frozenset(scopes or ((self.reads if hints.read_only else Scope.SPEND),)),
            plan=plan,
            order=order,
            free=free,
        )


def _paragraphs(text: str) -> str:
    """`text` without the line breaks of the source, but for those between paragraphs."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _one_type(hint: Any) -> type[Answer]:
    """The answer type of a return annotation, which may allow None for not found."""
    (answer,) = [option for option in get_args(hint) or (hint,) if option is not type(None)]
    return answer


class Registry:
    """The tools that are served, in the order that clients see them."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def get(self, name: str) -> Tool | None:
        """The tool of that name."""
        return self._tools.get(name)

    def require(self, name: str) -> Tool:
        """The tool of that name; `InvalidInput` lists what there is."""
        tool = self._tools.get(name)
        if tool is None:
            raise InvalidInput(
                f"tool is {name[:80]!r}, and there is no tool of that name.",
                field="tool",
                fix=f"Use one of: {', '.join(self._tools)}.",
            )
        return tool
