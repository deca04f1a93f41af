"""A connection sees the toolsets that it was given, and nothing of the others."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference

from tests.access.firm import Firm, firm, head, message
from tests.serving import served
from tools import ESSENTIALS, FAMILIES

ACCOUNT = {"check_credit_balance", "get_account_analytics", "preview_cost"}
OF = {family.name: {tool.name for tool in family.tools} for family in FAMILIES}


async def names(weir: Firm, key: str, mode: str = "2026-07-28") -> set[str]:
    async with weir.client(key, mode) as client:
        return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
async def test_connections_see_their_own_toolsets_side_by_side(weir: Firm, mode: str) -> None:
    contact = await weir.text(toolsets=("contact",))
    essentials = await weir.text(toolsets=("essentials", "ads"))
    everything = await weir.text()
    assert await names(weir, contact, mode) == OF["contact"] | ACCOUNT
    assert await names(weir, essentials, mode) == ESSENTIALS | OF["ads"] | ACCOUNT
    assert await names(weir, everything, mode) == set().union(*OF.values())
    assert await names(weir, await weir.text(toolsets=("gone",)), mode) == ACCOUNT


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(("toolsets", "bulk"), [(("contact",), False), (("bulk",), True), (None, True)])
async def test_the_instructions_name_only_tools_of_the_connection(
    weir: Firm, mode: str, toolsets: tuple[str, ...] | None, bulk: bool
) -> None:
    key = await weir.text(toolsets=toolsets)
    async with weir.client(key, mode) as client:
        told = set(re.findall(r"[a-z_]+", client.instructions or ""))
    named = told & set().union(*OF.values())
    assert named <= await names(weir, key, mode)
    assert named >= ACCOUNT
    assert ("submit_detected_bulk_job" in named) is bulk


async def test_the_operators_choice_is_the_upper_bound(tmp_path: Path, isolated: None) -> None:
    async with firm(tmp_path / "home", toolsets="jobs,ads", read_only=True) as weir:
        wide, narrow = await weir.text(toolsets=("all",)), await weir.text(toolsets=("contact", "jobs"))
        free_jobs = {
            tool.name for family in FAMILIES for tool in family.tools if tool.family == "jobs" and not tool.costs
        }
        assert await names(weir, wide) == free_jobs | ACCOUNT
        assert await names(weir, narrow) == free_jobs | ACCOUNT


async def test_older_names_come_with_the_essentials_of_a_connection(tmp_path: Path, isolated: None) -> None:
    async with firm(tmp_path / "home", aliases=True) as weir:
        seen = await names(weir, await weir.text(toolsets=("essentials",)))
    assert {"validate_email", "find_email"} <= seen
    assert "find_employees" not in seen


async def test_a_tool_outside_is_unknown_and_costs_nothing(weir: Firm) -> None:
    async with weir.client(await weir.text(toolsets=("company",))) as client:
        with pytest.raises(MCPError) as refused:
            await client.call_tool("find_personal_email", {"profile_url": "magic-valid-1"})
    assert (refused.value.code, refused.value.message) == (-32602, "Unknown tool: find_personal_email")
    assert await weir.served.bill() == {}


async def test_previews_know_the_same_tools(weir: Firm) -> None:
    arguments = {"full_name": "Ada L", "company_domain": "stripe.com"}
    key = await weir.text(toolsets=("company",))
    outside = await weir.call(key, "preview_cost", tool="find_work_email", arguments=arguments)
    assert (outside["outcome"], outside["error"]["field"]) == ("invalid_input", "tool")
    assert "find_work_email" not in outside["error"]["fix"]
    inside = await weir.call(key, "preview_cost", tool="enrich_company", arguments={"company_domain": "stripe.com"})
    assert inside["outcome"] == "found"


async def test_prompts_and_documents_mention_only_what_is_there(weir: Firm) -> None:
    async def read(key: str) -> str:
        async with weir.client(key) as client:
            prompt = await client.get_prompt("account_research", {"company_domain": "stripe.com"})
            manual = await client.read_resource("weir://docs")
            pricing = await client.read_resource("weir://pricing")
        texts = [prompt.messages[0].content, manual.contents[0], pricing.contents[0]]
        return "\n".join(str(getattr(one, "text", "")) for one in texts)

    all_of_it, less = await read(await weir.text()), await read(await weir.text(toolsets=("contact",)))
    assert "`enrich_company`" in all_of_it
    assert "`enrich_company`" not in less
    assert "`find_work_email`" in less


async def test_completion_works_within_toolsets(weir: Firm) -> None:
    async with weir.client(await weir.text(toolsets=("contact",))) as client:
        found = await client.complete(
            PromptReference(type="ref/prompt", name="account_research"), {"name": "company_domain", "value": "s"}
        )
    assert found.completion.values == []


@pytest.mark.parametrize("method", ["tools/list", "prompts/list", "resources/list", "server/discover"])
async def test_lists_are_private_where_people_differ_and_public_where_access_is_open(
    weir: Firm, tmp_path: Path, method: str
) -> None:
    body = message(method)
    async with weir.http(await weir.text()) as http:
        said = (await http.post("/mcp", json=body, headers=head(body))).json()["result"]
    assert (said["cacheScope"], said["ttlMs"]) == ("private", 300_000)
    async with served(tmp_path / "open") as opened, httpx2.AsyncClient(base_url=opened.url) as http:
        said = (await http.post("/mcp", json=body, headers=head(body))).json()["result"]
    assert (said["cacheScope"], said["ttlMs"]) == ("public", 300_000)


async def test_what_is_read_is_private_as_well(weir: Firm) -> None:
    body = message("resources/read", uri="weir://errors")
    async with weir.http(await weir.text()) as http:
        assert (await http.post("/mcp", json=body, headers=head(body))).json()["result"]["cacheScope"] == "private"
