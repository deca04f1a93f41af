"""Calling a Weir that runs elsewhere, as any MCP client does."""

from __future__ import annotations

from typing import Any

from mcp import Client
from mcp.shared.exceptions import MCPError

from server.domain.errors import InvalidInput


async def call_remote(url: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The tool result of a running server, in the shape of `Edge.call`; `InvalidInput` for an unknown tool."""
    async with Client(url) as client:
        try:
            result = await client.call_tool(tool, arguments)
        except MCPError as error:
            raise InvalidInput(f"{error}.", field="tool") from error
    return {"structuredContent": result.structured_content, "isError": bool(result.is_error)}
