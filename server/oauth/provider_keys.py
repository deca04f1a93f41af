"""The public keys of the operator's identity provider, found through its discovery document and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from server.domain.errors import IdentityProviderUnavailable
from server.upstream.documents import Documents, NoDocument

PublicKey = RSAKey | ECKey | OKPKey

RENEW_AFTER = 3600.0
"""Seconds for which keys are used without asking whether they are still the provider's."""
KEEP_AT_MOST = 86_400.0
"""Seconds for which they are used while the provider does not answer."""
ASK_AGAIN_AFTER = 30.0
"""Seconds between two questions, whatever tokens name which keys."""


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What the provider says of itself."""

    issuer: str
    """As its tokens have it, letter by letter."""
    keys: Sequence[PublicKey]
    metadata: Mapping[str, Any]
    """Its whole discovery document."""


class ProviderKeys:
    """Asks the provider named by `issuer` when a key is first needed, every hour, and for keys that are not known.

    `clock` counts seconds, and never goes back.
    """

    def __init__(self, issuer: str, documents: Documents, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._documents = documents
        self._clock = clock
        self._facts: ProviderFacts | None = None
        self._read_at = self._asked_at = float("-inf")
        self._failure = ""
        self._asking = asyncio.Lock()

    async def facts(self) -> ProviderFacts:
        """What is known; `IdentityProviderUnavailable` where nothing is, or nothing recent enough."""
        if self._facts is None or self._clock() - self._read_at > RENEW_AFTER:
            await self._ask()
        return self._known()

    async def fitting(self, algorithm_type: str, key_id: str | None) -> Sequence[PublicKey]:
        """The keys of that type which may have signed what names `key_id`; asks again where there is none."""
        found = _fitting(await self.facts(), algorithm_type, key_id)
        if not found:
            await self._ask()
            found = _fitting(self._known(), algorithm_type, key_id)
        if not found and self._failure:
            raise self._unavailable()
        return found

    def _known(self) -> ProviderFacts:
        if self._facts is None or self._clock() - self._read_at > KEEP_AT_MOST:
            raise self._unavailable()
        return self._facts

    async def _ask(self) -> None:
        """Ask the provider, unless it was asked just now; those who come meanwhile wait for the same answer."""
        async with self._asking:
            if self._clock() - self._asked_at < ASK_AGAIN_AFTER:
                return
            self._asked_at = self._clock()
            try:
                self._facts = await self._fetch()
            except NoDocument as problem:
                self._failure = str(problem)
            else:
                self._failure, self._read_at = "", self._clock()

    async def _fetch(self) -> ProviderFacts:
        metadata = await self._metadata()
        issuer, address = metadata.get("issuer"), metadata.get("jwks_uri")
        if not isinstance(issuer, str) or issuer.rstrip("/") != self._issuer:
            raise NoDocument("its metadata names another issuer")
        if not isinstance(address, str):
            raise NoDocument("its metadata names no keys")
        if self._issuer.startswith("https://") and not address.startswith("https://"):
            raise NoDocument("its keys are not at an https:// address")
        return ProviderFacts(issuer, _keys((await self._documents.json(address)).content), metadata)

    async def _metadata(self) -> Mapping[str, Any]:
        """OpenID Connect discovery, or else RFC 8414."""
        try:
            return (await self._documents.json(f"{self._issuer}/.well-known/openid-configuration")).content
        except NoDocument as first:
            parts = urlsplit(self._issuer)
            address = f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path}"
            try:
                return (await self._documents.json(address)).content
            except NoDocument:
                raise first from None

    def _unavailable(self) -> IdentityProviderUnavailable:
        why = f": {self._failure}" if self._failure else ""
        return IdentityProviderUnavailable(
            f"The keys of {self._issuer} could not be read, so tokens cannot be checked{why}.",
            fix="Try again in a moment.",
        )


def _keys(content: Mapping[str, Any]) -> Sequence[PublicKey]:
    """The keys that may sign; others, among them all shared secrets, are left out."""
    listed = content.get("keys")
    if not isinstance(listed, list):
        raise NoDocument("its key set has no keys")
    keys = [key for one in cast("list[object]", listed) if (key := _key(one)) is not None]
    if not keys:
        raise NoDocument("its key set has no key that can be used")
    return keys


def _key(data: object) -> PublicKey | None:
    if not isinstance(data, dict):
        return None
    facts = cast("dict[str, Any]", data)
    if facts.get("kty") not in ("RSA", "EC", "OKP") or facts.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(facts)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, PublicKey) else None


def _fitting(facts: ProviderFacts, algorithm_type: str, key_id: str | None) -> Sequence[PublicKey]:
    return [key for key in facts.keys if key.key_type == algorithm_type and (key_id is None or key.kid == key_id)]
