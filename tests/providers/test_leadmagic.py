"""What the recordings of LeadMagic cannot show: charges in odd forms, waiting times, and whole sets of names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from server.catalog import read_providers
from server.domain.errors import RateLimited
from server.domain.person import Seniority
from server.domain.search import CompanyFilters, PeopleFilters, SearchCompanies, SearchPeople
from server.provider import Request, Response

LEADMAGIC = read_providers()["leadmagic"]

COMPANY_FILTERS = frozenset(
    """
    company_domains company_names linkedin_urls country_codes industries employee_ranges min_employees max_employees
    revenue_ranges min_revenue max_revenue founded_after founded_before company_entity_types domain_tlds hq_countries
    hq_regions hq_cities hq_states hq_continents hq_streets hq_postcodes has_funding min_total_funding
    max_total_funding last_funding_types last_funding_after last_funding_before min_funding_investor_count
    max_funding_investor_count lead_investors min_profile_followers max_profile_followers min_profile_growth_rate
    max_profile_growth_rate linkedin_claimed min_total_contacts max_total_contacts min_contacts_with_email
    max_contacts_with_email min_contacts_with_phone max_contacts_with_phone min_valid_email_count
    max_valid_email_count has_tech_stack tech_stack crm_tech marketing_automation_tech sales_automation_tech
    analytics_tech cloud_provider_tech development_tech ecommerce_tech erp_tech email_hosting_tech
    email_security_tech abm_tech cms_tech conversation_intelligence_tech app_security_tech cloud_security_tech
    company_martech keyword specialties company_headlines company_about company_phones sic_codes naics_codes
    sic_descriptions naics_descriptions website_active website_for_sale min_total_app_reviews max_total_app_reviews
    """.split()  # noqa: SIM905 - as a list of literals the names would fill a page
)
"""The filters that the reference's page Company Search lists, without aliases; websites are sent as domains."""

PEOPLE_FILTERS = frozenset(
    """
    contact_full_name contact_first_name contact_last_name contact_email_domain contact_linkedin_url
    contact_job_title contact_job_function contact_job_level contact_country_code contact_country contact_region
    contact_continent contact_city contact_state contact_state_code contact_linkedin_headline
    contact_linkedin_about_me contact_linkedin_industry contact_job_description contact_languages min_followers
    max_followers min_seniority
    """.split()  # noqa: SIM905 - as a list of literals the names would fill a page
)
"""The filters that the reference's page People Search lists, without those that have a field of their own."""


VALUES: tuple[Any, ...] = ("2026-01-31", 7, False, ["vp"], ["DE"], ["example.com"], ["linkedin.com/company/example"])


def accepts(filters: type[BaseModel], name: str, value: Any) -> bool:
    try:
        filters.model_validate({name: value})
    except ValidationError:
        return False
    return True


def every_filter(filters: type[BaseModel]) -> dict[str, Any]:
    """Each filter with the first value above that it accepts."""
    return {name: next(value for value in VALUES if accepts(filters, name, value)) for name in filters.model_fields}


def sent(query: SearchCompanies | SearchPeople) -> Request:
    (offering,) = (one for one in LEADMAGIC.offerings() if one.query is type(query))
    return next(offering.flow(query))


def answered(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, json.dumps(body).encode(), headers or {})


def test_every_company_filter_is_sent_under_its_documented_name() -> None:
    query = SearchCompanies.model_validate({"companies": every_filter(CompanyFilters), "limit": 1})
    body = sent(query).json or {}
    assert body["company_filters"].keys() == COMPANY_FILTERS
    assert body["company_filters"]["linkedin_urls"] == ["https://www.linkedin.com/company/example"]
    assert body["company_filters"]["has_funding"] is False
    assert body["company_filters"]["last_funding_after"] == "2026-01-31"


def test_every_people_filter_is_sent_under_its_documented_name() -> None:
    query = SearchPeople.model_validate(
        {"people": every_filter(PeopleFilters), "company_domain": "example.com", "limit": 1}
    )
    body = sent(query).json or {}
    assert body["people_filters"].keys() == PEOPLE_FILTERS
    assert body["people_filters"]["contact_job_level"] == ["VP"]


@pytest.mark.parametrize(
    ("fields", "willing"),
    [
        ({"company_domain": "example.com"}, True),
        ({"companies": {"industries": ["Robotics"]}}, True),
        ({"titles": ["VP Sales"]}, False),
        ({"company_domain": "example.com", "people": {"seniorities": ["vp", "manager"]}}, False),
    ],
)
def test_a_people_search_needs_a_company_and_seniorities_that_have_a_label(
    fields: dict[str, Any], willing: bool
) -> None:
    (offering,) = (one for one in LEADMAGIC.offerings() if one.query is SearchPeople)
    assert offering.when(SearchPeople.model_validate({**fields, "limit": 1})) is willing


@pytest.mark.parametrize(
    ("said", "header", "charged"),
    [
        (0.25, None, 25),
        ("0.25", None, 25),
        (0.2, "5", 20),
        (None, "1.5", 150),
        (-1, "2", 200),
        (True, "2", 200),
        ("a lot", "2", 200),
        (float("nan"), "2", 200),
        (float("inf"), None, None),
        (None, None, None),
    ],
)
def test_the_body_names_the_charge_and_the_header_stands_in_for_it(
    said: object, header: str | None, charged: int | None
) -> None:
    headers = {} if header is None else {"x-credits-cost": header}
    assert LEADMAGIC.charged(answered({"credits_consumed": said}, headers=headers)) == charged


def test_the_waiting_time_is_read_from_the_error_where_the_header_is_missing() -> None:
    problem = {"code": "rate_limit_exceeded", "title": "Slow down", "context": {"retry_after_seconds": 42}}
    fault = LEADMAGIC.fault(answered({"errors": [problem]}, 429))
    assert isinstance(fault, RateLimited)
    assert fault.retry_after == 42


def test_the_waiting_time_of_the_header_wins() -> None:
    problem = {"code": "rate_limit_exceeded", "context": {"retry_after_seconds": 42}}
    fault = LEADMAGIC.fault(answered({"errors": [problem]}, 429, {"retry-after": "7"}))
    assert isinstance(fault, RateLimited)
    assert fault.retry_after == 7


def test_an_error_carries_the_vendors_sentence_without_hidden_characters() -> None:
    fault = LEADMAGIC.fault(
        answered({"errors": [{"code": "invalid_parameter", "detail": "No\u200b such\nfield."}]}, 400)
    )
    assert fault is not None
    assert fault.message == "LeadMagic rejected the request with HTTP 400 (No such field)."


def test_the_bound_of_an_unlocked_search_counts_every_detail_of_every_row() -> None:
    query = SearchPeople(company_domain="example.com", limit=10, include_email=True, include_mobile=True)
    price = max(LEADMAGIC.manifest.operations["people_search"].prices, key=lambda row: row.since)
    assert price.most(query.units, query.extras) == 7_000
    assert price.most(query.units, ()) == 1_000


def test_the_dearest_plan_prices_a_credit() -> None:
    assert LEADMAGIC.manifest.dearest == 24_500


def test_all_seniorities_are_either_sent_or_refused() -> None:
    (offering,) = (one for one in LEADMAGIC.offerings() if one.query is SearchPeople)
    searches = (
        SearchPeople(company_domain="example.com", limit=1, people=PeopleFilters(seniorities=(seniority,)))
        for seniority in Seniority
    )
    bodies = [next(offering.flow(query)).json or {} for query in searches if offering.when(query)]
    assert [body["people_filters"]["contact_job_level"] for body in bodies] == [["C-Team"], ["VP"], ["Director"]]
