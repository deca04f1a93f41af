"""Which tokens of a provider open the endpoint, and for whom."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import RSAKey

from server.domain.principal import Scope
from server.oauth.bearer import TokenRefused
from server.oauth.external import External
from tests.access.firm import head, message
from tests.databases import Clock
from tests.oauth_external.conftest import trusting
from tests.oauth_external.issuer import SECRET, Issuer, issuing
from tests.serving import Served

LIST = message("tools/list")
VALIDATE = message("tools/call", name="validate_work_email", arguments={"email": "ada@stripe.com"})
HERE = "https://weir.example.com"

NOTHING: frozenset[Scope] = frozenset()
SAID: list[tuple[dict[str, Any], frozenset[Scope]]] = [
    ({"scope": "enrich:read enrich:spend openid"}, frozenset({Scope.READ, Scope.SPEND})),
    ({"scp": ["enrich:read"]}, frozenset({Scope.READ})),
    ({"scp": "enrich:read bulk:submit"}, frozenset({Scope.READ, Scope.BULK})),
    ({"roles": ["account:read"]}, frozenset({Scope.ACCOUNT})),
    ({"permissions": ["enrich:spend"]}, frozenset({Scope.SPEND})),
    ({"groups": ["enrich:read enrich:spend"]}, NOTHING),
    ({"scope": "admin", "groups": ["admin"]}, NOTHING),
    ({"scope": 7, "roles": {"admin": True}}, NOTHING),
]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def issuer() -> AsyncIterator[Issuer]:
    """One for the module, which nothing changes."""
    async with issuing() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def weir(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """One for the module: what is refused leaves nothing behind."""
    async with trusting(issuer, tmp_path_factory.mktemp("tokens") / "home") as running:
        yield running


async def ask(weir: Served, token: str, body: dict[str, Any] = LIST) -> httpx2.Response:
    """What the endpoint says to a bearer."""
    async with httpx2.AsyncClient() as http:
        return await http.post(f"{weir.url}/mcp", json=body, headers=head(body) | {"Authorization": f"Bearer {token}"})


def refused(response: httpx2.Response) -> str:
    """The reason that a 401 gives."""
    assert response.status_code == 401, response.text
    assert response.json()["error"] == "invalid_token"
    assert response.headers["www-authenticate"].count("resource_metadata=") == 1
    return response.json()["error_description"]


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES384", "EdDSA"])
async def test_a_token_of_every_algorithm_that_is_accepted_opens_the_endpoint(
    weir: Served, issuer: Issuer, algorithm: str
) -> None:
    response = await ask(weir, issuer.token(algorithm, aud=f"{weir.url}/mcp", team="acme"))
    assert (response.status_code, response.json()["result"]["resultType"]) == (200, "complete")


@pytest.mark.parametrize("typ", ["JWT", "application/at+jwt", None])
async def test_types_of_access_tokens_are_accepted(weir: Served, issuer: Issuer, typ: str | None) -> None:
    assert (await ask(weir, issuer.token(kind=typ, aud=weir.url, team="acme"))).status_code == 200


@pytest.mark.parametrize("aud", ["api://weir", ["https://other.example", "api://weir"]])
async def test_audiences_that_the_operator_names_are_accepted(weir: Served, issuer: Issuer, aud: Any) -> None:
    assert (await ask(weir, issuer.token(aud=aud, team="acme"))).status_code == 200


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"aud": "https://other.example/mcp"}, "for another server"),
        ({"aud": None}, "for another server"),
        ({"aud": "https://other.example api://weir"}, "for another server"),
        ({"iss": "https://other.example"}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"exp": 1}, "has expired"),
        ({"exp": None}, "until when it is valid"),
        ({"exp": "soon"}, "until when it is valid"),
        ({"exp": True}, "until when it is valid"),
        ({"exp": 1e300}, "until when it is valid"),
        ({"nbf": 4_000_000_000}, "not valid yet"),
        ({"iat": 4_000_000_000}, "not valid yet"),
        ({"nonce": "n"}, "This is an ID token"),
        ({"at_hash": "h"}, "This is an ID token"),
        ({"token_use": "id"}, "This is an ID token"),
        ({"typ": "Refresh"}, "This is an ID token or a refresh token"),
        ({"cnf": {"jkt": "x"}}, "bound to a key"),
        ({"sub": None, "azp": None}, "whose it is"),
        ({"team": None}, "does not name one workspace"),
        ({"team": ["acme", "globex"]}, "does not name one workspace"),
        ({"team": ""}, "does not name one workspace"),
    ],
)
async def test_claims_that_are_not_in_order_are_refused_with_the_reason(
    weir: Served, issuer: Issuer, change: dict[str, Any], why: str
) -> None:
    claims = {"aud": weir.url, "team": "acme"} | change
    assert why in refused(await ask(weir, issuer.token(**claims)))


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"typ": "logout+jwt"}, "another type"),
        ({"typ": 7}, "another type"),
        ({"kid": "unknown"}, "not signed by one of"),
        ({"kid": ["RS256"]}, "not signed by one of"),
        ({"kid": "PS256"}, "not signed by one of"),
        ({"crit": ["b64"], "b64": False}, "not signed by one of"),
        ({"alg": ["RS256"]}, "not signed with one of"),
    ],
)
async def test_headers_that_are_not_in_order_are_refused_though_the_signature_is_right(
    weir: Served, issuer: Issuer, header: dict[str, Any], why: str
) -> None:
    assert why in refused(await ask(weir, signed(issuer, {"kid": "RS256"} | header, in_order(weir, issuer))))


def in_order(weir: Served, issuer: Issuer) -> dict[str, Any]:
    """Claims of a good token."""
    return {"iss": issuer.url, "aud": weir.url, "sub": "u-1", "team": "acme", "exp": 4_000_000_000}


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def content(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """What of a token is signed."""
    return ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))


def signed(issuer: Issuer, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """RS256 by the provider's key, whatever the header says."""
    key = issuer.keys["RS256"]
    assert isinstance(key, RSAKey)
    assert key.private_key is not None
    text = content({"alg": "RS256"} | header, claims)
    return f"{text}.{encoded(key.private_key.sign(text.encode(), PKCS1v15(), SHA256()))}"


