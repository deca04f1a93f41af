"""LeadMagic's names for what searches are narrowed by."""

from __future__ import annotations

from typing import Any

from server.domain import normalise
from server.domain.job_filters import ExperienceLevel, JobFilters, PostingFilters
from server.domain.jobs import CheckJobSearch, FindJobs, SearchJobs
from server.domain.person import Seniority
from server.domain.search import CompanyFilters, CompanySort, PeopleFilters, SearchCompanies, SearchPeople

Body = dict[str, Any]

_COMPANY_NAMES = {
    "company_urls": "linkedin_urls",
    "ownerships": "company_entity_types",
    "min_investors": "min_funding_investor_count",
    "max_investors": "max_funding_investor_count",
    "min_followers": "min_profile_followers",
    "max_followers": "max_profile_followers",
    "min_follower_growth": "min_profile_growth_rate",
    "max_follower_growth": "max_profile_growth_rate",
    "page_claimed": "linkedin_claimed",
    "min_contacts": "min_total_contacts",
    "max_contacts": "max_total_contacts",
    "min_valid_emails": "min_valid_email_count",
    "max_valid_emails": "max_valid_email_count",
    "has_technologies": "has_tech_stack",
    "technologies": "tech_stack",
    "martech": "company_martech",
    "headlines": "company_headlines",
    "descriptions": "company_about",
    "phones": "company_phones",
    "min_app_reviews": "min_total_app_reviews",
    "max_app_reviews": "max_total_app_reviews",
}
_PEOPLE_NAMES = {
    "full_names": "contact_full_name",
    "first_names": "contact_first_name",
    "last_names": "contact_last_name",
    "email_domains": "contact_email_domain",
    "profile_urls": "contact_linkedin_url",
    "job_titles": "contact_job_title",
    "job_functions": "contact_job_function",
    "seniorities": "contact_job_level",
    "country_codes": "contact_country_code",
    "countries": "contact_country",
    "regions": "contact_region",
    "continents": "contact_continent",
    "states": "contact_state",
    "state_codes": "contact_state_code",
    "cities": "contact_city",
    "headlines": "contact_linkedin_headline",
    "summaries": "contact_linkedin_about_me",
    "industries": "contact_linkedin_industry",
    "job_descriptions": "contact_job_description",
    "languages": "contact_languages",
    "min_seniority_score": "min_seniority",
}
_LEVELS = {Seniority.C_LEVEL: "C-Team", Seniority.VP: "VP", Seniority.DIRECTOR: "Director"}
"""The labels that the reference prints; it says that there are more and does not name them."""
_SORTS = {
    CompanySort.DOMAIN: "company_domain",
    CompanySort.FOLLOWERS: "linkedin_followers",
    CompanySort.TOTAL_FUNDING: "total_funding",
    CompanySort.EMPLOYEES: "linkedin_employee_count",
    CompanySort.FOUNDED_YEAR: "founded_year",
    CompanySort.CONTACTS: "total_contacts",
}
_EXPERIENCE = {
    ExperienceLevel.ENTRY: "EN",
    ExperienceLevel.MID: "MI",
    ExperienceLevel.SENIOR: "SE",
    ExperienceLevel.EXECUTIVE: "EX",
}


def given(**fields: Any) -> Body:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value not in (None, (), [], {})}


def company_filters(filters: CompanyFilters) -> Body:
    """`company_filters` of a search body."""
    said = filters.model_dump(mode="json", include=set(filters.given))
    return {_COMPANY_NAMES.get(name, name): value for name, value in said.items()}


def people_filters(filters: PeopleFilters) -> Body:
    """`people_filters` of a search body."""
    said = filters.model_dump(mode="json", include=set(filters.given - {"seniorities"}))
    levels = [_LEVELS[seniority] for seniority in filters.seniorities]
    renamed = {_PEOPLE_NAMES.get(name, name): value for name, value in said.items()}
    return renamed | given(contact_job_level=levels)


def can_search_people(query: SearchPeople) -> bool:
    """Whether LeadMagic can answer: it needs a company or company filters, and knows three seniority labels."""
    scoped = query.one_company or bool(query.companies.given)
    return scoped and set(query.people.seniorities) <= _LEVELS.keys()


