"""Checks what an OpenID provider says of a person: the ID token, as OpenID Connect Core 3.1.3.7 asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, extract_compact

from server.oauth.external import ALGORITHMS
from server.oauth.provider_keys import ProviderKeys, PublicKey

_LEEWAY = 30
"""Seconds that the provider's clock may differ from ours."""
_HEADERS = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)


class IdTokenRefused(Exception):
    """The ID token is not to be believed; the message says why."""


async def claims_of(
    tokens: Mapping[str, Any], keys: ProviderKeys, *, client_id: str, nonce: str, now: datetime
) -> Mapping[str, Any]:
    """The claims of the ID token among `tokens`: signed by the provider, for us, for this journey, and not expired."""
    token = tokens.get("id_token")
    if not isinstance(token, str):
        raise IdTokenRefused("there is no ID token")
    try:
        header: Any = extract_compact(token.encode(), registry=_HEADERS).headers()
        algorithm_type = ALGORITHMS[header["alg"]]
    except (JoseError, ValueError, KeyError, TypeError):
        raise IdTokenRefused("the ID token is not signed as it has to be") from None
    claims = _signed(token, await keys.fitting(algorithm_type, header.get("kid")))
    issuer = (await keys.facts()).issuer
    expected = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
    about = {"nonce": nonce, "client_id": client_id, "access_token": tokens.get("access_token")}
    checked: Any = CodeIDToken(claims, header, expected, about)
    try:
        checked.validate(now=int(now.timestamp()), leeway=_LEEWAY)
    except JoseError as error:
        raise IdTokenRefused(f"its ID token is not in order ({error})") from None
    return claims


def _signed(token: str, keys: Sequence[PublicKey]) -> dict[str, Any]:
    """The claims, once one of the keys proves to have signed them."""
    for key in keys:
        try:
            return jwt.decode(token, key, registry=_HEADERS).claims
        except (JoseError, ValueError):
            continue
    raise IdTokenRefused("the ID token is not signed by one of the provider's keys")