def signed_with_public_key(issuer: Issuer, claims: dict[str, Any]) -> str:
    """HS256, with the published RSA key as the secret."""
    text = content({"alg": "HS256", "kid": "RS256"}, claims)
    secret = issuer.keys["RS256"].as_pem(private=False)
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), 'sha256'))}"


def signed_with_shared_secret(issuer: Issuer, claims: dict[str, Any]) -> str:
    """HS256, with a secret that stands in the key set."""
    return jwt.encode({"alg": "HS256", "kid": "HS256"}, claims, SECRET, algorithms=["HS256"])


def unsigned(issuer: Issuer, claims: dict[str, Any]) -> str:
    """`alg: none`."""
    return content({"alg": "none"}, claims) + "."


def signature_taken_away(issuer: Issuer, claims: dict[str, Any]) -> str:
    """The right algorithm, and no signature."""
    return content({"alg": "RS256", "kid": "RS256"}, claims) + "."


def signed_by_a_stranger(issuer: Issuer, claims: dict[str, Any]) -> str:
    """Another key under a known id, and sent along in the header."""
    key = issuer.keys["PS256"]
    header = {"alg": "RS256", "kid": "RS256", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, claims, key, algorithms=["RS256"])


def not_allowed(issuer: Issuer, claims: dict[str, Any]) -> str:
    """A published key with an algorithm that is not on the list."""
    return issuer.token("RS512", **claims)


@pytest.mark.parametrize(
    "forge",
    [
        signed_with_public_key,
        signed_with_shared_secret,
        unsigned,
        signature_taken_away,
        signed_by_a_stranger,
        not_allowed,
    ],
)
async def test_forged_tokens_are_refused(weir: Served, issuer: Issuer, forge: Any) -> None:
    assert "signed" in refused(await ask(weir, forge(issuer, in_order(weir, issuer))))


