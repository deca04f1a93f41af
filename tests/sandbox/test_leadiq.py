"""LeadIQ's simulator executes any valid selection, and charges what it selects."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query

from server.sandbox import accounts, world
from server.sandbox import leadiq as vendor
from tests.sandbox.calling import Caller
from tests.sandbox.leadiq_queries import ACCOUNT, COMPANY, FLAT, GUIDE

JANE = {"email": "jane@example.com", "limit": 1}


def _people(selection: str) -> str:
    return f"query People($input: SearchPeopleInput!) {{ searchPeople(input: $input) {{ results {{ {selection} }} }} }}"


async def _used(caller: Caller) -> float:
    return (await caller.ask(ACCOUNT))["data"]["account"]["universalPlan"]["used"]


def _status(reply: dict[str, Any]) -> int:
    return reply["errors"][0]["extensions"]["response"]["status"]


# One person


async def test_the_guides_query_returns_the_person(leadiq: Caller):
    reply = await leadiq.ask(GUIDE, JANE)
    found = reply["data"]["searchPeople"]
    assert (found["totalResults"], found["hasMore"]) == (1, False)
    (person,) = found["results"]
    (position,) = person["currentPositions"]
    assert person["id"].startswith("PersonID-")
    assert person["name"] == {"fullName": "Jane Doe", "first": "Jane", "last": "Doe"}
    assert person["linkedin"] == {"linkedinUrl": "https://www.linkedin.com/in/janedoe"}
    assert (position["title"], position["seniority"], position["function"]) == ("VP of Marketing", "VP", "Marketing")
    assert (position["companyInfo"]["name"], position["companyInfo"]["domain"]) == ("Acme Corp", "acmecorp.com")
    assert position["emails"] == [{"value": "jane@example.com", "status": "Verified", "type": "Work"}]
    assert len(position["phones"]) == 1
    assert await leadiq.bill() == {"search_people": 14.1}


@pytest.mark.parametrize(
    ("selection", "credits"),
    [
        ("id", 0.1),
        ("id name { fullName } linkedin { linkedinUrl } currentPositions { title companyInfo { id name } }", 0.1),
        ("currentPositions { emails { value } }", 1.1),
        ("personalPhones { value }", 10.1),
        ("currentPositions { phones { value } } personalPhones { value }", 10.1),
        ("currentPositions { companyInfo { domain } }", 3.1),
        ("currentPositions { companyInfo { industry employeeCount } emails { value } } personalPhones { value }", 14.1),
        ("them: currentPositions { a: emails { value } b: emails { status } }", 1.1),
        ("... { currentPositions { ... on Position { emails { value } } } }", 1.1),
        ("currentPositions { emails @include(if: false) { value } phones @skip(if: true) { value } }", 0.1),
    ],
)
async def test_a_person_costs_what_is_selected(leadiq: Caller, selection: str, credits: float):
    before = await _used(leadiq)
    reply = await leadiq.ask(_people(selection), JANE)
    assert "errors" not in reply
    assert await _used(leadiq) - before == pytest.approx(credits)
    assert (await leadiq.bill())["search_people"] == credits


async def test_what_is_selected_but_absent_is_free(leadiq: Caller):
    one = next(
        one
        for company in world.companies()
        for one in world.employees(company)
        if not world.covers("leadiq", one, "work_email") and world.covers("leadiq", one, "profile")
    )
    reply = await leadiq.ask(_people("currentPositions { emails { value } }"), {"linkedinUrl": one.slug, "limit": 1})
    assert reply["data"]["searchPeople"]["results"] == [{"currentPositions": [{"emails": []}]}]
    assert await leadiq.bill() == {"search_people": 0.1}


async def test_a_miss_is_free(leadiq: Caller):
    reply = await leadiq.ask(GUIDE, {"email": "not-found@magic.example", "limit": 1})
    assert reply["data"]["searchPeople"] == {"totalResults": 0, "hasMore": False, "results": []}
    assert await leadiq.bill() == {"search_people": 0}


async def test_every_identifier_leads_to_the_same_person(leadiq: Caller):
    first = (await leadiq.ask(_people("id"), JANE))["data"]["searchPeople"]["results"]
    identifiers: list[dict[str, Any]] = [
        {"id": first[0]["id"]},
        {"linkedinUrl": "https://www.linkedin.com/in/janedoe"},
        {"firstName": "Jane", "lastName": "Doe", "company": {"domain": "acmecorp.com"}},
        {"firstName": "jane", "lastName": "DOE", "company": {"name": "Acme Corp"}},
    ]
    for identifier in identifiers:
        assert (await leadiq.ask(_people("id"), identifier))["data"]["searchPeople"]["results"] == first


async def test_two_lookups_in_one_request_are_charged_apart(leadiq: Caller):
    query = """query Two($input: SearchPeopleInput!) {
      one: searchPeople(input: $input) { results { ...contact } }
      two: searchPeople(input: {email: "john@acmecorp.com"}) { results { ...contact } }
    }
    fragment contact on Person { name { fullName } currentPositions { emails { value } } }"""
    data = (await leadiq.ask(query, JANE))["data"]
    assert [data[name]["results"][0]["name"]["fullName"] for name in ("one", "two")] == ["Jane Doe", "John Miller"]
    assert await leadiq.bill() == {"search_people": 2.2}


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("valid", "Verified"),
        ("catch-all", "VerifiedLikely"),
        ("unknown", "Unverified"),
        ("invalid", "Invalid"),
        ("suppressed", "Suppressed"),
    ],
)
async def test_an_address_has_one_of_five_statuses(leadiq: Caller, outcome: str, status: str):
    wanted = {"linkedinUrl": f"https://www.linkedin.com/in/magic-{outcome}"}
    reply = await leadiq.ask(_people("currentPositions { emails { value status } }"), wanted)
    (position,) = reply["data"]["searchPeople"]["results"][0]["currentPositions"]
    assert position["emails"] == [{"value": f"{outcome}@magic.example", "status": status}]


# Companies


async def test_a_company_costs_three_by_every_identifier(leadiq: Caller):
    reply = (await leadiq.ask(COMPANY, {"domain": "acmecorp.com", "limit": 1}))["data"]["searchCompany"]
    assert reply["totalResults"] == 1
    (company,) = reply["results"]
    assert (company["name"], company["domain"], company["numberOfEmployees"]) == ("Acme Corp", "acmecorp.com", 320)
    assert company["locationInfo"] == {"city": "San Francisco", "areaLevel1": "California", "country": "United States"}
    assert len(company["technologies"]) >= 3
    acme = world.company("acmecorp.com")
    assert acme is not None
    for identifier in ({"name": "Acme Corp"}, {"linkedinId": acme.linkedin_id}, {"id": company["id"]}):
        other = leadiq.holding("sandbox-")
        assert (await other.ask(COMPANY, identifier))["data"]["searchCompany"] == reply
        assert await other.bill() == {"search_company": 3}
    assert await leadiq.bill() == {"search_company": 3}


async def test_an_unknown_company_is_free(leadiq: Caller):
    reply = await leadiq.ask(COMPANY, {"domain": "not-found.magic.example"})
    assert reply["data"]["searchCompany"] == {"totalResults": 0, "results": []}
    assert await leadiq.bill() == {"search_company": 0}


# What is unlocked


async def test_what_a_team_has_unlocked_is_not_charged_again(leadiq: Caller):
    emails, phones = _people("currentPositions { emails { value } }"), _people("personalPhones { value }")
    acme = {"firstName": "Jane", "lastName": "Doe", "company": {"domain": "acmecorp.com"}}
    for query, wanted, used in ((emails, JANE, 1.1), (emails, acme, 1.1), (phones, JANE, 11.1), (phones, acme, 11.1)):
        assert (await leadiq.ask(query, wanted))["data"]["searchPeople"]["results"]
        assert await _used(leadiq) == used
    other = leadiq.holding("sandbox-")
    await other.ask(emails, JANE)
    assert await _used(other) == 1.1


async def test_a_person_asked_for_twice_in_one_request_is_charged_once(leadiq: Caller):
    query = """query Two($input: SearchPeopleInput!) {
      one: searchPeople(input: $input) { results { id } }
      two: searchPeople(input: $input) { results { currentPositions { emails { value } } } }
    }"""
    await leadiq.ask(query, JANE)
    assert await _used(leadiq) == 1.1


async def test_what_was_unlocked_a_year_ago_is_charged_again(leadiq: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vendor, "UNLOCKED_FOR", timedelta(0))
    for used in (1.1, 2.2):
        await leadiq.ask(_people("currentPositions { emails { value } }"), JANE)
        assert await _used(leadiq) == used


async def test_what_could_not_be_paid_for_is_not_unlocked(leadiq: Caller):
    account = accounts.of("leadiq", leadiq.key)
    account.charged = accounts.OPENING - 50
    for _ in range(2):
        assert _status(await leadiq.ask(GUIDE, JANE)) == 402
    assert account.balance == 50


# The account


async def test_the_account_is_free_and_adds_up(leadiq: Caller):
    await leadiq.ask(_people("currentPositions { emails { value } }"), JANE)
    account = (await leadiq.ask(ACCOUNT))["data"]["account"]
    plan = account["universalPlan"]
    assert (plan["available"], plan["used"]) == (9998.9, 1.1)
    assert plan["nextBillingPeriod"].endswith("-01T00:00:00Z")
    assert (account["plans"][0]["product"], account["plans"][0]["status"], account["dataHubPlan"]) == (
        "Api", "Active", None,
    )  # fmt: skip
    assert (await leadiq.bill())["account"] == 0


# Refusals


async def test_introspection_describes_the_schema(leadiq: Caller):
    reply = await leadiq.ask(get_introspection_query())
    schema = build_client_schema(reply["data"])
    assert schema.query_type is not None
    assert set(schema.query_type.fields) == {
        "account", "searchPeople", "searchCompany", "flatAdvancedSearch", "groupedAdvancedSearch",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "wanted", "says"),
    [
        ("{ nonsense }", None, "Cannot query field 'nonsense'"),
        ("{ account { ", None, "Syntax Error"),
        (GUIDE, None, "$input"),
        (GUIDE, {"shoeSize": 43}, "shoeSize"),
        (GUIDE, {"limit": 1}, "Give id, linkedinUrl, email"),
        (GUIDE, {"firstName": "Ada", "lastName": "Lovelace", "company": {}}, "the company's domain or name"),
        (COMPANY, {}, "Give id, linkedinId, domain or name."),
        (FLAT, {"limit": 26}, "'limit' must be between 1 and 25."),
        (FLAT, {"contactFilter": {"seniorities": ["CEO"]}}, "CEO"),
        (FLAT, {"jobChangeFilter": {"jobChangeTypes": [], "startedAfter": "soon"}}, "UNIX milliseconds"),
        (FLAT, {"jobChangeFilter": {"jobChangeTypes": [], "startedAfter": {}}}, "UNIX milliseconds"),
    ],
)
async def test_a_bad_query_is_an_error_inside_a_200_and_free(leadiq: Caller, query: str, wanted: Any, says: str):
    reply = await leadiq.ask(query, wanted)
    assert says in reply["errors"][0]["message"]
    assert _status(reply) == 400
    assert await _used(leadiq) == 0


async def test_errors_have_http_200_and_by_switch_their_own_status(leadiq: Caller):
    bad, empty = leadiq.holding("sandbox-bad"), leadiq.holding("sandbox-empty")
    assert _status(await bad.ask(ACCOUNT)) == 401
    assert _status(await empty.ask(GUIDE, JANE)) == 402
    await leadiq.control(faults=["shape-http", "shape-http"])
    statuses = [
        (await bad.post("/graphql", {"query": ACCOUNT})).status_code,
        (await empty.post("/graphql", {"query": GUIDE, "variables": {"input": JANE}})).status_code,
    ]
    assert statuses == [401, 402]


async def test_an_empty_account_can_still_be_asked_for_its_balance(leadiq: Caller):
    plan = (await leadiq.holding("sandbox-empty").ask(ACCOUNT))["data"]["account"]["universalPlan"]
    assert plan["available"] == 0


async def test_the_key_is_basic_and_base64(leadiq: Caller):
    for headers in (
        {"Authorization": "Basic sandbox!"},
        {"Authorization": f"Bearer {leadiq.key}"},
        {"X-API-Key": "sandbox"},
    ):
        response = await leadiq.post("/graphql", {"query": ACCOUNT}, headers)
        assert _status(response.json()) == 401


async def test_a_body_without_a_query_is_refused(leadiq: Caller):
    response = await leadiq.post("/graphql", {"variables": {}})
    assert _status(response.json()) == 400


async def test_sixty_requests_a_minute_where_limits_are_hard(leadiq: Caller):
    await leadiq.control(rate_limit="hard")
    replies = [await leadiq.ask("{ account { plans { name } } }") for _ in range(61)]
    assert [reply for reply in replies[:60] if "errors" in reply] == []
    assert _status(replies[60]) == 429


# Magic


async def test_magic_refusals_come_as_errors(leadiq: Caller):
    for outcome, status in (("rate-limited", 429), ("server-error", 500), ("forbidden", 403)):
        assert _status(await leadiq.ask(GUIDE, {"email": f"{outcome}@magic.example"})) == status
    unavailable = await leadiq.post(
        "/graphql", {"query": GUIDE, "variables": {"input": {"email": "unavailable@magic.example"}}}
    )
    assert unavailable.status_code == 503


async def test_the_older_spelling_has_bare_ids_iso_dates_and_a_lower_case_status(leadiq: Caller):
    await leadiq.control(faults=["shape-old", "shape-old"])
    account = (await leadiq.ask(ACCOUNT))["data"]["account"]
    assert account["universalPlan"]["status"] == "active"
    query = """query F($input: FlatSearchInput!) { flatAdvancedSearch(input: $input) {
      people { id personJobChange { startedAt } } } }"""
    wanted: dict[str, Any] = {"jobChangeFilter": {"jobChangeTypes": []}, "limit": 1}
    (old,) = (await leadiq.ask(query, wanted))["data"]["flatAdvancedSearch"]["people"]
    (new,) = (await leadiq.ask(query, wanted))["data"]["flatAdvancedSearch"]["people"]
    assert new["id"] == f"PersonID-{old['id']}"
    assert old["personJobChange"]["startedAt"].endswith("T00:00:00Z")
    assert isinstance(new["personJobChange"]["startedAt"], int)


async def test_phones_are_in_either_documented_place(leadiq: Caller):
    selection = _people("currentPositions { phones { value type } } personalPhones { value type verificationStatus }")
    (usual,) = (await leadiq.ask(selection, {"email": "valid@magic.example"}))["data"]["searchPeople"]["results"]
    (mobile,) = usual["personalPhones"]
    assert (mobile["type"], mobile["verificationStatus"]) == ("PersonalMobile", "Verified")
    assert [phone["type"] for phone in usual["currentPositions"][0]["phones"]] == ["WorkHq"]
    (nested,) = (await leadiq.ask(selection, {"email": "shape-nested@magic.example"}))["data"]["searchPeople"][
        "results"
    ]
    assert nested["personalPhones"] == []
    assert [phone["type"] for phone in nested["currentPositions"][0]["phones"]] == ["PersonalMobile", "WorkHq"]
    assert await leadiq.bill() == {"search_people": 20.2}


async def test_other_prices_count_calls_and_pages(leadiq: Caller):
    await leadiq.ask(GUIDE, {"email": "other-price@magic.example"})
    await leadiq.control(faults=["other-price"])
    await leadiq.ask(FLAT, {"limit": 25})
    assert await leadiq.bill() == {"search_people": 1, "flat_advanced_search": 1}


async def test_an_over_charge_shows_in_the_balance_only(leadiq: Caller):
    reply = await leadiq.ask(_people("id"), {"email": "over-charge@magic.example"})
    assert "errors" not in reply
    assert await _used(leadiq) == 0.5
