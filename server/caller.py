"""What tools, prompts and resources may ask of the product, on behalf of one principal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from server.accounts import Accounts
from server.companies import Companies
from server.desk import Desk, Office
from server.directory import Directory
from server.domain.account import AccountAnalytics, Balances
from server.domain.directory import ProviderList
from server.domain.download import Download
from server.domain.errors import OutOfBudget
from server.domain.lists import ProspectList
from server.domain.money import NOTHING
from server.domain.plan import Plan, ask
from server.domain.principal import Principal
from server.domain.progress import Report, silent
from server.domain.query import Answer, Query
from server.domain.quote import Quote, QuotedStep
from server.edge.tool import Registry
from server.edge.toolset import Registries
from server.list_owners import ListOwners
from server.web.files import Files

A = TypeVar("A", bound=Answer)


class Product(Office, Protocol):
    """The parts that a caller reaches."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def companies(self) -> Companies: ...
    @property
    def files(self) -> Files: ...
    @property
    def registries(self) -> Registries: ...


@dataclass(frozen=True, slots=True)
class LocalCaller:
    """`server.edge.tool.Caller` over the product in this process."""

    principal: Principal
    weir: Product
    url: str
    """Where people reach Weir, without a path."""
    report: Report = silent

    async def ask(self, query: Query[A]) -> A | None:
        """The answer to a free query, without anybody who has opted out; another workspace's list is not found."""
        books, workspace = self.weir.engine.books, self.principal.workspace
        owners = ListOwners(books.database, books.clock)
        if not await owners.may_ask(workspace, query):
            return None
        answer = await self.weir.engine.ask(query, self.principal)
        if isinstance(answer, ProspectList):
            await owners.note(workspace, answer.list_id)
        return answer

    async def quote(self, tool: str, arguments: Mapping[str, Any] | None) -> Quote:
        """What a tool call would cost; free tools cost nothing."""
        named = self.registry.require(tool)
        if (order := named.ordered(arguments)) is not None:
            return await self.bulk.quote(order)
        plan = named.planned(arguments)
        if plan is None:
            limits = await self.weir.engine.books.budgets.usage(self.principal)
            return Quote((), NOTHING, NOTHING, limits, needs_approval=False)
        return await self.weir.engine.quote(plan, self.principal)

    async def balances(self) -> Balances:
        """Balances of all configured providers, and the caller's limits."""
        return await self.weir.accounts.balances(self.principal)

    async def analytics(self, period: str) -> AccountAnalytics:
        """Spending of the caller's workspace."""
        return await self.weir.accounts.analytics(self.principal, period)

    async def hand_over(self, name: str, text: Iterable[str]) -> Download:
        """A file under a link that works once."""
        waiting = await self.weir.files.put(name, text)
        return Download(
            name=name,
            size=waiting.size,
            url=f"{self.url}/files/{waiting.token}",
            expires_at=waiting.expires_at.isoformat(timespec="seconds"),
        )

    @property
    def registry(self) -> Registry:
        """The tools of the caller's connection."""
        return self.weir.registries.of(self.principal.grant.toolsets)

    @property
    def bulk(self) -> Desk:
        """Uploads and bulk jobs."""
        return Desk(self.principal, self.weir, self.url)

    @property
    def provider_names(self) -> tuple[str, ...]:
        """Every provider, configured or not."""
        return self.weir.directory.names

    async def providers(self, name: str | None = None) -> ProviderList:
        """Every provider in brief, or one in full."""
        if name is None:
            return await self.weir.directory.providers(self.principal)
        return await self.weir.directory.provider(self.principal, name)

    def asked(self, plan: Plan[Any]) -> tuple[tuple[QuotedStep, ...], ...]:
        """Who would be asked in each step, as though nothing were stored."""
        return self.weir.directory.asked(plan)

    async def look_up(self, query: Query[A], on_behalf_of: str) -> A | None:
        """The answer to a query that no provider charges for; it is asked like any other, and kept."""
        plan: Plan[A] = ask(query)
        if (await self.weir.engine.quote(plan, self.principal)).most.total:
            raise OutOfBudget(f"{query.operation()} is not free, so it is not asked for {on_behalf_of}.")
        result = await self.weir.engine.run(plan, self.principal, on_behalf_of)
        if result.error is not None:
            raise result.error
        return result.answer

    async def known_domains(self, prefix: str) -> tuple[str, ...]:
        """Domains in the caller's workspace."""
        return await self.weir.companies.domains(self.principal.workspace, prefix)

    async def known_companies(self, prefix: str) -> tuple[str, ...]:
        """Company names in the caller's workspace."""
        return await self.weir.companies.names(self.principal.workspace, prefix)
