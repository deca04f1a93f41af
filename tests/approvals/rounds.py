"""Calls of the 2026-07-28 era by hand, for clients that bring back what they should not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from tests.approvals.spending import THIRTY, TOOL
from tests.wire.eras import MODERN

FORMS: Mapping[str, Any] = {"elicitation": {"form": {}}}
APPROVED: Mapping[str, Any] = {"approval": {"action": "accept", "content": {"approve": True}}}


async def send(
    url: str,
    arguments: Mapping[str, Any] = THIRTY,
    *,
    tool: str = TOOL,
    capabilities: Mapping[str, Any] = FORMS,
    key: str = "",
    meta: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The whole answer to one tool call, `result` or `error`; `more` goes beside its arguments."""
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
        **({"Authorization": f"Bearer {key}"} if key else {}),
    }
    said = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "by-hand", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": dict(capabilities),
        **(meta or {}),
    }
    params = {"name": tool, "arguments": dict(arguments), "_meta": said, **more}
    async with httpx2.AsyncClient(timeout=60) as http:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        return (await http.post(f"{url}/mcp", json=message, headers=headers)).json()


async def first_round(url: str, arguments: Mapping[str, Any] = THIRTY, **how: Any) -> str:
    """Make a call that has to be approved; the sealed state that comes with the question."""
    result = (await send(url, arguments, **how))["result"]
    assert result["resultType"] == "input_required", result
    return result["requestState"]


async def second_round(
    url: str, state: str, arguments: Mapping[str, Any] = THIRTY, answers: Mapping[str, Any] = APPROVED, **how: Any
) -> dict[str, Any]:
    """The same call with the state and an answer; the whole answer to it."""
    return await send(url, arguments, requestState=state, inputResponses=dict(answers), **how)
