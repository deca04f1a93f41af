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
            # Raised outside: the client's task groups wrap whatever leaves them in exception groups.
            refused = error
        else:
            return {"structuredContent": result.structured_content, "isError": bool(result.is_error)}
    raise InvalidInput(f"{refused.message}.", field="tool", fix="The catalog on the server's page lists the tools.")
