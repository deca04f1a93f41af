"""The preview bounds the bill: for every tool, whatever is asked and however the providers behave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client

from server.domain.principal import LOCAL
from server.edge.tool import Tool
from server.sandbox.magic import OUTCOMES
from tests.serving import Served, served
from tools import FAMILIES

# The rows of bulk jobs are paid for after the call; test_bulk.py holds their previews against the bill.
TOOLS = [tool for family in FAMILIES for tool in family.tools if tool.order is None]
# Outcomes that keep a caller waiting until a time-out are tested one by one in test_faults.py.
FAULTS = sorted(OUTCOMES.keys() - {"slow", "timeout"})
PROVIDERS = ("leadmagic", "xmagnet", "leadiq", "leadsonar")

hosts = st.sampled_from(["stripe.com", "northwind.example", "acme.io", *(f"{name}.magic.example" for name in FAULTS)])
slugs = st.sampled_from(["ada-lovelace", "alex-rivera", "grace-hopper", *(f"magic-{name}" for name in FAULTS)])
first_names = st.sampled_from(["Ada", "Grace", "Alan", "José"])
last_names = st.sampled_from(["Lovelace", "Hopper", "Turing", "MagicNotFound", "MagicOverCharge"])
addresses = st.one_of(
    st.tuples(st.sampled_from(["ada", "grace"]), hosts).map("@".join),
    st.sampled_from([f"{name}@magic.example" for name in FAULTS]),
)
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "email": addresses,
    "work_email": addresses,
    "personal_email": st.sampled_from(["ada@gmail.com", "not-found@magic.example"]),
    "first_name": first_names,
    "last_name": last_names,
    "full_name": st.tuples(first_names, last_names).map(" ".join),
    "company_domain": hosts,
    "company_name": st.sampled_from(["Stripe", "Northwind", "Magic Not Found"]),
    "company_url": slugs.map(lambda slug: f"https://www.linkedin.com/company/{slug}"),
    "job_title": st.sampled_from(["CEO", "VP Sales", "Engineer"]),
    "location": st.sampled_from(["Boston", "Germany"]),
    "limit": st.integers(1, 30),
    "offset": st.integers(0, 20),
    "page": st.integers(1, 3),
    "per_page": st.integers(1, 20),
    "titles": st.lists(st.sampled_from(["CEO", "VP Sales", "CTO", "Head of Marketing"]), min_size=1, max_size=5),
    "jobs_limit": st.integers(1, 12),
    "jobs_per_page": st.integers(1, 12),
    "validate_limit": st.integers(0, 5),
    "company_domains": st.lists(hosts, min_size=1, max_size=3),
    "company_names": st.just(["Stripe"]),
    "seed_domains": st.lists(hosts, min_size=1, max_size=3),
    "description": st.sampled_from(["payments", "robotics"]),
    "keywords": st.sampled_from(["software", "sales"]),
    "industries": st.sampled_from([["Financial Services"], ["Technology", "Retail"]]),
    "countries": st.sampled_from([["US"], ["DE", "GB"]]),
    "company_countries": st.sampled_from([["US"], ["SE"]]),
    "seniorities": st.lists(st.sampled_from(["vp", "c_level", "director", "manager", "entry"]), min_size=1, max_size=2),
    "job_functions": st.just(["Sales"]),
    "min_employees": st.integers(1, 100),
    "max_employees": st.integers(50, 5000),
    "technologies": st.just(["Salesforce"]),
    "hq_states": st.just(["California"]),
    "per_company": st.integers(1, 10),
    "since": st.sampled_from(["2026-01-01", "2026-09-01"]),
    "posted_within": st.integers(1, 60),
    "company_website": hosts,
    "domain": hosts,
    "job_description": st.just("looking for"),
    "experience_level": st.sampled_from(["entry", "SE", "director"]),
    "experience_levels": st.lists(st.sampled_from(["mid", "EX"]), min_size=1, max_size=2),
    "city_name": st.just("London"),
    "cities": st.just(["London", "Austin"]),
    "country_id": st.sampled_from(["US", "UK"]),
    "occupation_level1": st.just(["Developer"]),
    "occupation_level2": st.just(["DevOps"]),
    "occupation_level3": st.just(["Recruiter"]),
    "tags": st.lists(st.sampled_from(["kubernetes", "aws", "cobol", "Magic Over Charge"]), min_size=1, max_size=2),
    "exclude_titles": st.just(["Recruiter"]),
    "min_salary_usd": st.integers(50_000, 150_000),
    "max_salary_usd": st.integers(100_000, 250_000),
    "mode": st.sampled_from(["fast", "deep"]),
    "total_mode": st.sampled_from(["none", "capped", "exact"]),
    "q": st.sampled_from(["a", "stripe", "Magic Not Found", "Magic Other Price"]),
    "tag_type": st.sampled_from([1, 2]),
    "level": st.sampled_from(["level1", "level3"]),
    "type": st.sampled_from(["country", "city"]),
    "catalog": st.sampled_from(["industries", "countries"]),
    "ad_id": st.sampled_from(["633872143", "1", "magic-over-charge"]),
}
MORE_FILTERS = {
    "find_jobs": st.sampled_from([["job_type_id:1"], ["min_employees:50", "posted_after:2026-01-01"]]),
    "search_jobs": st.sampled_from([["states:England"], ["include_agencies:true", "languages:en"], ["work_modes:3"]]),
    "resolve_job_search_filters": st.sampled_from([["regions:Europe"], ["cities:Atlantis", "exclude_tags:aws"]]),
}


def value(tool: Tool, name: str) -> st.SearchStrategy[Any] | None:
    """Values worth trying for an argument; None leaves it out."""
    if name == "profile_url":
        return VALUES["company_url"] if tool.name == "enrich_company" else slugs
    if name == "more_filters" and tool.name in MORE_FILTERS:
        return MORE_FILTERS[tool.name]
    if name in VALUES:
        return VALUES[name]
    if "bool" in str(tool.arguments.model_fields[name].annotation):
        return st.booleans()
    return st.just(tool.example[name]) if name in tool.example else None


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A tool with any subset of its arguments."""
    tool = draw(st.sampled_from(TOOLS))
    strategies = {name: value(tool, name) for name in tool.arguments.model_fields}
    chosen = {
        name: draw(strategy) for name, strategy in strategies.items() if strategy is not None and draw(st.booleans())
    }
    return tool.name, chosen


