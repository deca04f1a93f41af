"""Finding the provider's keys, keeping them, and what happens while it does not answer."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from joserfc.jwk import RSAKey

from server.domain.errors import IdentityProviderUnavailable, InvalidInput
from server.oauth.bearer import TokenRefused
from server.oauth.external import External
from server.settings import load
from tests.oauth_external.conftest import Ticks
from tests.oauth_external.issuer import Issuer
from tests.oauth_external.test_tokens import HERE, ask, refused, signed, token_at
from tests.serving import Served


async def test_keys_are_read_once_however_many_ask(external: External, issuer: Issuer) -> None:
    await asyncio.gather(*(external.verify(token_at(issuer), HERE) for _ in range(20)))
    assert issuer.asked == ["/realm/.well-known/openid-configuration", "/realm/jwks"]


async def test_a_provider_without_openid_is_found_by_rfc_8414(external: External, issuer: Issuer) -> None:
    issuer.openid = False
    await external.verify(token_at(issuer), HERE)
    assert issuer.asked[1] == "/.well-known/oauth-authorization-server/realm"


async def test_a_slash_at_the_end_of_the_issuer_is_taken_from_its_metadata(external: External, issuer: Issuer) -> None:
    issuer.named = f"{issuer.url}/"
    assert await external.issuer(HERE) == f"{issuer.url}/"
    await external.verify(token_at(issuer, iss=f"{issuer.url}/"), HERE)
    with pytest.raises(TokenRefused, match="another issuer"):
        await external.verify(token_at(issuer), HERE)


async def test_metadata_of_another_issuer_is_not_believed(external: External, issuer: Issuer) -> None:
    issuer.named = "https://other.example"
    with pytest.raises(IdentityProviderUnavailable, match="names another issuer"):
        await external.verify(token_at(issuer), HERE)


def rotate(issuer: Issuer) -> None:
    """Sign with a new key from now on, and publish no other."""
    issuer.keys = {"new": RSAKey.generate_key(2048)}


async def test_a_new_key_is_found_when_a_token_names_it(external: External, issuer: Issuer, ticks: Ticks) -> None:
    old = token_at(issuer)
    await external.verify(old, HERE)
    rotate(issuer)
    ticks.now += 31
    bearers = await asyncio.gather(*(external.verify(token_at(issuer, "new", alg="RS256"), HERE) for _ in range(5)))
    assert [bearer.subject for bearer in bearers] == ["u-1"] * 5
    assert issuer.asked.count("/realm/jwks") == 2
    with pytest.raises(TokenRefused, match="not signed by one of"):
        await external.verify(old, HERE)


async def test_a_key_that_the_provider_takes_back_is_forgotten_within_an_hour(
    external: External, issuer: Issuer, ticks: Ticks
) -> None:
    old = token_at(issuer)
    await external.verify(old, HERE)
    rotate(issuer)
    ticks.now += 3500
    await external.verify(old, HERE)
    ticks.now += 101
    with pytest.raises(TokenRefused, match="not signed by one of"):
        await external.verify(old, HERE)


async def test_unknown_keys_are_asked_for_at_most_every_thirty_seconds(
    external: External, issuer: Issuer, ticks: Ticks
) -> None:
    await external.verify(token_at(issuer), HERE)
    issuer.keys["new"] = issuer.keys["PS256"]
    strange = token_at(issuer, "new", alg="RS256")
    del issuer.keys["new"]
    for _ in range(5):
        with pytest.raises(TokenRefused):
            await external.verify(strange, HERE)
    assert issuer.asked.count("/realm/jwks") == 1
    ticks.now += 31
    with pytest.raises(TokenRefused):
        await external.verify(strange, HERE)
    assert issuer.asked.count("/realm/jwks") == 2


async def test_a_token_without_a_key_id_is_tried_with_every_key_of_its_kind(external: External, issuer: Issuer) -> None:
    token = signed(issuer, {}, {"iss": issuer.url, "aud": HERE, "sub": "u-1", "exp": 1_795_262_700})
    assert (await external.verify(token, HERE)).subject == "u-1"


async def test_known_keys_serve_for_a_day_while_the_provider_is_away(
    external: External, issuer: Issuer, ticks: Ticks
) -> None:
    await external.verify(token_at(issuer), HERE)
    issuer.broken = True
    ticks.now += 80_000
    await external.verify(token_at(issuer), HERE)
    ticks.now += 10_000
    with pytest.raises(IdentityProviderUnavailable):
        await external.verify(token_at(issuer), HERE)
    issuer.broken = False
    ticks.now += 31
    await external.verify(token_at(issuer), HERE)


async def test_while_no_keys_are_known_the_answer_is_503_and_not_401(weir: Served, issuer: Issuer) -> None:
    issuer.broken = True
    response = await ask(weir, issuer.token(aud=weir.url, team="acme"))
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert "could not be read" in response.json()["error_description"]
    assert "www-authenticate" not in response.headers


async def test_clients_are_sent_to_the_provider(weir: Served, issuer: Issuer) -> None:
    issuer.named = f"{issuer.url}/"
    async with httpx2.AsyncClient(base_url=weir.url) as http:
        for path in ("/mcp", ""):
            answer = await http.get(
                f"/.well-known/oauth-protected-resource{path}", headers={"Origin": "https://x.example"}
            )
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.json()["resource"] == f"{weir.url}{path}"
            assert answer.json()["authorization_servers"] == [f"{issuer.url}/"]
            assert "offline_access" not in answer.json()["scopes_supported"]
        assert (await http.get("/.well-known/oauth-authorization-server")).status_code == 404


async def test_a_page_of_any_origin_may_ask_for_it(weir: Served) -> None:
    asked = {"Origin": "https://x.example", "Access-Control-Request-Method": "GET"}
    asked["Access-Control-Request-Headers"] = "mcp-protocol-version"
    async with httpx2.AsyncClient(base_url=weir.url) as http:
        answer = await http.options("/.well-known/oauth-protected-resource/mcp", headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert answer.headers["access-control-allow-headers"] == "mcp-protocol-version"


async def test_while_the_provider_is_away_its_name_is_not_known(weir: Served, issuer: Issuer) -> None:
    issuer.broken = True
    async with httpx2.AsyncClient(base_url=weir.url) as http:
        answer = await http.get("/.well-known/oauth-protected-resource/mcp")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_what_is_no_token_is_refused_without_asking_the_provider(weir: Served, issuer: Issuer) -> None:
    refused(await ask(weir, "opaque"))
    refused(await ask(weir, "a.b.c"))
    assert issuer.asked == []


@pytest.mark.usefixtures("isolated")
@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({}, "WEIR_EXTERNAL_ISSUER is not set"),
        ({"external_issuer": "http://sso.example.com"}, "WEIR_EXTERNAL_ISSUER is http://sso.example.com"),
        ({"external_issuer": "sso.example.com"}, "--external-issuer is wrong"),
        ({"external_issuer": "https://sso.example", "external_scopes": "sales"}, "--external-scopes is wrong"),
        ({"external_issuer": "https://sso.example", "external_scopes": "sales=spend"}, "--external-scopes is wrong"),
        ({"external_issuer": "https://sso.example", "host": "0.0.0.0"}, "without its public URL"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_start(settings: dict[str, str], variable: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        load(auth="external", **settings)
    assert variable in refusal.value.message
