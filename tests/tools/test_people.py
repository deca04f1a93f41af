"""People searches over HTTP: who comes back, masked or revealed, what it costs, and that it is paid once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from server.domain.principal import LOCAL
from tests.serving import Served, served

Body = dict[str, Any]
CALIFORNIA: Body = {"more_filters": ["company.hq_states:California"], "seniorities": ["vp"], "limit": 4}
ADA = "https://www.linkedin.com/in/ada-lovelace"
STRIPE = "https://www.linkedin.com/company/stripe"


@pytest_asyncio.fixture
async def weir(tmp_path: Path) -> AsyncGenerator[Served]:
    async with served(tmp_path / "home") as running:
        yield running


def paid(body: Body) -> dict[str, float]:
    return body["receipt"]["cost"]["credits"]


async def preview(weir: Served, tool: str, arguments: Body) -> Body:
    return (await weir.call("preview_cost", {"tool": tool, "arguments": arguments}))["data"]


async def test_the_cheapest_provider_that_knows_every_filter_is_asked_and_paid_once(weir: Served) -> None:
    search = {"company_domain": "stripe.com", "titles": ["VP of Sales"], "limit": 3}
    assert [step["provider"] for step in (await preview(weir, "search_people", search))["steps"]] == [
        "leadiq",
        "leadmagic",
    ]
    found = await weir.call("search_people", search)
    assert [person["full_name"] for person in found["data"]["people"]] == ["Petra Lovelace"]
    assert found["data"]["people"][0] == {
        "full_name": "Petra Lovelace",
        "job_title": "VP of Sales",
        "seniority": "vp",
        "linkedin_url": "https://www.linkedin.com/in/petra-lovelace-stripe",
        "company_domain": "stripe.com",
        "record_id": found["data"]["people"][0]["record_id"],
    }
    assert paid(found) == {"leadiq": 0.1}
    again = await weir.call("search_people", search)
    assert again["data"] == found["data"]
    assert again["receipt"]["cached"] is True
    assert paid(again) == {}
    assert await weir.bill() == {"leadiq": 0.1}


async def test_a_filter_that_only_one_provider_knows_decides_who_is_asked(weir: Served) -> None:
    found = await weir.call("search_people", CALIFORNIA)
    people = found["data"]["people"]
    assert found["provenance"]["provider"] == "leadmagic"
    assert {person["seniority"] for person in people} == {"vp"}
    assert paid(found) == {"leadmagic": len(people)} == {"leadmagic": 4}


async def test_details_stay_masked_and_say_what_they_would_cost(weir: Served) -> None:
    people = (await weir.call("search_people", CALIFORNIA))["data"]["people"]
    assert any(person["has_email"] for person in people)
    for person in people:
        assert not person.keys() & {"work_email", "mobile", "headline", "summary", "work_history"}
        assert ("masked_email" in person) is person["has_email"]
        if person["has_email"] or person["has_mobile"]:
            assert person["unlock_price"] == {"email": 1.0 * person["has_email"], "mobile": 5.0 * person["has_mobile"]}


async def test_revealed_details_are_charged_where_they_come_back(weir: Served) -> None:
    search = {**CALIFORNIA, "reveal_email": True, "reveal_mobile": True}
    bounds = await preview(weir, "search_people", search)
    assert bounds["max"]["credits"] == {"leadmagic": 4 * (1 + 1 + 5)}
    found = await weir.call("search_people", search)
    people = found["data"]["people"]
    emails = sum("work_email" in person for person in people)
    mobiles = sum("mobile" in person or "mobile_raw" in person for person in people)
    assert emails == sum(person["has_email"] for person in people) > 0
    assert mobiles == sum(person["has_mobile"] for person in people) > 0
    assert [person["mobile_raw"] for person in people if "mobile_raw" in person] == ["+15550123"]
    assert paid(found) == {"leadmagic": 4 + emails + 5 * mobiles}
    assert await weir.bill() == paid(found)
    assert paid(await weir.call("search_people", search)) == {}


async def test_revealing_many_numbers_needs_a_person_by_its_price_alone(weir: Served) -> None:
    search = {"company_domain": "stripe.com", "reveal_mobile": True, "limit": 30}
    bounds = await preview(weir, "search_people", search)
    assert bounds["max"]["credits"] == {"leadmagic": 180}
    assert bounds["needs_approval"] is True
    assert (await weir.call("search_people", search))["outcome"] == "approval_required"
    assert await weir.bill() == {}


async def test_required_details_leave_out_whoever_has_none(weir: Served) -> None:
    found = await weir.call("search_people", {**CALIFORNIA, "required_mobile": True})
    assert [person["has_mobile"] for person in found["data"]["people"]] == [True] * 4


async def test_a_rare_filter_is_the_same_question_in_every_form(weir: Served) -> None:
    named = await weir.call("search_people", {"company_domain": "stripe.com", "countries": ["US"], "limit": 2})
    assert paid(named) == {"leadiq": 0.2}
    forms: list[Any] = [["country_codes:US"], "country_codes:us", {"country_codes": ["US"]}, '{"country_codes": "US"}']
    for form in forms:
        same = await weir.call("search_people", {"company_domain": "stripe.com", "more_filters": form, "limit": 2})
        assert same["data"] == named["data"]
        assert paid(same) == {}


@pytest.mark.parametrize(
    ("entry", "field", "said"),
    [
        ("colour:red", "more_filters", "'colour' is not a filter"),
        ("company.hq_state:California", "more_filters", "'hq_state' is not a filter"),
        ("min_followers:many", "min_followers", "min_followers: should be a valid integer"),
        ("country_codes:Atlantis", "country_codes", "is not a country"),
        ("cities", "more_filters", "'cities' has no value"),
        ("company.min_employees:7", "more_filters", "min_employees is given twice"),
    ],
)
async def test_a_rare_filter_is_checked_like_an_argument(weir: Served, entry: str, field: str, said: str) -> None:
    search = {"company_domain": "stripe.com", "min_employees": 5, "more_filters": [entry]}
    body = await weir.call("search_people", search)
    assert body["error"]["code"] == "invalid_input"
    assert body["error"]["field"] == field
    assert said in body["error"]["message"]
    assert body["error"]["fix"]
    assert await weir.bill() == {}


async def test_nobody_offers_where_no_provider_tells_the_seniority_apart(weir: Served) -> None:
    body = await weir.call("search_people", {"company_domain": "stripe.com", "seniorities": ["entry"]})
    assert body["error"]["code"] == "no_provider"
    assert await weir.bill() == {}


async def test_people_who_opted_out_are_left_out_of_pages_new_and_stored(weir: Served) -> None:
    search = {**CALIFORNIA, "limit": 8}
    people = (await weir.call("search_people", search))["data"]["people"]
    suppression = weir.weir.engine.suppression
    await suppression.add(LOCAL.workspace, people[0]["linkedin_url"], "asked us to", "test")
    await suppression.add(LOCAL.workspace, people[-1]["company_domain"], "asked us to", "test")
    left = [
        person
        for person in people
        if person["linkedin_url"] != people[0]["linkedin_url"]
        and person["company_domain"] != people[-1]["company_domain"]
    ]
    assert [person["company_domain"] for person in left] == ["acmecorp.com"] * 6
    for fresh in (False, True):
        body = await weir.call("search_people", {**search, "force_refresh": fresh})
        assert body["data"]["people"] == left
        assert "on the suppression list" in body["warnings"][0]


@pytest.mark.parametrize(
    ("subject", "tool", "arguments"),
    [
        ("stripe.com", "search_people", {"more_filters": ["company.company_domains:stripe.com"]}),
        ("stripe.com", "search_people", {"company_domain": "notion.so", "more_filters": ["email_domains:stripe.com"]}),
        (ADA, "search_people", {"company_domain": "stripe.com", "more_filters": [f"profile_urls:{ADA}"]}),
        ("stripe.com", "search_companies", {"company_domains": ["notion.so", "stripe.com"]}),
        (STRIPE, "search_companies", {"more_filters": [f"company_urls:{STRIPE}"]}),
        ("stripe.com", "find_lookalike_companies", {"seed_domains": ["notion.so", "stripe.com"]}),
        (STRIPE, "list_company_competitors", {"company_url": STRIPE}),
    ],
)
async def test_who_opted_out_is_not_searched_for_by_name(
    weir: Served, subject: str, tool: str, arguments: Body
) -> None:
    await weir.weir.engine.suppression.add(LOCAL.workspace, subject, "asked us to", "test")
    assert (await weir.call(tool, arguments))["outcome"] == "suppressed"
    assert await weir.bill() == {}


async def test_groups_hold_companies_with_their_people_and_cost_both(weir: Served) -> None:
    search: Body = {"titles": ["VP"], "industries": ["Technology"], "limit": 2, "per_company": 3}
    bounds = await preview(weir, "search_people_grouped_by_company", search)
    found = await weir.call("search_people_grouped_by_company", search)
    groups = found["data"]["companies"]
    assert [group["company"]["name"] for group in groups] == ["LeadMagic", "Acme Corp"]
    assert {group["company"]["industry"] for group in groups} == {"Technology"}
    people = [person for group in groups for person in group["people"]]
    assert all("VP" in person["job_title"] for person in people)
    assert not any("company_name" in person for person in people)
    assert paid(found) == {"leadiq": pytest.approx(3 * len(groups) + 0.1 * len(people))}
    assert paid(found)["leadiq"] <= bounds["max"]["credits"]["leadiq"]
    assert await weir.bill() == paid(found)
    assert paid(await weir.call("search_people_grouped_by_company", search)) == {}


async def test_a_group_of_a_company_that_opted_out_is_left_out(weir: Served) -> None:
    await weir.weir.engine.suppression.add(LOCAL.workspace, "leadmagic.io", "asked us to", "test")
    search = {"titles": ["VP"], "industries": ["Technology"], "limit": 2}
    groups = (await weir.call("search_people_grouped_by_company", search))["data"]["companies"]
    assert [group["company"]["domain"] for group in groups] == ["acmecorp.com"]


async def test_job_changes_are_of_the_wanted_kind_and_since_the_day(weir: Served) -> None:
    search = {"since": "2026-08-01", "titles": ["VP of Sales"], "limit": 5}
    both = (await weir.call("find_recent_job_changes", search))["data"]["movers"]
    days = [mover["changed_at"] for mover in both]
    assert days == sorted(days, reverse=True)
    assert min(days) >= "2026-08-01"
    assert {mover["current"]["title"] for mover in both} == {"VP of Sales"}
    moved = await weir.call("find_recent_job_changes", {**search, "promoted": False})
    assert [mover for mover in both if mover["status"] == "changed"] == moved["data"]["movers"]
    assert all(mover["previous"]["company"] != mover["current"]["company"] for mover in moved["data"]["movers"])
    assert paid(moved) == {"leadiq": pytest.approx(0.1 * len(moved["data"]["movers"]))}
    assert paid(await weir.call("find_recent_job_changes", search)) == {}
