"""The composition root: builds every object once, and is the only module that knows all the others."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from prompts import PROMPTS
from resources import RESOURCES
from server import __version__
from server.access import access, authorization_server, grant_of, upload_pages
from server.accounts import Accounts
from server.approvals import Approvals
from server.batches.approval_commands import ApprovalCommands
from server.batches.assembly import bulk
from server.batches.batches import Batches
from server.batches.export import Exports
from server.batches.kinds import KINDS
from server.batches.limits import BulkLimits
from server.batches.uploads import Uploads
from server.batches.webhook_commands import WebhookCommands
from server.batches.webhook_secrets import WebhookSecrets
from server.budgets import Budgets, Limits
from server.cache import Cache
from server.caller import LocalCaller
from server.catalog import Catalog, read_providers
from server.companies import Companies
from server.directory import Directory
from server.domain import money
from server.domain.errors import InvalidInput, StorageUnavailable
from server.domain.money import Credits, Micros
from server.domain.progress import silent
from server.domain.query import Answer
from server.domain.site import Site
from server.edge.elicitation import Elicitation
from server.edge.sealing import SEALED, Seals
from server.edge.security import transport_security
from server.edge.server import Edge
from server.edge.singles import Singles
from server.edge.toolset import Choice, Registries
from server.engine import Engine
from server.identity.administration import Administration
from server.identity.identity import Identity
from server.ledger import Ledger
from server.oauth.authorization import Authorization
from server.oauth.machine_commands import MachineCommands
from server.operator import Operator
from server.provider import Provider
from server.purse import Books
from server.settings import Auth, Providers, Settings
from server.storage.database import Database
from server.storage.rounds import keep_doing
from server.suppression import Suppression
from server.unlocks import Unlocks
from server.upstream import Connection, Upstream
from server.upstream.documents import Documents
from server.upstream.notices import Notices
from server.web import checks
from server.web.catalog import Catalog as PageCatalog
from server.web.catalog import CatalogPage, CatalogProvider, CatalogTool
from server.web.control import control
from server.web.cors import Cors
from server.web.downloads import downloads
from server.web.files import Files
from server.web.root import Root
from tools import SURFACE

_ABANDONED = timedelta(minutes=5)
"""Holds of processes that are gone: no call of ours is silent this long."""

_MINUTE = 60.0

_UNPACED = float("inf")
"""Requests per minute to the sandbox, which refuses nobody unless it is told to."""

A = TypeVar("A", bound=Answer)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Which providers are called, where, with what key."""

    providers: Mapping[str, Provider]
    connections: Mapping[str, Connection]
    per_credit: Mapping[str, Micros]
    sandbox: bool


@dataclass(frozen=True, slots=True)
class Weir:
    """The running product, without the web around it."""

    settings: Settings
    upstreams: Upstreams
    upstream: Upstream
    engine: Engine
    accounts: Accounts
    directory: Directory
    companies: Companies
    files: Files
    registries: Registries
    identity: Identity
    authorization: Authorization
    batches: Batches
    uploads: Uploads
    exports: Exports

    @property
    def operator(self) -> Operator:
        """What the command line may ask."""
        return self.operator_at(None)

    def operator_at(self, url: str | None) -> Operator:
        """`operator` for a server that people reach under `url`, by default what the settings say."""
        people = Administration(self.identity, self._link(url))
        approvals = ApprovalCommands(self.engine.books.approvals, self.batches)
        webhooks = WebhookCommands(WebhookSecrets(self.engine.books.database, _now), self.identity)
        return Operator(self.engine, people, MachineCommands(self.authorization, self.identity), approvals, webhooks)

    def edge(self, url: str | None = None) -> Edge:
        """The MCP server over the registry; `url` is where people reach it, by default what the settings say."""
        link = self._link(url)
        return Edge(
            self.registries,
            self.engine,
            lambda principal, report=silent: LocalCaller(principal, self, link, report),
            version=__version__,
            prompts=PROMPTS,
            resources=RESOURCES,
            singles=Singles({kind.tool: kind.name for kind in KINDS.values()}, self.settings.use_bulk_after),
            elicitation=Elicitation(link, self.batches.decide, Seals(partial(self.authorization.keys.secrets, SEALED))),
            lists="public" if self.settings.auth is Auth.OPEN else "private",
        )

    def _link(self, url: str | None) -> str:
        return url or self.settings.public_url or f"http://{self.settings.host}:{self.settings.port}"