scripts = st.dictionaries(st.sampled_from(PROVIDERS), st.lists(st.sampled_from(FAULTS), max_size=2), max_size=4)


class Bench:
    """One Weir for all examples, in an event loop of its own."""

    def __init__(self, home: Path) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.weir: Served = self.run(self._stack.enter_async_context(served(home, **NO_LIMITS)))

    def run(self, main: Any) -> Any:
        return self._runner.run(main)

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._runner.close()


NO_LIMITS = {
    "limit_per_member_day": "none",
    "limit_per_workspace_month": "none",
    "limit_per_call": "none",
    "use_bulk_after": "none",
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("bounds") / "home")
    yield bench
    bench.close()


@pytest.mark.timeout(400)
@settings(max_examples=280, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(call=calls(), script=scripts)
def test_a_call_never_costs_less_than_min_or_more_than_max(
    bench: Bench, call: tuple[str, dict[str, Any]], script: dict[str, list[str]]
) -> None:
    bench.run(_check(bench.weir, *call, script))


async def _check(weir: Served, tool: str, arguments: dict[str, Any], script: dict[str, list[str]]) -> None:
    await _fresh_routing(weir)
    await weir.reset_control()
    for provider, faults in script.items():
        await weir.control(provider=provider, faults=faults)
    async with Client(f"{weir.url}/mcp") as client:
        preview = (await client.call_tool("preview_cost", {"tool": tool, "arguments": arguments})).structured_content
        result = (await client.call_tool(tool, arguments)).structured_content
    assert preview is not None
    assert result is not None
    paid = result["receipt"]["cost"]
    if "data" not in preview:
        assert preview["error"]["code"] == result["error"]["code"]
        assert paid == {"credits": {}, "usd": 0}
        return
    least, most = preview["data"]["min"], preview["data"]["max"]
    for provider, credits in paid["credits"].items():
        assert least["credits"].get(provider, 0) <= credits <= most["credits"].get(provider, 0)
    assert least["usd"] <= paid["usd"] <= most["usd"]
    by_attempt = sum(round(attempt["credits"] * 100) for attempt in result["receipt"]["attempts"])
    assert by_attempt == sum(round(credits * 100) for credits in paid["credits"].values())
    assert len(result["receipt"]["attempts"]) <= len(preview["data"]["steps"])


async def _fresh_routing(weir: Served) -> None:
    """Confirm every alarmed price and start with new connections, so that each example meets all providers."""
    engine = weir.weir.engine
    for provider, operation in await engine.books.ledger.alarms():
        await engine.books.ledger.confirm(provider, operation)
    await engine.start()
    await weir.weir.upstream.close()


def test_what_was_captured_and_left_unresolved_is_what_the_receipts_said(bench: Bench) -> None:
    """After hundreds of hostile calls, the budget counters still equal the ledger."""

    async def compare() -> None:
        books = bench.weir.weir.engine.books
        used = {use.name: use.used for use in await books.budgets.usage(LOCAL)}
        spent = await bench.weir.call("get_account_analytics", {"period": "today"})
        in_ledger = round(sum(spent["data"]["totals"][0]["cost"]["credits"].values()) * 100)
        assert used["credits_per_member_day"] == used["credits_per_workspace_month"] == in_ledger

    bench.run(compare())
