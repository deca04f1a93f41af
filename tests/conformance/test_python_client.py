"""The official Python client against a real server, in both protocol eras."""

import pytest
from mcp import Client
from mcp_types import CallToolResult, TextContent

from tests.conformance.conversation import CALLS, PROTOCOLS, Conversation, Said, check

MODES = {"modern": PROTOCOLS["modern"], "legacy": "legacy"}


def said(result: CallToolResult) -> Said:
    """What the client saw of one result."""
    text = "".join(block.text for block in result.content if isinstance(block, TextContent))
    return Said(text, result.structured_content or {}, result.is_error or False)


async def converse(url: str, mode: str) -> Conversation:
    """The conversation that the client had with the server at `url`."""
    async with Client(url, mode=mode) as client:
        tools = (await client.list_tools()).tools
        results = [await client.call_tool(call["name"], call["arguments"]) for call in CALLS]
        return Conversation(
            client.protocol_version,
            client.server_info.name if client.server_info else None,
            tuple(tool.name for tool in tools),
            tuple(said(result) for result in results),
        )


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_the_python_client_lists_and_calls_tools(weir_url: str, era: str):
    check(await converse(weir_url, MODES[era]), era)


async def test_the_python_client_finds_out_by_itself_that_the_server_is_modern(weir_url: str):
    check(await converse(weir_url, "auto"), "modern")
