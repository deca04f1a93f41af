"""The two protocol eras, by the official client and by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from mcp import Client

MODERN, LEGACY = "2026-07-28", "2025-11-25"
MODES = {"modern": MODERN, "legacy": "legacy"}
"""By era, the mode of the official client."""

_ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
_CLIENT = {"name": "by-hand", "version": "1"}
_META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": _CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}


def client(url: str, era: str) -> Client:
    """The official client, which keeps nothing between calls."""
    return Client(f"{url}/mcp", mode=MODES[era], cache=None)


@dataclass(slots=True)
class Wire:
    """JSON-RPC by hand over one HTTP connection."""

    http: httpx2.AsyncClient
    era: str
    session: dict[str, str] = field(default_factory=dict[str, str])
    sent: int = 0

    async def send(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The whole answer to one request, `result` or `error`."""
        self.sent += 1
        body = dict(params or {})
        headers = {**_ACCEPT, **self.session}
        if self.era == "modern":
            body["_meta"] = _META
            headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
            if name := body.get("name") or body.get("uri"):
                headers["Mcp-Name"] = name
        message = {"jsonrpc": "2.0", "id": self.sent, "method": method, "params": body}
        response = await self.http.post("/mcp", json=message, headers=headers)
        if "mcp-session-id" in response.headers:
            self.session |= {
                "Mcp-Session-Id": response.headers["mcp-session-id"],
                "MCP-Protocol-Version": LEGACY,
            }
        return _message(response)

    async def result(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The result of one request."""
        answer = await self.send(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    async def error(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The error of one request."""
        answer = await self.send(method, params)
        assert "result" not in answer, answer
        return answer["error"]


def _message(response: httpx2.Response) -> dict[str, Any]:
    if response.headers["content-type"].startswith("text/event-stream"):
        (data,) = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: {")]
        return json.loads(data)
    return response.json()


@asynccontextmanager
async def by_hand(url: str, era: str) -> AsyncGenerator[Wire]:
    """A connection of that era, initialized where the era asks for it."""
    async with httpx2.AsyncClient(base_url=url) as http:
        wire = Wire(http, era)
        if era == "legacy":
            hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": _CLIENT}
            await wire.result("initialize", hello)
            note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
            (await http.post("/mcp", json=note, headers={**_ACCEPT, **wire.session})).raise_for_status()
        yield wire
