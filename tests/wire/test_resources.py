"""Resources say the same as the tools do, in both eras."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mcp_types import TextResourceContents

from resources.docs import docs
from resources.jobs_catalogs import NAMES
from server.domain.errors import WeirError
from server.domain.outcome import Outcome
from server.domain.quality import QualityStatus
from tests.serving import Served
from tests.wire.eras import by_hand, client
from tools import FAMILIES

ERAS = ("modern", "legacy")
TEMPLATES = [
    "weir://providers/{name}",
    "weir://jobs-catalogs/{name}",
    "weir://bulk-jobs/{name}",
    "weir://bulk-jobs/{name}/result",
]
PROVIDERS = ("leadcontact", "leadiq", "leadmagic", "leadsonar", "xmagnet")
URIS = [
    "weir://docs",
    "leadmagic://docs",
    "weir://pricing",
    *(f"weir://providers/{name}" for name in PROVIDERS),
    "weir://errors",
    *(f"weir://jobs-catalogs/{name}" for name in NAMES),
    "ui://weir/upload",
]


async def read(weir: Served, uri: str, era: str = "modern") -> TextResourceContents:
    """The one text behind a URI."""
    async with client(weir.url, era) as mcp:
        (contents,) = (await mcp.read_resource(uri)).contents
    assert isinstance(contents, TextResourceContents)
    assert contents.uri == uri
    return contents


async def read_json(weir: Served, uri: str) -> dict[str, Any]:
    contents = await read(weir, uri)
    assert contents.mime_type == "application/json"
    return json.loads(contents.text)


@pytest.mark.parametrize("era", ERAS)
async def test_the_documented_resources_are_listed_and_every_one_can_be_read(weir: Served, era: str) -> None:
    async with client(weir.url, era) as mcp:
        listed = (await mcp.list_resources()).resources
        templates = (await mcp.list_resource_templates()).resource_templates
        for resource in listed:
            (contents,) = (await mcp.read_resource(resource.uri)).contents
            assert isinstance(contents, TextResourceContents)
            assert contents.mime_type == resource.mime_type
            assert 100 < len(contents.text) < 60_000
    assert [resource.uri for resource in listed] == URIS
    assert [one.uri_template for one in templates] == TEMPLATES
    assert len({resource.name for resource in listed}) == len(listed)
    assert all(resource.title and resource.description for resource in listed)


async def test_reading_costs_nothing(weir: Served) -> None:
    for uri in URIS:
        await read(weir, uri)
    assert await weir.bill() == {}
    spending = await weir.call("get_account_analytics", {"period": "today"})
    assert spending["data"]["totals"][0]["cost"] == {"credits": {}, "usd": 0}


async def test_the_manual_names_every_tool_outcome_and_quality(weir: Served) -> None:
    manual = (await read(weir, "weir://docs", "legacy")).text
    assert [name for family in FAMILIES for tool in family.tools if (name := f"- `{tool.name}`") not in manual] == []
    assert [outcome for outcome in Outcome if f"| `{outcome}` |" not in manual] == []
    assert [status for status in QualityStatus if f"| `{status}` |" not in manual] == []
    assert "- `preview_cost` (free): Tell what a tool call would cost" in manual
    assert "- `validate_work_email`: Check whether one e-mail address accepts mail." in manual


async def test_the_vendors_name_of_the_manual_leads_to_it(weir: Served) -> None:
    assert docs.uris == ("weir://docs", "leadmagic://docs")
    assert (await read(weir, "leadmagic://docs")).text == (await read(weir, "weir://docs")).text


async def test_the_prices_of_tools_are_those_of_the_preview(weir: Served) -> None:
    pricing = (await read(weir, "weir://pricing")).text
    preview = await weir.call(
        "preview_cost",
        {"tool": "find_work_email", "arguments": {"full_name": "Ada Lovelace", "company_domain": "stripe.com"}},
    )
    titles = {"leadmagic": "LeadMagic", "xmagnet": "XMagnet", "leadiq": "LeadIQ", "leadsonar": "LeadSonar"}
    asked = [f"{titles[one['provider']]} {one['expected']:g} / {one['miss']:g}" for one in preview["data"]["steps"]]
    assert f"| `find_work_email` | {', '.join(asked)} |" in pricing
    assert "| `check_credit_balance` | free |" in pricing
    assert "| LeadMagic | `email_validation` | 0.25 | 0 | 0.25 | call | yes |" in pricing
    assert "| LeadContact | `verify` | 1 | 1 | 1 | call | no, assumed |" in pricing
    assert "| LeadMagic | 0.0245 |" in pricing


async def test_the_price_list_is_the_same_whatever_is_stored(weir: Served) -> None:
    before = (await read(weir, "weir://pricing")).text
    await weir.call("validate_work_email", {"email": "ada.lovelace@stripe.com"})
    assert (await read(weir, "weir://pricing")).text == before


async def test_every_error_code_is_explained_once(weir: Served) -> None:
    rows = [line.split(" | ") for line in (await read(weir, "weir://errors")).text.splitlines() if "| `" in line]
    codes = [row[0].strip("| `") for row in rows]
    assert len(codes) == len(set(codes))
    assert set(codes) == {WeirError.code, *(one.code for one in every_error(WeirError))}
    meaning = dict(zip(codes, rows, strict=True))
    assert meaning["rate_limited"][1:3] == ["`rate_limited`", "yes"]
    assert meaning["provider_outcome_unknown"][2] == "no"
    assert all(len(row[3]) > 20 for row in rows)


def every_error(root: type[WeirError]) -> list[type[WeirError]]:
    return [one for below in root.__subclasses__() for one in (below, *every_error(below))]


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_provider_is_the_same_as_a_resource_and_as_a_tools_result(weir: Served, name: str) -> None:
    facts = await read_json(weir, f"weir://providers/{name}")
    answer = await weir.call("list_providers", {"provider": name})
    (told,) = answer["data"]["providers"]
    for one in (facts, told):
        one.pop("health", None)  # moves with every request
    assert facts == told


async def test_job_catalogs_hold_the_values_that_the_searches_take(weir: Served) -> None:
    countries = await read_json(weir, "weir://jobs-catalogs/countries")
    assert countries["catalog"] == "countries"
    assert {"id": "276", "name": "Germany"} in countries["entries"]
    types = await read_json(weir, "weir://jobs-catalogs/job_types")
    assert {entry["name"] for entry in types["entries"]} >= {"Full-time", "Contract"}
    regions = await read_json(weir, "weir://jobs-catalogs/v1_regions")
    assert {"id": "1001", "name": "California", "country": "US"} in regions["entries"]


async def test_a_job_catalog_is_asked_for_once_a_day(weir: Served) -> None:
    before = await read_json(weir, "weir://jobs-catalogs/industries")
    await weir.control(provider="leadmagic", faults=["500"] * 5)
    assert await read_json(weir, "weir://jobs-catalogs/industries") == before


@pytest.mark.parametrize("era", ERAS)
async def test_a_provider_that_fails_is_an_error_with_its_code(weir: Served, era: str) -> None:
    await weir.control(provider="leadmagic", faults=["500"] * 20)
    async with by_hand(weir.url, era) as wire:
        error = await wire.error("resources/read", {"uri": "weir://jobs-catalogs/regions"})
    assert error["code"] == -32603
    assert error["data"] == {"code": "provider_unavailable", "retryable": True}
    assert "LeadMagic" in error["message"]
