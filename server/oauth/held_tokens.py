"""Tokens that are handed back: to be revoked (RFC 7009), or to be told about (RFC 7662)."""

# The stubs of Authlib speak of its mixins where it hands over what it was given, and leave some types out.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false, reportUnknownMemberType=false

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import TokenMixin
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from server.domain.principal import scope_text
from server.oauth import stored
from server.oauth.access_tokens import Claims
from server.oauth.client import Client
from server.oauth.connections import Connection, connection_in
from server.oauth.grants import AUTH_METHODS
from server.oauth.token_request import TokenRequest
from server.oauth.token_server import TokenServer
from server.oauth.work import Work

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class HeldToken(TokenMixin):
    """An access or refresh token of ours."""

    connection: Connection
    scope: str
    issued_at: int
    expires_at: int
    now: int
    """This and the two above in seconds."""
    replaced: bool = False
    claims: Claims | None = None
    """Of an access token."""

    def check_client(self, client: Client) -> bool:
        """Whether the token was issued to this client."""
        return self.connection.client_id == client.client_id

    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= self.now

    def is_revoked(self) -> bool:
        """Whether its connection has ended, or another token took its place."""
        return self.replaced or not self.connection.live


class Revocation(RevocationEndpoint):
    """Revoking either token ends the connection, and with it the other."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def __init__(self, server: TokenServer, claims: Claims | None) -> None:
        super().__init__(server)
        self._work, self._claims = server.work, claims

    def check_params(self, request: TokenRequest, client: Client) -> None:
        """A hint that is wrong or unknown does no harm: both kinds are looked for."""
        _check(request)

    def query_token(self, token_string: str, token_type_hint: str | None) -> HeldToken | None:
        """The token, whatever became of it."""
        return _held(self._work, token_string, self._claims)

    def revoke_token(self, token: HeldToken, request: TokenRequest) -> None:
        """End the connection."""
        if token.connection.live:
            self._work.end(token.connection, "revoked by the client")


class Introspection(IntrospectionEndpoint):
    """Machines may ask about tokens of their own workspace; every other token is as good as none."""

    CLIENT_AUTH_METHODS = AUTH_METHODS[1:]

    def __init__(self, server: TokenServer, claims: Claims | None, base: str) -> None:
        super().__init__(server)
        self._work, self._claims, self._base = server.work, claims, base

    def check_params(self, request: TokenRequest, client: Client) -> None:
        """As for revocation."""
        _check(request)

    def query_token(self, token_string: str, token_type_hint: str | None) -> HeldToken | None:
        """The token, whatever became of it."""
        return _held(self._work, token_string, self._claims)

    def check_permission(self, token: HeldToken, client: Client, request: TokenRequest) -> bool:
        """Whether the client may know of the token."""
        return client.workspace is not None and token.connection.workspace == client.workspace

    def introspect_token(self, token: HeldToken) -> dict[str, Any]:
        """What the token is worth."""
        connection = token.connection
        said: dict[str, Any] = {
            "active": True,
            "scope": token.scope,
            "client_id": connection.client_id,
            "username": connection.member,
            "sub": connection.subject,
            "aud": token.claims.audience if token.claims else connection.resource,
            "iss": token.claims.issuer if token.claims else self._base,
            "iat": token.issued_at,
            "exp": token.expires_at,
        }
        if token.claims is not None:
            said |= {"token_type": "Bearer", "jti": token.claims.token_id}
        return said


def _check(request: TokenRequest) -> None:
    if not request.form.get("token"):
        raise InvalidRequestError("token is missing.")


def _held(work: Work, token: str, claims: Claims | None) -> HeldToken | None:
    """The token, as an access token by its `claims`, else as a refresh token."""
    now = work.now // _SECOND
    if claims is not None:
        connection = connection_in(work.tx, claims.grant_id)
        if connection is None:
            return None
        scope = scope_text(claims.scopes & connection.scopes)
        return HeldToken(connection, scope, claims.issued_at, claims.expires_at, now, claims=claims)
    found = stored.find_refresh(work.tx, token)
    connection = connection_in(work.tx, found.grant_id) if found else None
    if found is None or connection is None:
        return None
    issued_at, expires_at = found.issued_at // _SECOND, found.expires_at // _SECOND
    return HeldToken(connection, found.scope, issued_at, expires_at, now, replaced=found.replaced_at is not None)
