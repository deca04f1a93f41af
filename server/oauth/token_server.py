"""The token endpoint on Authlib's grants. One request is one unit of work: all of it happens, or nothing."""

# The stubs of Authlib speak of its mixins where it hands over what it was given, and leave some types out.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Error, TokenEndpoint
from authlib.oauth2.rfc6749.errors import InvalidClientError
from authlib.oauth2.rfc6749.util import extract_basic_authorization

from server.domain.principal import scope_text, scopes_of
from server.identity.secret import new_secret
from server.oauth import access_tokens, stored
from server.oauth.client import REFRESH, Client
from server.oauth.clients import client_in
from server.oauth.connections import Connection, used_in
from server.oauth.grants import OFFLINE, CodeGrant, MachineGrant, Pkce, RefreshGrant
from server.oauth.stored import Code, RefreshToken
from server.oauth.token_request import Reply, TokenRequest
from server.oauth.work import Work

NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


class TokenServer(AuthorizationServer):
    """Answers one request within `work`."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work
        self.register_token_generator("default", self._generate)  # pyright: ignore[reportArgumentType] - any callable will do
        self.register_client_auth_method("client_secret_basic", _basic)
        self.register_grant(CodeGrant, [Pkce(required=True)])
        self.register_grant(RefreshGrant)
        self.register_grant(MachineGrant)

    def reply(self, request: TokenRequest) -> Reply:
        """The answer to a token request."""
        if not request.form.get("grant_type"):
            return self.refuse(OAuth2Error(error="invalid_request", description="grant_type is missing."))
        return cast("Reply", self.create_token_response(request))

    def endpoint(self, endpoint: TokenEndpoint, request: TokenRequest) -> Reply:
        """The answer of a neighbour of the token endpoint."""
        self.register_endpoint(endpoint)
        return cast("Reply", self.create_endpoint_response(endpoint.ENDPOINT_NAME, request))

    def refuse(self, error: OAuth2Error) -> Reply:
        """The answer that reports an error."""
        return self.handle_error_response(None, error)

    def query_client(self, client_id: str) -> Client | None:
        """A client that is known."""
        return client_in(self.work.tx, client_id)

    def save_token(self, token: Mapping[str, Any], request: TokenRequest) -> None:
        """Store the refresh token, and note who used what."""
        work, connection = self.work, cast("Connection", request.user)
        if "refresh_token" in token:
            source = cast("Code | RefreshToken", request.refresh_token or request.authorization_code)
            life = work.around.lives.refresh
            stored.add_refresh(work.tx, token["refresh_token"], connection, scope=source.scope, now=work.now, life=life)
        used_in(work.tx, connection.id, work.now)
        work.around.clients.used_in(work.tx, cast("Client", request.client), work.now)

    def create_oauth2_request(self, request: TokenRequest) -> TokenRequest:
        """It is one already."""
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Reply:
        """Authlib's answer as ours; its headers say nothing but the type of the body."""
        return Reply(status, body, NO_STORE)

    def handle_error_response(self, request: TokenRequest | None, error: OAuth2Error) -> Reply:
        """401 where the client is not known or not itself: clients register again then."""
        unknown = isinstance(error, InvalidClientError)
        challenge = (("WWW-Authenticate", "Basic"),) if unknown and _tried_basic(request) else ()
        return Reply(401 if unknown else error.status_code, dict(error.get_body()), (*NO_STORE, *challenge))

    def _generate(
        self,
        *,
        grant_type: str,
        client: Client,
        user: Connection | None,
        scope: str | None,
        expires_in: int | None,
        include_refresh_token: bool,
    ) -> dict[str, Any]:
        """The answer's body; `user` is the connection."""
        connection, around = cast("Connection", user), self.work.around
        words = (scope or "").split() or list(connection.scopes)
        scopes = scopes_of(" ".join(words)) & connection.scopes
        offline = OFFLINE in words and connection.user_id is not None
        life = around.lives.access
        body: dict[str, Any] = {
            "access_token": access_tokens.issue(connection, scopes, around.key, around.now, life),
            "token_type": "Bearer",
            "expires_in": int(life.total_seconds()),
            "scope": f"{scope_text(scopes)} {OFFLINE}" if offline else scope_text(scopes),
        }
        if include_refresh_token and (offline or REFRESH in client.grant_types):
            body["refresh_token"] = new_secret()
        return body


def _tried_basic(request: TokenRequest | None) -> bool:
    return request is not None and request.headers.get("Authorization", "").lower().startswith("basic ")


def _basic(query_client: Callable[[str], Client | None], request: TokenRequest) -> Client | None:
    """The client that shows its secret in the header; Authlib's own reading breaks on bytes that are not UTF-8."""
    try:
        client_id, secret = extract_basic_authorization({"Authorization": request.headers.get("Authorization", "")})
    except ValueError:
        return None
    client = query_client(client_id) if client_id and secret else None
    return client if client and secret and client.check_client_secret(secret) else None
