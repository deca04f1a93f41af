"""People sign in through the operator's OpenID provider, and nobody else does."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import OctKey

from server.domain.errors import InvalidInput
from server.settings import load
from tests.identity.provider import CLIENT, SECRET, Provider, providing
from tests.isolation import isolated
from tests.serving import Served, served

__all__ = ["isolated"]

COOKIE = "weir-openid"


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as running:
        yield running


@pytest_asyncio.fixture
async def weir(tmp_path: Path, isolated: None, provider: Provider) -> AsyncIterator[Served]:
    """Where Ada was added, and where people of welcome.example need not be."""
    settings: dict[str, Any] = {
        "auth": "builtin",
        "oidc_issuer": provider.url,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_domains": ["welcome.example"],
    }
    async with served(tmp_path / "home", **settings) as running:
        await running.weir.identity.people.add("ada@example.com", "Ada")
        yield running


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as http:
        yield http


async def leave(weir: Served, browser: httpx2.AsyncClient, return_to: str = "/account") -> str:
    """Start, and let the provider send the person back; the URL they come back to."""
    there = await browser.get(f"{weir.url}/sign-in/openid", params={"return_to": return_to})
    assert there.status_code == 303
    back = await browser.get(there.headers["location"])
    assert back.status_code == 302
    return back.headers["location"]


async def sign_in(weir: Served, browser: httpx2.AsyncClient, return_to: str = "/account") -> httpx2.Response:
    return await browser.get(await leave(weir, browser, return_to))


async def signed_in(weir: Served, browser: httpx2.AsyncClient) -> str | None:
    """The address of whoever the browser is signed in as."""
    found = await weir.weir.identity.sign_ins.current(browser.cookies.get("weir") or "")
    return found.user.email if found else None


async def failures(weir: Served) -> list[str]:
    """Why sign-ins failed, as the audit trail has it."""
    entries = await weir.weir.identity.audit.since(weir.weir.authorization.now().replace(hour=0))
    return [str(entry.detail["why"]) for entry in entries if entry.event == "sign_in.failed"]


async def test_who_was_added_signs_in_and_comes_back_to_where_they_were(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider
):
    done = await sign_in(weir, browser, "/authorize?client_id=a&state=%C3%A9")
    assert (done.status_code, done.headers["location"]) == (303, "/authorize?client_id=a&state=%C3%A9")
    assert await signed_in(weir, browser) == "ada@example.com"
    assert (await browser.get(f"{weir.url}/account")).status_code == 200
    (asked,) = provider.asked
    assert asked["redirect_uri"] == f"{weir.url}/sign-in/openid/callback"
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid email profile")
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


async def test_the_page_to_sign_in_offers_the_provider(weir: Served, browser: httpx2.AsyncClient):
    page = await browser.get(f"{weir.url}/sign-in", params={"return_to": "/account"})
    assert '<a class="button quiet" href="/sign-in/openid?return_to=%2Faccount">Sign in with 127.0.0.1</a>' in page.text


async def test_every_journey_has_secrets_of_its_own_that_the_cookie_does_not_outlive(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider
):
    for _ in range(2):
        await leave(weir, browser)
    first, second = provider.asked
    assert not {first["state"], first["nonce"], first["code_challenge"]} & {*second.values()}
    there = await browser.get(f"{weir.url}/sign-in/openid")
    kept = there.headers["set-cookie"]
    assert kept.startswith(f"{COOKIE}=")
    assert all(word in kept for word in ("HttpOnly", "Max-Age=600", "Path=/", "SameSite=lax"))
    assert there.headers["cache-control"] == "no-store"


async def test_a_new_sign_in_has_a_new_token_and_ends_the_old_one(weir: Served, browser: httpx2.AsyncClient):
    await sign_in(weir, browser)
    first = browser.cookies["weir"]
    await sign_in(weir, browser)
    assert browser.cookies["weir"] != first
    assert await weir.weir.identity.sign_ins.current(first) is None


async def test_a_provider_with_short_id_tokens_is_asked_for_the_rest(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider
):
    provider.short = True
    assert (await sign_in(weir, browser)).status_code == 303
    assert await signed_in(weir, browser) == "ada@example.com"


async def test_what_is_told_of_somebody_else_is_not_believed(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider
):
    provider.short, provider.told_of = True, "u-2"
    assert (await sign_in(weir, browser)).status_code == 403
    assert await signed_in(weir, browser) is None


async def test_people_of_the_operators_domains_come_in_and_strangers_do_not(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider
):
    provider.person |= {"sub": "u-2", "email": "new@welcome.example", "name": "New"}
    assert (await sign_in(weir, browser)).status_code == 303
    assert await signed_in(weir, browser) == "new@welcome.example"
    browser.cookies.clear()
    provider.person |= {"sub": "u-3", "email": "eve@evil.example"}
    refused = await sign_in(weir, browser)
    assert (refused.status_code, "eve@evil.example may not sign in here." in refused.text) == (403, True)
    assert await signed_in(weir, browser) is None
    assert await failures(weir) == ["unknown"]


async def test_who_is_disabled_stays_out(weir: Served, browser: httpx2.AsyncClient):
    await sign_in(weir, browser)
    await weir.weir.identity.people.disable("ada@example.com")
    assert await signed_in(weir, browser) is None
    assert (await sign_in(weir, browser)).status_code == 403
    assert await signed_in(weir, browser) is None


@pytest.mark.parametrize("verified", [None, False, "false", "yes", 0])
async def test_an_address_that_nobody_checked_is_not_believed(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider, verified: object
):
    provider.person["email_verified"] = verified
    refused = await sign_in(weir, browser)
    assert (refused.status_code, "was checked" in refused.text) == (403, True)
    assert await signed_in(weir, browser) is None


async def test_microsofts_word_for_a_checked_address_counts(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider
):
    provider.person |= {"email_verified": None, "xms_edov": "1"}
    assert (await sign_in(weir, browser)).status_code == 303


@pytest.mark.parametrize(
    "instead",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"sub": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 9_999_999_999},
        {"at_hash": "another"},
    ],
    ids=str,
)
async def test_an_id_token_that_is_not_in_order_opens_nothing(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider, instead: dict[str, Any]
):
    provider.instead = instead
    refused = await sign_in(weir, browser)
    assert (refused.status_code, "did not confirm who you are" in refused.text) == (403, True)
    assert await signed_in(weir, browser) is None
    assert len(await failures(weir)) == 1


async def test_an_id_token_that_somebody_else_signed_opens_nothing(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider
):
    provider.signs_with = "another"
    refused = await sign_in(weir, browser)
    assert "the ID token is not signed by one of the provider&#39;s keys" in refused.text
    assert await signed_in(weir, browser) is None


async def test_a_provider_whose_id_tokens_bring_their_certificates_is_understood(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider
):
    provider.header = {"x5c": ["TUlJ" * 500]}
    assert (await sign_in(weir, browser)).status_code == 303
    assert await signed_in(weir, browser) == "ada@example.com"


@pytest.mark.parametrize("answer", [{"iss": "https://evil.example"}, {"iss": None}], ids=str)
async def test_an_answer_of_another_provider_is_refused_before_its_code_goes_anywhere(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider, answer: dict[str, str | None]
):
    provider.answer = answer
    refused = await sign_in(weir, browser)
    assert "another provider than the one that was asked" in refused.text
    assert len(provider.codes) == 1, "the code was not sent"


async def test_a_provider_that_does_not_promise_its_name_need_not_give_it(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider
):
    provider.metadata = {"authorization_response_iss_parameter_supported": None}
    provider.answer = {"iss": None}
    assert (await sign_in(weir, browser)).status_code == 303


async def test_a_refusal_of_the_provider_is_told(weir: Served, browser: httpx2.AsyncClient, provider: Provider):
    provider.answer = {"code": None, "error": "access_denied", "error_description": "<b>no</b>"}
    refused = await sign_in(weir, browser)
    assert (refused.status_code, "127.0.0.1 did not sign you in. You or the provider declined." in refused.text) == (
        403,
        True,
    )
    assert "<b>" not in refused.text


async def test_a_callback_works_once(weir: Served, browser: httpx2.AsyncClient):
    callback = await leave(weir, browser)
    kept = browser.cookies[COOKIE]
    assert (await browser.get(callback)).status_code == 303
    assert COOKIE not in browser.cookies
    assert (await browser.get(callback)).status_code == 400
    browser.cookies.set(COOKIE, kept)
    replayed = await browser.get(callback)
    assert (replayed.status_code, "invalid_grant" in replayed.text) == (403, True)


async def test_a_callback_belongs_to_the_browser_that_began(weir: Served, browser: httpx2.AsyncClient):
    callback = await leave(weir, browser)
    async with httpx2.AsyncClient() as victim:
        refused = await victim.get(callback)
        assert (refused.status_code, "began in another browser" in refused.text) == (400, True)
        await victim.get(f"{weir.url}/sign-in/openid")
        assert (await victim.get(callback)).status_code == 400, "its own journey is another one"
        assert await signed_in(weir, victim) is None


@pytest.mark.parametrize("name", ["state", "code"])
async def test_a_callback_that_was_tampered_with_is_refused(weir: Served, browser: httpx2.AsyncClient, name: str):
    callback = urlsplit(await leave(weir, browser))
    said = {key: values[0] for key, values in parse_qs(callback.query).items()}
    forged = callback._replace(query=urlencode(said | {name: "another"})).geturl()
    assert (await browser.get(forged)).status_code == (400 if name == "state" else 403)
    assert await signed_in(weir, browser) is None


@pytest.mark.parametrize("alg", ["HS256", "none"])
async def test_a_cookie_that_others_made_is_not_believed(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider, alg: str
):
    callback = await leave(weir, browser)
    journey = {
        "redirect_uri": f"{weir.url}/sign-in/openid/callback",
        "state": provider.asked[0]["state"],
        "nonce": provider.asked[0]["nonce"],
        "verifier": "mine",
        "return_to": "/account",
        "exp": int(time.time()) + 600,
    }
    browser.cookies.clear()
    key = OctKey.import_key(SECRET)
    browser.cookies.set(COOKIE, jwt.encode({"alg": alg}, journey, key, algorithms=[alg]))
    assert (await browser.get(callback)).status_code == 400


@pytest.mark.parametrize("return_to", ["https://evil.example", "//evil.example", "/\\evil.example", "/account\r\nX: y"])
async def test_nobody_is_sent_to_another_site_afterwards(weir: Served, browser: httpx2.AsyncClient, return_to: str):
    assert (await sign_in(weir, browser, return_to)).headers["location"] == "/connections"


@pytest.mark.parametrize("length", [100, 2_400, 4_096])
async def test_whoever_was_sent_here_by_a_program_comes_back_to_it_however_much_it_said(
    weir: Served, browser: httpx2.AsyncClient, length: int
):
    asked = "/authorize?client_id=x&state=" + "x" * length
    assert (await sign_in(weir, browser, asked)).headers["location"] == asked
    assert [name for name in browser.cookies if name.startswith(COOKIE)] == []


async def test_a_short_journey_after_a_long_one_that_was_given_up_is_remembered(
    weir: Served, browser: httpx2.AsyncClient
):
    await leave(weir, browser, "/authorize?state=" + "x" * 4_096)
    assert (await sign_in(weir, browser, "/account")).headers["location"] == "/account"


@pytest.mark.parametrize("sign", ["x", '"'])
async def test_no_journey_makes_the_cookies_longer_than_browsers_and_proxies_take(
    weir: Served, browser: httpx2.AsyncClient, sign: str
):
    for length in range(3_900, 5_300, 100):
        there = await browser.get(f"{weir.url}/sign-in/openid", params={"return_to": "/account?x=" + sign * length})
        pieces = [line.partition(";")[0] for line in there.headers.get_list("set-cookie") if line.startswith(COOKIE)]
        assert max(map(len, pieces)) < 4_000
        assert sum(map(len, pieces)) < 7_500


async def test_a_way_back_that_no_cookie_can_hold_ends_at_home(weir: Served, browser: httpx2.AsyncClient):
    done = await sign_in(weir, browser, "/authorize?state=" + "x" * 5000)
    assert (done.status_code, done.headers["location"]) == (303, "/connections")
    assert await signed_in(weir, browser) == "ada@example.com"


async def test_a_provider_that_names_no_endpoint_is_said_to_be_at_fault(
    weir: Served, browser: httpx2.AsyncClient, provider: Provider
):
    provider.metadata = {"authorization_endpoint": None}
    refused = await browser.get(f"{weir.url}/sign-in/openid")
    assert (refused.status_code, "names no authorization_endpoint" in refused.text) == (502, True)


async def test_journeys_from_one_address_are_counted(weir: Served, browser: httpx2.AsyncClient):
    # Another window may begin meanwhile, which allows as many again.
    answers = [(await browser.get(f"{weir.url}/sign-in/openid")).status_code for _ in range(101)]
    assert answers[:50] == [303] * 50
    assert 429 in answers


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"oidc_issuer": "https://id.example", "oidc_client_id": "weir"}, "oidc_client_secret"),
        ({"oidc_client_id": "weir", "oidc_client_secret": "s"}, "oidc_issuer"),
        (
            {"oidc_issuer": "http://id.example", "oidc_client_id": "weir", "oidc_client_secret": "s"},
            "oidc_issuer",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused_at_start(isolated: None, given: dict[str, str], field: str):
    with pytest.raises(InvalidInput) as refusal:
        load(auth="builtin", **given)
    assert refusal.value.field == field
