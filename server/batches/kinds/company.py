"""The kinds about companies."""

from __future__ import annotations

from collections.abc import Mapping

from server.batches.kinds.cell import Read, columns, joined, json, of_part
from server.batches.kinds.kind import Kind, Needs
from server.batches.kinds.role import Inputs, Role
from server.domain import chain
from server.domain.company import (
    Company,
    CompanyRecord,
    Competitors,
    Executive,
    FindCompany,
    Funding,
    GetFunding,
    ListCompetitors,
    ListEmployees,
    TechStack,
)
from server.domain.csv_text import Cell
from server.domain.jobs import FindJobs, JobPage, SimpleJobFilters
from server.domain.person import PeoplePage, Person
from server.domain.plan import Plan, ask

BY_DOMAIN_OR_NAME: Needs = ((Role.COMPANY_DOMAIN,), (Role.COMPANY_NAME,))
_OR_BY_PAGE: Needs = ((Role.COMPANY_DOMAIN,), (Role.COMPANY_URL,), (Role.COMPANY_NAME,))
_EXAMPLE: Mapping[str, str] = {Role.COMPANY_DOMAIN: "stripe.com"}


def _firmographics(row: Inputs, _: int) -> Plan[CompanyRecord]:
    return ask(
        FindCompany(company_domain=row.company_domain, company_name=row.company_name, profile_url=row.company_url)
    )


def _competitors(row: Inputs, _: int) -> Plan[Competitors]:
    return ask(
        ListCompetitors(company_domain=row.company_domain, company_url=row.company_url, company_name=row.company_name)
    )


def _jobs(row: Inputs, most: int) -> Plan[JobPage]:
    # The two filters narrow each other, and a name that is spelled differently would leave nothing.
    name = None if row.company_domain else row.company_name
    filters = SimpleJobFilters(company_website=row.company_domain, company_name=name)
    return ask(FindJobs(filters=filters, limit=most), lambda page: page.shown(descriptions=False))


def _funding(row: Inputs, _: int) -> Plan[Funding]:
    return ask(GetFunding(company_domain=row.company_domain, company_name=row.company_name))


def _employees(row: Inputs, most: int) -> Plan[PeoplePage]:
    query = ListEmployees(company_domain=row.company_domain, company_name=row.company_name, limit=most)
    return ask(query, lambda page: page.brief)


def _headcount(company: Company) -> Cell:
    low, high = company.employees_min, company.employees_max
    if low is None:
        return None
    return f"{low}+" if high is None else f"{low}-{high}"


_OF_COMPANY: Mapping[str, Read] = columns(
    CompanyRecord,
    {
        "company_name": lambda answer: answer.company.name,
        "company_domain": lambda answer: answer.company.domain,
        "company_url": lambda answer: answer.company.linkedin_url,
        "industry": lambda answer: answer.company.industry,
        "employee_count": lambda answer: answer.company.employee_count,
        "employee_range": lambda answer: _headcount(answer.company),
        "revenue_range": lambda answer: answer.company.revenue_range,
        "hq_city": lambda answer: of_part(answer.company.hq, lambda hq: hq.city),
        "hq_region": lambda answer: of_part(answer.company.hq, lambda hq: hq.region),
        "hq_country": lambda answer: of_part(answer.company.hq, lambda hq: hq.country_code or hq.country),
        "founded_year": lambda answer: answer.company.founded_year,
        "ownership": lambda answer: answer.company.ownership,
        "company_phone": lambda answer: answer.company.phone,
        "total_funding_usd": lambda answer: answer.company.total_funding_usd,
        "company_description": lambda answer: answer.company.description or answer.company.tagline,
    },
)

_OF_STACK = columns(
    TechStack,
    {
        "technology_count": lambda answer: len(answer.technologies),
        "technologies": lambda answer: joined(one.name for one in answer.technologies),
        "technology_categories": lambda answer: joined(one.category for one in answer.technologies),
        "technologies_json": lambda answer: json(
            one.model_copy(update={"logo_url": None}) for one in answer.technologies
        ),
    },
)

_OF_COMPETITORS = columns(
    Competitors,
    {
        "competitor_count": lambda answer: len(answer.competitors),
        "competitors": lambda answer: joined(one.name for one in answer.competitors),
        "competitor_domains": lambda answer: joined(one.domain for one in answer.competitors),
        "competitors_json": lambda answer: json(answer.competitors),
    },
)

