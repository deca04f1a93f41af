"""Access tokens: signed JSON Web Tokens in the profile of RFC 9068."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import extract_compact

from server.domain.principal import Scope, scope_text, scopes_of
from server.oauth.bearer import TokenRefused
from server.oauth.connections import Connection
from server.oauth.resources import base_of, resources
from server.oauth.signing import ALGORITHM, SigningKey

TYPE = "at+jwt"
_LEEWAY = 10
"""Seconds that clocks of replicas may differ."""
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token of ours says, once its signature is verified."""

    grant_id: str
    client_id: str
    subject: str
    issuer: str
    audience: str
    scopes: frozenset[Scope]
    issued_at: int
    expires_at: int
    token_id: str


def issue(connection: Connection, scopes: frozenset[Scope], key: SigningKey, now: datetime, life: timedelta) -> str:
    """A token that opens the connection's resource for some of its scopes."""
    at = int(now.timestamp())
    claims = {
        "iss": base_of(connection.resource),
        "aud": connection.resource,
        "sub": connection.subject,
        "client_id": connection.client_id,
        "sid": connection.id,
        "scope": scope_text(scopes),
        "iat": at,
        "exp": at + int(life.total_seconds()),
        "jti": uuid4().hex,
    }
    return jwt.encode({"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}, claims, key.key, algorithms=[ALGORITHM])


def key_id(token: str) -> str:
    """Which key is said to have signed a token; `TokenRefused` where it cannot be one of ours."""
    if len(token) > _LONGEST:
        raise TokenRefused("The token is too long to be one of this server's.")
    try:
        header = dict[str, Any](extract_compact(token.encode()).headers())
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenRefused("The token is not one of this server's.") from None
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or not isinstance(kid, str):
        raise TokenRefused("The token is not an access token of this server.")
    return kid


def read(token: str, key: ECKey) -> Claims:
    """What a token says that `key` signed; `TokenRefused` where it did not."""
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
        return Claims(
            grant_id=str(claims["sid"]),
            client_id=str(claims["client_id"]),
            subject=str(claims["sub"]),
            issuer=str(claims["iss"]),
            audience=str(claims["aud"]),
            scopes=scopes_of(claims["scope"]),
            issued_at=int(claims["iat"]),
            expires_at=int(claims["exp"]),
            token_id=str(claims["jti"]),
        )
    except (JoseError, ValueError, KeyError):
        raise TokenRefused("The token's signature is not this server's.") from None


def check(claims: Claims, base: str, now: float) -> None:
    """`TokenRefused` unless the token is for the server reached under `base` and `now` (seconds) is in its time."""
    if claims.issuer != base or claims.audience not in resources(base):
        raise TokenRefused("The token is for another server, or for this one under another address.")
    if now >= claims.expires_at + _LEEWAY or now < claims.issued_at - _LEEWAY:
        raise TokenRefused("The token has expired.")
