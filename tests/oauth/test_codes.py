"""From the authorization request to the first tokens."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from server.domain.errors import InvalidInput
from server.domain.money import Credits
from server.domain.principal import Scope
from server.identity.workspaces import Role
from server.oauth.authorization import Decision
from server.oauth.authorization_request import AuthorizationRefused, Redirect
from tests.oauth.door import CALLBACK, USUAL_TEXT, Door, Pkce, received, refusal


async def test_a_code_buys_tokens_that_open_the_endpoint(stored_site: Door) -> None:
    site = stored_site
    client = await site.register()
    pkce = Pkce()
    answer = await site.code(client["client_id"], pkce, state="héllo wörld ✓&=+%")
    assert (answer["state"], answer["iss"]) == ("héllo wörld ✓&=+%", site.url)
    response = await site.exchange(client["client_id"], answer["code"], pkce)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    tokens = response.json()
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 600, USUAL_TEXT)
    bearer = await site.authorization.tokens.verify(tokens["access_token"], site.url)
    principal = bearer.principal
    assert (principal.workspace, principal.member, principal.client) == ("default", "ada@example.com", "Claude")
    assert principal.grant.scopes == {Scope.READ, Scope.SPEND, Scope.BULK, Scope.ACCOUNT}
    assert (bearer.client_id, bearer.issuer, bearer.subject) == (client["client_id"], site.url, site.ada)


async def test_an_access_token_follows_rfc_9068_and_verifies_with_the_published_keys(site: Door) -> None:
    client = await site.register()
    token = (await site.tokens(client["client_id"]))["access_token"]
    keys = KeySet.import_key_set((await site.http.get("/.well-known/jwks.json")).json())
    read = jwt.decode(token, keys, algorithms=["ES256"])
    assert (read.header["typ"], read.header["alg"]) == ("at+jwt", "ES256")
    assert {name: read.claims[name] for name in ("iss", "aud", "sub", "client_id", "scope")} == {
        "iss": site.url,
        "aud": f"{site.url}/mcp",
        "sub": site.ada,
        "client_id": client["client_id"],
        "scope": USUAL_TEXT,
    }
    now = int(site.clock().timestamp())
    assert (read.claims["iat"], read.claims["exp"]) == (now, now + 600)
    assert len({(await site.tokens(client["client_id"]))["access_token"] for _ in range(2)}) == 2


async def test_the_published_keys_hold_no_private_half(site: Door) -> None:
    (key,) = (await site.http.get("/.well-known/jwks.json")).json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


async def test_a_code_works_only_once_and_its_second_use_ends_the_connection(stored_site: Door) -> None:
    site = stored_site
    client_id, pkce = (await site.register())["client_id"], Pkce()
    code = (await site.code(client_id, pkce))["code"]
    tokens = (await site.exchange(client_id, code, pkce)).json()
    assert refusal(await site.exchange(client_id, code, pkce)) == (400, "invalid_grant")
    assert refusal(await site.refresh(client_id, tokens["refresh_token"])) == (400, "invalid_grant")
    assert await site.authorization.connections.of(site.ada) == ()
    entries = await site.identity.audit.since(site.clock())
    assert [(entry.event, entry.detail.get("why")) for entry in entries if entry.event.startswith("connection")] == [
        ("connection.added", None),
        ("connection.revoked", "code used twice"),
    ]


async def test_of_two_uses_at_once_one_wins(stored_site: Door) -> None:
    site = stored_site
    client_id, pkce = (await site.register())["client_id"], Pkce()
    code = (await site.code(client_id, pkce))["code"]
    answers = await asyncio.gather(*(site.exchange(client_id, code, pkce) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]


async def test_a_code_expires_after_a_minute(site: Door) -> None:
    client_id, pkce = (await site.register())["client_id"], Pkce()
    late, in_time = (await site.code(client_id, pkce))["code"], (await site.code(client_id, pkce))["code"]
    site.clock.advance(seconds=59)
    assert (await site.exchange(client_id, in_time, pkce)).status_code == 200
    site.clock.advance(seconds=1)
    assert refusal(await site.exchange(client_id, late, pkce)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"code_verifier": "x" * 43}, (400, "invalid_grant")),
        ({"code_verifier": None}, (400, "invalid_request")),
        ({"code_verifier": "short"}, (400, "invalid_request")),
        ({"redirect_uri": "http://127.0.0.1:1/callback"}, (400, "invalid_grant")),
        ({"code": "unknown"}, (400, "invalid_grant")),
        ({"code": None}, (400, "invalid_request")),
        ({"resource": "https://elsewhere.example/mcp"}, (400, "invalid_target")),
        ({"client_id": "nobody"}, (401, "invalid_client")),
        ({"client_id": None}, (401, "invalid_client")),
        ({"grant_type": None}, (400, "invalid_request")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"grant_type": "client_credentials"}, (401, "invalid_client")),
    ],
)
async def test_a_code_is_bound_to_what_it_was_issued_for(
    site: Door, wrong: dict[str, str | None], expected: tuple[int, str]
) -> None:
    client_id, pkce = (await site.register())["client_id"], Pkce()
    code = (await site.code(client_id, pkce))["code"]
    assert refusal(await site.exchange(client_id, code, pkce, **wrong)) == expected
    # Nothing of that used up the code.
    assert (await site.exchange(client_id, code, pkce)).status_code == 200


async def test_a_code_of_one_client_is_nothing_to_another(site: Door) -> None:
    mine, other, pkce = await site.register(), await site.register(client_name="Other"), Pkce()
    code = (await site.code(mine["client_id"], pkce))["code"]
    assert refusal(await site.exchange(other["client_id"], code, pkce)) == (400, "invalid_grant")
    assert (await site.exchange(mine["client_id"], code, pkce)).status_code == 200


async def test_the_redirect_uri_may_be_left_out_at_the_token_endpoint_as_in_oauth_2_1(site: Door) -> None:
    client_id, pkce = (await site.register())["client_id"], Pkce()
    code = (await site.code(client_id, pkce))["code"]
    assert (await site.exchange(client_id, code, pkce, redirect_uri=None)).status_code == 200


async def test_the_only_registered_redirect_uri_is_meant_where_none_is_named(site: Door) -> None:
    one = (await site.register())["client_id"]
    asked = await site.authorization.request(site.asked(one, Pkce(), redirect_uri=None), site.url, site.url)
    assert asked.redirect_uri == CALLBACK
    two = (await site.register(redirect_uris=[CALLBACK, "https://client.example/cb"]))["client_id"]
    with pytest.raises(AuthorizationRefused, match="did not say where"):
        await site.authorization.request(site.asked(two, Pkce(), redirect_uri=None), site.url, site.url)


async def test_the_same_request_may_be_made_many_times(site: Door) -> None:
    client_id, pkce = (await site.register())["client_id"], Pkce()
    params = site.asked(client_id, pkce)
    first, second = [await site.authorization.request(params, site.url, site.url) for _ in range(2)]
    assert first == second


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "tooshort"}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"scope": "openid profile"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example/mcp"}, "invalid_target"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://client.example/r"}, "request_uri_not_supported"),
        ({"nonce": "n" * 5000}, "invalid_request"),
        ({"prompt": "none"}, "consent_required"),
        ({"prompt": "none login"}, "invalid_request"),
    ],
)
async def test_the_client_hears_what_is_wrong_with_its_request(
    site: Door, wrong: dict[str, str | None], error: str
) -> None:
    client_id = (await site.register())["client_id"]
    with pytest.raises(Redirect) as raised:
        await site.authorization.request(site.asked(client_id, Pkce(), state="ü&ü", **wrong), site.url, site.url)
    assert raised.value.url.startswith(f"{CALLBACK}?")
    said = received(raised.value.url)
    assert (said["error"], said["state"], said["iss"]) == (error, "ü&ü", site.url)


async def test_a_parameter_that_occurs_twice_is_refused(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    params = site.asked(client_id, Pkce())
    for name in ("client_id", "redirect_uri"):
        with pytest.raises(AuthorizationRefused, match=f"gave {name} more than once"):
            await site.authorization.request(params | {name: params[name] * 2}, site.url, site.url)
    for name in ("state", "code_challenge", "scope"):
        with pytest.raises(Redirect) as raised:
            await site.authorization.request(params | {name: ["a", "b"]}, site.url, site.url)
        assert received(raised.value.url)["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"client_id": None}, "did not say who it is"),
        ({"client_id": "nobody"}, "not known here"),
        ({"client_id": "nul\0"}, "not known here"),
        ({"redirect_uri": "https://evil.example/callback"}, "did not announce"),
        ({"redirect_uri": "http://127.0.0.1:33418/callback/"}, "did not announce"),
        ({"redirect_uri": "http://127.0.0.1.evil.example:33418/callback"}, "did not announce"),
        ({"redirect_uri": "http://evil@127.0.0.1:33418/callback"}, "did not announce"),
        ({"redirect_uri": 'https://x.example/"ü'}, "did not announce"),
    ],
)
async def test_nobody_is_sent_to_an_address_that_was_not_announced(
    site: Door, wrong: dict[str, str | None], message: str
) -> None:
    client_id = (await site.register())["client_id"]
    with pytest.raises(AuthorizationRefused, match=message):
        await site.authorization.request(site.asked(client_id, Pkce(), **wrong), site.url, site.url)


async def test_a_loopback_callback_may_come_on_any_port(site: Door) -> None:
    client_id = (await site.register(redirect_uris=["http://localhost/callback", "http://[::1]:1/cb"]))["client_id"]
    for uri in ("http://localhost:51763/callback", "http://localhost/callback", "http://[::1]:9/cb"):
        asked = await site.authorization.request(site.asked(client_id, Pkce(), redirect_uri=uri), site.url, site.url)
        assert (asked.redirect_uri, asked.client.loopback) == (uri, True)
    for uri in ("http://127.0.0.1:51763/callback", "https://localhost:5/callback", "http://localhost:0/callback"):
        with pytest.raises(AuthorizationRefused):
            await site.authorization.request(site.asked(client_id, Pkce(), redirect_uri=uri), site.url, site.url)


@pytest.mark.parametrize(
    ("uri", "start"),
    [
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback?code="),
        ("com.example.app:/oauth", "com.example.app:/oauth?code="),
        ("https://client.example/cb?tenant=a%20b", "https://client.example/cb?tenant=a+b&code="),
    ],
)
async def test_the_answer_is_added_to_whatever_the_callback_is(site: Door, uri: str, start: str) -> None:
    client_id = (await site.register(redirect_uris=[uri]))["client_id"]
    params = site.asked(client_id, Pkce(), redirect_uri=uri)
    asked = await site.authorization.request(params, site.url, site.url)
    assert (await site.authorization.approve(asked, _everything(site))).startswith(start)


async def test_parameters_of_openid_clients_do_no_harm(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    params = site.asked(
        client_id, Pkce(), prompt="consent", response_mode="query", nonce="n", scope="openid enrich:read"
    )
    asked = await site.authorization.request(params, site.url, site.url)
    assert asked.scopes == {Scope.READ}


@pytest.mark.parametrize("prefix", ["", "/mcp"])
async def test_the_answer_names_the_issuer_whose_metadata_named_the_endpoint(site: Door, prefix: str) -> None:
    client_id, pkce = (await site.register())["client_id"], Pkce()
    issuer = f"{site.url}{prefix}"
    asked = await site.authorization.request(site.asked(client_id, pkce), issuer, site.url)
    approved = received(await site.authorization.approve(asked, _everything(site)))
    assert approved["iss"] == issuer
    assert received(site.authorization.refuse(asked)) == {
        "error": "access_denied",
        "error_description": "The person did not allow it.",
        "state": "s",
        "iss": issuer,
    }
    answer = await site.http.post(
        f"{prefix}/token",
        data={
            "grant_type": "authorization_code",
            "client_id": client_id,
            "code": approved["code"],
            "code_verifier": pkce.verifier,
        },
    )
    bearer = await site.authorization.tokens.verify(answer.json()["access_token"], site.url)
    assert bearer.issuer == site.url


@pytest.mark.parametrize(
    ("resource", "audience"), [(None, "/mcp"), ("/mcp", "/mcp"), ("/mcp/", "/mcp"), ("", ""), ("/", "")]
)
async def test_a_token_is_for_the_resource_that_was_asked_for(site: Door, resource: str | None, audience: str) -> None:
    client_id = (await site.register())["client_id"]
    asked = None if resource is None else f"{site.url}{resource}"
    token = (await site.tokens(client_id, resource=asked))["access_token"]
    claims = (await site.authorization.tokens.claims(token)).audience
    assert claims == f"{site.url}{audience}"


async def test_what_a_person_allows_is_what_the_token_opens(site: Door) -> None:
    client_id, pkce = (await site.register())["client_id"], Pkce()
    params = site.asked(client_id, pkce, scope="enrich:read enrich:spend offline_access unknown")
    asked = await site.authorization.request(params, site.url, site.url)
    assert (asked.scopes, asked.offline) == ({Scope.READ, Scope.SPEND}, True)
    decision = Decision(
        site.ada, "ada@example.com", "default", frozenset({Scope.READ, Scope.BULK}), ("contact",), Credits(500)
    )
    code = received(await site.authorization.approve(asked, decision))["code"]
    tokens = (await site.exchange(client_id, code, pkce)).json()
    assert tokens["scope"] == "enrich:read offline_access"
    grant = (await site.authorization.tokens.verify(tokens["access_token"], site.url)).principal.grant
    assert (grant.scopes, grant.toolsets, grant.monthly_limit) == ({Scope.READ}, ("contact",), Credits(500))


async def test_a_decision_without_any_scope_is_a_refusal(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    asked = await site.authorization.request(site.asked(client_id, Pkce()), site.url, site.url)
    decision = Decision(site.ada, "ada@example.com", "default", frozenset())
    assert received(await site.authorization.approve(asked, decision))["error"] == "access_denied"
    assert await site.authorization.connections.of(site.ada) == ()


async def test_nobody_connects_a_client_to_a_workspace_that_is_not_theirs(site: Door) -> None:
    await site.identity.workspaces.create("other", "Other")
    client_id = (await site.register())["client_id"]
    asked = await site.authorization.request(site.asked(client_id, Pkce()), site.url, site.url)
    decision = Decision(site.ada, "ada@example.com", "other", frozenset(Scope))
    with pytest.raises(InvalidInput, match="do not belong"):
        await site.authorization.approve(asked, decision)


async def test_only_administrators_grant_the_administration(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    member = await site.tokens(client_id, scope="enrich:read admin")
    assert member["scope"] == "enrich:read"
    await site.identity.workspaces.join("default", site.ada, Role.ADMIN)
    administrator = await site.tokens(client_id, scope="enrich:read admin")
    assert administrator["scope"] == "enrich:read admin"
    verified = await site.authorization.tokens.verify(administrator["access_token"], site.url)
    assert Scope.ADMIN in verified.principal.grant.scopes


@pytest.mark.parametrize(
    ("grant_types", "scope", "renewable"),
    [
        (["authorization_code", "refresh_token"], None, True),
        (None, None, True),
        (["authorization_code"], None, False),
        (["authorization_code"], f"{USUAL_TEXT} offline_access", True),
    ],
)
async def test_clients_that_stay_connected_get_a_refresh_token(
    site: Door, grant_types: list[str] | None, scope: str | None, renewable: bool
) -> None:
    said: dict[str, Any] = {} if grant_types is None else {"grant_types": grant_types}
    client_id = (await site.register(**said))["client_id"]
    tokens = await site.tokens(client_id, scope=scope)
    assert ("refresh_token" in tokens) is renewable
    if renewable:
        assert (await site.refresh(client_id, tokens["refresh_token"])).status_code == 200


async def test_a_client_with_a_secret_has_to_show_it_in_either_way(site: Door) -> None:
    client = await site.register(token_endpoint_auth_method="client_secret_post")
    client_id, secret, pkce = client["client_id"], client["client_secret"], Pkce()
    code = (await site.code(client_id, pkce))["code"]
    assert refusal(await site.exchange(client_id, code, pkce)) == (401, "invalid_client")
    assert refusal(await site.exchange(client_id, code, pkce, client_secret="wrong")) == (401, "invalid_client")
    assert (await site.exchange(client_id, code, pkce, client_secret=secret)).status_code == 200
    code = (await site.code(client_id, pkce))["code"]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": pkce.verifier}
    wrong = await site.http.post("/token", data=form, auth=(client_id, "wrong"))
    assert refusal(wrong) == (401, "invalid_client")
    assert wrong.headers["www-authenticate"].startswith("Basic")
    unreadable = await site.http.post("/token", data=form, headers={"Authorization": "Basic gICA"})
    assert refusal(unreadable) == (401, "invalid_client")
    assert (await site.http.post("/token", data=form, auth=(client_id, secret))).status_code == 200


async def test_secrets_are_stored_as_hashes_only(site: Door, sqlite_url: str) -> None:
    client = await site.register(token_endpoint_auth_method="client_secret_basic")
    pkce = Pkce()
    code = (await site.code(client["client_id"], pkce))["code"]
    exchanged = await site.exchange(client["client_id"], code, pkce, client_secret=client["client_secret"])
    tokens = exchanged.json()
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as file:
        dump = "\n".join(file.iterdump())
    for secret in (client["client_secret"], code, tokens["access_token"], tokens["refresh_token"], pkce.verifier):
        assert secret not in dump
    assert client["client_id"] in dump


def _everything(site: Door) -> Decision:
    return Decision(site.ada, "ada@example.com", "default", frozenset(Scope))
