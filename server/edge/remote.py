"""Calling a Weir that runs elsewhere, as any MCP client does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPError

from server.domain.errors import InvalidInput


async def call_remote(url: str, tool: str, arguments: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    """The tool result of a running server, in the shape of `Edge.call`.

    `InvalidInput` for an unknown tool, and where the server does not let `key` in or do this.
    """
    door, said = _Door(), "The server did not answer"
    try:
        async with create_mcp_http_client(headers={"Authorization": f"Bearer {key}"} if key else {}) as http:
            http.event_hooks = {"response": [door.watch]}
            async with Client(streamable_http_client(url, http_client=http)) as client:
                result = await client.call_tool(tool, arguments)
                return {"structuredContent": result.structured_content, "isError": bool(result.is_error)}
    except* MCPError as errors:
        # The client's task groups wrap whatever leaves them, at any depth.
        said = next(_leaves(errors)).message
    if door.refusal is not None:
        raise InvalidInput(
            door.refusal, field="key", fix="Set WEIR_KEY to a key that allows it; make one with: weir keys create"
        )
    raise InvalidInput(f"{said}.", field="tool", fix="The catalog on the server's page lists the tools.")


class _Door:
    """Notes with which words the server refused to let a request in, which the client's errors do not tell."""

    def __init__(self) -> None:
        self.refusal: str | None = None

    async def watch(self, response: Any) -> None:
        """Look at one response of the HTTP client."""
        if "www-authenticate" in response.headers:
            self.refusal = str(json.loads(await response.aread())["error_description"])


def _leaves(errors: BaseExceptionGroup[MCPError]) -> Iterator[MCPError]:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
