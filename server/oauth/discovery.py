"""What clients read before they do anything: authorization server metadata (RFC 8414) and its OpenID form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.domain.principal import Scope
from server.oauth.client import CODE, CREDENTIALS, REFRESH
from server.oauth.grants import AUTH_METHODS, OFFLINE
from server.oauth.signing import ALGORITHM


def metadata(
    issuer: str, base: str, *, advertise_iss: bool, advertise_client_documents: bool, register_clients: bool
) -> Mapping[str, Any]:
    """The document for one of the names of the authorization server; `base` is where its keys are."""
    register = {"registration_endpoint": f"{issuer}/register"} if register_clients else {}
    named = {"authorization_response_iss_parameter_supported": True} if advertise_iss else {}
    described = {"client_id_metadata_document_supported": True} if advertise_client_documents else {}
    confidential = list(AUTH_METHODS[1:])
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        **register,
        "scopes_supported": [*Scope, OFFLINE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [CODE, REFRESH, CREDENTIALS],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "introspection_endpoint_auth_methods_supported": confidential,
        **described,
        **named,
    }


def openid(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same with what readers of the OpenID form insist on. Weir issues no ID tokens."""
    return {**document, "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": [ALGORITHM]}
