"""Every page that knows who is looking at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.routing import Route

from server.budgets import Budgets
from server.domain.site import Site
from server.identity.identity import Identity
from server.oauth.authorization import Authorization
from server.web.account import AccountPage
from server.web.connections import ConnectionsPage
from server.web.consent import ConsentPage
from server.web.keys import KeysPage
from server.web.permissions import Bounds
from server.web.setup import SetupPages
from server.web.sign_in import SignInPages
from server.web.visit import Visits

_PROVIDERS = {"accounts.google.com": "Google", "login.microsoftonline.com": "Microsoft"}


def people_pages(
    site: Site,
    identity: Identity,
    authorization: Authorization,
    budgets: Budgets,
    bounds: Bounds,
    *,
    address: Callable[[Request], str],
    openid_issuer: str | None,
    clock: Callable[[], datetime],
) -> Sequence[Route]:
    """Routes to sign in, to decide on programs, and to see and change what they may do.

    `address` tells whom to count attempts against; `openid_issuer` is where people can sign in as well.
    """
    visits, workspaces, attempts = Visits(site, identity.sign_ins), identity.workspaces, identity.attempts
    pages = (
        SignInPages(identity.sign_ins, attempts, address, provider_name(openid_issuer) if openid_issuer else None),
        SetupPages(identity.invitations, attempts, address),
        ConsentPage(authorization, workspaces, bounds, address),
        ConnectionsPage(authorization.connections, workspaces, budgets, identity.audit, bounds),
        KeysPage(identity.keys, workspaces, budgets, bounds, clock),
        AccountPage(identity.people, identity.sign_ins, attempts, address),
    )
    return [route for page in pages for route in page.routes(visits)]


def provider_name(issuer: str) -> str:
    """What people call an OpenID provider: a name that everybody knows, or its host."""
    host = urlsplit(issuer).hostname or issuer
    return _PROVIDERS.get(host, host)
