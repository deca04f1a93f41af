"""`/` and `/mcp`: who is let in, and what is said to those who are not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, MCPError

from tests.serving import Served, served

ERAS = ["2026-07-28", "legacy"]
DISCOVER: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "server/discover",
    "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        }
    },
}
EMAIL = {"email": "ada@stripe.com"}


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("path", ["/", "/mcp"])
async def test_both_paths_serve_mcp_in_both_eras(weir: Served, path: str, era: str) -> None:
    async with Client(f"{weir.url}{path}", mode=era) as client:
        result = await client.call_tool("validate_work_email", EMAIL)
    assert result.structured_content is not None
    assert result.structured_content["data"]["email"] == "ada@stripe.com"


@pytest.mark.parametrize("path", ["/", "/mcp"])
async def test_the_server_introduces_itself(http: httpx2.AsyncClient, modern: dict[str, str], path: str) -> None:
    said = (await http.post(path, json=DISCOVER, headers=modern)).json()["result"]
    assert said["supportedVersions"][0] == "2026-07-28"
    assert said["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "weir"
    assert (said["ttlMs"], said["cacheScope"]) == (300_000, "public")
    assert "preview_cost" in said["instructions"]


@pytest.mark.parametrize("era", ERAS)
async def test_an_unknown_tool_is_a_protocol_error(weir: Served, era: str) -> None:
    async with Client(f"{weir.url}/mcp", mode=era) as client:
        with pytest.raises(MCPError) as refused:
            await client.call_tool("no_such_tool", {})
    assert (refused.value.code, refused.value.message) == (-32602, "Unknown tool: no_such_tool")


@pytest.mark.parametrize("era", ERAS)
async def test_an_invented_cursor_is_refused(weir: Served, era: str) -> None:
    async with Client(f"{weir.url}/mcp", mode=era) as client:
        with pytest.raises(MCPError) as refused:
            await client.list_tools(cursor="page-2")
    assert refused.value.code == -32602


@pytest.mark.parametrize("path", ["/", "/mcp"])
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:8000"}, 421),
        ({"Host": "localhost"}, 200),
        ({"Host": "localhost:8123"}, 200),
        ({"Host": "[::1]:8000"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:6274"}, 200),
        ({"Content-Type": "text/plain"}, 400),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 400),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
    ],
)
async def test_only_local_hosts_origins_and_json_come_in(
    http: httpx2.AsyncClient, modern: dict[str, str], path: str, sent: dict[str, str], status: int
) -> None:
    response = await http.post(path, json=DISCOVER, headers=modern | sent)
    assert response.status_code == status


@pytest.mark.parametrize("path", ["/", "/mcp"])
async def test_a_body_that_is_too_large_is_refused(
    weir: Served, http: httpx2.AsyncClient, modern: dict[str, str], path: str
) -> None:
    limit = weir.weir.settings.max_body_bytes
    assert (await http.post(path, content=b" " * (limit + 1), headers=modern)).status_code == 413
    assert (await http.post(path, content=b"{", headers=modern)).status_code == 400


async def test_an_event_stream_is_for_mcp_and_not_for_the_catalog(http: httpx2.AsyncClient) -> None:
    response = await http.get("/", headers={"Accept": "text/event-stream"})
    assert response.status_code == 400
    assert response.json()["error"]["message"] == "Bad Request: Missing session ID"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS"])
async def test_other_methods_are_not_allowed(http: httpx2.AsyncClient, method: str) -> None:
    response = await http.request(method, "/mcp")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST, DELETE")


async def test_parallel_clients_of_both_eras_do_not_disturb_each_other(weir: Served) -> None:
    async def ask(number: int) -> str:
        async with Client(f"{weir.url}/mcp", mode=ERAS[number % 2]) as client:
            result = await client.call_tool("validate_work_email", {"email": f"person{number}@stripe.com"})
        assert result.structured_content is not None
        return result.structured_content["data"]["email"]

    answers = await asyncio.gather(*(ask(number) for number in range(12)))
    assert answers == [f"person{number}@stripe.com" for number in range(12)]


async def test_what_the_operator_allows_may_come_in(
    tmp_path: Path, isolated: None, monkeypatch: pytest.MonkeyPatch, modern: dict[str, str]
) -> None:
    monkeypatch.setenv("WEIR_ALLOWED_HOSTS", "weir.internal, weir.example:*")
    monkeypatch.setenv("WEIR_ALLOWED_ORIGINS", "https://app.example")
    async with served(tmp_path / "home") as weir, httpx2.AsyncClient(base_url=weir.url) as http:
        for host, origin, status in [
            ("weir.internal", "https://app.example", 200),
            ("weir.example:8443", "https://app.example", 200),
            ("weir.internal", "https://other.example", 403),
            ("other.internal", "https://app.example", 421),
        ]:
            response = await http.post("/mcp", json=DISCOVER, headers=modern | {"Host": host, "Origin": origin})
            assert response.status_code == status