@asynccontextmanager
async def opened(
    settings: Settings,
    *,
    worker: bool = False,
    sandbox_url: str | None = None,
    documents: Documents | None = None,
    notices: Notices | None = None,
) -> AsyncGenerator[Weir]:
    """Everything below MCP, ready to run plans; closed in order on the way out.

    A `worker` leaves it to the servers to look at the files of new jobs, so it needs no home folder of theirs.
    `sandbox_url` names a sandbox that already runs; without it, one is started where the settings call for it.
    `documents` replaces the guarded fetch of what clients publish about themselves, `notices` the guarded webhooks.
    """
    registries = Registries(SURFACE, Choice(settings.toolsets, settings.read_only, settings.aliases))
    async with AsyncExitStack() as stack:
        upstreams = await _upstreams(settings, stack, sandbox_url)
        database = await Database.open(settings.database)
        stack.push_async_callback(database.close)
        upstream = Upstream(upstreams.connections, database=database)
        stack.push_async_callback(upstream.close)
        engine = await _engine(settings, upstreams, database, upstream)
        stack.push_async_callback(engine.stop)
        files = Files(settings.home / "files", _now)
        stack.push_async_callback(files.promises.close)
        identity = Identity(database, _now, domains=settings.oidc_domains)
        await identity.prepare()
        authorization = authorization_server(settings, database, identity, _now, documents)
        batches = await stack.enter_async_context(
            bulk(
                engine,
                database,
                url=settings.database,
                home=settings.home,
                clock=_now,
                limits=BulkLimits(kept=timedelta(days=settings.bulk_kept_days), looks=not worker),
                grants=partial(grant_of, identity.keys, authorization.connections),
                notices=notices or Notices(settings.webhook_hosts),
            )
        )
        uploads = Uploads(database, batches.sources, _now, settings.open_uploads)
        approvals = engine.books.approvals
        sweeps = (files.sweep, uploads.sweep, batches.sweep, approvals.sweep, identity.sweep, authorization.sweep)
        stack.enter_context(_in_background(_keep_house(engine, sweeps)))
        yield Weir(
            settings,
            upstreams,
            upstream,
            engine,
            accounts=Accounts(engine, _now),
            directory=Directory(engine, upstream, _now),
            companies=Companies(engine.books.cache, engine.suppression),
            files=files,
            registries=registries,
            identity=identity,
            authorization=authorization,
            batches=batches,
            uploads=uploads,
            exports=Exports(batches, engine.suppression, files.promise),
        )


async def _upstreams(settings: Settings, stack: AsyncExitStack, sandbox_url: str | None) -> Upstreams:
    providers = read_providers()
    chosen = {name: settings.provider(name, provider.manifest.hosts) for name, provider in providers.items()}
    per_credit = {
        name: Micros(round(one.usd_per_credit * 1_000_000)) for name, one in chosen.items() if one.usd_per_credit
    }
    with_key = {name: one for name, one in chosen.items() if one.key and _enabled(providers[name], settings)}
    if settings.providers is Providers.AUTO and with_key:
        connections = {name: Connection(one.key or "", one.hosts, one.per_minute) for name, one in with_key.items()}
        return Upstreams(providers, connections, per_credit, sandbox=False)
    # Imported here because a server with real keys never needs it.
    from server.sandbox import app as sandbox  # noqa: PLC0415 - see above

    url = sandbox_url or await stack.enter_async_context(sandbox.running())
    connections = {
        name: Connection(_sandbox_key(provider), _sandbox_hosts(provider, url), _UNPACED)
        for name, provider in providers.items()
        if _enabled(provider, settings)
    }
    return Upstreams(providers, connections, per_credit, sandbox=True)


def _sandbox_key(provider: Provider) -> str:
    """`sandbox`; as ready-made base64 where the vendor issues its keys so."""
    return b64encode(b"sandbox").decode() if provider.manifest.auth.scheme == "Basic" else "sandbox"


def _sandbox_hosts(provider: Provider, url: str) -> Mapping[str, str]:
    names = {host: provider.name if host == "default" else host for host in provider.manifest.hosts}
    return {host: f"{url}/{name}" for host, name in names.items()}


def _enabled(provider: Provider, settings: Settings) -> bool:
    return provider.manifest.enabled or provider.name in settings.enable


async def _engine(settings: Settings, upstreams: Upstreams, database: Database, upstream: Upstream) -> Engine:
    _refuse_unknown_providers(settings, upstreams)
    ledger = Ledger(database, _now)
    budgets = Budgets(_limits(settings), database, _now)
    suppression = Suppression(database, _now)
    await suppression.load()
    catalog = Catalog(
        upstreams.providers,
        ready=upstreams.connections,
        today=_today,
        order=settings.order,
        per_credit=upstreams.per_credit,
    )
    accounts = {name: connection.account(name) for name, connection in upstreams.connections.items()}
    books = Books(
        database,
        ledger,
        budgets,
        Cache(database, _now),
        Unlocks(database, _now, accounts),
        Approvals(database, _now),
        _now,
    )
    engine = Engine(catalog, books, suppression, upstream, sandbox=upstreams.sandbox, seconds=settings.call_seconds)
    await engine.start()
    # Nobody else can own an SQLite home, so whatever is open there was left by the dead.
    await engine.recover(_ABANDONED if settings.database_url else timedelta(0))
    return engine


