"""Paid once: identical calls share one upstream call, and a call that nobody waits for is finished and kept."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client

from server import app
from tests.databases import Clock
from tests.serving import Served, served

ADA = {"first_name": "Ada", "last_name": "Valid", "company_domain": "valid.magic.example"}


async def sandbox_calls(weir: Served, operation: str) -> int:
    async with httpx2.AsyncClient() as http:
        bill = (await http.get(f"{weir.sandbox_url}/bill")).json()
    counted = [account["by_operation"].get(operation, {"calls": 0}) for account in bill["leadmagic"].values()]
    return sum(entry["calls"] for entry in counted)


async def test_two_hundred_identical_calls_at_once_are_one_upstream_call(tmp_path: Path) -> None:
    async with served(tmp_path) as weir:
        await weir.control(provider="leadmagic", latency_ms=200)
        async with Client(f"{weir.url}/mcp") as client:
            results = await asyncio.gather(*(client.call_tool("find_work_email", ADA) for _ in range(200)))
        bodies = [result.structured_content for result in results]
        assert await sandbox_calls(weir, "email_finder") == 1
        assert await weir.bill() == {"leadmagic": 1.0}
        paid = [body for body in bodies if body and body["receipt"]["cost"]["credits"]]
        assert len(paid) == 1
        assert {str(body["data"]) for body in bodies if body} == {str(paid[0]["data"])}
        assert sum(1 for body in bodies if body and body["receipt"]["cached"]) == 199


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_a_client_that_hangs_up_is_charged_once_and_finds_the_answer(tmp_path: Path, era: str) -> None:
    async with served(tmp_path) as weir:
        await weir.control(provider="leadmagic", latency_ms=1000)
        await _hasty(weir, era)
        result = await weir.call("find_work_email", ADA)
        assert result["outcome"] == "found"
        assert result["receipt"]["cost"]["credits"] == {}
        assert await weir.bill() == {"leadmagic": 1.0}


async def _hasty(weir: Served, era: str) -> None:
    """Start the call and leave once it is under way, as a killed client does: the connection just closes."""
    url = f"{weir.url}/mcp"
    name = "find_work_email"
    call: dict[str, Any] = {"name": name, "arguments": ADA}
    async with httpx2.AsyncClient() as http:
        headers = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
        if era == "modern":
            headers |= {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name}
            meta: dict[str, Any] = {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "hasty", "version": "1"},
            }
            params = {**call, "_meta": meta}
        else:
            hello = {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "hasty", "version": "1"},
            }
            opened = await http.post(
                url,
                headers=headers,
                json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
            )
            headers |= {"mcp-session-id": opened.headers["mcp-session-id"], "mcp-protocol-version": "2025-06-18"}
            await http.post(url, headers=headers, json={"jsonrpc": "2.0", "method": "notifications/initialized"})
            params = call
        body = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}
        asking = asyncio.create_task(http.post(url, headers=headers, json=body))
        while not weir.weir.engine.running:
            assert not asking.done()
            await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.wait([asking])
    assert asking.cancelled()


async def test_a_repeated_call_costs_nothing_also_after_a_restart(tmp_path: Path) -> None:
    async with served(tmp_path) as weir:
        first = await weir.call("find_work_email", ADA)
        second = await weir.call("find_work_email", ADA)
    assert first["receipt"]["cost"]["credits"] == {"leadmagic": 1.0}
    assert second["receipt"] == {
        "cost": {"credits": {}, "usd": 0.0},
        "cached": True,
        "sandbox": True,
        "attempts": [],
    }
    async with served(tmp_path) as weir:
        third = await weir.call("find_work_email", ADA)
        assert third["data"] == first["data"]
        assert third["receipt"]["cached"] is True
        assert await weir.bill() == {}


async def test_force_refresh_pays_again_and_replaces_the_stored_answer(tmp_path: Path) -> None:
    async with served(tmp_path) as weir:
        await weir.call("find_work_email", ADA)
        forced = await weir.call("find_work_email", {**ADA, "force_refresh": True})
        assert forced["receipt"]["cost"]["credits"] == {"leadmagic": 1.0}
        assert await weir.bill() == {"leadmagic": 2.0}
        after = await weir.call("find_work_email", ADA)
        assert after["provenance"]["fetched_at"] >= forced["provenance"]["fetched_at"]
        assert after["receipt"]["cached"] is True


class Hurrying(Clock):
    """A clock that nobody sees twice at the same instant."""

    def __call__(self) -> datetime:
        self.advance(seconds=1)
        return super().__call__()


async def test_an_answer_is_of_the_same_instant_whoever_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_now", Hurrying())
    async with served(tmp_path) as weir:
        first, again = [await weir.call("find_work_email", ADA) for _ in range(2)]
    assert again["receipt"]["cached"] is True
    assert (first["provenance"]["cached"], again["provenance"]["cached"]) == (False, True)
    assert again["provenance"]["fetched_at"] == first["provenance"]["fetched_at"]
