"""LeadIQ's simulated searches: filters, paging, job changes and prices."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.calling import Caller
from tests.sandbox.leadiq_queries import CHANGES, FLAT, GROUPED

PERSON = """query People($input: SearchPeopleInput!) { searchPeople(input: $input) {
  results { id name { fullName } }
} }"""


async def test_a_flat_search_costs_a_tenth_per_row(leadiq: Caller):
    wanted = {"contactFilter": {"roles": ["Sales"], "seniorities": ["VP"]}, "limit": 7}
    found = (await leadiq.ask(FLAT, wanted))["data"]["flatAdvancedSearch"]
    assert {(one["role"], one["seniority"]) for one in found["people"]} == {("Sales", "VP")}
    assert len(found["people"]) == 7 < found["totalPeople"]
    assert await leadiq.bill() == {"flat_advanced_search": 0.7}


async def test_pages_of_a_flat_search_join_without_gaps(leadiq: Caller):
    wanted = {"companyFilter": {"domains": ["siemens.com"]}}
    pages = [
        (await leadiq.ask(FLAT, {**wanted, "limit": 10, "skip": skip}))["data"]["flatAdvancedSearch"]
        for skip in (0, 10, 20, 30, 40, 50, 60)
    ]
    ids = [one["id"] for page in pages for one in page["people"]]
    assert len(ids) == len(set(ids)) == pages[0]["totalPeople"] > 10
    assert await leadiq.bill() == {"flat_advanced_search": pytest.approx(len(ids) / 10)}


async def test_filters_narrow_and_exclusions_take_away(leadiq: Caller):
    async def total(**wanted: Any) -> int:
        reply = await leadiq.ask(FLAT, {**wanted, "limit": 1})
        return reply["data"]["flatAdvancedSearch"]["totalPeople"]

    everybody = await total()
    germans = {"locations": [{"country": "Germany"}]}
    inside, outside = await total(contactFilter=germans), await total(contactExcludedFilter=germans)
    assert inside + outside == everybody
    assert 0 < inside < everybody
    named = {"names": ["Stripe"], "sizes": [{"min": 1}], "industries": ["financial services"]}
    assert 0 < await total(companyFilter=named) < 60
    assert await total(companyFilter={**named, "sizes": [{"max": 1}]}) == 0
    titled = {"titles": ["chief technology"], "containsWorkEmails": True}
    assert 0 < await total(contactFilter=titled) < await total(contactFilter={"titles": ["chief technology"]})


async def test_a_person_of_a_search_can_be_enriched_by_id(leadiq: Caller):
    (found,) = (await leadiq.ask(FLAT, {"limit": 1, "skip": 30}))["data"]["flatAdvancedSearch"]["people"]
    reply = await leadiq.ask(PERSON, {"id": found["id"], "limit": 1})
    assert reply["data"]["searchPeople"]["results"] == [{"id": found["id"], "name": {"fullName": found["name"]}}]


async def test_job_changes_come_newest_first_in_unix_milliseconds(leadiq: Caller):
    changes = {"jobChangeTypes": ["JobChange"], "startedAfter": 1_767_225_600_000}
    wanted = {"jobChangeFilter": changes, "sortContactsBy": ["JobChangeStartedAtDesc"], "limit": 25}
    people = (await leadiq.ask(CHANGES, wanted))["data"]["flatAdvancedSearch"]["people"]
    found = [one["personJobChange"] for one in people]
    started = [change["startedAt"] for change in found]
    assert len(found) == 25
    assert started == sorted(started, reverse=True)
    assert min(started) >= 1_767_225_600_000
    assert {change["jobChangeType"] for change in found} == {"JobChange"}
    assert all(
        change["previousPosition"]["company"]["name"] != change["currentPosition"]["company"]["name"]
        for change in found
    )


@pytest.mark.parametrize("start", [1_767_225_600_000, "1767225600000", "2026-01-01", "2026-01-01T01:00:00+01:00"])
async def test_a_time_may_be_milliseconds_or_iso_text(leadiq: Caller, start: int | str):
    changes: dict[str, Any] = {"jobChangeTypes": [], "startedAfter": start}
    reply = await leadiq.ask(CHANGES, {"jobChangeFilter": changes, "limit": 1})
    since: dict[str, Any] = {"jobChangeTypes": [], "startedAfter": 1_767_225_600_000}
    expected = await leadiq.ask(CHANGES, {"jobChangeFilter": since, "limit": 1})
    assert reply["data"] == expected["data"]
    assert reply["data"]["flatAdvancedSearch"]["totalPeople"] > 0


async def test_a_promotion_stays_in_the_company(leadiq: Caller):
    wanted = {"jobChangeFilter": {"jobChangeTypes": ["TitleChange"]}, "limit": 5}
    people = (await leadiq.ask(CHANGES, wanted))["data"]["flatAdvancedSearch"]["people"]
    for change in (one["personJobChange"] for one in people):
        assert change["jobChangeType"] == "TitleChange"
        assert change["previousPosition"]["company"] == change["currentPosition"]["company"]
        assert change["previousPosition"]["title"] != change["currentPosition"]["title"]


async def test_a_grouped_search_costs_three_per_company_and_a_tenth_per_person(leadiq: Caller):
    wanted = {"contactFilter": {"roles": ["Sales"]}, "limit": 2, "limitPerCompany": 3, "sortCompaniesBy": ["SizeDesc"]}
    found = (await leadiq.ask(GROUPED, wanted))["data"]["groupedAdvancedSearch"]
    groups = found["companies"]
    assert len(groups) == 2 < found["totalCompanies"]
    assert groups[0]["company"]["name"]
    assert all(1 <= len(group["people"]) == min(3, group["totalContactsInCompany"]) for group in groups)
    firmographics = sum(group["company"]["domain"] is not None for group in groups)
    people = sum(len(group["people"]) for group in groups)
    assert await leadiq.bill() == {"grouped_advanced_search": pytest.approx(3 * firmographics + people / 10)}


async def test_companies_by_id_and_name_alone_do_not_open_the_company_class(leadiq: Caller):
    query = """query G($input: GroupedSearchInput!) { groupedAdvancedSearch(input: $input) {
      companies { company { id name } people { id } } } }"""
    groups = (await leadiq.ask(query, {"limit": 1, "limitPerCompany": 2}))["data"]["groupedAdvancedSearch"]["companies"]
    assert [len(group["people"]) for group in groups] == [2]
    assert await leadiq.bill() == {"grouped_advanced_search": 0.2}
