"""What the protocol asks for beyond what the SDK gives, read off the wire in both eras."""

from __future__ import annotations

import httpx2
import pytest

from server import __version__
from tests.serving import Served
from tests.wire.eras import by_hand, client

ERAS = ("modern", "legacy")
LISTS = ("tools/list", "prompts/list", "resources/list", "resources/templates/list")
INVALID_PARAMS = -32602
PAGE = "http://localhost:6274"
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type, mcp-protocol-version, mcp-method",
}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("method", LISTS)
async def test_a_cursor_that_nobody_issued_is_refused(weir: Served, era: str, method: str) -> None:
    async with by_hand(weir.url, era) as wire:
        for cursor in ("page-2", ""):
            error = await wire.error(method, {"cursor": cursor})
            assert error["code"] == INVALID_PARAMS
            assert "cursor" in error["message"]


@pytest.mark.parametrize("era", ERAS)
async def test_unknown_tools_and_prompts_are_invalid_parameters(weir: Served, era: str) -> None:
    async with by_hand(weir.url, era) as wire:
        tool = await wire.error("tools/call", {"name": "no_such_tool", "arguments": {}})
        prompt = await wire.error("prompts/get", {"name": "no_such_prompt"})
    assert (tool["code"], tool["message"]) == (INVALID_PARAMS, "Unknown tool: no_such_tool")
    assert (prompt["code"], prompt["message"]) == (INVALID_PARAMS, "Unknown prompt: no_such_prompt")


@pytest.mark.parametrize(("era", "code"), [("modern", -32602), ("legacy", -32002)])
@pytest.mark.parametrize(
    "uri", ["weir://nothing", "weir://providers/nobody", "weir://providers/", "file:///etc/passwd"]
)
async def test_an_unknown_resource_has_the_code_of_its_era(weir: Served, era: str, code: int, uri: str) -> None:
    async with by_hand(weir.url, era) as wire:
        error = await wire.error("resources/read", {"uri": uri})
    assert error == {"code": code, "message": "Resource not found", "data": {"uri": uri}}


async def test_every_list_and_read_of_the_modern_era_says_how_long_it_may_be_kept(weir: Served) -> None:
    async with by_hand(weir.url, "modern") as wire:
        lists = [await wire.result(method) for method in (*LISTS, "server/discover")]
        docs = await wire.result("resources/read", {"uri": "weir://docs"})
        errors = await wire.result("resources/read", {"uri": "weir://errors"})
        provider = await wire.result("resources/read", {"uri": "weir://providers/leadmagic"})
    assert {(one["ttlMs"], one["cacheScope"]) for one in lists} == {(300_000, "public")}
    assert (docs["ttlMs"], docs["cacheScope"]) == (300_000, "private")
    assert (errors["ttlMs"], errors["cacheScope"]) == (3_600_000, "public")
    assert (provider["ttlMs"], provider["cacheScope"]) == (60_000, "private")


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("method", LISTS)
async def test_lists_are_the_same_every_time(weir: Served, era: str, method: str) -> None:
    async with by_hand(weir.url, era) as wire:
        first = await wire.result(method)
    async with by_hand(weir.url, era) as wire:
        assert await wire.result(method) == first
    assert "nextCursor" not in first


async def test_the_server_says_who_it_is_and_promises_to_tell_of_resources_alone_in_the_modern_era(
    weir: Served,
) -> None:
    async with by_hand(weir.url, "modern") as wire:
        found = await wire.result("server/discover")
    assert found["_meta"]["io.modelcontextprotocol/serverInfo"]["version"] == __version__
    assert found["capabilities"].keys() == {"tools", "prompts", "resources", "completions", "extensions"}
    assert _promised(found["capabilities"]) == ["resources.subscribe"]


async def test_the_server_says_who_it_is_and_promises_to_tell_of_resources_alone_in_the_legacy_era(
    weir: Served,
) -> None:
    async with client(weir.url, "legacy") as legacy:
        info, capabilities = legacy.server_info, legacy.server_capabilities
    assert info is not None
    assert (info.name, info.title, info.version) == ("weir", "Weir", __version__)
    assert capabilities is not None
    said = capabilities.model_dump(by_alias=True, exclude_none=True)
    assert said.keys() == {"tools", "prompts", "resources", "completions"}
    assert _promised(said) == ["resources.subscribe"]


def _promised(capabilities: dict[str, dict[str, bool]]) -> list[str]:
    """Notifications that the server says it sends."""
    return [f"{name}.{flag}" for name, flags in capabilities.items() for flag, value in flags.items() if value]


@pytest.mark.parametrize("path", ["/mcp", "/"])
async def test_a_browser_client_may_ask_before_it_calls(weir: Served, path: str) -> None:
    async with httpx2.AsyncClient(base_url=weir.url) as http:
        response = await http.options(path, headers=PREFLIGHT)
    assert response.status_code == 204
    assert response.content == b""
    assert response.headers["access-control-allow-origin"] == PAGE
    assert "POST" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"] == PREFLIGHT["Access-Control-Request-Headers"]
    assert "access-control-allow-credentials" not in response.headers


async def test_a_browser_client_sees_its_session_and_the_challenge(weir: Served) -> None:
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "page", "version": "1"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    headers = {"Origin": PAGE, "Accept": "application/json, text/event-stream"}
    async with httpx2.AsyncClient(base_url=weir.url) as http:
        response = await http.post("/mcp", json=message, headers=headers)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == PAGE
    assert "Origin" in response.headers["vary"]
    exposed = {name.strip().lower() for name in response.headers["access-control-expose-headers"].split(",")}
    assert exposed == {"mcp-session-id", "www-authenticate"}
    assert response.headers["mcp-session-id"]


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null"])
async def test_a_foreign_page_may_neither_ask_nor_call(weir: Served, origin: str) -> None:
    async with httpx2.AsyncClient(base_url=weir.url) as http:
        asked = await http.options("/mcp", headers={**PREFLIGHT, "Origin": origin})
        called = await http.post("/mcp", json=PING, headers={"Origin": origin, "Accept": "application/json"})
    assert asked.status_code == 400
    assert called.status_code == 403
    assert "access-control-allow-origin" not in asked.headers
    assert "access-control-allow-origin" not in called.headers


async def test_other_paths_stay_closed_to_pages(weir: Served) -> None:
    async with httpx2.AsyncClient(base_url=weir.url) as http:
        asked = await http.options("/ready", headers=PREFLIGHT)
        ready = await http.get("/ready", headers={"Origin": PAGE})
    assert asked.status_code == 405
    assert ready.status_code == 200
    assert "access-control-allow-origin" not in ready.headers
