"""Job tools over HTTP: what comes back, what it costs, and that it is paid once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from server import app
from server.domain.jobs import JobPage, JobPosting
from server.domain.principal import LOCAL
from tests.databases import Clock
from tests.serving import Served, served

Job = dict[str, Any]
AMPLE = {"limit_per_call": "none", "limit_per_member_day": "none"}
DEVOPS: dict[str, Any] = {"titles": ["DevOps Engineer"], "countries": ["US"]}


@pytest_asyncio.fixture
async def weir(tmp_path: Path) -> AsyncGenerator[Served]:
    async with served(tmp_path / "home", **AMPLE) as running:
        yield running


def paid(body: Job) -> float:
    return sum(body["receipt"]["cost"]["credits"].values())


async def preview(weir: Served, tool: str, arguments: Job) -> Job:
    return (await weir.call("preview_cost", {"tool": tool, "arguments": arguments}))["data"]


async def test_pages_of_jobs_hold_every_posting_once_and_a_repeated_page_is_free(weir: Served) -> None:
    search = {"company_website": "https://www.stripe.com/jobs", "per_page": 2}
    first = await weir.call("find_jobs", search)
    pages = [await weir.call("find_jobs", {**search, "page": n}) for n in range(1, first["data"]["total_pages"] + 1)]
    jobs = [job for page in pages for job in page["data"]["jobs"]]
    assert len({job["apply_url"] for job in jobs}) == len(jobs) == first["data"]["total"] == 5
    assert {job["company"]["domain"] for job in jobs} == {"stripe.com"}
    assert pages[0]["data"] == first["data"]
    assert pages[0]["receipt"]["cached"] is True
    assert [paid(page) for page in pages] == [0, 2, 1]
    assert await weir.bill() == {"leadmagic": 5}
    assert (await weir.call("find_jobs", {**search, "page": 4}))["outcome"] == "not_found"


@pytest.mark.parametrize(
    ("tool", "search"),
    [
        ("find_jobs", {"company_name": "Stripe", "per_page": 3}),
        ("search_jobs", {"company_domains": ["stripe.com"], "limit": 3}),
    ],
)
async def test_descriptions_come_when_asked_for_and_cost_nothing_afterwards(
    weir: Served, tool: str, search: Job
) -> None:
    without = await weir.call(tool, search)
    with_them = await weir.call(tool, {**search, "include_description": True})
    assert not any("description" in job for job in without["data"]["jobs"])
    assert all(job["description"].startswith("Stripe is looking for a") for job in with_them["data"]["jobs"])
    assert (paid(without), paid(with_them)) == (3, 0)


async def test_both_searches_mean_the_same_by_a_country_and_a_level(weir: Served) -> None:
    simple = await weir.call("find_jobs", {"country_id": "UK", "experience_level": "Director", "per_page": 3})
    search = {"countries": ["United Kingdom"], "experience_levels": ["EX"], "total_mode": "exact", "limit": 3}
    rich = await weir.call("search_jobs", {**search, "more_filters": ["include_agencies:true"]})
    assert simple["data"]["total"] == rich["data"]["total"] > 3
    assert [job["apply_url"] for job in simple["data"]["jobs"]] == [job["apply_url"] for job in rich["data"]["jobs"]]
    assert {job["seniority"] for job in simple["data"]["jobs"]} == {"executive"}
    assert all(job["location_text"].endswith("England") for job in rich["data"]["jobs"])


async def test_a_cursor_leads_to_every_match_and_each_is_charged_once(weir: Served) -> None:
    search = {**DEVOPS, "total_mode": "exact", "limit": 10}
    page = await weir.call("search_jobs", search)
    jobs, total = page["data"]["jobs"], page["data"]["total"]
    while cursor := page["data"].get("next_cursor"):
        page = await weir.call("search_jobs", {**search, "cursor": cursor})
        jobs = jobs + page["data"]["jobs"]
    assert len({job["apply_url"] for job in jobs}) == len(jobs) == total > 20
    assert await weir.bill() == {"leadmagic": total}


async def test_a_cursor_of_another_search_is_refused_by_the_provider_for_nothing(weir: Served) -> None:
    page = await weir.call("search_jobs", {**DEVOPS, "limit": 1})
    other = await weir.call("search_jobs", {"titles": ["Recruiter"], "cursor": page["data"]["next_cursor"]})
    assert other["outcome"] == "provider_error"
    assert "cursor does not belong to this search" in other["error"]["message"]
    assert paid(other) == 0


async def test_the_preview_bounds_a_search_by_its_limit(weir: Served) -> None:
    for tool, limit, search in (
        ("find_jobs", "per_page", {"company_website": "stripe.com"}),
        ("search_jobs", "limit", DEVOPS),
    ):
        quote = await preview(weir, tool, {**search, limit: 7})
        body = await weir.call(tool, {**search, limit: 7})
        assert quote["min"]["credits"] == {}
        assert quote["max"]["credits"] == {"leadmagic": 7}
        assert paid(body) == len(body["data"]["jobs"]) <= 7
        assert (await preview(weir, tool, {**search, limit: 7}))["max"]["credits"] == {}


FILTERS: list[tuple[Job, Callable[[Job], bool]]] = [
    ({"tags": ["kubernetes"]}, lambda job: "kubernetes" in job["tags"]),
    ({"has_remote": True}, lambda job: job["is_remote"]),
    ({"min_salary_usd": 200_000}, lambda job: job["salary"]["max_usd"] >= 200_000),
    ({"max_salary_usd": "80000"}, lambda job: job["salary"]["min_usd"] <= 80_000),
    ({"occupation_level1": ["Seller"]}, lambda job: job["occupation"]["level1"]["name"] == "Seller"),
    ({"occupation_level2": '["DevOps"]'}, lambda job: job["occupation"]["level2"]["name"] == "DevOps"),
    ({"occupation_level3": ["Recruiter"]}, lambda job: job["title"] == "Recruiter"),
    ({"cities": ["London"]}, lambda job: job["location_text"] == "London, England"),
    ({"countries": ["US"], "exclude_titles": ["Engineer"]}, lambda job: "Engineer" not in job["title"]),
    ({"titles": ["VP of Sales"], "vector": True}, lambda job: "Sales" in job["title"] or "of" in job["title"]),
    ({"more_filters": ["company_names:Stripe"]}, lambda job: job["company"]["name"] == "Stripe"),
    ({"more_filters": ["regions:Europe"]}, lambda job: not job["location_text"].endswith("California")),
    ({"more_filters": ["states:England"]}, lambda job: job["location_text"].endswith(", England")),
    ({"more_filters": ["job_type_ids:3"]}, lambda job: job["employment_types"] == ["Contract"]),
    ({"more_filters": {"job_type_ids": [3, 4]}}, lambda job: job["employment_types"][0] in ("Contract", "Internship")),
    ({"tags": ["aws"], "more_filters": ["exclude_tags:terraform"]}, lambda job: "terraform" not in job["tags"]),
    ({"more_filters": ["languages:German"]}, lambda job: job["location_text"].split(", ")[1] in GERMAN_STATES),
    ({"more_filters": ["work_modes:3"]}, lambda job: job["is_remote"]),
]
GERMAN_STATES = ("Berlin", "Bavaria", "Hamburg", "Hesse", "North Rhine-Westphalia", "Baden-Württemberg", "Saxony")


@pytest.mark.parametrize(("search", "holds"), FILTERS, ids=[str(search) for search, _ in FILTERS])
async def test_each_filter_of_the_search_holds(weir: Served, search: Job, holds: Callable[[Job], bool]) -> None:
    found = await weir.call("search_jobs", {**search, "limit": 50})
    everything = await weir.call("search_jobs", {"more_filters": ["posted_after:2020-01-01"], "limit": 50})
    assert found["data"]["jobs"]
    assert all(holds(job) for job in found["data"]["jobs"])
    assert not all("salary" in job and holds(job) for job in everything["data"]["jobs"])


async def test_the_simple_search_takes_ids_of_its_lists(weir: Served) -> None:
    regions = await weir.call("list_job_regions", {"country_id": "UK", "q": "engl"})
    (england,) = regions["data"]["entries"]
    assert (england["name"], england["country"]) == ("England", "GB")
    types = {entry["name"]: entry["id"] for entry in (await weir.call("list_job_types"))["data"]["entries"]}
    more = [f"region_id:{england['id']}", f"job_type_id:{types['Full-time']}", "min_employees:10"]
    jobs = (await weir.call("find_jobs", {"more_filters": more, "per_page": 5}))["data"]["jobs"]
    assert len(jobs) == 5
    assert all(job["location_text"].endswith("England") for job in jobs)
    assert all(job["employment_types"] == ["Full-time"] for job in jobs)


async def test_a_dry_run_counts_and_resolves_for_nothing(weir: Served) -> None:
    search = {**DEVOPS, "tags": ["kubernetes", "cobol"], "total_mode": "exact", "include_facets": True, "limit": 50}
    quote = await preview(weir, "search_jobs", {**search, "dry_run": True})
    checked = await weir.call("search_jobs", {**search, "dry_run": "true"})
    assert quote["max"] == {"credits": {}, "usd": 0}
    assert checked["outcome"] == "found"
    assert checked["data"]["jobs"] == []
    assert checked["data"]["resolved"]["titles"]["include"][0]["name"] == "DevOps Engineer"
    assert checked["data"]["facets"]["countries"] == [{"value": "US", "count": checked["data"]["total"]}]
    assert checked["warnings"] == ["LeadMagic notes: tags.include: cobol"]
    assert checked["receipt"]["attempts"][0]["operation"] == "jobs_search_dry_run"
    assert await weir.bill() == {}
    found = await weir.call("search_jobs", search)
    assert len(found["data"]["jobs"]) == found["data"]["total"] == checked["data"]["total"] == paid(found)


async def test_a_dry_run_of_which_nothing_had_to_be_resolved_still_counts(weir: Served) -> None:
    checked = await weir.call("search_jobs", {"has_remote": True, "dry_run": True})
    assert checked["outcome"] == "found"
    assert checked["data"]["total"] > 100
    again = await weir.call("search_jobs", {"has_remote": True, "dry_run": True})
    assert again["receipt"]["cached"] is True


async def test_a_dry_run_whose_price_the_provider_keeps_to_itself_raises_no_alarm(weir: Served) -> None:
    await weir.control(provider="leadmagic", faults=["silent-price"])
    first = await weir.call("search_jobs", {**DEVOPS, "dry_run": True})
    second = await weir.call("search_jobs", {"titles": ["Recruiter"], "dry_run": True})
    assert (first["outcome"], second["outcome"]) == ("found", "found")
    assert paid(first) == paid(second) == 0


async def test_nothing_found_costs_nothing(weir: Served) -> None:
    for tool, search in (("find_jobs", {"job_title": "Astronaut"}), ("search_jobs", {"titles": ["Astronaut"]})):
        body = await weir.call(tool, search)
        assert (body["outcome"], paid(body)) == ("not_found", 0)
    assert await weir.bill() == {}


async def test_postings_of_a_suppressed_company_are_neither_asked_for_nor_shown(weir: Served) -> None:
    await weir.weir.engine.suppression.add(LOCAL.workspace, "stripe.com", "asked us to", "test")
    assert (await weir.call("search_jobs", {"company_domains": ["stripe.com"]}))["outcome"] == "suppressed"
    assert (await weir.call("find_jobs", {"company_website": "stripe.com"}))["outcome"] == "suppressed"
    assert await weir.bill() == {}
    found = await weir.call(
        "search_jobs", {"company_domains": ["leadmagic.io"], "more_filters": "company_names:Stripe"}
    )
    assert {job["company"]["domain"] for job in found["data"]["jobs"]} == {"leadmagic.io"}
    assert "on the suppression list left out" in found["warnings"][-1]


async def test_resolving_names_what_nothing_matches_and_is_paid_once(weir: Served) -> None:
    words = {"titles": ["DevOps Engineer"], "tags": ["kubernetes", "cobol"], "countries": ["uk"]}
    arguments = {**words, "more_filters": ["cities:Berlin"]}
    quote = await preview(weir, "resolve_job_search_filters", arguments)
    body = await weir.call("resolve_job_search_filters", arguments)
    resolved = body["data"]["resolved"]
    assert resolved["location"]["countries"][0]["id"] == 826
    assert resolved["location"]["cities"][0]["name"] == "Berlin"
    assert [tag["id"] for tag in resolved["tags"]["include"]] == [482]
    assert body["data"]["unresolved"] == ["tags.include: cobol"]
    assert quote["max"]["credits"] == {"leadmagic": 1}
    assert paid(body) == 1
    again = await weir.call("resolve_job_search_filters", arguments)
    assert (again["data"], paid(again)) == (body["data"], 0)


async def test_company_candidates_cost_at_most_one_credit(weir: Served) -> None:
    quote = await preview(weir, "search_job_companies", {"q": "stripe"})
    body = await weir.call("search_job_companies", {"q": "stripe"})
    assert body["data"]["companies"][0] | {"id": ""} == {"id": "", "name": "Stripe", "domain": "stripe.com"}
    assert (quote["max"]["credits"], paid(body)) == ({"leadmagic": 1}, 0)
    await weir.control(provider="leadmagic", faults=["other-price"])
    exact = await weir.call("search_job_companies", {"domain": "leadmagic.io"})
    assert [company["id"] for company in exact["data"]["companies"]] == ["102413"]
    assert paid(exact) == 1
    assert await weir.bill() == {"leadmagic": 1}


COMPLETIONS: list[tuple[str, Job, str, tuple[str, str]]] = [
    ("search_job_tags", {"q": "kuber", "tag_type": "2"}, "terms", ("482", "kubernetes")),
    ("search_job_titles", {"q": "devops engineer"}, "terms", ("774", "DevOps Engineer")),
    ("search_job_occupation_taxonomy", {"q": "devops", "level": "level2"}, "terms", ("20", "DevOps")),
    ("search_job_locations", {"q": "United", "type": "country"}, "locations", ("840", "United States")),
    ("list_job_countries", {}, "entries", ("US", "United States")),
    ("list_job_types", {}, "entries", ("1", "Full-time")),
    ("list_job_company_types", {}, "entries", ("1", "Startup")),
    ("list_job_industries", {"q": "fin"}, "entries", ("2", "Finance")),
    ("list_job_regions", {"country_id": "CA"}, "entries", ("1008", "Ontario")),
    ("get_job_search_catalogs", {"catalog": "job_types"}, "job_types", ("1", "Full-time")),
]


@pytest.mark.parametrize(("tool", "arguments", "rows", "first"), COMPLETIONS, ids=lambda value: str(value)[:40])
async def test_vocabularies_are_free_and_kept(
    weir: Served, tool: str, arguments: Job, rows: str, first: tuple[str, str]
) -> None:
    assert (await preview(weir, tool, arguments))["max"]["credits"] == {}
    body = await weir.call(tool, arguments)
    assert (body["data"][rows][0]["id"], body["data"][rows][0]["name"]) == first
    again = await weir.call(tool, arguments)
    assert again["data"] == body["data"]
    assert again["receipt"]["cached"] is True
    assert again["receipt"]["attempts"] == []
    assert await weir.bill() == {}


async def test_vocabularies_are_kept_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(app, "_now", clock)
    async with served(tmp_path / "home") as weir:
        asked: list[list[int]] = []
        for hours in (0, 23, 2):
            clock.advance(hours=hours)
            bodies = [await weir.call(tool, arguments) for tool, arguments, _, _ in COMPLETIONS]
            asked.append([len(body["receipt"]["attempts"]) for body in bodies])
    assert asked == [[1] * len(COMPLETIONS), [0] * len(COMPLETIONS), [1] * len(COMPLETIONS)]


async def test_countries_are_listed_by_their_iso_codes(weir: Served) -> None:
    listed = (await weir.call("list_job_countries"))["data"]["entries"]
    assert {"id": "GB", "name": "United Kingdom"} in listed
    assert "UK" not in {entry["id"] for entry in listed}


async def test_catalogs_come_together_or_one_by_one_from_one_request(weir: Served) -> None:
    together = (await weir.call("get_job_search_catalogs"))["data"]
    one = await weir.call("get_job_search_catalogs", {"catalog": "industries"})
    assert one["data"]["industries"] == together["industries"]
    assert {name for name, values in one["data"].items() if values} == {"industries"}
    assert one["receipt"]["cached"] is True
    assert together["seniority"][4] == {"id": "5", "name": "VP"}


async def test_stats_agree_with_what_a_search_counts(weir: Served) -> None:
    stats = await weir.call("get_job_search_stats")
    everything = {"more_filters": ["posted_after:2020-01-01", "include_agencies:true"], "total_mode": "exact"}
    counted = await weir.call("search_jobs", {**everything, "dry_run": True})
    assert stats["data"]["coverage"]["open_jobs"] == counted["data"]["total"]
    assert len(stats["data"]["top"]["titles"]) == 10
    assert stats["receipt"]["cost"] == {"credits": {}, "usd": 0}


async def test_fifty_postings_with_descriptions_stay_readable(weir: Served) -> None:
    body = await weir.call("search_jobs", {"countries": ["US"], "include_description": True, "limit": 50})
    assert len(body["data"]["jobs"]) == 50
    assert len(str(body)) < 60_000
    typical = await weir.call("search_jobs", {"countries": ["US"], "include_description": True})
    assert len(typical["data"]["jobs"]) == 10
    assert len(str(typical)) < 20_000


def test_long_descriptions_tags_and_facets_are_cut_with_a_note() -> None:
    posting = JobPosting(title="Engineer", description="word " * 200, tags=tuple(f"tag-{n}" for n in range(20)))
    page = JobPage(jobs=(posting,), facets={"titles": [{"value": str(n), "count": n} for n in range(30)]})
    shown = page.shown(descriptions=True)
    assert shown.jobs[0].description == ("word " * 100)[:499].rstrip() + "…"
    assert shown.jobs[0].tags == posting.tags[:12]
    assert shown.facets == {"titles": [{"value": str(n), "count": n} for n in range(20)]}
    assert shown.warnings == (
        "Descriptions were cut after 500 characters; apply_url leads to the whole text.",
        "Only the first 12 tags of a posting are shown.",
        "Only the first 20 values of each facet are shown.",
    )
    assert page.shown(descriptions=False).jobs[0].description is None
    assert "Descriptions" not in str(page.shown(descriptions=False).warnings)
