"""`list_providers` over real HTTP against the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from server.edge.tool import Tool
from tests.serving import Served, served
from tools import FAMILIES

README = Path(__file__).parent.parent.parent / "README.md"


@pytest_asyncio.fixture
async def weir(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path / "home") as running:
        yield running


async def every(weir: Served) -> dict[str, Any]:
    answer = await weir.call("list_providers")
    assert answer["receipt"]["cost"] == {"credits": {}, "usd": 0}
    assert answer["data"]["track_days"] == 30
    return {provider["name"]: provider for provider in answer["data"]["providers"]}


async def one(weir: Served, name: str) -> dict[str, Any]:
    (provider,) = (await weir.call("list_providers", {"provider": name}))["data"]["providers"]
    return provider


def operation(provider: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in provider["operations"] if one["name"] == name]
    return found


async def test_every_provider_is_listed_with_what_the_operator_set(weir: Served) -> None:
    providers = await every(weir)
    assert list(providers) == ["leadcontact", "leadiq", "leadmagic", "leadsonar", "xmagnet"]
    assert [name for name, provider in providers.items() if not provider["configured"]] == ["leadcontact"]
    assert [name for name, provider in providers.items() if provider["asked_last"]] == ["leadsonar"]
    assert providers["leadmagic"]["usd_per_credit"] == 0.0245
    assert providers["leadmagic"]["key_variable"] == "LEADMAGIC_API_KEY"
    assert {provider["tier"] for provider in providers.values()} == {"standard"}
    assert "health" not in providers["leadcontact"]


async def test_a_provider_says_how_much_it_may_be_asked(weir: Served) -> None:
    asked = {name: await one(weir, name) for name in ("leadmagic", "leadcontact", "xmagnet")}
    quotas = {name: provider.get("requests_per_day") for name, provider in asked.items()}
    assert quotas == {"leadmagic": 500_000, "leadcontact": 500, "xmagnet": None}
    rates = {name: provider.get("requests_per_minute") for name, provider in asked.items()}
    assert rates == {"leadmagic": None, "leadcontact": 60, "xmagnet": None}, "nothing holds us back from the sandbox"


async def test_an_operation_says_what_it_answers_and_costs(weir: Served) -> None:
    providers = await every(weir)
    assert operation(providers["leadmagic"], "email_validation") == {
        "name": "email_validation",
        "answers": ["validate_email"],
        "price": {"hit": 0.25, "miss": 0.0, "hold": 0.25, "unit": "call", "confirmed": True},
    }
    assert operation(providers["leadmagic"], "people_search")["price"]["extras"] == {"email": 1.0, "mobile": 5.0}
    assert operation(providers["leadiq"], "flat_search")["price"]["floor"] == 1.0
    assert operation(providers["leadsonar"], "find_email")["price"]["miss"] == 1.0
    assert operation(providers["leadcontact"], "verify")["price"]["confirmed"] is False


async def test_health_counts_what_was_asked(weir: Served) -> None:
    assert (await every(weir))["leadmagic"]["health"] == {"state": "closed", "succeeded": 0, "failed": 0}
    await weir.call("validate_work_email", {"email": "ada.lovelace@stripe.com"})
    await weir.control(provider="leadmagic", faults=["500"] * 20)
    await weir.call("validate_work_email", {"email": "grace.hopper@stripe.com"})
    health = (await every(weir))["leadmagic"]["health"]
    assert health["succeeded"] == 1
    assert health["failed"] >= 1
    assert health["last_error"].startswith("provider_unavailable: ")
    assert health["latency_ms"] > 0


async def test_hit_rate_and_price_per_answer_are_the_ledgers(weir: Served) -> None:
    assert "track" not in (await every(weir))["leadmagic"]
    found = await weir.call("find_work_email", {"full_name": "Ada Lovelace", "company_domain": "stripe.com"})
    missed = await weir.call("find_work_email", {"full_name": "Ada MagicNotFound", "company_domain": "stripe.com"})
    assert (found["outcome"], missed["outcome"]) == ("found", "not_found")
    attempts = [attempt for call in (found, missed) for attempt in call["receipt"]["attempts"]]
    providers = await every(weir)
    for name in {attempt["provider"] for attempt in attempts}:
        mine = [attempt for attempt in attempts if attempt["provider"] == name]
        hits = [attempt for attempt in mine if attempt["outcome"] == "found"]
        track = providers[name]["track"]
        assert (track["attempts"], track["found"]) == (len(mine), len(hits))
        assert track["credits"] == sum(attempt["credits"] for attempt in mine)
        assert track["hit_rate"] == len(hits) / len(mine)
    sonar = providers["leadsonar"]["track"]
    assert (sonar["found"], sonar["credits"]) == (0, 1.0)
    assert "credits_per_answer" not in sonar
    magic = operation(providers["leadmagic"], "email_finder")["track"]
    assert (magic["credits_per_answer"], magic["usd_per_answer"]) == (1.0, 0.0245)


async def test_one_provider_comes_with_sources_plans_and_what_is_free(weir: Served) -> None:
    magic = await one(weir, "leadmagic")
    price = operation(magic, "profile_search")["price"]
    assert (price["hit"], price["hold"], price["since"]) == (1.0, 2.0, "2026-01-01")
    assert price["source"] == "LeadMagic API reference, B2B Person Profile; C-01"
    assert operation(magic, "email_validation")["per_minute"] == 300
    assert {"name": "Basic", "usd": 49.0, "credits": 2000} in magic["plans"]
    assert {"name": "credits_get", "answers": ["get_balance"]} in magic["free_operations"]
    assert "sources" not in magic
    sonar = await one(weir, "leadsonar")
    assert sonar["sources"][0] == {"name": "leadmagic", "emails": True, "phones": True, "tier": "T1", "enabled": True}


async def test_a_provider_whose_sources_cannot_be_read_is_described_without_them(weir: Served) -> None:
    await weir.control(provider="leadsonar", faults=["500"] * 20)
    sonar = await one(weir, "leadsonar")
    assert "sources" not in sonar
    assert operation(sonar, "find_email")["price"]["hit"] == 1.0
    assert await weir.bill() == {}


FREE = [tool for family in FAMILIES for tool in family.tools if not tool.costs and tool.family != "bulk"]


@pytest.mark.parametrize("tool", FREE, ids=lambda tool: tool.name)
async def test_a_free_tool_asks_the_providers_that_the_readme_names(weir: Served, tool: Tool) -> None:
    await weir.call(tool.name, tool.example)
    health = {one["title"]: one.get("health", {}) for one in (await every(weir)).values()}
    titles = [title for title, shown in health.items() if shown.get("succeeded") or shown.get("failed")]
    (row,) = [line for line in README.read_text().splitlines() if line.startswith(f"| `{tool.name}` |")]
    assert row.rsplit(" | ", 1)[1] == ", ".join([*titles, "free |"])
    assert await weir.bill() == {}


async def test_nobody_is_an_unknown_provider(weir: Served) -> None:
    answer = await weir.call("list_providers", {"provider": "nobody"})
    assert answer["error"]["field"] == "provider"
    assert answer["error"]["fix"] == "Use one of: leadcontact, leadiq, leadmagic, leadsonar, xmagnet."