_OF_JOBS = columns(
    JobPage,
    {
        "job_count": lambda answer: len(answer.jobs),
        "jobs_total": lambda answer: answer.total,
        "job_titles": lambda answer: joined(job.title for job in answer.jobs),
        "job_locations": lambda answer: joined(job.location_text for job in answer.jobs),
        "newest_job": lambda answer: max((job.posted_at for job in answer.jobs if job.posted_at), default=None),
        "jobs_json": lambda answer: json(answer.jobs),
    },
)


def _name(ceo: Executive) -> Cell:
    return " ".join(half for half in (ceo.first_name, ceo.last_name) if half)


_OF_FUNDING = columns(
    Funding,
    {
        "company_name": lambda answer: answer.company_name,
        "total_raised": lambda answer: answer.funding.total_raised,
        "total_raised_usd": lambda answer: answer.funding.total_raised_usd,
        "last_round_type": lambda answer: of_part(answer.funding.last_round, lambda last: last.type),
        "last_round_amount": lambda answer: of_part(answer.funding.last_round, lambda last: last.amount),
        "last_round_date": lambda answer: of_part(answer.funding.last_round, lambda last: last.date),
        "round_count": lambda answer: len(answer.funding.rounds),
        "investors": lambda answer: joined(answer.funding.investors),
        "ceo": lambda answer: of_part(answer.funding.ceo, _name),
        "rounds_json": lambda answer: json(answer.funding.rounds),
    },
)


def _named(person: Person) -> str | None:
    name = person.full_name or " ".join(half for half in (person.first_name, person.last_name) if half)
    return f"{name} ({person.job_title})" if name and person.job_title else name or None


_OF_PEOPLE = columns(
    PeoplePage,
    {
        "people_count": lambda answer: len(answer.people),
        "people_total": lambda answer: answer.total,
        "people": lambda answer: joined(_named(person) for person in answer.people),
        "people_urls": lambda answer: joined(person.linkedin_url for person in answer.people),
        "people_json": lambda answer: json(answer.people),
    },
)

COMPANY_KINDS = (
    Kind(
        name="company_firmographics",
        title="Company firmographics",
        description="Adds industry, headcount, revenue range, headquarters, founding year and more of each company.",
        tool="enrich_company",
        needs=_OR_BY_PAGE,
        example=_EXAMPLE,
        build=_firmographics,
        read=_OF_COMPANY,
        domain_from_email=True,
    ),
    Kind(
        name="company_technographics",
        title="Company technographics",
        description="Adds the products that each company uses; a company without a domain is found by name first, "
        "which costs more.",
        tool="get_company_technographics",
        needs=BY_DOMAIN_OR_NAME,
        example=_EXAMPLE,
        build=lambda row, _: chain.technographics(row.company_domain, row.company_name),
        read=_OF_STACK,
        domain_from_email=True,
    ),
    Kind(
        name="company_competitors",
        title="Company competitors",
        description="Adds the competitors of each company, at one price however many there are.",
        tool="list_company_competitors",
        needs=_OR_BY_PAGE,
        example=_EXAMPLE,
        build=_competitors,
        read=_OF_COMPETITORS,
        domain_from_email=True,
    ),
    Kind(
        name="company_jobs",
        title="Company jobs",
        description="Adds the open jobs of each company, up to a cap per company; each returned job is charged.",
        tool="find_jobs",
        needs=BY_DOMAIN_OR_NAME,
        example=_EXAMPLE,
        build=_jobs,
        read=_OF_JOBS,
        cap=50,
        domain_from_email=True,
    ),
    Kind(
        name="company_funding",
        title="Company funding",
        description="Adds what each company has raised, its rounds and its investors.",
        tool="find_company_funding",
        needs=BY_DOMAIN_OR_NAME,
        example=_EXAMPLE,
        build=_funding,
        read=_OF_FUNDING,
        domain_from_email=True,
    ),
    Kind(
        name="employee_finder",
        title="Employee finder",
        description="Adds people who work at each company, up to a cap per company; each returned person is charged.",
        tool="find_company_employees",
        needs=BY_DOMAIN_OR_NAME,
        example=_EXAMPLE,
        build=_employees,
        read=_OF_PEOPLE,
        cap=100,
        domain_from_email=True,
    ),
)
