"""The official TypeScript client against a real server, in both protocol eras."""

import json

import pytest

from tests.conformance.conversation import CALLS, Conversation, check
from tests.conformance.typescript import connected

ERAS = ("modern", "legacy")


def converse(node: str, url: str, era: str) -> Conversation:
    """The conversation that the client had with the server at `url`."""
    with connected(node, url, era) as client:
        tools = tuple(tool["name"] for tool in client.ask("listTools")["tools"])
        results = tuple(client.call(call["name"], call["arguments"]) for call in CALLS)
        return Conversation(client.protocol, client.server, tools, results)


@pytest.mark.parametrize("era", ERAS)
def test_the_typescript_client_lists_and_calls_tools(node: str, weir_url: str, era: str):
    check(converse(node, weir_url, era), era)


@pytest.mark.parametrize("era", ERAS)
def test_text_and_structured_content_carry_the_same_facts(node: str, weir_url: str, era: str):
    for said in converse(node, weir_url, era).results:
        assert json.loads(said.text) == said.structured
