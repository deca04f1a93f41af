"""The authorization server over HTTP, all but its pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oauth2.rfc7591 import InvalidClientMetadataError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.domain.errors import StorageUnavailable, TooManyAttempts
from server.domain.site import Site
from server.oauth import discovery, forms, metadata
from server.oauth.access_tokens import Claims
from server.oauth.authorization import Authorization
from server.oauth.bearer import TokenRefused
from server.oauth.client import Client
from server.oauth.grants import AUTH_METHODS
from server.oauth.held_tokens import Introspection, Revocation
from server.oauth.open_routes import Handler, document, open_route
from server.oauth.resources import issuers
from server.oauth.token_request import Reply
from server.oauth.token_server import NO_STORE, TokenServer

_REGISTRATIONS = 100
_WINDOW = timedelta(hours=1)
"""Programs in the cloud register for many people from few addresses."""

_RETRY_SECONDS = 5


class Endpoints:
    """Routes for tokens, registration and discovery. `address` tells whom to count a request against."""

    def __init__(
        self,
        authorization: Authorization,
        site: Site,
        address: Callable[[Request], str],
        *,
        advertise_iss: bool,
        advertise_client_documents: bool,
        register_clients: bool,
    ) -> None:
        self._authorization = authorization
        self._site = site
        self._address = address
        self._registers = register_clients
        self._metadata = partial(
            discovery.metadata,
            advertise_iss=advertise_iss,
            advertise_client_documents=advertise_client_documents,
            register_clients=register_clients,
        )

    def routes(self) -> list[Route]:
        """Everything but `/authorize`, once for each name of the authorization server."""
        posts = {"/token": self._token, "/revoke": self._revoke, "/introspect": self._introspect}
        if self._registers:
            posts["/register"] = self._register
        served = [
            self._route(f"{path}{name}", "POST", handler) for path in issuers("") for name, handler in posts.items()
        ]
        return [*served, *self._documents()]

    def _documents(self) -> list[Route]:
        own, below = range(2)
        oauth, openid = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
        places = [
            (oauth, own, False),
            (f"{oauth}/mcp", below, False),
            (f"/mcp{oauth}", below, False),
            (openid, own, True),
            (f"{openid}/mcp", below, True),
            (f"/mcp{openid}", below, True),
        ]
        described = [self._route(path, "GET", partial(self._describe, name, form)) for path, name, form in places]
        return [*described, self._route("/.well-known/jwks.json", "GET", self._jwks)]

    def _route(self, path: str, method: str, handler: Handler) -> Route:
        return open_route(self._site, path, method, partial(_answered, handler))

    async def _describe(self, name: int, openid: bool, request: Request, base: str) -> Response:
        facts = self._metadata(issuers(base)[name], base)
        return document(discovery.openid(facts) if openid else facts)

    async def _jwks(self, request: Request, base: str) -> Response:
        return document({"keys": await self._authorization.keys.public()})

    async def _token(self, request: Request, base: str) -> Response:
        form = await forms.form(request)
        return _json(await self._authorization.answer(TokenServer.reply, form, request.headers, base))

    async def _revoke(self, request: Request, base: str) -> Response:
        form = await forms.form(request)
        claims = await self._claims(form)
        return _json(
            await self._authorization.answer(
                lambda server, asked: server.endpoint(Revocation(server, claims), asked), form, request.headers, base
            )
        )

    async def _introspect(self, request: Request, base: str) -> Response:
        form = await forms.form(request)
        claims = await self._claims(form)
        return _json(
            await self._authorization.answer(
                lambda server, asked: server.endpoint(Introspection(server, claims, base), asked),
                form,
                request.headers,
                base,
            )
        )

    async def _claims(self, form: Mapping[str, str]) -> Claims | None:
        """What the token says that is handed back, if it is an access token of ours."""
        try:
            return await self._authorization.tokens.claims(form.get("token", ""))
        except TokenRefused:
            return None

    async def _register(self, request: Request, base: str) -> Response:
        said = metadata.read(await forms.body(request, "application/json"))
        method = said.token_endpoint_auth_method or "none"
        if method not in AUTH_METHODS:
            raise InvalidClientMetadataError(f"token_endpoint_auth_method has to be one of {', '.join(AUTH_METHODS)}.")
        await self._authorization.throttle.count(f"register:{self._address(request)}", _REGISTRATIONS, _WINDOW)
        client, secret = await self._authorization.clients.register(said, confidential=method != "none")
        issued = int(self._authorization.now().timestamp())
        return _json(Reply(201, _registered(client, secret, method, issued), NO_STORE))


def _registered(client: Client, secret: str | None, method: str, issued: int) -> Mapping[str, Any]:
    shown = {"client_secret": secret, "client_secret_expires_at": 0} if secret else {}
    page = {"client_uri": client.uri} if client.uri else {}
    return {
        "client_id": client.client_id,
        "client_id_issued_at": issued,
        **shown,
        "client_name": client.name,
        **page,
        "redirect_uris": client.redirect_uris,
        "grant_types": sorted(client.grant_types),
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
    }


async def _answered(handler: Handler, request: Request, base: str) -> Response:
    try:
        return await handler(request, base)
    except OAuth2Error as error:
        # What is left of a body that is too long is not waited for.
        hang_up = (("Connection", "close"),) if error.status_code == 413 else ()
        return _json(Reply(error.status_code, dict(error.get_body()), (*NO_STORE, *hang_up)))
    except TooManyAttempts as error:
        return _busy(429, f"{error.message} {error.fix}", int(error.retry_after.total_seconds()) + 1)
    except StorageUnavailable as error:
        return _busy(503, error.message, _RETRY_SECONDS)


def _busy(status: int, description: str, seconds: int) -> Response:
    body = {"error": "temporarily_unavailable", "error_description": description}
    return _json(Reply(status, body, (*NO_STORE, ("Retry-After", str(seconds)))))


def _json(reply: Reply) -> Response:
    return JSONResponse(dict(reply.body), status_code=reply.status, headers=dict(reply.headers))
