"""What searches are narrowed by, as tools take it: the usual filters by name, the rare ones as `more_filters`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from server.domain import fields
from server.domain.more_filters import MoreFilters, chosen
from server.domain.person import Part, Seniority
from server.domain.search import CompanyFilters, PeopleFilters

_OF_A_COMPANY = "company."
"""Before the name of a company filter, where people are searched for."""


class Audience(Part):
    """People by position and place, and by the kind of company; every filter narrows, a list matches any entry."""

    titles: fields.Titles = ()
    seniorities: tuple[Seniority, ...] = ()
    job_functions: fields.Words = ()
    countries: Annotated[fields.Countries, Field(description="Of the person.")] = ()
    industries: Annotated[fields.Words, Field(description="Of the company.")] = ()
    company_countries: fields.Countries = ()
    min_employees: fields.Amount | None = None
    max_employees: fields.Amount | None = None

    def people(self, more: tuple[str, ...]) -> PeopleFilters:
        """The filters of the person, with those in `more` that are not of a company."""
        named = {
            "seniorities": self.seniorities,
            "job_functions": self.job_functions,
            "country_codes": self.countries,
        }
        return chosen(PeopleFilters, named, (entry for entry in more if not entry.startswith(_OF_A_COMPANY)))

    def companies(self, more: tuple[str, ...]) -> CompanyFilters:
        """The filters of the company, with those in `more` whose names start with `company.`."""
        named = {
            "industries": self.industries,
            "country_codes": self.company_countries,
            "min_employees": self.min_employees,
            "max_employees": self.max_employees,
        }
        of_companies = (entry.removeprefix(_OF_A_COMPANY) for entry in more if entry.startswith(_OF_A_COMPANY))
        return chosen(CompanyFilters, named, of_companies)


PeopleMore = Annotated[
    MoreFilters,
    Field(
        description="name:value texts. Names: full_names, first_names, last_names, profile_urls, email_domains, "
        "job_titles, cities, states, state_codes, regions, continents, languages, headlines, summaries, "
        "job_descriptions, industries (of the person), min_/max_followers, min_seniority_score; and company. before "
        "any filter of search_companies, as in company.company_domains:stripe.com.",
        examples=[["languages:German", "company.hq_cities:Berlin"]],
    ),
]

CompanyMore = Annotated[
    MoreFilters,
    Field(
        description="name:value texts. Names: company_urls, ownerships, employee_ranges, revenue_ranges, domain_tlds, "
        "specialties, keyword, headlines, descriptions, phones, sic_codes, naics_codes, sic_descriptions, "
        "naics_descriptions, website_active, website_for_sale, page_claimed, has_technologies, martech; hq_ regions, "
        "continents, countries, streets, postcodes; last_funding_types, last_funding_after, last_funding_before, "
        "lead_investors; min_ and max_ total_funding, investors, followers, follower_growth, contacts, "
        "contacts_with_email, contacts_with_phone, valid_emails, app_reviews; crm, marketing_automation, "
        "sales_automation, analytics, cloud_provider, development, ecommerce, erp, email_hosting, email_security, abm, "
        "cms, conversation_intelligence, app_security, cloud_security, each with _tech. As in crm_tech:Salesforce.",
        examples=[["crm_tech:Salesforce", "min_followers:1000"]],
    ),
]
SomeCompanyMore = Annotated[
    MoreFilters,
    Field(
        description="Filters of search_companies as name:value, such as hq_cities:Berlin.",
        examples=[["hq_cities:Berlin"]],
    ),
]


class CompanyShape(Part):
    """Companies by the filters that are used most."""

    industries: fields.Words = ()
    countries: fields.Countries = ()
    min_employees: fields.Amount | None = None
    max_employees: fields.Amount | None = None
    more_filters: SomeCompanyMore = ()

    @property
    def filters(self) -> CompanyFilters:
        """Everything that is set, as filters of a search."""
        named: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        more, countries = named.pop("more_filters"), named.pop("countries")
        return chosen(CompanyFilters, {**named, "country_codes": countries}, more)


class CompanyCriteria(CompanyShape):
    """Companies by every filter there is. Money is in whole US dollars."""

    company_domains: fields.Domains = ()
    company_names: fields.Words = ()
    hq_states: fields.Words = ()
    hq_cities: fields.Words = ()
    min_revenue: fields.Amount | None = None
    max_revenue: fields.Amount | None = None
    founded_after: Annotated[fields.Amount, Field(description="Year.")] | None = None
    founded_before: fields.Amount | None = None
    has_funding: bool | None = None
    technologies: fields.Words = ()
    more_filters: CompanyMore = ()
