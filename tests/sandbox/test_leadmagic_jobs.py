"""LeadMagic's job searches, with cursor and with pages, and the helpers around them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.calling import Caller
from tests.sandbox.leadmagic_calls import ask

Job = dict[str, Any]


async def test_jobs_are_followed_by_cursor_to_the_end(leadmagic: Caller):
    search: dict[str, Any] = {
        "titles": {"include": ["Engineer"]},
        "location": {"countries": ["US"]},
        "totalMode": "exact",
    }
    first = await ask(leadmagic, "/v3/jobs/search", **search, limit=40)
    found, cursor = first["signals"], first["pagination"]["next_cursor"]
    while cursor:
        page = await ask(leadmagic, "/v3/jobs/search", **search, limit=40, cursor=cursor)
        found, cursor = found + page["signals"], page["pagination"]["next_cursor"]
    assert len(found) == first["total"] > 80
    assert len({job["application_url"] for job in found}) == len(found)
    assert all("Engineer" in job["title"] for job in found)
    assert await leadmagic.bill() == {"jobs_search": len(found)}


async def test_a_cursor_belongs_to_its_search(leadmagic: Caller):
    page = await ask(leadmagic, "/v3/jobs/search", titles={"include": ["Engineer"]}, limit=1)
    other = {"titles": {"include": ["Sales"]}, "cursor": page["pagination"]["next_cursor"]}
    assert (await leadmagic.post("/v3/jobs/search", other)).status_code == 400


FILTERS: list[tuple[Job, Callable[[Job], bool]]] = [
    ({"companies": {"include": ["stripe.com"]}}, lambda job: job["company"]["name"] == "Stripe"),
    ({"tags": {"include": ["kubernetes"]}}, lambda job: "kubernetes" in [tag["name"] for tag in job["tags"]]),
    ({"hasRemote": True}, lambda job: job["has_remote"]),
    ({"salary": {"min_usd": 200_000}}, lambda job: job["salary"]["max_usd"] >= 200_000),
    ({"occupationTaxonomy": {"level1": ["Seller"]}}, lambda job: job["occupation_taxonomy"]["level1"]["id"] == 2),
    ({"location": {"cities": ["London"]}}, lambda job: job["location"] == "London, England"),
    ({"location": {"regions": ["Europe"]}}, lambda job: not job["location"].endswith("California")),
    ({"jobTypeIds": [3]}, lambda job: job["types"] == [{"id": 3, "name": "Contract"}]),
    ({"titles": {"exclude": ["Engineer"]}}, lambda job: "Engineer" not in job["title"]),
]


@pytest.mark.parametrize(("search", "holds"), FILTERS)
async def test_each_jobs_filter_holds(leadmagic: Caller, search: Job, holds: Callable[[Job], bool]):
    found = (await ask(leadmagic, "/v3/jobs/search", **search, limit=50))["signals"]
    everything = (await ask(leadmagic, "/v3/jobs/search", includeAgencies=True, limit=50))["signals"]
    assert found
    assert all(holds(job) for job in found)
    assert not all(holds(job) for job in everything)


async def test_recent_jobs_are_recent(leadmagic: Caller):
    company = {"companies": {"include": ["leadmagic.io"]}, "titles": {"include": ["VP of Sales"]}, "limit": 50}
    older = await ask(leadmagic, "/v3/jobs/search", **company, postedWithin=8)
    newer = await ask(leadmagic, "/v3/jobs/search", **company, postedWithin=9)
    day = (datetime.now(UTC).date() - timedelta(days=9)).isoformat()
    since = await ask(leadmagic, "/v3/jobs/search", **company, postedAfter=day, postedBefore=day)
    assert older["signals"] == []
    assert [job["published"] for job in newer["signals"]] == [day]
    assert since["signals"] == newer["signals"]


async def test_a_dry_run_resolves_and_charges_nothing(leadmagic: Caller):
    found = await ask(
        leadmagic, "/v3/jobs/search", dryRun=True, autoResolve=True, location={"countries": ["US", "Atlantis"]}
    )
    assert (found["signals"], found["credits_consumed"]) == ([], 0)
    assert found["total"] > 0
    assert found["resolved"]["location"]["countries"][0]["id"] == 840
    assert found["warnings"] == [{"field": "location.countries", "value": "Atlantis"}]


async def test_the_older_jobs_search_has_pages(leadmagic: Caller):
    search = {"country_id": "UK", "per_page": 10}
    first = await ask(leadmagic, "/v1/jobs/jobs-finder", **search)
    pages = [await ask(leadmagic, "/v1/jobs/jobs-finder", **search, page=n + 1) for n in range(first["total_pages"])]
    jobs = [job for page in pages for job in page["results"]]
    assert len(jobs) == first["total_count"] > 20
    assert len({job["application_url"] for job in jobs}) == len(jobs)
    assert sum(page["credits_consumed"] for page in pages) == len(jobs)


async def test_the_documented_job_is_among_the_postings(leadmagic: Caller):
    found = await ask(leadmagic, "/v1/jobs/jobs-finder", company_website="leadmagic.io", experience_level="executive")
    company = found["results"][0]["company"]
    assert found["results"][0]["title"] == "VP of Sales"
    assert company["b2b_profile_url"] == "https://linkedin.com/company/leadmagichq"


async def test_helpers_know_the_documented_ids_and_are_free(leadmagic: Caller):
    async def first(path: str, kind: str, **params: str) -> tuple[int, str]:
        rows = (await leadmagic.get(f"/v3/jobs/search/{path}", **params)).json()[kind]
        return rows[0]["id"], rows[0]["name"]

    assert await first("companies", "companies", q="leadmagic") == (102413, "LeadMagic")
    assert await first("tags", "tags", q="kuber") == (482, "kubernetes")
    assert await first("titles", "titles", q="devops engineer") == (774, "DevOps Engineer")
    assert await first("locations", "locations", type="country", q="United") == (840, "United States")
    found = (await leadmagic.get("/v3/jobs/search/occupation-taxonomy", q=".net")).json()
    assert found["occupation_taxonomy"][0]["path"] == "Engineer > .NET & DevOps"
    catalogs = (await leadmagic.get("/v3/jobs/search/catalogs")).json()
    assert set(catalogs) == {
        "countries", "regions", "job_types", "industries", "company_types", "seniority", "stats",
    }  # fmt: skip
    assert (await leadmagic.get("/v1/jobs/countries")).json()[1] == {"id": "UK", "name": "United Kingdom"}
    assert len((await leadmagic.get("/v1/jobs/company-types")).json()) == 8
    assert set((await leadmagic.bill()).values()) == {0}


async def test_resolving_costs_one_and_names_what_it_cannot_resolve(leadmagic: Caller):
    body = {"companies": {"include": ["leadmagic.io"]}, "tags": {"include": ["kubernetes", "cobol"]}}
    found = await ask(leadmagic, "/v3/jobs/search/resolve", **body)
    assert found["resolved"]["companies"]["include"][0]["id"] == 102413
    assert found["unresolved"] == [{"field": "tags.include", "value": "cobol"}]
    assert found["credits_consumed"] == 1
