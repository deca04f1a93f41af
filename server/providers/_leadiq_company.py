"""LeadIQ's `searchCompany`: one price for a company, whatever is selected of it."""

from __future__ import annotations

from typing import Annotated

from server.domain.company import (
    Company,
    CompanyRecord,
    FindCompany,
    Funding,
    FundingFacts,
    GetFunding,
    GetTechnographics,
    Headquarters,
    Round,
    Technology,
    TechStack,
)
from server.domain.lenient import Count, Reader, Said
from server.providers._leadiq_people import Camel, OrEmpty

_HEAD = "query SearchCompany($input: SearchCompanyInput!) { searchCompany(input: $input) { totalResults results { "
_FUNDING = "fundingInfo { fundingTotalUsd lastFundingType }"
_TECHNOLOGIES = "technologies { name category }"
COMPANY = (
    f"{_HEAD}id name domain industry numberOfEmployees locationInfo {{ city areaLevel1 country }} "
    f"{_FUNDING} {_TECHNOLOGIES} }} }} }}"
)
FUNDING = f"{_HEAD}id name {_FUNDING} }} }} }}"
TECHNOLOGIES = f"{_HEAD}id name {_TECHNOLOGIES} }} }} }}"

Asked = FindCompany | GetFunding | GetTechnographics


def linkedin_id(query: FindCompany) -> str | None:
    """The numeric id in a company page URL; LeadIQ takes no other form of it."""
    slug = (query.profile_url or "").rsplit("/", 1)[-1]
    return slug if slug.isdigit() else None


def identifiable(query: FindCompany) -> bool:
    """Whether LeadIQ can look the company up by what the query has."""
    return bool(query.company_domain or query.company_name or linkedin_id(query))


def document(query: Asked) -> str:
    """The selection that the query needs."""
    match query:
        case FindCompany():
            return COMPANY
        case GetFunding():
            return FUNDING
        case GetTechnographics():
            return TECHNOLOGIES


def identity(query: Asked) -> dict[str, str | int]:
    """The most precise identifier that the query has, for exactly one company."""
    match query:
        case GetTechnographics():
            who = {"domain": query.company_domain}
        case FindCompany() | GetFunding() if query.company_domain:
            who = {"domain": query.company_domain}
        case FindCompany() if (number := linkedin_id(query)) is not None:
            who = {"linkedinId": number}
        case _:
            who = {"name": query.company_name or ""}
    return {**who, "limit": 1}


class _Place(Camel):
    city: Said = None
    area_level1: Said = None
    country: Said = None


class _Funds(Camel):
    funding_total_usd: Count = None
    last_funding_type: Said = None

    @property
    def last_round(self) -> Round | None:
        return Round(type=self.last_funding_type) if self.last_funding_type else None


class _Technology(Camel):
    name: Said = None
    category: Said = None


class FoundCompany(Camel):
    """One result of `searchCompany`."""

    id: Said = None
    name: Said = None
    domain: Said = None
    industry: Said = None
    number_of_employees: Count = None
    location_info: _Place | None = None
    funding_info: _Funds | None = None
    technologies: Annotated[tuple[_Technology, ...], OrEmpty] = ()

    @property
    def products(self) -> tuple[Technology, ...]:
        """The technologies that have a name."""
        return tuple(Technology(name=one.name, category=one.category) for one in self.technologies if one.name)


class _Companies(Camel):
    total_results: Count = None
    results: Annotated[tuple[FoundCompany, ...], OrEmpty] = ()


class CompaniesFound(Camel):
    """The `data` of the reply."""

    search_company: _Companies

    @property
    def best(self) -> FoundCompany | None:
        """The first result."""
        return next(iter(self.search_company.results), None)


def company_answer(found: FoundCompany) -> CompanyRecord:
    """Firmographics with what LeadIQ knows of funding and technologies."""
    read = Reader()
    funds = found.funding_info or _Funds()
    company = Company(
        name=found.name,
        domain=read.domain(found.domain),
        industry=found.industry,
        employee_count=found.number_of_employees,
        hq=_headquarters(found.location_info, read),
        total_funding_usd=funds.funding_total_usd,
        last_round=funds.last_round,
        technologies=found.products,
    )
    return CompanyRecord(company=company, warnings=read.warnings, record_id=found.id)


def _headquarters(place: _Place | None, read: Reader) -> Headquarters | None:
    if place is None or not (place.city or place.area_level1 or place.country):
        return None
    return Headquarters(
        city=place.city, region=place.area_level1, country=place.country, country_code=read.country(place.country)
    )


def funding_answer(found: FoundCompany) -> Funding | None:
    """Total and kind of the last round; LeadIQ knows no rounds or investors."""
    funds = found.funding_info
    if funds is None or (funds.funding_total_usd is None and funds.last_round is None):
        return None
    facts = FundingFacts(total_raised_usd=funds.funding_total_usd, last_round=funds.last_round)
    return Funding(company_name=found.name, funding=facts, record_id=found.id)


def stack_answer(found: FoundCompany, query: GetTechnographics) -> TechStack | None:
    """Technologies by name and category."""
    if not found.products:
        return None
    return TechStack(company_domain=query.company_domain, technologies=found.products, record_id=found.id)
