"""Searches for people and companies by criteria, and for companies that resemble one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import BaseModel, model_validator

from server.domain import fields
from server.domain.company import CompanyPage
from server.domain.errors import InvalidInput
from server.domain.person import Part, PeoplePage, Seniority
from server.domain.query import Answer, Query


def _given(model: BaseModel, names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if getattr(model, name) not in (None, (), False))


class CompanyFilters(Part):
    """Which companies. Identities are alternatives; everything else narrows the set.

    Countries are ISO 3166-1 alpha-2, money is in whole US dollars, ranges include both ends. Lists match any entry.
    """

    company_domains: fields.Domains = ()
    company_names: fields.Words = ()
    company_urls: tuple[fields.CompanyUrl, ...] = ()

    country_codes: fields.Countries = ()
    industries: fields.Words = ()
    employee_ranges: fields.Words = ()
    """Headcount bands such as `51 to 200` or `10001+`."""
    min_employees: fields.Amount | None = None
    max_employees: fields.Amount | None = None
    revenue_ranges: fields.Words = ()
    """Revenue bands such as `$10M to <$50M`."""
    min_revenue: fields.Amount | None = None
    max_revenue: fields.Amount | None = None
    founded_after: fields.Amount | None = None
    """First year of foundation."""
    founded_before: fields.Amount | None = None
    ownerships: fields.Words = ()
    """Legal entity types such as `Private`."""
    domain_tlds: fields.Words = ()

    hq_countries: fields.Words = ()
    """Country names, where codes are not at hand."""
    hq_regions: fields.Words = ()
    hq_states: fields.Words = ()
    hq_cities: fields.Words = ()
    hq_continents: fields.Words = ()
    hq_streets: fields.Words = ()
    hq_postcodes: fields.Words = ()

    has_funding: bool | None = None
    min_total_funding: fields.Amount | None = None
    max_total_funding: fields.Amount | None = None
    last_funding_types: fields.Words = ()
    last_funding_after: date | None = None
    last_funding_before: date | None = None
    min_investors: fields.Amount | None = None
    max_investors: fields.Amount | None = None
    lead_investors: fields.Words = ()
    min_followers: fields.Amount | None = None
    """Followers of the company's LinkedIn page."""
    max_followers: fields.Amount | None = None
    min_follower_growth: float | None = None
    """Growth rate as the provider computes it; its scale is not documented."""
    max_follower_growth: float | None = None
    page_claimed: bool | None = None

    min_contacts: fields.Amount | None = None
    """People the provider knows at the company."""
    max_contacts: fields.Amount | None = None
    min_contacts_with_email: fields.Amount | None = None
    max_contacts_with_email: fields.Amount | None = None
    min_contacts_with_phone: fields.Amount | None = None
    max_contacts_with_phone: fields.Amount | None = None
    min_valid_emails: fields.Amount | None = None
    max_valid_emails: fields.Amount | None = None

    has_technologies: bool | None = None
    technologies: fields.Words = ()
    """Products of any kind; the lists below look in one category each."""
    crm_tech: fields.Words = ()
    marketing_automation_tech: fields.Words = ()
    sales_automation_tech: fields.Words = ()
    analytics_tech: fields.Words = ()
    cloud_provider_tech: fields.Words = ()
    development_tech: fields.Words = ()
    ecommerce_tech: fields.Words = ()
    erp_tech: fields.Words = ()
    email_hosting_tech: fields.Words = ()
    email_security_tech: fields.Words = ()
    abm_tech: fields.Words = ()
    cms_tech: fields.Words = ()
    conversation_intelligence_tech: fields.Words = ()
    app_security_tech: fields.Words = ()
    cloud_security_tech: fields.Words = ()
    martech: fields.Words = ()

    keyword: fields.Keywords | None = None
    specialties: fields.Words = ()
    headlines: fields.Words = ()
    descriptions: fields.Words = ()
    phones: fields.Words = ()
    sic_codes: fields.Words = ()
    naics_codes: fields.Words = ()
    sic_descriptions: fields.Words = ()
    naics_descriptions: fields.Words = ()

    website_active: bool | None = None
    website_for_sale: bool | None = None
    min_app_reviews: fields.Amount | None = None
    max_app_reviews: fields.Amount | None = None

    @property
    def given(self) -> frozenset[str]:
        """The names of the filters that are set; `False` counts, because it asks for companies without."""
        return frozenset(name for name in type(self).model_fields if getattr(self, name) not in (None, ()))

    def subjects(self) -> frozenset[str]:
        """Companies that are named outright, for suppression."""
        return frozenset((*self.company_domains, *self.company_urls))


class PeopleFilters(Part):
    """Which people; every filter narrows the set, and a list matches any entry."""

    full_names: fields.Words = ()
    first_names: fields.Words = ()
    last_names: fields.Words = ()
    email_domains: fields.Domains = ()
    profile_urls: tuple[fields.PersonUrl, ...] = ()
    job_titles: fields.Words = ()
    """Fuzzy; for the titles that a search is mainly about use `SearchPeople.titles`."""
    job_functions: fields.Words = ()
    """Such as `Sales` or `Engineering`."""
    seniorities: tuple[Seniority, ...] = ()
    country_codes: fields.Countries = ()
    countries: fields.Words = ()
    """Country names, where codes are not at hand."""
    regions: fields.Words = ()
    continents: fields.Words = ()
    states: fields.Words = ()
    state_codes: fields.Words = ()
    cities: fields.Words = ()
    headlines: fields.Words = ()
    summaries: fields.Words = ()
    industries: fields.Words = ()
    job_descriptions: fields.Words = ()
    languages: fields.Words = ()
    min_followers: fields.Amount | None = None
    max_followers: fields.Amount | None = None
    min_seniority_score: fields.Amount | None = None
    """The provider's computed score; its scale is not documented."""

    @property
    def given(self) -> frozenset[str]:
        """The names of the filters that are set."""
        return _given(self, type(self).model_fields)

    def subjects(self) -> frozenset[str]:
        """People who are named outright, and the domains of their addresses, for suppression."""
        return frozenset((*self.profile_urls, *self.email_domains))


