"""The authorization request: what a client asks a person for (OAuth 2.1, RFC 7636, RFC 8707, RFC 9207).

Authlib's own check of it is not used: it puts what the client sent into the texts of its errors, which it refuses to
carry where it is not plain ASCII, and it knows neither resources nor required proof of possession.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oauth2.rfc7636.challenge import CODE_CHALLENGE_PATTERN

from server.domain.principal import USUAL, Scope, scopes_of
from server.oauth.client import CODE, Client, ClientFacts
from server.oauth.grants import OFFLINE
from server.oauth.resources import named

_LONGEST = 4096


class AuthorizationRefused(Exception):
    """Nobody may be sent anywhere with this request; the message is for the person in front of the browser."""


class Redirect(Exception):
    """The request is wrong, and the client is to hear of it: send the browser to `url`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


@dataclass(frozen=True, slots=True)
class Asked:
    """A sound request, for a person to decide on."""

    client: ClientFacts
    redirect_uri: str
    scopes: frozenset[Scope]
    offline: bool
    """Whether the client asked to stay connected."""
    resource: str
    state: str | None
    issuer: str
    challenge: str

    def answer(self, **params: str) -> str:
        """Where to send the browser with an authorization response."""
        return response(self.redirect_uri, self.state, self.issuer, params)


def response(redirect_uri: str, state: str | None, issuer: str, params: Mapping[str, str]) -> str:
    """The redirect URI with the response: `state` comes back as it was, and `iss` tells who answers."""
    told = {} if state is None else {"state": state}
    return add_params_to_uri(redirect_uri, [*params.items(), *told.items(), ("iss", issuer)])


def only(params: Mapping[str, list[str]], name: str) -> str | None:
    """The one value of a parameter, None where it is missing or empty; `AuthorizationRefused` where there are more."""
    values = params.get(name, [])
    if len(values) > 1:
        raise AuthorizationRefused(f"The program that sent you here gave {name} more than once.")
    return values[0] if values and values[0] else None


def redirect_of(params: Mapping[str, list[str]], client: Client) -> str:
    """Where the answer goes; `AuthorizationRefused` where that is nowhere that the client announced."""
    asked = only(params, "redirect_uri")
    if CODE not in client.grant_types:
        raise AuthorizationRefused(f"{client.name} is not a program that signs people in.")
    if asked is None and len(client.redirect_uris) != 1:
        raise AuthorizationRefused(f"{client.name} did not say where to send you back to.")
    if asked is None:
        return client.redirect_uris[0]
    if not client.check_redirect_uri(asked):
        raise AuthorizationRefused(
            f"{client.name} wants you sent back to an address that it did not announce. Nothing was sent there."
        )
    return asked


def read(params: Mapping[str, list[str]], client: Client, redirect_uri: str, issuer: str, base: str) -> Asked:
    """The request, once it is clear who sent it and where answers go; `Redirect` where it is wrong."""
    state = next(iter(params.get("state", [])), None)
    try:
        _check(params)
        resource = named(_value(params, "resource"), base)
        if resource is None:
            raise OAuth2Error(error="invalid_target", description="resource is not one of this server's.")
        words = frozenset((_value(params, "scope") or "").split())
        return Asked(
            client.facts(redirect_uri),
            redirect_uri,
            _scopes(words),
            OFFLINE in words,
            resource,
            state,
            issuer,
            _value(params, "code_challenge") or "",
        )
    except OAuth2Error as error:
        raise Redirect(response(redirect_uri, state, issuer, _told(error))) from None


def _told(error: OAuth2Error) -> Mapping[str, str]:
    return {name: value for name, value in error.get_body() if value}


def _check(params: Mapping[str, list[str]]) -> None:
    for values in params.values():
        if len(values) > 1:
            raise _invalid("A parameter occurs more than once.")
        if len(values[0]) > _LONGEST:
            raise _invalid("A parameter is too long.")
    if params.keys() & {"request", "request_uri"}:
        name = "request" if "request" in params else "request_uri"
        raise OAuth2Error(error=f"{name}_not_supported", description="Send plain parameters.")
    match _value(params, "response_type"):
        case "code":
            pass
        case None:
            raise _invalid("response_type is missing.")
        case _:
            raise OAuth2Error(error="unsupported_response_type", description="response_type has to be code.")
    if _value(params, "response_mode") not in (None, "query"):
        raise _invalid("response_mode has to be query.")
    _check_challenge(params)
    _check_prompt(params)


def _check_prompt(params: Mapping[str, list[str]]) -> None:
    """A person decides on every request, so one that may show nobody anything (OpenID Connect) is answered by no."""
    wanted = (_value(params, "prompt") or "").split()
    if wanted == ["none"]:
        raise OAuth2Error(error="consent_required", description="A person is asked every time; leave prompt out.")
    if "none" in wanted:
        raise _invalid("prompt=none goes with no other value.")


def _check_challenge(params: Mapping[str, list[str]]) -> None:
    challenge = _value(params, "code_challenge")
    if challenge is None:
        raise _invalid("code_challenge is missing: proof of possession (PKCE) is required.")
    if _value(params, "code_challenge_method") != "S256":
        raise _invalid("code_challenge_method has to be S256.")
    if not CODE_CHALLENGE_PATTERN.match(challenge):
        raise _invalid("code_challenge is malformed.")


def _scopes(words: frozenset[str]) -> frozenset[Scope]:
    """Scopes that nobody knows are left out, as the answer then says; what holds none at all is an error."""
    known = scopes_of(" ".join(words))
    if known or not words - {OFFLINE}:
        return known or frozenset(USUAL)
    raise OAuth2Error(error="invalid_scope", description="None of the scopes is known here.")


def _value(params: Mapping[str, list[str]], name: str) -> str | None:
    return next(iter(params.get(name, [])), None) or None


def _invalid(description: str) -> OAuth2Error:
    return OAuth2Error(error="invalid_request", description=description)
