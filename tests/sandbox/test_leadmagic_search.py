"""LeadMagic's company and people searches filter, page and charge by the row."""

from __future__ import annotations

from typing import Any

import pytest

from server.sandbox import world
from server.sandbox.leadmagic import company_filters
from tests.sandbox.calling import Caller
from tests.sandbox.leadmagic_calls import ask


async def test_one_company_has_the_row_and_its_aliases(leadmagic: Caller):
    for body in ({"domain": "stripe.com"}, {"name": "Stripe"}, {"url": "https://www.linkedin.com/company/stripe"}):
        found = await ask(leadmagic, "/v3/companies/search", **body)
        assert (found["companyName"], found["companyDomain"], found["count"]) == ("Stripe", "stripe.com", 1)
        assert found["company"] == found["companies"][0]
    assert await leadmagic.bill() == {"company_search": 3}


async def test_company_filters_filter_and_pages_do_not_overlap(leadmagic: Caller):
    filters = {"country_codes": ["US"], "min_employees": 200, "sort_by": "founded_year", "sort_order": "desc"}
    rows: list[dict[str, Any]] = []
    while page := (await ask(leadmagic, "/v3/companies/search", company_filters=filters, limit=7, offset=len(rows)))[
        "companies"
    ]:
        rows += page
    assert len(rows) > 14
    assert len({row["company_domain"] for row in rows}) == len(rows)
    assert {row["hq_country_code"] for row in rows} == {"US"}
    assert all((row["employee_max"] or 10**9) >= 200 for row in rows)
    years = [row["founded_year"] for row in rows]
    assert years == sorted(years, reverse=True)
    assert await leadmagic.bill() == {"company_search": len(rows)}


FILTERS: dict[str, Any] = {
    "industries": ["Robotics"], "employee_ranges": ["51 to 200"], "founded_after": 2015, "founded_before": 1999,
    "company_entity_types": ["Public"], "domain_tlds": ["io"], "hq_cities": ["Boston"], "has_funding": True,
    "min_total_funding": 50_000_000, "last_funding_types": ["Series B"], "last_funding_after": "2026-01-01",
    "crm_tech": ["Salesforce"], "technologies": ["react"], "min_contacts_with_email": 20, "keyword": "robotics",
    "company_names": ["Stripe"], "company_domains": ["stripe.com", "figma.com"], "revenue_ranges": ["$1B+"],
    "naics_codes": ["511210"], "max_employees": 20,
}  # fmt: skip


@pytest.mark.parametrize("name", FILTERS)
async def test_each_kind_of_company_filter_narrows(leadmagic: Caller, name: str):
    found = await ask(leadmagic, "/v3/companies/search", company_filters={name: FILTERS[name]}, limit=50)
    everything = await ask(leadmagic, "/v3/companies/search", company_filters={}, limit=50, offset=50)
    assert found["count"] > 0
    assert found["companies"] != everything["companies"]
    passes = company_filters.test({name: FILTERS[name]})
    assert all(passes(row) for row in found["companies"])
    assert not all(passes(row) for row in everything["companies"])


async def test_lookalikes_cost_five_however_many_and_come_by_similarity(leadmagic: Caller):
    found = await ask(leadmagic, "/v3/companies/lookalike", company_domain="stripe.com", limit=2000)
    scores = [row["similarity"] for row in found["companies"]]
    assert found["count"] > 20
    assert scores == sorted(scores, reverse=True)
    assert found["companies"][0]["company_industry_linkedin"] == "Financial Services"
    assert all(row["source_seed_domain"] == "stripe.com" for row in found["companies"])
    page = await ask(leadmagic, "/v3/companies/lookalike", seed={"domain": "stripe.com"}, limit=3, offset=2)
    assert page["companies"] == found["companies"][2:5]
    assert await leadmagic.bill() == {"company_lookalike": 10}


async def test_people_are_paged_and_their_details_are_locked(leadmagic: Caller):
    company = world.company("globex.com")
    assert company
    rows: list[dict[str, Any]] = []
    while page := (await ask(leadmagic, "/v3/people/search", company_domain="globex.com", limit=4, offset=len(rows)))[
        "people"
    ]:
        rows += page
    known = [one.full for one in world.employees(company) if world.covers("leadmagic", one, "profile")]
    assert [row["person"]["contact_full_name"] for row in rows] == known
    locked = next(row for row in rows if row["person"]["has_email"])
    assert locked["person"]["contact_email"] is None
    assert locked["person"]["contact_email_masked"].endswith("***@globex.com")
    assert locked["unlock"]["email_credits"] == 1
    assert await leadmagic.bill() == {"people_search": len(rows)}


async def test_unlocking_needs_both_flags_and_costs_one_and_five(leadmagic: Caller):
    flags = {"includeContactDetails": True, "confirmCreditCharge": True}
    half = await ask(leadmagic, "/v3/people/search", company_domain="globex.com", limit=50, includeContactDetails=True)
    both = await ask(leadmagic, "/v3/people/search", company_domain="globex.com", limit=50, **flags)
    mail = await ask(
        leadmagic, "/v3/people/search", company_domain="globex.com", limit=50, **flags, includeMobile=False
    )
    people = [row["person"] for row in both["people"]]
    emails, mobiles = sum(one["has_email"] for one in people), sum(one["has_mobile_phone"] for one in people)
    assert half["credits_consumed"] == len(people)
    assert both["credits_consumed"] == len(people) + emails + 5 * mobiles
    assert mail["credits_consumed"] == len(people) + emails
    assert all((one["contact_email"] is not None) == one["has_email"] for one in people)
    assert all("contact_mobile_phone" not in row["person"] for row in mail["people"])


async def test_people_can_be_narrowed_by_title_level_and_reach(leadmagic: Caller):
    filters = {"company_filters": {"industries": ["Robotics"]}, "limit": 100}
    titled = await ask(leadmagic, "/v3/people/search", **filters, titles=["VP Sales", "CEO"], required_email=True)
    assert {row["person"]["contact_job_title"] for row in titled["people"]} == {
        "VP of Sales",
        "Chief Executive Officer",
    }
    assert all(row["person"]["has_email"] for row in titled["people"])
    level = await ask(leadmagic, "/v3/people/search", **filters, people_filters={"contact_job_level": ["C-Team"]})
    assert {row["person"]["contact_job_level"] for row in level["people"]} == {"C-Team"}