class SearchPeople(Query[PeoplePage]):
    """People by company, title and person filters; each returned person is charged, each revealed detail as well."""

    answer: ClassVar[type[Answer]] = PeoplePage
    keep: ClassVar[timedelta] = timedelta(days=7)

    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None
    company_url: fields.CompanyUrl | None = None
    companies: CompanyFilters = CompanyFilters()
    people: PeopleFilters = PeopleFilters()
    titles: fields.Titles = ()
    roles: fields.Words = ()
    """Role terms, combined with the titles."""
    keywords: fields.Keywords | None = None
    required_email: bool = False
    """Only people whose e-mail address the provider knows."""
    required_mobile: bool = False
    include_email: bool = False
    """Reveal e-mail addresses, at a price per revealed address; otherwise they stay masked."""
    include_mobile: bool = False
    limit: fields.Limit
    offset: fields.Offset = 0

    @property
    def units(self) -> int:
        return self.limit

    @property
    def extras(self) -> tuple[str, ...]:
        return ("email",) * self.include_email + ("mobile",) * self.include_mobile

    def subjects(self) -> frozenset[str]:
        return super().subjects() | self.companies.subjects() | self.people.subjects()

    @property
    def one_company(self) -> bool:
        """Whether the search is about one named company."""
        return bool(self.company_domain or self.company_name or self.company_url)

    @property
    def given(self) -> frozenset[str]:
        """What the search is narrowed by, such as `titles`, `companies.industries` or `people.seniorities`.

        A provider offers to answer only where it knows all of it, so that no filter is ever left out in silence.
        """
        return (
            _given(self, _PEOPLE_CRITERIA)
            | {f"companies.{name}" for name in self.companies.given}
            | {f"people.{name}" for name in self.people.given}
        )

    @model_validator(mode="after")
    def _has_criteria(self) -> Self:
        if not self.given - {"required_email", "required_mobile"}:
            raise InvalidInput(
                "The search has no criteria: give company_domain, titles or at least one filter.",
                field="company_domain",
                fix="Add company_domain, titles or a filter.",
            )
        return self


_PEOPLE_CRITERIA = (
    "company_domain",
    "company_name",
    "company_url",
    "titles",
    "roles",
    "keywords",
    "required_email",
    "required_mobile",
)


class CompanySort(StrEnum):
    """What a company search is sorted by."""

    DOMAIN = "domain"
    FOLLOWERS = "followers"
    TOTAL_FUNDING = "total_funding"
    EMPLOYEES = "employees"
    FOUNDED_YEAR = "founded_year"
    CONTACTS = "contacts"


class SearchCompanies(Query[CompanyPage]):
    """Companies by filters; each returned company is charged."""

    answer: ClassVar[type[Answer]] = CompanyPage
    keep: ClassVar[timedelta] = timedelta(days=7)

    companies: CompanyFilters = CompanyFilters()
    keywords: fields.Keywords | None = None
    sort_by: CompanySort | None = None
    descending: bool = False
    limit: fields.CompanyLimit
    offset: fields.Offset = 0

    @property
    def units(self) -> int:
        return self.limit

    @property
    def given(self) -> frozenset[str]:
        """What the search is narrowed or ordered by, such as `keywords` or `companies.industries`."""
        return _given(self, ("keywords", "sort_by")) | {f"companies.{name}" for name in self.companies.given}

    def subjects(self) -> frozenset[str]:
        return self.companies.subjects()

    @model_validator(mode="after")
    def _has_criteria(self) -> Self:
        if not self.keywords and not self.companies.given:
            raise InvalidInput(
                "The search has no criteria: give keywords or at least one company filter.",
                field="keywords",
                fix="Add keywords or a filter.",
            )
        return self


class FindLookalikes(Query[CompanyPage]):
    """Companies like a given one, most similar first; flat price, however many come back."""

    answer: ClassVar[type[Answer]] = CompanyPage
    keep: ClassVar[timedelta] = timedelta(days=7)
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("company_domain",),
        ("seed_domains",),
        ("description",),
        ("company_name",),
    )

    company_domain: fields.CompanyDomain | None = None
    seed_domains: fields.Domains = ()
    """Several companies to resemble, instead of one."""
    description: fields.Keywords | None = None
    """What the companies do, where no example is at hand."""
    company_name: fields.CompanyName | None = None
    """Used as free text, so less precise than a domain."""
    companies: CompanyFilters = CompanyFilters()
    """Applied after similarity."""
    limit: fields.LookalikeLimit
    offset: fields.Offset = 0

    @property
    def units(self) -> int:
        return self.limit

    def subjects(self) -> frozenset[str]:
        return super().subjects() | frozenset(self.seed_domains) | self.companies.subjects()
