"""Company searches over HTTP: which companies come back, what they cost, and that they are paid once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_origin

import pytest
import pytest_asyncio

from server.cache import Stored
from server.domain.company import Company, CompanyRecord, FindCompany
from server.domain.contact import FindProfileByEmail
from server.domain.criteria import CompanyCriteria
from server.domain.outcome import Outcome
from server.domain.person import Person, PersonProfile
from server.domain.principal import LOCAL
from server.domain.query import Answer, AnyQuery
from server.domain.receipt import Provenance
from server.domain.search import CompanyFilters
from tests.serving import Served, served
from tools.company import company

Body = dict[str, Any]
BANKS: Body = {"industries": ["Financial Services"], "countries": ["US"], "limit": 4}


@pytest_asyncio.fixture
async def weir(tmp_path: Path) -> AsyncGenerator[Served]:
    async with served(tmp_path / "home") as running:
        yield running


def paid(body: Body) -> dict[str, float]:
    return body["receipt"]["cost"]["credits"]


async def test_every_returned_company_matches_and_is_charged_once(weir: Served) -> None:
    preview = await weir.call("preview_cost", {"tool": "search_companies", "arguments": BANKS})
    assert preview["data"]["max"]["credits"] == {"leadmagic": 4}
    found = await weir.call("search_companies", BANKS)
    companies = found["data"]["companies"]
    assert [one["name"] for one in companies][:2] == ["Stripe", "Opal Bank"]
    assert {(one["industry"], one["hq"]["country_code"]) for one in companies} == {("Financial Services", "US")}
    assert not any(one.keys() & {"description", "technologies", "logo_url"} for one in companies)
    assert paid(found) == {"leadmagic": 4} == await weir.bill()
    assert paid(await weir.call("search_companies", BANKS)) == {}
    following = await weir.call("search_companies", {**BANKS, "offset": 4})
    assert not {one["domain"] for one in companies} & {one["domain"] for one in following["data"]["companies"]}


async def test_ranges_and_order_are_kept(weir: Served) -> None:
    search = {"min_employees": 500, "max_employees": 5000, "founded_after": 2000, "limit": 10}
    found = await weir.call("search_companies", {**search, "sort_by": "founded_year", "descending": True})
    years = [one["founded_year"] for one in found["data"]["companies"]]
    assert years == sorted(years, reverse=True)
    assert min(years) >= 2000
    assert len(years) == 10


async def test_a_product_narrows_in_its_category_and_in_any(weir: Served) -> None:
    in_category = await weir.call("search_companies", {"more_filters": {"crm_tech": ["Salesforce"]}, "limit": 3})
    in_another = await weir.call("search_companies", {"more_filters": {"erp_tech": ["Salesforce"]}, "limit": 3})
    assert in_another["outcome"] == "not_found"
    for found in in_category["data"]["companies"]:
        whole = await weir.call("enrich_company", {"company_domain": found["domain"]})
        assert {"name": "Salesforce", "category": "crm"} in whole["data"]["company"]["technologies"]


def value_of(name: str) -> Any:
    """A value that the filter takes."""
    kind = str(CompanyFilters.model_fields[name].annotation)
    if get_origin(CompanyFilters.model_fields[name].annotation) is tuple:
        return {"company_domains": "stripe.com", "company_urls": "https://www.linkedin.com/company/stripe"}.get(
            name, "US"
        )
    return "true" if "bool" in kind else "2026-01-02" if "date" in kind else "3"


@pytest.mark.parametrize("name", CompanyFilters.model_fields)
def test_every_filter_there_is_can_be_said(name: str) -> None:
    search = next(tool for tool in company.tools if tool.name == "search_companies")
    plan = search.planned({"more_filters": [f"{name}:{value_of(name)}"]})
    assert plan is not None
    filters = getattr(plan.steps[0].query, "companies")  # noqa: B009 - the query's type is not known here
    assert filters.given == {name}
    assert getattr(filters, name) not in (None, ())
    if name.endswith(("_before", "funding_after")) and "founded" not in name:
        assert getattr(filters, name) == date(2026, 1, 2)


def test_clients_are_told_the_name_of_every_filter() -> None:
    arguments = CompanyCriteria.model_fields
    told = arguments["more_filters"].description or ""
    words = set(told.replace(",", " ").replace(";", " ").replace(".", " ").split())
    for name in CompanyFilters.model_fields.keys() - arguments.keys() - {"country_codes"}:
        short = name.removeprefix("min_").removeprefix("max_").removeprefix("hq_").removesuffix("_tech")
        assert words & {name, short}, name


async def test_lookalikes_cost_one_flat_price_and_further_pages_nothing(weir: Served) -> None:
    few = await weir.call("find_lookalike_companies", {"company_domain": "stripe.com", "limit": 3})
    assert [one["name"] for one in few["data"]["companies"]] == ["Nimbus Bank", "Zephyr Bank", "Vector Bank"]
    assert paid(few) == {"leadmagic": 5}
    many = {"description": "software for analytics", "limit": 500}
    pages = [await weir.call("find_lookalike_companies", {**many, "offset": offset}) for offset in (0, 50, 100)]
    assert [paid(page) for page in pages] == [{"leadmagic": 5}, {}, {}]
    assert await weir.bill() == {"leadmagic": 10}
    rows = [one for page in pages for one in page["data"]["companies"]]
    assert len(pages[0]["data"]["companies"]) == 50
    assert len({one["domain"] for one in rows}) == len(rows) == min(150, pages[0]["data"]["total"])
    similarity = [one["similarity"] for one in rows]
    assert similarity == sorted(similarity, reverse=True)


async def test_lookalikes_need_something_to_resemble(weir: Served) -> None:
    body = await weir.call("find_lookalike_companies", {"industries": ["Retail"]})
    assert (body["error"]["code"], body["error"]["field"]) == ("invalid_input", "company_domain")


async def test_hiring_signals_are_read_from_the_postings_that_are_paid_for(weir: Served) -> None:
    found = await weir.call("get_company_hiring_signals", {"company_domain": "granitebank.example"})
    data = found["data"]
    assert (data["company_name"], data["open_roles"], data["sample"]) == ("Granite Bank", 5, 5)
    assert data["by_function"] == {"Seller": 4, "Developer": 1}
    assert data["by_seniority"] == {"vp": 1, "director": 1}
    assert data["remote_share"] == 0.0
    assert {one["hint"]: one["evidence"] for one in data["hints"]} == {
        "leadership_hire": "VP of Sales; Sales Director",
        "sales_expansion": "4 of 5, such as VP of Sales",
        "several_locations": "San Francisco, California; Austin, Texas; Seattle, Washington; Denver, Colorado",
    }
    assert [role["title"] for role in data["roles"]][:2] == ["VP of Sales", "Sales Director"]
    assert data["newest_posting"] == data["roles"][0]["posted_at"]
    assert paid(found) == {"leadmagic": 5} == await weir.bill()
    assert paid(await weir.call("get_company_hiring_signals", {"company_domain": "granitebank.example"})) == {}


async def test_hiring_signals_cost_at_most_their_limit(weir: Served) -> None:
    asked = {"company_domain": "granitebank.example", "limit": 2}
    preview = await weir.call("preview_cost", {"tool": "get_company_hiring_signals", "arguments": asked})
    assert preview["data"]["max"]["credits"] == {"leadmagic": 2}
    found = await weir.call("get_company_hiring_signals", asked)
    assert (found["data"]["sample"], found["data"]["open_roles"]) == (2, 5)
    assert paid(found) == {"leadmagic": 2}
    nobody = await weir.call("get_company_hiring_signals", {"company_domain": "not-found.magic.example"})
    assert (nobody["outcome"], paid(nobody)) == ("not_found", {})


async def test_companies_that_opted_out_are_left_out_and_not_asked_about(weir: Served) -> None:
    await weir.weir.engine.suppression.add(LOCAL.workspace, "stripe.com", "asked us to", "test")
    found = await weir.call("search_companies", BANKS)
    assert "stripe.com" not in {one["domain"] for one in found["data"]["companies"]}
    assert found["warnings"] == ["1 entry on the suppression list left out."]
    signals = await weir.call("get_company_hiring_signals", {"company_domain": "stripe.com"})
    assert signals["outcome"] == "suppressed"
    assert await weir.bill() == {"leadmagic": 4}


STEPS: list[tuple[str, Body, AnyQuery, Answer]] = [
    (
        "get_company_technographics",
        {"company_name": "Gmail"},
        FindCompany(company_name="Gmail"),
        CompanyRecord(company=Company(name="Gmail", domain="gmail.com")),
    ),
    (
        "get_company_technographics",
        {"company_name": "Nowhere"},
        FindCompany(company_name="Nowhere"),
        CompanyRecord(company=Company(name="Nowhere")),
    ),
    (
        "detect_job_change",
        {"work_email": "ada@stripe.com"},
        FindProfileByEmail(work_email="ada@stripe.com"),
        PersonProfile(person=Person(full_name="Ada", linkedin_url="https://www.linkedin.com/company/stripe")),
    ),
]
"""Tools of two steps, and an answer to the first one that the second cannot be asked with."""


@pytest.mark.parametrize(("tool", "arguments", "query", "answer"), STEPS)
async def test_a_first_answer_that_the_second_question_cannot_use_finds_nothing_and_costs_nothing(
    weir: Served, tool: str, arguments: Body, query: AnyQuery, answer: Answer
) -> None:
    books = weir.weir.engine.books
    now = books.clock()
    provenance = Provenance("leadmagic", "company_search", now, cached=False)
    stored = Stored(Outcome.FOUND, answer, provenance, now + timedelta(days=1))
    await books.database.write(lambda tx: books.cache.put(tx, LOCAL.workspace, query, stored))
    body = await weir.call(tool, arguments)
    assert (body["outcome"], "data" in body, paid(body)) == ("not_found", False, {})
    assert await weir.bill() == {}