@contextmanager
def _in_background(work: Coroutine[Any, Any, None]) -> Generator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()


async def _keep_house(engine: Engine, sweeps: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """Every minute: take over what dead replicas held, forget expired answers, see what other replicas changed."""

    async def one_round() -> None:
        for sweep in sweeps:
            await sweep()
        await engine.recover(_ABANDONED)
        await engine.books.cache.sweep()
        await engine.books.unlocks.sweep()
        await engine.suppression.refresh()
        await engine.start()

    await asyncio.sleep(_MINUTE)
    await keep_doing("housekeeping", one_round, every=_MINUTE)


def _refuse_unknown_providers(settings: Settings, upstreams: Upstreams) -> None:
    for variable, names in (("order", settings.order), ("enable", settings.enable)):
        unknown = [name for name in names if name not in upstreams.providers]
        if unknown:
            raise InvalidInput(
                f"The setting WEIR_{variable.upper()} names {unknown[0]!r}, and there is no provider of that name.",
                field=variable,
                fix=f"The providers are {', '.join(upstreams.providers)}.",
            )


def _limits(settings: Settings) -> Limits:
    def amount(value: float | None) -> Credits | None:
        return None if value is None else money.credits(value)

    return Limits(
        per_call=amount(settings.limit_per_call),
        per_member_day=amount(settings.limit_per_member_day),
        per_workspace_month=amount(settings.limit_per_workspace_month),
        approval_above=amount(settings.approval_above),
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _today() -> date:
    return _now().date()


def web(weir: Weir, url: str, *, token: str | None = None, code: str | None = None) -> Starlette:
    """The ASGI application; `url` is where clients reach it, without a path.

    With a `token`, local callers who know it may send the operator's commands. Where nobody signs in on pages, whoever
    types the `code` there decides on approvals.
    """
    security = transport_security(weir.settings, url)
    edge = weir.edge(url)
    manager = StreamableHTTPSessionManager(
        app=edge.server,
        security_settings=security,
        max_request_body_size=weir.settings.max_body_bytes,
    )
    site = Site(url, weir.settings.allowed_hosts)
    entry = access(weir, site, edge.scopes.needed, code)
    mcp = entry.guarded(StreamableHTTPASGIApp(manager))
    operator = [Route("/operator", control(token, weir.operator_at(url).run), methods=["POST"])] if token else []
    return Starlette(
        routes=[
            Route("/", Root(mcp, CatalogPage(_page(weir, url)))),
            Route("/mcp", mcp),
            Route("/health", checks.health(__version__), methods=["GET"]),
            Route("/ready", checks.ready(partial(readiness, weir)), methods=["GET"]),
            Route("/files/{token}", downloads(weir.files, weir.exports.make), methods=["GET"]),
            *upload_pages(weir, site).routes(),
            *entry.routes,
            *operator,
        ],
        middleware=[Middleware(Cors, origins=security.allowed_origins, paths=("/", "/mcp"))],
        lifespan=lambda _: manager.run(),
    )


def _page(weir: Weir, url: str) -> PageCatalog:
    return PageCatalog(
        version=__version__,
        endpoint=f"{url}/mcp",
        sandbox=weir.upstreams.sandbox,
        tools=[
            CatalogTool(tool.name, tool.title, tool.description, tool.family, paid=tool.costs)
            for tool in weir.registries.everything
        ],
        providers=[
            CatalogProvider(name, provider.manifest.title, configured=name in weir.upstreams.connections)
            for name, provider in weir.upstreams.providers.items()
        ],
    )


async def readiness(weir: Weir) -> Mapping[str, Any]:
    """Whether storage can be written, and which providers are configured and how they fare."""
    try:
        await weir.engine.books.database.write(lambda _: None)
        storage: dict[str, Any] = {"ok": True}
    except StorageUnavailable as error:
        storage = {"ok": False, "error": error.message}
    providers = {
        name: {"configured": name in weir.upstreams.connections, "state": weir.upstream.health(name).state}
        if name in weir.upstreams.connections
        else {"configured": False}
        for name in weir.upstreams.providers
    }
    return {"ok": storage["ok"], "storage": storage, "sandbox": weir.upstreams.sandbox, "providers": providers}
