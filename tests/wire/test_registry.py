"""What must hold of every tool, tested on what `tools/list` really sends."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator
from mcp import Client, types

from tests.serving import Served
from tests.wire.examples import example
from tools import FAMILIES

pytestmark = pytest.mark.asyncio(loop_scope="module")

SNAPSHOTS = Path(__file__).parent.parent / "snapshots"
UPDATE = os.environ.get("WEIR_UPDATE_SNAPSHOTS") == "1"
TOOLS = [tool for family in FAMILIES for tool in family.tools]
FORBIDDEN = {"$ref", "$defs", "anyOf", "oneOf", "allOf", "default", "additionalProperties"}
COMMANDS = ("always", "must ", "important", "never ", "you should", "ignore ")
WRITING = {
    "create_prospect_list",
    "add_to_prospect_list",
    "export_prospect_list",
    "create_bulk_upload_session",
    "process_attached_csv",
    "control_bulk_job",
    "export_bulk_job",
}
DOCUMENTED = [
    "validate_work_email",
    "find_work_email",
    "find_mobile_number",
    "linkedin_profile_to_work_email",
    "email_to_b2b_profile",
    "search_profile",
    "find_personal_email",
    "detect_job_change",
    "enrich_company",
    "research_account",
    "find_company_funding",
    "list_company_competitors",
    "get_company_technographics",
    "find_people_by_role",
    "find_company_employees",
    "search_companies",
    "find_lookalike_companies",
    "get_company_hiring_signals",
    "find_jobs",
    "search_jobs",
    "resolve_job_search_filters",
    "search_job_companies",
    "search_job_tags",
    "search_job_titles",
    "search_job_occupation_taxonomy",
    "search_job_locations",
    "get_job_search_catalogs",
    "get_job_search_stats",
    "list_job_countries",
    "list_job_types",
    "list_job_company_types",
    "list_job_industries",
    "list_job_regions",
    "search_google_ads",
    "search_meta_ads",
    "search_b2b_ads",
    "get_b2b_ad_details",
    "search_people",
    "search_people_grouped_by_company",
    "find_recent_job_changes",
    "create_prospect_list",
    "add_to_prospect_list",
    "show_prospect_list",
    "export_prospect_list",
    "find_decision_makers",
    "account_intel",
    "enrich_contact",
    "create_bulk_upload_session",
    "process_attached_csv",
    "resolve_bulk_upload_mapping",
    "submit_detected_bulk_job",
    "submit_company_firmographics_bulk",
    "submit_bulk_job",
    "list_bulk_jobs",
    "get_bulk_job_status",
    "get_bulk_job_rows",
    "get_bulk_job_errors",
    "get_bulk_job_logs",
    "get_bulk_job_events",
    "control_bulk_job",
    "export_bulk_job",
    "check_credit_balance",
    "get_account_analytics",
    "preview_cost",
    "list_providers",
]


async def listed(shared: Served) -> list[types.Tool]:
    async with Client(f"{shared.url}/mcp") as client:
        return (await client.list_tools()).tools


def keywords(schema: Any, *, names: bool = False) -> Iterator[str]:
    """Every JSON Schema keyword in use; keys below `properties` are names, not keywords."""
    if isinstance(schema, dict):
        for key, value in cast("dict[str, Any]", schema).items():
            if not names:
                yield key
            yield from keywords(value, names=not names and key == "properties")
    elif isinstance(schema, list):
        for item in cast("list[Any]", schema):
            yield from keywords(item)


async def test_the_documented_tools_are_listed_in_a_stable_order(shared: Served) -> None:
    assert [tool.name for tool in await listed(shared)] == DOCUMENTED
    assert [tool.name for tool in await listed(shared)] == DOCUMENTED


async def test_every_tool_equals_its_snapshot(shared: Served) -> None:
    tools = {tool.name: tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in await listed(shared)}
    if UPDATE:
        for name, tool in tools.items():
            (SNAPSHOTS / f"{name}.json").write_text(json.dumps(tool, indent=2, ensure_ascii=False) + "\n")
    assert {path.stem for path in SNAPSHOTS.glob("*.json")} == set(tools)
    for name, tool in tools.items():
        assert tool == json.loads((SNAPSHOTS / f"{name}.json").read_text()), (
            f"{name} changed on the wire; if it was meant to, run the tests with WEIR_UPDATE_SNAPSHOTS=1"
        )


async def test_schemas_are_flat_enough_for_every_client(shared: Served) -> None:
    for tool in await listed(shared):
        assert tool.output_schema is not None
        for schema in (tool.input_schema, tool.output_schema):
            assert schema["type"] == "object"
            assert not FORBIDDEN & set(keywords(schema)), tool.name
            Draft202012Validator.check_schema(schema)


async def test_names_texts_and_hints_suit_every_client(shared: Served) -> None:
    for tool in await listed(shared):
        assert len(tool.name) <= 40
        assert tool.title
        assert tool.description is not None
        assert 40 <= len(tool.description) < 1000
        assert not any(command in tool.description.lower() for command in COMMANDS), tool.name
        hints = tool.annotations
        assert hints is not None
        assert None not in (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_a_tool_is_read_only_on_the_wire_exactly_where_it_costs_and_writes_nothing(
    shared: Served, tool: Any
) -> None:
    # Another test may have had the example answered already.
    anew = {"force_refresh": True} if "force_refresh" in tool.arguments.model_fields else {}
    preview = await shared.call("preview_cost", {"tool": tool.name, "arguments": {**tool.example, **anew}})
    costs = bool(preview["data"]["max"]["credits"])
    hints = {one.name: one.annotations for one in await listed(shared)}[tool.name]
    assert hints is not None
    assert hints.read_only_hint is not (costs or tool.name in WRITING)


async def test_the_list_is_small_and_may_be_kept(shared: Served) -> None:
    async with Client(f"{shared.url}/mcp") as client:
        result = await client.list_tools()
    assert len(result.model_dump_json(by_alias=True, exclude_none=True).encode()) <= 64_000
    assert result.ttl_ms == 300_000
    assert result.cache_scope == "public"


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_the_example_call_of_every_tool_answers_in_its_schema(shared: Served, tool: Any) -> None:
    arguments = await example(shared, tool)
    async with Client(f"{shared.url}/mcp") as client:
        schema = {one.name: one.output_schema for one in (await client.list_tools()).tools}[tool.name]
        result = await client.call_tool(tool.name, arguments)
    assert schema is not None
    body = result.structured_content
    assert not result.is_error, body
    assert body is not None
    _check(tool, schema, body)
    assert body["receipt"]["sandbox"] is True
    assert json.loads(result.content[0].text) == body  # type: ignore[union-attr] - always text
    assert len(result.content[0].text) < 20_000  # type: ignore[union-attr] - always text
    _no_nulls(body)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_what_every_tool_says_when_it_refuses_is_in_its_schema_too(shared: Served, tool: Any) -> None:
    async with Client(f"{shared.url}/mcp") as client:
        schema = {one.name: one.output_schema for one in (await client.list_tools()).tools}[tool.name]
        result = await client.call_tool(tool.name, {"no_such_argument": True})
    assert schema is not None
    assert result.is_error
    assert result.structured_content is not None
    assert result.structured_content["error"]["code"] == "invalid_input"
    _check(tool, schema, result.structured_content)


def _check(tool: Any, schema: dict[str, Any], body: dict[str, Any]) -> None:
    """`body` is what `schema` says, and has no data that it does not name, unless the tool's outline is a choice."""
    Draft202012Validator(schema).validate(body)  # pyright: ignore[reportUnknownMemberType] - untyped library
    named = schema["properties"]["data"]["properties"]
    assert tool.answer.OUTLINE is not None or body.get("data", {}).keys() <= named.keys()
    assert (tool.answer.OUTLINE or set()) <= named.keys()


def _no_nulls(value: Any) -> None:
    assert value is not None
    if isinstance(value, dict):
        for inner in cast("dict[str, Any]", value).values():
            _no_nulls(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            _no_nulls(inner)
