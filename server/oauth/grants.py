"""Authlib's grants over one unit of work."""

# The stubs of Authlib speak of its mixins where it hands over what it was given, and leave some types out.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false, reportUnknownMemberType=false

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Protocol, cast

from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant
from authlib.oauth2.rfc7636 import CodeChallenge

from server.oauth import stored
from server.oauth.client import Client
from server.oauth.connections import Connection, connection_in, machine_connection_in
from server.oauth.resources import named
from server.oauth.stored import Code, RefreshToken
from server.oauth.token_request import TokenRequest
from server.oauth.work import Work

OFFLINE = "offline_access"
"""Asks for a refresh token. It is no scope of Weir's: nobody is asked for it at the endpoint."""

AUTH_METHODS = ("none", "client_secret_basic", "client_secret_post")
_GRACE_MICROS = 30 * 1_000_000
"""A client that runs twice may renew at the same moment with the same token; later, it is a stolen one."""


class Serving(Protocol):
    """The server that a grant belongs to."""

    work: Work


def work_of(server: object) -> Work:
    """The unit of work of the server that Authlib gives a grant."""
    return cast("Serving", server).work


def check_resource(request: TokenRequest, connection: Connection) -> None:
    """`invalid_target` where the request names another resource than the person allowed."""
    asked = request.form.get("resource")
    if asked is not None and asked.removesuffix("/") != connection.resource:
        raise OAuth2Error(error="invalid_target", description="resource is not the one that was authorized.")


class CodeGrant(AuthorizationCodeGrant):
    """Codes are good for one use; a second one ends the connection."""

    request: TokenRequest
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """The code, if it may still be used by this client."""
        work = work_of(self.server)
        found = stored.find_code(work.tx, code)
        if found is None or found.client_id != client.client_id:
            return None
        connection = connection_in(work.tx, found.grant_id)
        if connection is None or not connection.live:
            return None
        if found.used_at is not None:
            work.end(connection, "code used twice")
            return None
        if found.expires_at <= work.now:
            return None
        check_resource(self.request, connection)
        # OAuth 2.1 does without the redirect URI here, as PKCE protects the code; where it is sent it has to agree.
        redirect_uri = found.redirect_uri if "redirect_uri" in self.request.form else ""
        return replace(found, connection=connection, redirect_uri=redirect_uri)

    def authenticate_user(self, authorization_code: Code) -> Connection | None:
        """What the tokens will be about."""
        return authorization_code.connection

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """It stays, marked as used, so that a second use is recognised."""
        work = work_of(self.server)
        stored.use_code(work.tx, authorization_code, work.now)


class Pkce(CodeChallenge):
    """Proof of possession by S256 and nothing else."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar[list[str]] = ["S256"]

    def get_authorization_code_challenge_method(self, authorization_code: Code) -> str:
        """Codes are issued for no other."""
        return "S256"


class RefreshGrant(RefreshTokenGrant):
    """Every use replaces the token; an old one that comes back ends the connection."""

    request: TokenRequest
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken:
        """The token, if it may still be used; `InvalidGrantError` otherwise."""
        work, client = work_of(self.server), cast("Client", self.request.client)
        found = stored.find_refresh(work.tx, refresh_token)
        connection = connection_in(work.tx, found.grant_id) if found else None
        if found is None or not found.check_client(client) or connection is None or not connection.live:
            raise InvalidGrantError("The refresh token is not known, or its connection has ended.")
        if found.expires_at <= work.now:
            raise InvalidGrantError("The refresh token has expired.")
        if found.replaced_at is not None and work.now - found.replaced_at > _GRACE_MICROS:
            work.end(connection, "refresh token used twice")
            raise InvalidGrantError("The refresh token was used before, so its connection was ended.")
        check_resource(self.request, connection)
        return replace(found, connection=connection)

    def authenticate_user(self, refresh_token: RefreshToken) -> Connection | None:
        """What the tokens will be about."""
        return refresh_token.connection

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        """It stays, marked as replaced, so that its return is recognised."""
        work = work_of(self.server)
        stored.replace_refresh(work.tx, refresh_token, work.now)

    def _validate_token_scope(self, token: RefreshToken) -> None:
        """Clients repeat `offline_access` whether or not they got it."""
        wanted = set((self.request.payload.scope or "").split()) - {OFFLINE}
        if not wanted.issubset(token.scope.split()):
            raise InvalidScopeError()


class MachineGrant(ClientCredentialsGrant):
    """A machine gets what its standing connection allows, for whichever name of the server it asks."""

    request: TokenRequest
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS[1:]

    def validate_token_request(self) -> None:
        """The client's secret, its connection, and the resource that it names."""
        super().validate_token_request()
        request, client = self.request, cast("Client", self.request.client)
        connection = machine_connection_in(work_of(self.server).tx, client.client_id)
        if connection is None or not connection.live:
            raise InvalidGrantError("The client's connection has ended.")
        resource = named(request.form.get("resource"), request.base)
        if resource is None:
            raise OAuth2Error(error="invalid_target", description="resource is not one of this server's.")
        if not set((request.payload.scope or "").split()) <= {*connection.scopes, OFFLINE}:
            raise InvalidScopeError()
        request.user = replace(connection, resource=resource)

    def generate_token(
        self,
        user: Connection | None = None,
        scope: str | None = None,
        grant_type: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        """In the name of the connection; Authlib supposes that a machine has none."""
        return super().generate_token(self.request.user, scope, grant_type, expires_in, include_refresh_token)
