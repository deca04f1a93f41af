"""Recognises the access tokens that this server issued."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from server.oauth import access_tokens
from server.oauth.access_tokens import Claims
from server.oauth.bearer import Bearer, TokenRefused
from server.oauth.connections import Connection, Connections
from server.oauth.signing import SigningKeys

_MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class _Verified:
    claims: Claims
    bearer: Bearer
    connection: Connection


class Tokens:
    """Verifies access tokens. Signatures are checked once, times always, and connections every two seconds."""

    def __init__(self, keys: SigningKeys, connections: Connections, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._connections = connections
        self._clock = clock
        self._kept: dict[bytes, _Verified] = {}

    def recognises(self, token: str) -> bool:
        """Whether the credential has the form of a JSON Web Token."""
        return token.startswith("ey") and token.count(".") == 2

    async def verify(self, token: str, base: str) -> Bearer:
        """Who presents `token` at the server reached under `base`; `TokenRefused` otherwise."""
        digest = sha256(token.encode()).digest()
        kept = self._kept.get(digest)
        claims = kept.claims if kept else await self.claims(token)
        access_tokens.check(claims, base, self._clock().timestamp())
        connection = await self._connections.state(claims.grant_id)
        if connection is None or not connection.live:
            raise TokenRefused("The connection that the token belongs to has ended.")
        self._connections.note_use(connection.id)
        if kept is None or kept.connection is not connection:
            kept = self._keep(digest, claims, connection)
        return kept.bearer

    async def claims(self, token: str) -> Claims:
        """What a token of ours says, whether or not it is still good; `TokenRefused` where it is not ours."""
        key = await self._keys.find(access_tokens.key_id(token))
        if key is None:
            raise TokenRefused("The token was signed by a key that this server does not have.")
        return access_tokens.read(token, key)

    def _keep(self, digest: bytes, claims: Claims, connection: Connection) -> _Verified:
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        verified = self._kept[digest] = _Verified(claims, _bearer(claims, connection), connection)
        return verified


def _bearer(claims: Claims, connection: Connection) -> Bearer:
    return Bearer(
        connection.principal(claims.scopes),
        claims.client_id,
        claims.issuer,
        claims.subject,
        datetime.fromtimestamp(claims.expires_at, UTC),
    )
