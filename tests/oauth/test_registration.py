"""Clients that register themselves (RFC 7591)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.oauth import redirects
from server.storage.database import Database
from tests.databases import Clock
from tests.oauth.door import CALLBACK, Door, door, refusal


async def test_a_client_registers_with_the_least_it_can_say(stored_site: Door) -> None:
    site = stored_site
    answer = await site.http.post("/register", json={"redirect_uris": [CALLBACK]})
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    body = answer.json()
    client_id = body.pop("client_id")
    assert body == {
        "client_id_issued_at": int(site.clock().timestamp()),
        "client_name": "A client without a name",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    client = await site.authorization.clients.find(client_id)
    assert client.redirect_uris == (CALLBACK,)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_a_client_that_asks_for_a_secret_gets_one(site: Door, method: str) -> None:
    body = await site.register(token_endpoint_auth_method=method)
    assert (body["token_endpoint_auth_method"], body["client_secret_expires_at"]) == (method, 0)
    assert len(body["client_secret"]) == 43


async def test_json_with_a_charset_and_unknown_or_empty_fields_are_accepted(site: Door) -> None:
    said = {
        "redirect_uris": [CALLBACK],
        "client_name": None,
        "client_uri": "",
        "logo_uri": None,
        "application_type": "native",
        "contacts": 7,
        "software_statement": "x",
        "unheard_of": {"a": [1]},
        "scope": "openid enrich:read",
        "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        "response_types": ["code"],
    }
    headers = {"content-type": "application/json; charset=utf-8"}
    answer = await site.http.post("/register", content=json.dumps(said), headers=headers)
    assert answer.status_code == 201
    assert answer.json()["grant_types"] == ["authorization_code", "refresh_token"]


async def test_a_name_is_shown_on_one_line_and_cut(site: Door) -> None:
    named = await site.register(client_name="Cl\u202eau\x00de \n  Desk\u200btop" + "x" * 200)
    assert named["client_name"] == ("Claude Desktop" + "x" * 200)[:80]


async def test_a_home_page_that_may_not_be_linked_is_left_out(site: Door) -> None:
    assert "client_uri" not in await site.register(client_uri="javascript:alert(1)")
    assert (await site.register(client_uri="https://claude.ai"))["client_uri"] == "https://claude.ai"


@pytest.mark.parametrize(
    "uri",
    [
        "https://claude.ai/api/mcp/auth_callback",
        "https://claude.com/api/mcp/auth_callback",
        "https://chatgpt.com/connector_platform_oauth_redirect",
        "https://chatgpt.com/connector/oauth/abc123",
        "http://localhost/callback",
        "http://127.0.0.1:3334/oauth/callback",
        "http://[::1]:8080/cb",
        "http://127.0.0.1:1455/callback/8f1cDk3",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "vscode://vscode.github-authentication/did-authenticate",
        "https://vscode.dev/redirect",
        "com.example.app:/oauth",
        "https://client.example/cb?tenant=1",
    ],
)
async def test_redirect_uris_of_real_clients_are_accepted_and_used(site: Door, uri: str) -> None:
    registered = await site.register(redirect_uris=[uri])
    client = await site.authorization.clients.find(registered["client_id"])
    assert client.check_redirect_uri(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "callback",
        "/callback",
        "//client.example/cb",
        "http://client.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://localhost.evil.example/cb",
        "http://0.0.0.0/cb",
        "https://user@client.example/cb",
        "https://claude.ai:pw@evil.example/cb",
        "https://client.example/cb#fragment",
        "https://client.example/cb#",
        "https://",
        "https://client.example:99999/cb",
        "https://client.example:0/cb",
        "https://[::1/cb",
        "https://client.example/a b",
        "https://client.example/\\evil",
        "https://client.example/ü",
        "https://client.example/\r\nSet-Cookie:a=b",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://client.example/cb",
        "myapp://callback",
        "https://client.example/" + "x" * 2048,
    ],
)
async def test_redirect_uris_that_could_lead_astray_are_refused(site: Door, uri: str) -> None:
    answer = await site.http.post("/register", json={"redirect_uris": [CALLBACK, uri]})
    assert refusal(answer) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize(
    ("registered", "asked", "same"),
    [
        ("http://localhost/callback", "http://localhost:51763/callback", True),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", True),
        ("http://127.0.0.1:1/cb", "http://localhost:1/cb", False),
        ("http://127.0.0.1:1/cb?a=1", "http://127.0.0.1:2/cb?a=2", False),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb#x", False),
        ("https://client.example/cb", "https://client.example:443/cb", False),
        ("https://client.example/cb", "https://client.example/cb/", False),
        ("https://client.example/cb", "https://CLIENT.example/cb", False),
        ("com.example.app:/cb", "com.example.app:/cb?x", False),
    ],
)
def test_redirect_uris_are_compared_exactly_but_for_the_port_of_loopback(
    registered: str, asked: str, same: bool
) -> None:
    assert redirects.same(registered, asked) is same


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({}, "invalid_redirect_uri"),
        ({"redirect_uris": CALLBACK}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK] * 21}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK], "grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "response_types": ["token"]}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "client_name": 7}, "invalid_client_metadata"),
        ({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ([], "invalid_client_metadata"),
    ],
)
async def test_what_cannot_be_registered_is_refused_by_its_name(site: Door, said: Any, error: str) -> None:
    answer = await site.http.post("/register", json=said)
    assert refusal(answer) == (400, error)


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"{", "application/json", (400, "invalid_client_metadata")),
        (b'"\\ud800"', "application/json", (400, "invalid_client_metadata")),
        (b"\xff", "application/json", (400, "invalid_client_metadata")),
        (b"[" * 60_000, "application/json", (400, "invalid_client_metadata")),
        (b"a=b", "application/x-www-form-urlencoded", (415, "invalid_request")),
        (b" " * 70_000, "application/json", (413, "invalid_request")),
    ],
)
async def test_bodies_that_are_no_registration_are_refused(
    site: Door, content: bytes, kind: str, expected: tuple[int, str]
) -> None:
    answer = await site.http.post("/register", content=content, headers={"content-type": kind})
    assert refusal(answer) == expected


async def test_registrations_from_one_address_are_limited(site: Door) -> None:
    body = {"redirect_uris": [CALLBACK]}
    answers = [await site.http.post("/register", json=body) for _ in range(101)]
    assert [answer.status_code for answer in answers] == [201] * 100 + [429]
    assert refusal(answers[-1]) == (429, "temporarily_unavailable")
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3601
    site.clock.advance(hours=1)
    assert (await site.http.post("/register", json=body)).status_code == 201


async def test_registrations_that_nobody_uses_expire_and_used_ones_stay(stored_site: Door) -> None:
    site = stored_site
    unused = (await site.register())["client_id"]
    used = (await site.register())["client_id"]
    await site.tokens(used)
    site.clock.advance(days=1, seconds=1)
    await site.authorization.sweep()
    # A client that is told invalid_client registers again.
    assert refusal(await site.refresh(unused, "whatever")) == (401, "invalid_client")
    assert refusal(await site.refresh(used, "whatever")) == (400, "invalid_grant")
    site.clock.advance(days=91)
    await site.authorization.sweep()
    assert refusal(await site.refresh(used, "whatever")) == (401, "invalid_client")


async def test_the_operator_can_close_registration(sqlite: Database, clock: Clock) -> None:
    async with door(sqlite, clock, register_clients=False) as site:
        assert (await site.http.post("/register", json={"redirect_uris": [CALLBACK]})).status_code == 404
        document = (await site.http.get("/.well-known/oauth-authorization-server")).json()
        assert "registration_endpoint" not in document