def people_body(query: SearchPeople) -> Body:
    """The body of a people search; everything that is priced is said explicitly (ruling R4)."""
    return given(
        company_domain=query.company_domain,
        company_name=query.company_name if not query.company_domain else None,
        linkedin_url=query.company_url if not (query.company_domain or query.company_name) else None,
        company_filters=company_filters(query.companies),
        people_filters=people_filters(query.people),
        titles=list(query.titles),
        roles=list(query.roles),
        query=query.keywords,
        required_email=query.required_email or None,
        required_mobile=query.required_mobile or None,
    ) | page_of_people(query.limit, query.offset, email=query.include_email, mobile=query.include_mobile)


def page_of_people(limit: int, offset: int = 0, *, email: bool = False, mobile: bool = False) -> Body:
    """The priced part of a people search: how many rows, and which details are revealed."""
    reveal = email or mobile
    return {
        "include_contact_details": reveal,
        "include_email": email,
        "include_mobile": mobile,
        "confirm_credit_charge": reveal,
        "include_company": True,
        "include_domain_intel": False,
        "person_fields": "full",
        "company_fields": "summary",
        "limit": limit,
        "offset": offset,
    }


def whereabouts(location: str | None) -> Body:
    """People filters for a place in one text: a country, a state of a federation, else a city."""
    if location is None:
        return {}
    try:
        return {"contact_country_code": [normalise.country(location)]}
    except ValueError:
        name = "contact_state" if normalise.is_federal_state(location) else "contact_city"
        return {name: [location]}


def company_list_body(query: SearchCompanies) -> Body:
    """The body of a company search by filters; `limit` makes it a list."""
    order = given(sort_by=_SORTS[query.sort_by]) if query.sort_by else {}
    direction = {"sort_order": "desc" if query.descending else "asc"} if order else {}
    filters = company_filters(query.companies) | order | direction
    return given(company_filters=filters, query=query.keywords) | {"limit": query.limit, "offset": query.offset}


def find_jobs_body(query: FindJobs) -> Body:
    """The body of the page-based job search, which says `UK` for the United Kingdom (ruling C-36)."""
    said = query.filters.model_dump(mode="json", exclude_none=True)
    if query.filters.company_website:
        said.pop("company_name", None)
    if query.filters.country_id == "GB":
        said["country_id"] = "UK"
    return said | {"page": query.page, "per_page": query.limit}


def job_filter_blocks(filters: JobFilters) -> Body:
    """The filter blocks that the job search and its resolver share."""
    return given(
        titles=given(include=list(filters.titles), exclude=list(filters.exclude_titles)),
        occupationTaxonomy=given(
            level1=list(filters.occupation_level1),
            level2=list(filters.occupation_level2),
            level3=list(filters.occupation_level3),
        ),
        companies=given(
            include=[*filters.company_domains, *filters.company_names],
            exclude=list(filters.exclude_companies),
            ids=list(filters.company_ids),
        ),
        location=given(
            countries=list(filters.countries),
            regions=list(filters.regions),
            states=list(filters.states),
            cities=list(filters.cities),
        ),
        tags=given(include=list(filters.tags), exclude=list(filters.exclude_tags)),
    )


def search_jobs_body(query: SearchJobs) -> Body:
    """The body of the job search; everything that is priced or shapes the answer is said explicitly (ruling R4)."""
    blocks = job_filter_blocks(query.filters)
    if "titles" in blocks:
        blocks["titles"]["vector"] = query.semantic_titles
    return (
        blocks
        | _posting_filters(query.postings)
        | given(cursor=query.cursor)
        | {
            "includeAgencies": query.postings.include_agencies,
            "includeCompany": True,
            "includeDescription": query.include_description,
            "includeFacets": query.include_facets,
            "includeOccupationTaxonomy": query.include_occupation,
            "totalMode": query.total_mode.value,
            "mode": query.mode.value,
            "dryRun": isinstance(query, CheckJobSearch),
            "autoResolve": query.resolve,
            "limit": query.limit,
        }
    )


def _posting_filters(postings: PostingFilters) -> Body:
    return given(
        salary=given(min_usd=postings.min_salary_usd, max_usd=postings.max_salary_usd),
        seniority=[_EXPERIENCE[level] for level in postings.experience_levels],
        languages=list(postings.languages),
        hasRemote=postings.has_remote,
        workModes=list(postings.work_modes),
        jobTypeIds=list(postings.job_type_ids),
        industryIds=list(postings.industry_ids),
        companyTypeIds=list(postings.company_type_ids),
        companySizeCodes=list(postings.company_size_codes),
        postedAfter=postings.posted_after.isoformat() if postings.posted_after else None,
        postedBefore=postings.posted_before.isoformat() if postings.posted_before else None,
        postedWithin=postings.posted_within,
    )
