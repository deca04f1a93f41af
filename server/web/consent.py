"""`/authorize`: a person decides what a program may do."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.domain.money import FREE, Credits
from server.domain.principal import Scope
from server.identity.workspaces import Role, Workspaces
from server.oauth.authorization import Authorization, Decision
from server.oauth.authorization_request import Asked, AuthorizationRefused, Redirect
from server.oauth.client_documents import is_document
from server.web import form
from server.web.pages import PRIVATE
from server.web.permissions import Bounds, number, offered, scopes_in
from server.web.refusal import Refusal
from server.web.visit import Visit, Visits, to_sign_in

_PATHS = {"/authorize": "", "/mcp/authorize": "/mcp"}
"""Where the page is, and what the issuer has behind the base URL whose metadata names it."""

_STRANGERS_DOCUMENTS = 100
_WINDOW = timedelta(minutes=15)
"""How often somebody at one address may name a client by its document before they have signed in."""


class ConsentPage:
    """Asks whoever is signed in, and sends the browser back to the program with the answer."""

    def __init__(
        self, authorization: Authorization, workspaces: Workspaces, bounds: Bounds, address: Callable[[Request], str]
    ) -> None:
        self._authorization = authorization
        self._address = address
        self._workspaces = workspaces
        self._bounds = bounds

    def routes(self, visits: Visits) -> Sequence[Route]:
        """The page, under both of its addresses."""
        return [
            route
            for path in _PATHS
            for route in (visits.route(path, self._show, "GET"), visits.signed_in(path, self._decide, "POST"))
        ]

    async def _show(self, visit: Visit) -> Response:
        params = visit.request.query_params
        if visit.sign_in is None and is_document(params.get("client_id", "")):
            # Each may have this server visit another one, and nobody can be asked about it yet.
            await self._authorization.throttle.count(
                f"documents for {self._address(visit.request)}", _STRANGERS_DOCUMENTS, _WINDOW
            )
        # Refused before anybody signs in: clients look here whether they are still known.
        try:
            asked = await self._asked(visit, params)
        except Redirect as wrong:
            # A stranger's redirect is followed only once a person has signed in (RFC 9700, section 4.11.2).
            return to_sign_in(visit) if visit.sign_in is None else RedirectResponse(wrong.url, 303, PRIVATE)
        if visit.sign_in is None:
            return to_sign_in(visit)
        return await self._page(visit, asked, visit.request.url.query, QueryParams(), {})

    async def _decide(self, visit: Visit) -> Response:
        fields = await visit.form()
        query = fields.get("request", "")
        try:
            asked = await self._asked(visit, QueryParams(query))
        except Redirect as wrong:
            return _leave(visit, wrong.url, "")
        if fields.get("decision") != "allow":
            return _leave(visit, self._authorization.refuse(asked), asked.client.redirect_host)
        decision, errors = await self._decision(visit, asked, fields)
        if errors:
            return await self._page(visit, asked, query, fields, errors)
        click = form.click(visit.token, fields.get("once", ""), query)
        url = await self._authorization.approve(asked, decision, click)
        return _leave(visit, url, asked.client.redirect_host)

    async def _asked(self, visit: Visit, params: QueryParams) -> Asked:
        issuer = f"{visit.base}{_PATHS[visit.request.url.path]}"
        try:
            return await self._authorization.request(params, issuer, visit.base)
        except AuthorizationRefused as refused:
            raise Refusal(str(refused), fix="Start again in the program that sent you here.") from None

    async def _decision(self, visit: Visit, asked: Asked, fields: QueryParams) -> tuple[Decision, Mapping[str, str]]:
        """What the form says, and what is wrong with it by field."""
        errors: dict[str, str] = {}
        memberships = {one.workspace: one for one in await self._workspaces.of(visit.user.id)}
        workspace = memberships.get(fields.get("workspace", ""))
        if workspace is None:
            errors["workspace"] = "Choose one of your workspaces."
        scopes = scopes_in(fields, asked.scopes)
        if not scopes:
            errors["scopes"] = "Allow at least one thing, or cancel."
        elif Scope.ADMIN in scopes and workspace is not None and workspace.role is not Role.ADMIN:
            errors["scopes"] = f"You do not administer {workspace.name}, so you cannot allow that there."
        limit = self._limit(asked, fields, errors)
        name = workspace.workspace if workspace else ""
        return Decision(visit.user.id, visit.user.email, name, scopes, self._bounds.toolsets_in(fields), limit), errors

    def _limit(self, asked: Asked, fields: QueryParams, errors: dict[str, str]) -> Credits:
        if Scope.SPEND not in asked.scopes:
            return FREE
        try:
            return self._bounds.limit_in(fields)
        except ValueError as error:
            errors["limit"] = str(error)
            return FREE

    async def _page(
        self, visit: Visit, asked: Asked, query: str, fields: QueryParams, errors: Mapping[str, str]
    ) -> Response:
        memberships = await self._workspaces.of(visit.user.id)
        if not memberships:
            raise Refusal(
                "You belong to no workspace, so there is nothing that you could let a program use.",
                fix="Ask an administrator to add you to one.",
                status=403,
            )
        return visit.page(
            "consent.html",
            400 if errors else 200,
            asked=asked,
            client=asked.client,
            query=query,
            once=secrets.token_urlsafe(16),
            errors=errors,
            memberships=memberships,
            workspace=fields.get("workspace", memberships[0].workspace),
            scopes=offered(asked.scopes, memberships),
            ticked=fields.getlist("scope") if errors else [*asked.scopes - {Scope.ADMIN}],
            toolsets=self._bounds.toolsets,
            toolsets_ticked=fields.getlist("toolset") if errors else [one.name for one in self._bounds.toolsets],
            spends=Scope.SPEND in asked.scopes,
            limit=fields.get("limit", number(self._bounds.usual_limit)),
            workspace_limit=self._bounds.workspace_limit and number(self._bounds.workspace_limit),
        )


def _leave(visit: Visit, url: str, host: str) -> Response:
    """A page that leads on by itself.

    Not a redirect: browsers hold every further hop of one that follows a form against the page's `form-action`.
    """
    return visit.page("leaving.html", url=url, host=host)
