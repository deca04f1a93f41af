"""The guard of the MCP endpoint: who presents which credential, and what is said to those who present none.

A request is judged by its head. Only where a connection was allowed less than what is usual is the body looked at, to
ask for everything that the operation needs at once; tools check the scopes again by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import RequestBodyLimitMiddleware
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Request

from server.domain.errors import WeirError
from server.domain.principal import LOCAL, USUAL, Principal, Scope, scope_text
from server.domain.site import Site
from server.identity.keys import PREFIX
from server.oauth.bearer import Bearer, TokenRefused, Verifier

Needs = Callable[[object], frozenset[Scope]]
"""All scopes that a decoded JSON-RPC message or batch needs."""

KEY_HEADER = "x-weir-key"

_PRINCIPAL = "weir.principal"
_USUAL = frozenset(USUAL)
_IN_URL = frozenset({"access_token", "api_key", "apikey", "key", "token", "weir_key", KEY_HEADER})
"""Names under which credentials are found in URLs, where logs and histories keep them."""
_QUOTABLE = str.maketrans({'"': "'", "\\": "/"})


class _Malformed(Exception):
    """The request presents its credential in a way that cannot be accepted; the message says how."""


def principal_in(request: Request) -> Principal:
    """Who the guard let in; `KeyError` for a request that passed no guard."""
    return request[_PRINCIPAL]


class OpenGate:
    """Lets everybody in as the one local member."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Request, receive: Receive, send: Send) -> None:
        """Serve one request."""
        _trim(scope)
        scope[_PRINCIPAL] = LOCAL
        await self._app(scope, receive, send)


class Gate:
    """Lets those in who present one credential that one of the verifiers vouches for."""

    def __init__(
        self, app: ASGIApp, site: Site, verifiers: Sequence[Verifier], needs: Needs, *, max_body_bytes: int
    ) -> None:
        # Lets the SDK bind what it seals for a client to whoever it was sealed for.
        self._app = AuthContextMiddleware(app)
        self._site = site
        self._verifiers = tuple(verifiers)
        self._needs = needs
        self._look_inside = RequestBodyLimitMiddleware(self._within, max_body_bytes)

    async def __call__(self, scope: Request, receive: Receive, send: Send) -> None:
        """Serve one request."""
        _trim(scope)
        answer = await self._admit(scope)
        if answer is not None:
            await answer(scope, receive, send)
        elif scope["method"] == "POST" and not principal_in(scope).grant.scopes >= _USUAL:
            await self._look_inside(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _admit(self, scope: Request) -> Response | None:
        """Note in `scope` who sends the request; what to answer instead where it is not let in."""
        headers = Headers(scope=scope)
        base = self._site.base(headers.get("host", ""))
        if base is None:
            return PlainTextResponse("This server is not reached under that name; check the Host header.\n", 421)
        challenge = _Challenge(base, scope["path"])
        try:
            token = _credential(headers, scope["query_string"])
            if token is None:
                return challenge.answer(401, "unauthorized", "Sign in, or send a personal key.", said=False)
            _note(scope, await self._verified(token, base))
        except _Malformed as problem:
            return challenge.answer(400, "invalid_request", str(problem))
        except TokenRefused as refusal:
            return challenge.answer(401, "invalid_token", str(refusal))
        except WeirError as error:
            return _unavailable(error)
        return None

    async def _verified(self, token: str, base: str) -> Bearer:
        for verifier in self._verifiers:
            if verifier.recognises(token):
                return await verifier.verify(token, base)
        raise TokenRefused("This is neither a personal key nor an access token that this server accepts.")

    async def _within(self, scope: Request, receive: Receive, send: Send) -> None:
        """Serve a request whose body has been read and waits as one message."""
        message = await receive()
        needed, granted = self._needs(_decoded(message)), principal_in(scope).grant.scopes
        if needed <= granted:
            await self._app(scope, _first(message, receive), send)
            return
        base = self._site.base(Headers(scope=scope).get("host", ""))
        lacking = scope_text(needed - granted)
        challenge = _Challenge(base or "", scope["path"], needed | granted)
        answer = challenge.answer(403, "insufficient_scope", f"This operation needs {lacking} as well.")
        await answer(scope, receive, send)


class _Challenge:
    """What a client needs in order to get in."""

    def __init__(self, base: str, path: str, scopes: frozenset[Scope] = _USUAL) -> None:
        suffix = "" if path == "/" else path
        self._metadata = f"{base}/.well-known/oauth-protected-resource{suffix}"
        self._scopes = scope_text(scopes)

    def answer(self, status: int, error: str, description: str, *, said: bool = True) -> Response:
        """The answer of that status; one to a request that presented nothing has not `said` an error in its header."""
        parts = [f'resource_metadata="{self._metadata}"', f'scope="{self._scopes}"']
        if said:
            parts = [f'error="{error}"', f'error_description="{_quotable(description)}"', *parts]
        headers = {"WWW-Authenticate": f"Bearer {', '.join(parts)}", "Cache-Control": "no-store"}
        return JSONResponse({"error": error, "error_description": description}, status, headers)


def _trim(request: Request) -> None:
    """Take off the white space that the HTTP parser leaves behind header values, of which it is no part (RFC 9110)."""
    request["headers"] = [(name, value.strip(b" \t")) for name, value in request["headers"]]


def _credential(headers: Headers, query: bytes) -> str | None:
    """The one credential of a request, None where there is none; `_Malformed` where it cannot be accepted."""
    if query and any(_secret(name, value) for name, value in parse_qsl(query.decode("latin-1"))):
        raise _Malformed(
            "Credentials do not belong into a URL, where logs keep them: send the header Authorization: Bearer, and "
            "replace the key that was in the URL."
        )
    given = {token for value in headers.getlist("authorization") if (token := _bearer(value))}
    given.update(token for value in headers.getlist(KEY_HEADER) if (token := value.strip()))
    if len(given) > 1:
        raise _Malformed("The request presents more than one credential: send one.")
    return given.pop() if given else None


def _secret(name: str, value: str) -> bool:
    return name.lower() in _IN_URL or value.startswith(PREFIX)


def _bearer(value: str) -> str:
    """The token of an Authorization header; empty where it has another scheme."""
    scheme, _, token = value.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _note(scope: Request, bearer: Bearer) -> None:
    scope[_PRINCIPAL] = bearer.principal
    # The SDK binds sessions to client, issuer and subject. Nobody below needs the token itself.
    scope["user"] = AuthenticatedUser(
        AccessToken(
            token="",
            client_id=bearer.client_id,
            scopes=[],
            expires_at=_seconds(bearer.expires_at),
            subject=bearer.subject,
            claims={"iss": bearer.issuer},
        )
    )


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def _unavailable(error: WeirError) -> Response:
    """The credential could not be checked, which says nothing about it."""
    shown = {"error": "temporarily_unavailable", "error_description": error.message}
    return JSONResponse(shown, 503, {"Retry-After": "5", "Cache-Control": "no-store"})


def _quotable(text: str) -> str:
    """Text as it may stand in a quoted header value (RFC 6750)."""
    return text.translate(_QUOTABLE).encode("ascii", "replace").decode()


def _decoded(message: Mapping[str, Any]) -> object:
    """The JSON in a message; None where it is none, which the protocol's own error answers."""
    try:
        return json.loads(message.get("body", b""))
    except (ValueError, RecursionError):
        return None


def _first(message: Message, receive: Receive) -> Receive:
    """`receive` that brings `message` once more before what follows."""
    waiting = [message]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
