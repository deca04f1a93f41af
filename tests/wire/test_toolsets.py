"""The operator chooses which tools are served."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from server.domain.errors import InvalidInput
from tests.serving import served
from tests.wire.eras import by_hand
from tests.wire.test_registry import COMMANDS
from tools import ALIASES, ESSENTIALS, FAMILIES

ACCOUNT = {"check_credit_balance", "get_account_analytics", "preview_cost"}


async def names(home: Path, **settings: Any) -> list[str]:
    async with served(home, **settings) as weir, Client(f"{weir.url}/mcp") as client:
        return [tool.name for tool in (await client.list_tools()).tools]


async def test_without_a_choice_everything_is_served(tmp_path: Path) -> None:
    assert await names(tmp_path) == [tool.name for family in FAMILIES for tool in family.tools]


async def test_the_essentials_are_at_most_twenty_and_fit_in_sixteen_kilobytes(tmp_path: Path) -> None:
    async with served(tmp_path, toolsets="essentials") as weir, Client(f"{weir.url}/mcp") as client:
        result = await client.list_tools()
    assert {tool.name for tool in result.tools} == ESSENTIALS | ACCOUNT
    assert len(result.tools) <= 20
    assert len(result.model_dump_json(by_alias=True, exclude_none=True)) <= 16_384


async def test_families_can_be_combined_and_the_account_tools_are_always_there(tmp_path: Path) -> None:
    served_names = await names(tmp_path, toolsets="jobs, contact")
    families = {tool.name: tool.family for family in FAMILIES for tool in family.tools}
    assert {families[name] for name in served_names} == {"jobs", "contact", "account"}


async def test_read_only_serves_no_tool_that_costs_or_writes_and_refuses_the_others(tmp_path: Path) -> None:
    async with served(tmp_path, read_only=True) as weir, Client(f"{weir.url}/mcp") as client:
        tools = (await client.list_tools()).tools
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
        assert {tool.name for tool in tools} >= ACCOUNT
        with pytest.raises(MCPError, match="Unknown tool: find_work_email"):
            await client.call_tool("find_work_email", {"full_name": "Ada Lovelace", "company_domain": "stripe.com"})
        assert await weir.bill() == {}


@pytest.mark.parametrize(
    ("settings", "bulk"), [({}, True), ({"toolsets": "jobs"}, False), ({"read_only": True}, False)]
)
async def test_the_instructions_are_a_few_lines_about_tools_that_are_served(
    tmp_path: Path, settings: dict[str, Any], bulk: bool
) -> None:
    every = {tool.name for family in FAMILIES for tool in family.tools}
    async with served(tmp_path, **settings) as weir, by_hand(weir.url, "modern") as wire:
        instructions: str = (await wire.result("server/discover"))["instructions"]
        listed = {tool["name"] for tool in (await wire.result("tools/list"))["tools"]}
    named = every & set(re.findall(r"[a-z_]+", instructions))
    assert named <= listed
    assert named >= ACCOUNT
    assert ("submit_detected_bulk_job" in named) is bulk
    assert len(instructions.splitlines()) <= 10
    assert not any(command in instructions.lower() for command in COMMANDS)


async def test_older_names_answer_like_the_new_ones(tmp_path: Path) -> None:
    async with served(tmp_path, aliases=True) as weir:
        assert set(ALIASES) <= {tool.name for tool in weir.weir.registries.everything}
        older = await weir.call("validate_email", {"email": "valid@magic.example"})
        newer = await weir.call("validate_work_email", {"email": "valid@magic.example"})
        assert older["data"] == newer["data"]
        assert newer["receipt"]["cached"] is True


async def test_without_the_setting_older_names_are_unknown(tmp_path: Path) -> None:
    assert not set(ALIASES) & set(await names(tmp_path))


async def test_a_toolset_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="WEIR_TOOLSETS names 'jobz'") as refused:
        await names(tmp_path, toolsets="jobz")
    assert "essentials" in (refused.value.fix or "")
