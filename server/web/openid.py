"""`/sign-in/openid`: signing in through the operator's OpenID provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.domain.site import Site
from server.identity.identity import Identity
from server.identity.people import User
from server.identity.secret import new_secret
from server.oauth.provider_keys import ProviderFacts, ProviderKeys
from server.upstream.openid import Journey, NoTokens, OpenIDClient
from server.web.destination import HOME, local
from server.web.id_token import IdTokenRefused, claims_of
from server.web.journey import Memory
from server.web.pages import PRIVATE
from server.web.people import provider_name
from server.web.refusal import Refusal
from server.web.visit import Visit, Visits, go

PATH = "/sign-in/openid"
CALLBACK = f"{PATH}/callback"
_AGAIN = "Go back to the page you came from and start again."
_MOST = 50
_WINDOW = timedelta(minutes=15)


class OpenIDPages:
    """Sends people to the provider, and signs them in when they come back.

    `keys` knows the provider, `client` is known to it.
    """

    def __init__(
        self,
        identity: Identity,
        keys: ProviderKeys,
        client: OpenIDClient,
        memory: Memory,
        clock: Callable[[], datetime],
        *,
        address: Callable[[Request], str],
    ) -> None:
        self._identity = identity
        self._keys = keys
        self._client = client
        self._memory = memory
        self._clock = clock
        self._address = address

    def routes(self, visits: Visits) -> Sequence[Route]:
        """The way there and the way back."""
        return visits.route(PATH, self._leave, "GET"), visits.route(CALLBACK, self._come_back, "GET")

    async def _leave(self, visit: Visit) -> Response:
        facts = await self._facts(visit)
        journey = Journey(f"{visit.base}{CALLBACK}", new_secret(), new_secret(), new_secret())
        url = self._client.authorization_url(_endpoint(facts, "authorization_endpoint"), journey)
        response = RedirectResponse(url, 303, PRIVATE)
        self._memory.keep(response, visit.base, journey, local(visit.request.query_params.get("return_to", HOME)))
        return response

    async def _come_back(self, visit: Visit) -> Response:
        facts = await self._facts(visit)
        said, remembered = visit.request.query_params, self._memory.recall(visit.request, visit.base)
        if remembered is None or said.get("state") != remembered.journey.state:
            raise Refusal("This sign-in began in another browser, or too long ago.", fix=_AGAIN)
        user = await self._person(visit, facts, remembered.journey, _code(said, facts))
        token = await self._identity.attempts.signed_in(user, "openid", address=self._address(visit.request))
        # The new token is never the one from before, which somebody else may have put into the browser.
        if visit.sign_in is not None:
            await self._identity.sign_ins.end(visit.token)
        visit.token = token
        response = go(local(remembered.return_to))
        self._memory.forget(response, visit.base)
        return response

    async def _facts(self, visit: Visit) -> ProviderFacts:
        address = self._address(visit.request)
        await self._identity.throttle.count(f"openid from {address}", _MOST, _WINDOW)
        return await self._keys.facts()

    async def _person(self, visit: Visit, facts: ProviderFacts, journey: Journey, code: str) -> User:
        """Whoever the provider says has come back; `Refusal` where that is nobody who may come in."""
        try:
            claims = await self._claims(facts, journey, code)
        except (NoTokens, IdTokenRefused) as problem:
            await self._failed(visit, "", str(problem))
            name = provider_name(facts.issuer)
            raise Refusal(f"{name} did not confirm who you are: {problem}.", fix=_AGAIN, status=403) from None
        email, verified = str(claims.get("email", "")), _verified(claims)
        user = await self._identity.people.signed_in_elsewhere(
            facts.issuer, str(claims["sub"]), email, verified, str(claims.get("name", ""))
        )
        if user is None:
            await self._failed(visit, email, "unknown" if verified else "address not verified")
            raise _unknown(email, verified=verified)
        return user

    async def _claims(self, facts: ProviderFacts, journey: Journey, code: str) -> Mapping[str, Any]:
        _endpoint(facts, "token_endpoint")
        tokens = await self._client.tokens(facts.metadata, journey, code)
        claims = await claims_of(
            tokens, self._keys, client_id=self._client.client_id, nonce=journey.nonce, now=self._clock()
        )
        if "email" in claims:
            return claims
        # Some providers, such as Okta, keep the ID token short and tell the address elsewhere.
        more = await self._client.person(facts.metadata, journey, tokens)
        return {**more, **claims} if more.get("sub") == claims["sub"] else claims

    async def _failed(self, visit: Visit, email: str, why: str) -> None:
        address = self._address(visit.request)
        await self._identity.audit.record(
            "sign_in.failed", member=email.lower(), method="openid", address=address, why=why
        )


def _endpoint(facts: ProviderFacts, name: str) -> str:
    """An endpoint of the provider, which is as safe to reach as the provider itself."""
    url = facts.metadata.get(name)
    if not isinstance(url, str) or (facts.issuer.startswith("https://") and not url.startswith("https://")):
        raise Refusal(
            f"The OpenID provider's metadata names no {name} that can be used.",
            fix="Tell your administrator.",
            status=502,
        )
    return url


def _code(said: QueryParams, facts: ProviderFacts) -> str:
    """The code that the provider sent along; `Refusal` where another provider answers (RFC 9207), or with an error."""
    promised = facts.metadata.get("authorization_response_iss_parameter_supported") is True
    if said.get("iss", None if promised else facts.issuer) != facts.issuer:
        raise Refusal("The answer comes from another provider than the one that was asked.", fix=_AGAIN)
    if "error" in said or not said.get("code"):
        why = " You or the provider declined." if said.get("error") == "access_denied" else ""
        raise Refusal(f"{provider_name(facts.issuer)} did not sign you in.{why}", fix=_AGAIN, status=403)
    return said["code"]


def _verified(claims: Mapping[str, Any]) -> bool:
    """Whether the address was checked; Microsoft Entra says so in `xms_edov` alone, if it is told to."""
    return any(str(claims.get(name)).lower() in ("true", "1") for name in ("email_verified", "xms_edov"))


def _unknown(email: str, *, verified: bool) -> Refusal:
    if not verified:
        return Refusal(
            "The provider does not say that your e-mail address was checked, so it cannot tell who you are here.",
            fix="Confirm your address at the provider, or ask your administrator.",
            status=403,
        )
    return Refusal(
        f"{email} may not sign in here.", fix="Ask your administrator to add you under this address.", status=403
    )


def openid_pages(
    site: Site,
    identity: Identity,
    keys: ProviderKeys,
    client_id: str,
    client_secret: str,
    *,
    address: Callable[[Request], str],
    clock: Callable[[], datetime],
) -> Sequence[Route]:
    """The routes for a provider that knows Weir as `client_id`; `address` tells whom to count attempts against."""
    client, memory = OpenIDClient(client_id, client_secret), Memory(client_secret, clock)
    return OpenIDPages(identity, keys, client, memory, clock, address=address).routes(Visits(site, identity.sign_ins))
