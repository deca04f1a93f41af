"""Weir as a client of the operator's OpenID provider: where people are sent, and what their code is exchanged for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from server.upstream.exchange import tls_context, transport

SCOPE = "openid email profile"
_SECONDS = 10.0


class NoTokens(Exception):
    """The provider did not exchange the code; the message says why, in words that hold no secret."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One person on their way to the provider and back."""

    redirect_uri: str
    state: str
    nonce: str
    verifier: str
    """Of PKCE."""


class OpenIDClient:
    """Weir's registration with the provider."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self.client_id = client_id
        self._secret = client_secret

    def authorization_url(self, endpoint: str, journey: Journey) -> str:
        """Where to send a person."""
        url, _ = self._client(journey).create_authorization_url(
            endpoint, state=journey.state, code_verifier=journey.verifier, nonce=journey.nonce
        )
        return cast("str", url)

    async def tokens(self, metadata: Mapping[str, Any], journey: Journey, code: str) -> Mapping[str, Any]:
        """What the provider gives for a code, with an `id_token` that is not checked yet. Raises `NoTokens`."""
        offered = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
        try:
            async with asyncio.timeout(_SECONDS), self._client(journey, method) as client:
                return await client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=journey.verifier)
        except AuthlibBaseError as error:
            raise NoTokens(f"it answers {error.error!r}") from None
        except (TimeoutError, httpx2.HTTPError, ValueError) as error:
            raise NoTokens(f"it does not answer as it should ({type(error).__name__})") from None

    async def person(
        self, metadata: Mapping[str, Any], journey: Journey, tokens: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What the provider's userinfo endpoint tells; nothing where it has none. Raises `NoTokens`."""
        endpoint = metadata.get("userinfo_endpoint")
        if not isinstance(endpoint, str):
            return {}
        try:
            async with asyncio.timeout(_SECONDS), self._client(journey, token=tokens) as client:
                answer = await client.get(endpoint)
                answer.raise_for_status()
                said: Any = answer.json()
        except (TimeoutError, httpx2.HTTPError, ValueError, AuthlibBaseError) as error:
            raise NoTokens(f"it does not tell who this is ({type(error).__name__})") from None
        return cast("dict[str, Any]", said) if isinstance(said, dict) else {}

    def _client(self, journey: Journey, method: str | None = None, token: Mapping[str, Any] | None = None) -> Any:
        """Authlib's client, which has no types, on a connection that takes nothing from the environment."""
        return AsyncOAuth2Client(
            self.client_id,
            self._secret,
            token_endpoint_auth_method=method,
            scope=SCOPE,
            redirect_uri=journey.redirect_uri,
            token=token,
            code_challenge_method="S256",
            transport=transport(1, tls_context(), None),
            timeout=_SECONDS,
            trust_env=False,
        )