async def test_nonsense_in_the_form_of_a_token_is_refused(weir: Served) -> None:
    for token in ("a.b.c", "..", "e30.e30.e30", "x" * 20_000 + ".e30.x"):
        refused(await ask(weir, token))


async def test_a_token_without_one_of_weirs_scopes_can_do_nothing(weir: Served, issuer: Issuer) -> None:
    response = await ask(weir, issuer.token(aud=weir.url, team="acme", scope="openid admin"), VALIDATE)
    assert (response.status_code, response.json()["error"]) == (403, "insufficient_scope")


async def test_a_call_is_filed_under_the_member_the_workspace_and_the_client(weir: Served, issuer: Issuer) -> None:
    token = issuer.token(
        aud=weir.url, team="acme", email="Ada@Acme.example", groups=["sales"], scope="account:read", azp="claude"
    )
    assert (await ask(weir, token, VALIDATE)).json()["result"]["structuredContent"]["outcome"] == "found"
    usage = message("tools/call", name="get_account_analytics", arguments={})
    mine = (await ask(weir, token, usage)).json()["result"]["structuredContent"]["data"]["totals"]
    other = issuer.token(aud=weir.url, team="globex", scope="account:read")
    theirs = (await ask(weir, other, usage)).json()["result"]["structuredContent"]["data"]["totals"]
    assert (mine[0]["calls"], theirs[0]["calls"]) == (1, 0)


@pytest.mark.parametrize(
    ("claims", "member"),
    [
        ({"email": "Ada@Acme.example"}, "ada@acme.example"),
        ({"email": "ada@acme.example", "email_verified": False}, "u-1"),
        ({}, "u-1"),
        ({"sub": None, "azp": "nightly"}, "nightly"),
    ],
)
async def test_members_are_known_by_a_verified_address_or_by_their_subject(
    external: External, issuer: Issuer, claims: dict[str, Any], member: str
) -> None:
    bearer = await external.verify(token_at(issuer, **claims), HERE)
    assert (bearer.principal.member, bearer.principal.workspace) == (member, "default")


@pytest.mark.parametrize(
    ("claims", "scopes"),
    SAID,
)
async def test_scopes_come_from_every_claim_that_providers_use_and_admin_from_none(
    external: External, issuer: Issuer, claims: dict[str, Any], scopes: frozenset[Scope]
) -> None:
    bearer = await external.verify(token_at(issuer, **{"scope": None} | claims), HERE)
    assert bearer.principal.grant.scopes == scopes


async def test_the_bearer_names_client_issuer_and_subject(external: External, issuer: Issuer) -> None:
    bearer = await external.verify(token_at(issuer), HERE)
    assert (bearer.client_id, bearer.issuer, bearer.subject) == ("claude", issuer.url, "u-1")
    assert bearer.expires_at is not None
    assert (bearer.principal.client, bearer.principal.grant.id) == ("claude", "external:claude")


async def test_a_token_for_another_name_of_the_server_is_refused_there(external: External, issuer: Issuer) -> None:
    with pytest.raises(TokenRefused, match="for another server"):
        await external.verify(token_at(issuer), "https://else.example")


async def test_a_token_that_was_seen_before_is_judged_by_everything_but_its_signature_again(
    external: External, issuer: Issuer, clock: Clock
) -> None:
    token = token_at(issuer)
    await external.verify(token, HERE)
    with pytest.raises(TokenRefused, match="for another server"):
        await external.verify(token, "https://else.example")
    clock.advance(minutes=5, seconds=29)
    await external.verify(token, HERE)
    clock.advance(seconds=1)
    with pytest.raises(TokenRefused, match="expired"):
        await external.verify(token, HERE)


def token_at(issuer: Issuer, kid: str = "RS256", /, **said: Any) -> str:
    """A token in its time by the clock that stands still."""
    at = 1_795_262_400  # 2026-11-21 12:00 UTC
    claims: dict[str, Any] = {"aud": f"{HERE}/mcp", "iat": at, "exp": at + 300}
    return issuer.token(kid, **claims | said)
