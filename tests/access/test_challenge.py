"""Who presents no credential, or a wrong one, is told how to get in, and nothing else happens."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from server.domain.principal import Scope
from tests.access.firm import Firm, disable, head, message

DISCOVER = message("server/discover")
ALL = "enrich:read enrich:spend bulk:submit account:read"


def parameters(challenge: str) -> list[tuple[str, str]]:
    """The parameters of a Bearer challenge, in order."""
    assert challenge.startswith("Bearer ")
    return re.findall(r'(\w+)="([^"]*)"', challenge)


@pytest.mark.parametrize(("path", "suffix"), [("/mcp", "/mcp"), ("/", "")])
async def test_without_a_credential_the_challenge_names_the_metadata_once_and_no_error(
    weir: Firm, path: str, suffix: str
) -> None:
    async with weir.http() as http:
        response = await http.post(path, json=DISCOVER, headers=head(DISCOVER))
    assert response.status_code == 401
    assert parameters(response.headers["www-authenticate"]) == [
        ("resource_metadata", f"{weir.url}/.well-known/oauth-protected-resource{suffix}"),
        ("scope", ALL),
    ]
    assert response.json() == {"error": "unauthorized", "error_description": "Sign in, or send a personal key."}
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "HEAD"])
async def test_every_method_asks_for_a_credential(weir: Firm, method: str) -> None:
    async with weir.http() as http:
        assert (await http.request(method, "/mcp")).status_code == 401


async def test_a_stream_at_the_root_asks_for_a_credential_and_the_pages_do_not(weir: Firm) -> None:
    async with weir.http() as http:
        assert (await http.get("/", headers={"Accept": "text/event-stream"})).status_code == 401
        assert (await http.get("/", headers={"Accept": "text/html"})).status_code == 200
        assert (await http.get("/health")).status_code == 200


async def test_the_challenge_speaks_of_the_host_that_was_asked_for(weir: Firm) -> None:
    port = urlsplit(weir.url).port
    async with weir.http() as http:
        response = await http.post("/mcp", json=DISCOVER, headers={**head(DISCOVER), "Host": f"localhost:{port}"})
    metadata = dict(parameters(response.headers["www-authenticate"]))["resource_metadata"]
    assert metadata == f"http://localhost:{port}/.well-known/oauth-protected-resource/mcp"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example"])
async def test_a_host_that_is_not_ours_is_misdirected_even_with_a_key(weir: Firm, host: str) -> None:
    async with weir.http(await weir.text()) as http:
        response = await http.post("/mcp", json=DISCOVER, headers={**head(DISCOVER), "Host": host})
    assert response.status_code == 421
    assert "www-authenticate" not in response.headers


@pytest.mark.parametrize("header", ["Authorization", "authorization", "X-Weir-Key"])
async def test_a_key_opens_the_endpoint_by_either_header(weir: Firm, header: str) -> None:
    key = await weir.text()
    value = key if header == "X-Weir-Key" else f"bearer {key}"
    async with weir.http() as http:
        response = await http.post("/mcp", json=DISCOVER, headers={**head(DISCOVER), header: value})
    assert response.json()["result"]["supportedVersions"][0] == "2026-07-28"


async def test_the_same_key_twice_is_one_credential_and_two_keys_are_refused(weir: Firm) -> None:
    one, other = await weir.text(), await weir.text()
    async with weir.http(one) as http:
        same = await http.post("/mcp", json=DISCOVER, headers={**head(DISCOVER), "X-Weir-Key": one})
        different = await http.post("/mcp", json=DISCOVER, headers={**head(DISCOVER), "X-Weir-Key": other})
        both = [*head(DISCOVER).items(), ("Authorization", f"Bearer {one}"), ("Authorization", f"Bearer {other}")]
        del http.headers["Authorization"]
        repeated = await http.post("/mcp", json=DISCOVER, headers=both)
    assert same.status_code == 200
    assert [(one.status_code, one.json()["error"]) for one in (different, repeated)] == [(400, "invalid_request")] * 2


@pytest.mark.parametrize("sent", ["Basic YTpi", "Bearer", ""])
async def test_what_is_no_bearer_credential_counts_as_none(weir: Firm, sent: str) -> None:
    async with weir.http() as http:
        response = await http.post("/mcp", json=DISCOVER, headers={**head(DISCOVER), "Authorization": sent})
    assert response.status_code == 401
    assert "error" not in dict(parameters(response.headers["www-authenticate"]))


async def test_a_cookie_is_no_credential(weir: Firm) -> None:
    key = await weir.text()
    async with weir.http() as http:
        cookie = {"Cookie": f"weir={key}; access_token={key}; Authorization=Bearer {key}"}
        assert (await http.post("/mcp", json=DISCOVER, headers={**head(DISCOVER), **cookie})).status_code == 401


@pytest.mark.parametrize("query", ["access_token={}", "key={}", "KEY={}", "x={}", "a=1&api_key={}", "x=%77eir_abc"])
@pytest.mark.parametrize("with_header", [True, False])
async def test_a_key_in_the_url_is_refused_and_not_logged(
    weir: Firm, caplog: pytest.LogCaptureFixture, query: str, with_header: bool
) -> None:
    caplog.set_level(logging.DEBUG, logger="server")
    key = await weir.text()
    async with weir.http(key if with_header else None) as http:
        response = await http.post(f"/mcp?{query.format(key)}", json=DISCOVER, headers=head(DISCOVER))
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    assert "do not belong into a URL" in response.json()["error_description"]
    assert key not in response.text
    assert not [record for record in caplog.records if record.name.startswith("server") and key in record.getMessage()]


async def test_other_parameters_in_the_url_are_nobodys_business(weir: Firm) -> None:
    async with weir.http(await weir.text()) as http:
        assert (await http.post("/mcp?session=1&x=", json=DISCOVER, headers=head(DISCOVER))).status_code == 200


@pytest.mark.parametrize(
    "token", ["weir_" + "a" * 43, "weir_", "eyJhbGciOiJub25lIn0.e30.", "something", "w\u00e9ir_\u2603"]
)
async def test_a_credential_that_opens_nothing_is_an_invalid_token(weir: Firm, token: str) -> None:
    headers = [(name.encode(), value.encode()) for name, value in head(DISCOVER).items()]
    async with weir.http() as http:
        sent = [*headers, (b"Authorization", b"Bearer " + token.encode())]
        response = await http.post("/mcp", json=DISCOVER, headers=sent)
    assert response.status_code == 401
    said = parameters(response.headers["www-authenticate"])
    assert said[0] == ("error", "invalid_token")
    assert [name for name, _ in said] == ["error", "error_description", "resource_metadata", "scope"]
    assert dict(said)["error_description"] == response.json()["error_description"]
    assert response.json()["error"] == "invalid_token"


async def status_with(weir: Firm, key: str) -> int:
    async with weir.http(key) as http:
        return (await http.post("/mcp", json=DISCOVER, headers=head(DISCOVER))).status_code


async def test_an_expired_key_opens_nothing(weir: Firm) -> None:
    assert await status_with(weir, await weir.text(expires_at=datetime(2020, 1, 1, tzinfo=UTC))) == 401


async def test_a_revoked_key_stops_at_once(weir: Firm) -> None:
    text, key = await weir.key()
    assert await status_with(weir, text) == 200
    assert await weir.served.weir.identity.keys.revoke(key.id, by="test")
    assert await status_with(weir, text) == 401


async def test_the_key_of_a_disabled_person_stops(weir: Firm) -> None:
    text = await weir.text()
    assert await status_with(weir, text) == 200
    await disable(weir.database, "ada@acme.example")
    weir.served.weir.identity.keys.forget()
    assert await status_with(weir, text) == 401


async def test_nothing_of_the_body_is_read_before_the_credential_is_checked(weir: Firm) -> None:
    address = urlsplit(weir.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    lines = [
        "POST /mcp HTTP/1.1",
        f"Host: {address.netloc}",
        "Content-Type: application/json",
        "Content-Length: 100000",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    status = await asyncio.wait_for(reader.readline(), 60)
    writer.close()
    assert status.split()[1] == b"401"


async def test_a_browser_may_ask_first_and_read_the_challenge(weir: Firm) -> None:
    origin = {"Origin": "http://localhost:6274"}
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, x-weir-key"}
    async with weir.http() as http:
        allowed = await http.options("/mcp", headers={**origin, **preflight})
        refused = await http.post("/mcp", json=DISCOVER, headers={**head(DISCOVER), **origin})
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-headers"] == preflight["Access-Control-Request-Headers"]
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == origin["Origin"]
    assert "WWW-Authenticate" in refused.headers["access-control-expose-headers"]


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
async def test_the_official_client_works_with_a_key_in_both_eras(weir: Firm, mode: str) -> None:
    async with weir.client(await weir.text(), mode) as client:
        result = await client.call_tool("validate_work_email", {"email": "ada@stripe.com"})
    assert result.structured_content is not None
    assert result.structured_content["outcome"] == "found"


async def test_a_session_belongs_to_the_key_that_opened_it(weir: Firm) -> None:
    mine, other = await weir.text(), await weir.text("eve@globex.example")
    info: dict[str, Any] = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    }
    opening = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": info}
    plain = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    async with weir.http(mine) as me, weir.http(other) as stranger:
        session = (await me.post("/mcp", json=opening, headers=plain)).headers["mcp-session-id"]
        headers = {**plain, "Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}
        listing: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        assert (await stranger.post("/mcp", json=listing, headers=headers)).status_code == 404
        assert (await me.post("/mcp", json=listing, headers=headers)).status_code == 200


async def test_the_ledger_names_the_person_the_client_and_the_connection(weir: Firm) -> None:
    text, key = await weir.key("bob@acme.example", scopes=(Scope.READ, Scope.SPEND))
    await weir.call(text, "find_personal_email", profile_url="magic-valid-1")
    written = weir.served.weir.engine.books.ledger.export("acme", datetime(2020, 1, 1, tzinfo=UTC))
    assert {(line["member"], line["client"], line["connection"]) async for line in written} == {
        ("bob@acme.example", "mcp", key.id)
    }
