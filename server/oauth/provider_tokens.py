"""Signed JSON Web Tokens of the operator's identity provider, whatever they are for (RFC 8725)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jws import JWSRegistry, extract_compact

from server.oauth.provider_keys import ProviderKeys

ALGORITHMS = {
    "RS256": "RSA",
    "PS256": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "EdDSA": "OKP",
    "Ed25519": "OKP",
}
"""What may have signed a token, each with the type of its key: never a secret that somebody shares."""

_HEADERS = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
# Certificates travel in the header at some providers.
_HEADERS.max_header_length = 8192
# The older name of Ed25519 is what most providers still write.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


def header_of(token: str) -> Mapping[str, Any] | None:
    """What the token says of itself, before anything is known to be true; None where it is no signed one."""
    try:
        return dict(extract_compact(token.encode(), registry=_HEADERS).headers())
    except (JoseError, ValueError, TypeError, RecursionError):
        return None


def is_accepted(algorithm: object) -> bool:
    """Whether tokens may be signed so."""
    return isinstance(algorithm, str) and algorithm in ALGORITHMS


async def claims_of(token: str, header: Mapping[str, Any], keys: ProviderKeys) -> dict[str, Any] | None:
    """The claims, where one of the provider's keys signed them by the accepted algorithm that `header` names.

    `IdentityProviderUnavailable` where the keys cannot be had.
    """
    key_id = header.get("kid")
    for key in await keys.fitting(ALGORITHMS[header["alg"]], key_id if isinstance(key_id, str) else None):
        try:
            return jwt.decode(token, key, registry=_HEADERS).claims
        except (JoseError, ValueError, RecursionError):
            continue
    return None
