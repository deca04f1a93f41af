"""Checks what an OpenID provider says of a person: the ID token, as OpenID Connect Core 3.1.3.7 asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from server.oauth import provider_tokens
from server.oauth.provider_keys import ProviderKeys

_LEEWAY = 30
"""Seconds that the provider's clock may differ from ours."""


class IdTokenRefused(Exception):
    """The ID token is not to be believed; the message says why."""


async def claims_of(
    tokens: Mapping[str, Any], keys: ProviderKeys, *, client_id: str, nonce: str, now: datetime
) -> Mapping[str, Any]:
    """The claims of the ID token among `tokens`: signed by the provider, for us, for this journey, and not expired."""
    token = tokens.get("id_token")
    if not isinstance(token, str):
        raise IdTokenRefused("there is no ID token")
    header = provider_tokens.header_of(token)
    if header is None or not provider_tokens.is_accepted(header.get("alg")):
        raise IdTokenRefused("the ID token is not signed as it has to be")
    claims = await provider_tokens.claims_of(token, header, keys)
    if claims is None:
        raise IdTokenRefused("the ID token is not signed by one of the provider's keys")
    issuer = (await keys.facts()).issuer
    expected = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
    about = {"nonce": nonce, "client_id": client_id, "access_token": tokens.get("access_token")}
    checked: Any = CodeIDToken(claims, header, expected, about)
    try:
        checked.validate(now=int(now.timestamp()), leeway=_LEEWAY)
    except JoseError as error:
        raise IdTokenRefused(f"its ID token is not in order ({error})") from None
    return claims
