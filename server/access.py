"""Who may come in: builds what the operator's choice of `auth` needs, and the routes and the guard that follow."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from server.batches.batches import Batches
from server.batches.uploads import Uploads
from server.domain.principal import Grant, scope_rules
from server.domain.site import Site
from server.edge.tool import Registry
from server.edge.toolset import ALWAYS, Registries
from server.engine import Engine
from server.identity.identity import Identity
from server.identity.keys import Keys
from server.oauth.authorization import Authorization
from server.oauth.bearer import Verifier
from server.oauth.connections import Connections
from server.oauth.endpoints import Endpoints
from server.oauth.external import External, Rules
from server.oauth.gate import Gate, Needs, OpenGate
from server.oauth.personal import PersonalKeys
from server.oauth.protected_resource import protected_resource
from server.oauth.provider_keys import ProviderKeys
from server.oauth.work import Lives
from server.settings import Auth, Settings
from server.storage.database import Database
from server.upstream.documents import Documents
from server.web.address import address_of
from server.web.approvals import ApprovalPage
from server.web.clients import ClientsPage
from server.web.judges import Code, People
from server.web.people import people_pages
from server.web.permissions import Bounds, Toolset
from server.web.uploads import UploadPages
from server.web.visit import Visits


@dataclass(frozen=True, slots=True)
class Access:
    """What the web application takes over."""

    guarded: Callable[[ASGIApp], ASGIApp]
    """An application for those who may come in."""
    routes: Sequence[BaseRoute]


class Product(Protocol):
    """The parts that decide on access, or that people see on pages."""

    @property
    def settings(self) -> Settings: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def authorization(self) -> Authorization: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def registries(self) -> Registries: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def batches(self) -> Batches: ...


def access(weir: Product, site: Site, needs: Needs, code: str | None) -> Access:
    """The access that the settings ask for, for a server that people reach as `site`.

    `needs` tells which scopes a message needs; where nobody signs in on pages, `code` is what approvals take there.
    """
    settings = weir.settings
    guide = [*ClientsPage(site, settings.auth).routes(), *_approvals(weir, site, code)]
    if settings.auth is Auth.OPEN:
        return Access(OpenGate, guide)
    verifiers: list[Verifier] = [PersonalKeys(weir.identity.keys)]
    routes: list[BaseRoute] = [*guide]
    if settings.auth is Auth.EXTERNAL:
        external = _external(settings)
        verifiers.append(external)
        routes.extend(protected_resource(site, external.issuer))
    else:
        routes.extend(protected_resource(site, _itself))
        verifiers.append(weir.authorization.tokens)
        routes.extend(_endpoints(settings, site, weir.authorization).routes())
        routes.extend(_pages(weir, site))
        routes.extend(_openid(weir, site))
    gate = partial(Gate, site=site, verifiers=verifiers, needs=needs, max_body_bytes=settings.max_body_bytes)
    return Access(gate, routes)


async def grant_of(keys: Keys, connections: Connections, name: str) -> Grant | None:
    """What the connection or key of that id allows now; None where it was ended.

    Open access has no connections, and those of an identity provider end with their tokens, so both stand as they are.
    """
    if name.startswith("key-"):
        key = await keys.standing(name)
        return None if key is None else Grant(key.id, key.scopes, key.toolsets, key.monthly_limit)
    found = await connections.find(name) if name else None
    if found is None:
        return Grant(name)
    return found.principal(found.scopes).grant if found.live else None


def upload_pages(weir: Product, site: Site) -> UploadPages:
    """Where files are brought to; of signed-in browsers it knows where people sign in here."""
    grants = partial(grant_of, weir.identity.keys, weir.authorization.connections)
    sign_ins = weir.identity.sign_ins if weir.settings.auth is Auth.BUILTIN else None
    return UploadPages(weir.uploads, site, grants, sign_ins)


def authorization_server(
    settings: Settings,
    database: Database,
    identity: Identity,
    clock: Callable[[], datetime],
    documents: Documents | None = None,
) -> Authorization:
    """The authorization server over storage; `documents` replaces the guarded fetch of clients' documents in tests."""
    lives = Lives(timedelta(minutes=settings.access_token_minutes), timedelta(days=settings.refresh_token_days))
    made = Authorization(database, identity.audit, identity.throttle, clock, lives=lives, documents=documents)
    identity.watchers.add(made.connections.forget_all)
    return made


def _pages(weir: Product, site: Site) -> Sequence[BaseRoute]:
    budgets = weir.engine.books.budgets
    return people_pages(
        site,
        weir.identity,
        weir.authorization,
        budgets,
        Bounds(_toolsets(weir.registries.everything), budgets.limits.per_workspace_month),
        address=_address(weir.settings),
        openid_issuer=weir.settings.oidc_issuer,
        clock=weir.authorization.now,
    )


def _approvals(weir: Product, site: Site, code: str | None) -> Sequence[BaseRoute]:
    """The pages on which a person approves spending."""
    identity, books = weir.identity, weir.engine.books
    signs_in = weir.settings.auth is Auth.BUILTIN
    judge = People(identity.workspaces) if signs_in else Code(code, identity.throttle)
    page = ApprovalPage(books.approvals, weir.batches, books.budgets, judge)
    return page.routes(Visits(site, identity.sign_ins))


def _openid(weir: Product, site: Site) -> Sequence[BaseRoute]:
    """Signing in through the operator's OpenID provider, where there is one."""
    settings = weir.settings
    if settings.oidc_issuer is None or settings.oidc_client_id is None or settings.oidc_client_secret is None:
        return ()
    # A twentieth of a second of start-up that nobody needs who has no provider.
    from server.web.openid import openid_pages  # noqa: PLC0415 - see above

    return openid_pages(
        site,
        weir.identity,
        ProviderKeys(settings.oidc_issuer, Documents(private=True), time.monotonic),
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        address=_address(settings),
        clock=weir.authorization.now,
    )


def _toolsets(registry: Registry) -> Sequence[Toolset]:
    """The families that the operator serves any tool of."""
    titles: dict[str, list[str]] = {}
    for tool in registry:
        titles.setdefault(tool.family, []).append(tool.title)
    return [Toolset(family, tools, fixed=family == ALWAYS) for family, tools in titles.items()]


def _endpoints(settings: Settings, site: Site, authorization: Authorization) -> Endpoints:
    return Endpoints(
        authorization,
        site,
        _address(settings),
        advertise_iss=settings.advertise_iss,
        advertise_client_documents=settings.advertise_client_documents,
        register_clients=settings.register_clients,
    )


def _address(settings: Settings) -> Callable[[Request], str]:
    """Tells against whom to count a request."""
    return partial(address_of, trusted=settings.trusted_proxies)


async def _itself(base: str) -> str:
    """The server that is reached under `base` is its own authorization server."""
    return base


def _external(settings: Settings) -> External:
    """The verifier of the operator's own identity provider."""
    keys = ProviderKeys(settings.external_issuer or "", Documents(private=True), time.monotonic)
    scopes = scope_rules(settings.external_scopes)
    rules = Rules(frozenset(settings.external_audiences), scopes, settings.external_workspace_claim)
    return External(keys, rules, partial(datetime.now, UTC))
