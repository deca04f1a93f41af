"""Tools about one company or account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.domain import chain, fields
from server.domain.company import (
    AccountBrief,
    CompanyPage,
    CompanyRecord,
    Competitors,
    FindCompany,
    FindRole,
    Funding,
    GetFunding,
    ListCompetitors,
    ListEmployees,
    TechStack,
)
from server.domain.criteria import CompanyCriteria, CompanyShape
from server.domain.hiring import HiringSignals
from server.domain.job_filters import JobFilters, PostedWithin, PostingFilters
from server.domain.jobs import JobPage, SearchJobs
from server.domain.person import PeoplePage, PersonProfile
from server.domain.plan import Answers, Plan, Step, ask, warnings
from server.domain.search import CompanySort, FindLookalikes, SearchCompanies
from server.edge.tool import Family

company = Family("company")


@company.lookup("Enrich a company", company_domain="stripe.com")
def enrich_company(
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    profile_url: fields.CompanyUrl | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[CompanyRecord]:
    """Get firmographics of one company: industry, headcount, revenue range, headquarters, founding year, funding.

    Needs one of company_domain (best), profile_url (the company's LinkedIn page) or company_name. Charged only when
    the company is found.
    """
    return ask(
        FindCompany(
            company_domain=company_domain, company_name=company_name, profile_url=profile_url, fresh=force_refresh
        )
    )


@company.lookup("Research an account", company_domain="stripe.com")
def research_account(
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[AccountBrief]:
    """Get a short brief of one company: firmographics together with its funding.

    Needs company_domain (better) or company_name. Costs what enrich_company and find_company_funding cost together;
    both are asked at the same time.
    """
    return Plan(
        steps=(
            Step(
                "company",
                FindCompany(company_domain=company_domain, company_name=company_name, fresh=force_refresh),
            ),
            Step("funding", GetFunding(company_domain=company_domain, company_name=company_name, fresh=force_refresh)),
        ),
        answer=AccountBrief,
        compose=_brief,
    )


def _brief(answers: Answers) -> AccountBrief | None:
    record, funding = answers["company"], answers["funding"]
    if record is None and funding is None:
        return None
    return AccountBrief(
        company=record.company if isinstance(record, CompanyRecord) else None,
        funding=funding.funding if isinstance(funding, Funding) else None,
        warnings=warnings(answers),
    )


@company.lookup("Find company funding", company_domain="stripe.com")
def find_company_funding(
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[Funding]:
    """Find what a company has raised: total, rounds with dates and investors, and the CEO where known.

    Needs company_domain (better) or company_name. Charged only when there is data.
    """
    return ask(GetFunding(company_domain=company_domain, company_name=company_name, fresh=force_refresh))


@company.lookup("List competitors", company_domain="stripe.com")
def list_company_competitors(
    company_domain: fields.CompanyDomain | None = None,
    company_url: fields.CompanyUrl | None = None,
    company_name: fields.CompanyName | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[Competitors]:
    """List the competitors of one company, at one price however many come back.

    Needs one of company_domain, company_url (the company's LinkedIn page) or company_name.
    """
    return ask(
        ListCompetitors(
            company_domain=company_domain, company_url=company_url, company_name=company_name, fresh=force_refresh
        )
    )


@company.lookup("Get technographics", company_domain="stripe.com")
def get_company_technographics(
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[TechStack]:
    """List the products that a company uses, by category, as seen on its website and domain.

    Needs company_domain; with company_name alone the domain is looked up first, which costs more.
    """
    return chain.technographics(company_domain, company_name, fresh=force_refresh)


@company.lookup("Find a person by role", job_title="VP Sales", company_domain="stripe.com")
def find_people_by_role(
    job_title: fields.JobTitle,
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    location: fields.Location | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[PersonProfile]:
    """Find the first person who holds a job title at a company.

    Needs job_title (partial titles match) and company_domain or company_name. Returns one person; use
    find_company_employees for a list.
    """
    return ask(
        FindRole(
            job_title=job_title,
            company_domain=company_domain,
            company_name=company_name,
            location=location,
            fresh=force_refresh,
        )
    )


@company.lookup("List employees", company_domain="stripe.com", limit=5)
def find_company_employees(
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    location: fields.Location | None = None,
    limit: fields.Limit = 10,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[PeoplePage]:
    """List people who work at a company, without their contact details.

    Needs company_domain (better) or company_name. limit is 10 unless given; every returned person is charged.
    """
    return ask(
        ListEmployees(
            company_domain=company_domain,
            company_name=company_name,
            location=location,
            limit=limit,
            fresh=force_refresh,
        ),
        lambda page: page.brief,
    )


@company.lookup("Search companies", industries=["Financial Services"], countries=["US"], limit=3)
def search_companies(
    criteria: CompanyCriteria,
    keywords: fields.Keywords | None = None,
    sort_by: CompanySort | None = None,
    descending: bool = False,
    limit: fields.CompanyLimit = 10,
    offset: fields.Offset = 0,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[CompanyPage]:
    """Search companies by industry, place, size, money in US dollars, technology and more.

    Every returned company is charged; limit is 10 unless given.
    """
    query = SearchCompanies(
        companies=criteria.filters,
        keywords=keywords,
        sort_by=sort_by,
        descending=descending,
        limit=limit,
        offset=offset,
        fresh=force_refresh,
    )
    return ask(query, lambda page: page.brief)


_LOOKALIKES_SHOWN = 50


@company.lookup("Find lookalike companies", company_domain="stripe.com", limit=5)
def find_lookalike_companies(
    shape: CompanyShape,
    company_domain: fields.CompanyDomain | None = None,
    seed_domains: fields.Domains = (),
    description: Annotated[fields.Keywords, Field(description="What they do.")] | None = None,
    company_name: fields.CompanyName | None = None,
    limit: fields.LookalikeLimit = 50,
    offset: fields.Offset = 0,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[CompanyPage]:
    """Find companies that resemble others, the most similar first, at one flat price of 5 credits.

    Needs company_domain (best), seed_domains, description or company_name; filters apply after similarity. Shows 50
    at a time; with the same limit, further offsets cost nothing.
    """
    query = FindLookalikes(
        company_domain=company_domain,
        seed_domains=seed_domains,
        description=description,
        company_name=company_name,
        companies=shape.filters,
        limit=limit,
        fresh=force_refresh,
    )
    return ask(query, lambda page: page.window(offset, _LOOKALIKES_SHOWN).brief)


@company.lookup("Get hiring signals", company_domain="northwind.example", limit=5)
def get_company_hiring_signals(
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    posted_within: PostedWithin | None = None,
    limit: fields.JobLimit = 10,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[HiringSignals]:
    """Summarise a company's open jobs: functions, seniorities, places, remote share and growth hints.

    Needs company_domain (better) or company_name. Every posting that is read is charged; limit is 10 unless given.
    """
    chain.require_company(company_domain, company_name)
    by_name = (company_name,) if company_name and not company_domain else ()
    filters = JobFilters(company_domains=(company_domain,) if company_domain else (), company_names=by_name)
    query = SearchJobs(
        filters=filters, postings=PostingFilters(posted_within=posted_within), limit=limit, fresh=force_refresh
    )
    return Plan(
        steps=(Step("jobs", query),),
        answer=HiringSignals,
        compose=lambda answers: HiringSignals.of(page) if isinstance(page := answers["jobs"], JobPage) else None,
    )
