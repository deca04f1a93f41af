"""Access tokens of the operator's own identity provider: JSON Web Tokens, checked as RFC 9068 and RFC 8725 ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from server.domain.principal import Grant, Principal, Scope
from server.oauth import provider_tokens
from server.oauth.bearer import Bearer, TokenRefused
from server.oauth.provider_keys import ProviderFacts, ProviderKeys
from server.oauth.resources import resources

_LEEWAY = 30.0
"""Seconds that the provider's clock may differ from ours."""
_LONGEST = 16_384
_END_OF_DATES = 253_402_300_800
"""The year 10000."""
_TYPES = frozenset({"at+jwt", "application/at+jwt", "jwt", "application/jwt"})
_OF_ID_TOKENS = ("nonce", "at_hash", "c_hash", "s_hash")
_NO_ACCESS = frozenset({"id", "refresh", "offline", "logout"})
"""What Keycloak (`typ`) and Cognito (`token_use`) call their other tokens."""
_SCOPES_AS_TEXT = ("scope", "scp")
_OTHERS = ("permissions", "roles", "groups")
_MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator decides about tokens."""

    audiences: frozenset[str] = frozenset()
    """Accepted beside this server's own URLs."""
    scopes: Mapping[str, frozenset[Scope]] = field(default_factory=dict[str, frozenset[Scope]])
    """What the provider's scopes, roles, permissions and groups stand for."""
    workspace_claim: str | None = None
    """The claim that names the workspace; without it, `default`."""


@dataclass(frozen=True, slots=True)
class _Signed:
    claims: Mapping[str, Any]
    by: ProviderFacts


class External:
    """A `Verifier` of the provider's access tokens. `now` tells the time.

    A signature is checked once for as long as the provider's keys are the same, everything else at every call.
    """

    def __init__(self, keys: ProviderKeys, rules: Rules, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._rules = rules
        self._now = now
        self._kept: dict[bytes, _Signed] = {}

    async def issuer(self, base: str) -> str:
        """The provider as its own metadata names it, whatever the `base` under which this server is reached."""
        return (await self._keys.facts()).issuer

    def recognises(self, token: str) -> bool:
        """Whether the credential has the form of a JSON Web Token."""
        return token.count(".") == 2

    async def verify(self, token: str, base: str) -> Bearer:
        """Who presents the token; `IdentityProviderUnavailable` where the provider's keys cannot be had."""
        claims = await self._claims(token)
        if claims.get("iss") != await self.issuer(base):
            raise TokenRefused("The token is of another issuer.")
        _check_kind(claims)
        _check_times(claims, self._now().timestamp())
        if not _words(claims.get("aud"), split=False) & (self._rules.audiences | frozenset(resources(base))):
            raise TokenRefused("The token is for another server: its audience does not name this one.")
        return self._bearer(claims)

    async def _claims(self, token: str) -> Mapping[str, Any]:
        """What the token says, once one of the provider's keys proves to have signed it."""
        digest = sha256(token.encode()).digest()
        kept = self._kept.get(digest)
        if kept is not None and kept.by is await self._keys.facts():
            return kept.claims
        header = _head(token)
        before = await self._keys.facts()
        claims = await provider_tokens.claims_of(token, header, self._keys)
        if claims is None:
            raise TokenRefused("The token is not signed by one of the identity provider's keys.")
        # Keys that were read again meanwhile are others than those that the signature was checked by.
        if before is await self._keys.facts():
            self._keep(digest, _Signed(claims, before))
        return claims

    def _keep(self, digest: bytes, signed: _Signed) -> None:
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[digest] = signed

    def _bearer(self, claims: Mapping[str, Any]) -> Bearer:
        client = _text(claims, "client_id") or _text(claims, "azp") or _text(claims, "appid")
        subject = _text(claims, "sub") or client
        if not subject:
            raise TokenRefused("The token does not say whose it is.")
        grant = Grant(id=f"external:{client or subject}", scopes=self._scopes(claims))
        return Bearer(
            Principal(self._workspace(claims), _member(claims, subject), client, grant),
            client_id=client or subject,
            issuer=str(claims["iss"]),
            subject=subject,
            expires_at=datetime.fromtimestamp(_seconds(claims["exp"]), UTC),
        )

    def _scopes(self, claims: Mapping[str, Any]) -> frozenset[Scope]:
        """Weir's own names stand for themselves where scopes are listed, except `admin`, which others use as well."""
        asked = frozenset[str]().union(*(_words(claims.get(name)) for name in _SCOPES_AS_TEXT))
        said = asked.union(*(_words(claims.get(name), split=False) for name in _OTHERS))
        own = (scope for scope in Scope if scope in said and scope is not Scope.ADMIN)
        mapped = (scope for word in said for scope in self._rules.scopes.get(word, ()))
        return frozenset((*own, *mapped))

    def _workspace(self, claims: Mapping[str, Any]) -> str:
        name = self._rules.workspace_claim
        if name is None:
            return "default"
        named = _words(claims.get(name), split=False)
        if len(named) != 1:
            raise TokenRefused(f"The token does not name one workspace in its claim {name}.")
        return next(iter(named))


def _head(token: str) -> Mapping[str, Any]:
    """The header, before anything is known to be true."""
    if len(token) > _LONGEST:
        raise TokenRefused("The token is too long.")
    header = provider_tokens.header_of(token)
    if header is None:
        raise TokenRefused("The token is not a signed JSON Web Token.")
    if not provider_tokens.is_accepted(header.get("alg")):
        raise TokenRefused(f"The token is not signed with one of {', '.join(provider_tokens.ALGORITHMS)}.")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise TokenRefused("The token is of another type than an access token.")
    return header


def _check_kind(claims: Mapping[str, Any]) -> None:
    said = {str(claims.get(name, "")).lower() for name in ("typ", "token_use")}
    if said & _NO_ACCESS or any(name in claims for name in _OF_ID_TOKENS):
        raise TokenRefused("This is an ID token or a refresh token, and not an access token.")
    if "cnf" in claims:
        raise TokenRefused("The token is bound to a key of its holder, which cannot be checked here.")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    if now >= _seconds(claims.get("exp")) + _LEEWAY:
        raise TokenRefused("The token has expired.")
    if now < max(_seconds(claims.get(name, now)) for name in ("nbf", "iat")) - _LEEWAY:
        raise TokenRefused("The token is not valid yet.")


def _seconds(value: object) -> float:
    """UNIX time, of which a date can be made."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _END_OF_DATES:
        raise TokenRefused("The token does not say from when until when it is valid.")
    return value


def _member(claims: Mapping[str, Any], subject: str) -> str:
    """The e-mail address, unless the provider says that nobody checked it."""
    email = _text(claims, "email")
    return email.lower() if email and claims.get("email_verified", True) in (True, "true") else subject


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _words(value: object, *, split: bool = True) -> frozenset[str]:
    """The words of a claim that is a text or a list of texts."""
    if isinstance(value, str):
        return frozenset(value.split() if split else [value] if value else [])
    listed = cast("list[object]", value) if isinstance(value, list) else []
    return frozenset(one for one in listed if isinstance(one, str) and one)
