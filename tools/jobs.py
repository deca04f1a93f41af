"""Tools about job postings, and the vocabularies that they are filtered by."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.domain import fields, job_filters
from server.domain.errors import InvalidInput
from server.domain.job_criteria import (
    JobCriteria,
    JobWords,
    ResolveMore,
    SearchMore,
    SimpleJobCriteria,
    SimpleMore,
)
from server.domain.job_filters import (
    Areas,
    CompanyMatches,
    GetJobCatalogs,
    JobCatalogs,
    JobList,
    ListJobCompanyTypes,
    ListJobCountries,
    ListJobIndustries,
    ListJobRegions,
    ListJobTypes,
    ResolvedFilters,
    ResolveJobFilters,
    SearchJobCompanies,
    SearchJobLocations,
    SearchJobTags,
    SearchJobTitles,
    SearchOccupations,
    Terms,
)
from server.domain.jobs import (
    CheckJobSearch,
    Cursor,
    DryRun,
    FindJobs,
    JobPage,
    JobSearchStats,
    PageNumber,
    SearchJobs,
    SearchMode,
    SemanticTitles,
    TotalMode,
)
from server.domain.plan import Plan, ask
from server.domain.usage import GetSearchStats
from server.edge.tool import Caller, Family

jobs = Family("jobs")

_Name = Annotated[fields.Keywords, Field(description="Part of the name.", examples=["Cali"])]


@jobs.lookup("Find jobs", company_website="stripe.com", per_page=5)
def find_jobs(
    criteria: SimpleJobCriteria,
    more_filters: SimpleMore = (),
    page: PageNumber = 1,
    per_page: fields.JobLimit = 10,
    include_description: bool = False,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[JobPage]:
    """Find job postings by simple filters, page by page.

    Needs a filter. search_jobs knows more filters, and several values of each.
    """
    query = FindJobs(filters=criteria.filters(more_filters), page=page, limit=per_page, fresh=force_refresh)
    return ask(query, lambda page: page.shown(descriptions=include_description))


@jobs.lookup("Search jobs", titles=["DevOps Engineer"], countries=["US"], limit=5)
def search_jobs(
    criteria: JobCriteria,
    more_filters: SearchMore = (),
    vector: SemanticTitles = False,
    mode: SearchMode = SearchMode.FAST,
    total_mode: TotalMode = TotalMode.CAPPED,
    include_description: bool = False,
    include_facets: bool = False,
    dry_run: DryRun = False,
    limit: fields.JobLimit = 10,
    cursor: Cursor | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[JobPage]:
    """Search job postings by title, occupation, company, place, tag, salary and more.

    Needs a filter; names work as well as ids. dry_run is free: it counts what matches and shows how the filters were
    read. mode deep matches more broadly.
    """
    search = CheckJobSearch if dry_run else SearchJobs
    query = search(
        filters=criteria.filters(more_filters),
        postings=criteria.postings(more_filters),
        semantic_titles=vector,
        mode=mode,
        total_mode=total_mode,
        # Always bought along, as it costs nothing more: asking again for the descriptions is then free.
        include_description=not dry_run,
        include_facets=include_facets,
        limit=limit,
        cursor=cursor,
        fresh=force_refresh,
    )
    return ask(query, lambda page: page.shown(descriptions=include_description))


@jobs.lookup("Resolve job search filters", titles=["DevOps Engineer"], tags=["kubernetes"], countries=["US"])
def resolve_job_search_filters(
    words: JobWords, more_filters: ResolveMore = (), force_refresh: fields.ForceRefresh = False
) -> Plan[ResolvedFilters]:
    """Turn names of companies, tags, titles, occupations and places into the ids of search_jobs.

    Names what nothing matches. The dry_run of search_jobs shows the same for free.
    """
    return ask(ResolveJobFilters(filters=words.resolvable(more_filters), fresh=force_refresh))


@jobs.lookup("Complete job companies", q="stripe", limit=5)
def search_job_companies(
    q: job_filters.LookupText | None = None,
    domain: fields.CompanyDomain | None = None,
    limit: job_filters.LookupLimit = 10,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[CompanyMatches]:
    """Find the companies that job postings can be filtered by, with their ids.

    Needs q (the start of a name) or domain. search_jobs takes domains and names without this.
    """
    if q is None and domain is None:
        raise InvalidInput("Something to look for is missing: give q or domain.", field="q", fix="Add q.")
    return ask(SearchJobCompanies(text=q, company_domain=domain, limit=limit, fresh=force_refresh))


@jobs.lookup("Complete job tags", costs=False, q="kubernetes")
def search_job_tags(
    q: job_filters.LookupText | None = None,
    tag_type: job_filters.TagType | None = None,
    limit: job_filters.LookupLimit = 10,
) -> Plan[Terms]:
    """Find the tools, platforms and skills that job postings are tagged with. Free."""
    return ask(SearchJobTags(text=q, tag_type=tag_type, limit=limit))


@jobs.lookup("Complete job titles", costs=False, q="devops")
def search_job_titles(q: job_filters.LookupText | None = None, limit: job_filters.LookupLimit = 10) -> Plan[Terms]:
    """Find the job titles that the job search knows, with their place in the taxonomy. Free."""
    return ask(SearchJobTitles(text=q, limit=limit))


@jobs.lookup("Complete occupations", costs=False, q="devops")
def search_job_occupation_taxonomy(
    q: job_filters.LookupText | None = None,
    level: job_filters.Level | None = None,
    limit: job_filters.LookupLimit = 10,
) -> Plan[Terms]:
    """Find entries of the occupation taxonomy, of one level or all: job families, categories and titles. Free."""
    return ask(SearchOccupations(text=q, level=level, limit=limit))


@jobs.lookup("Complete job locations", costs=False, q="London")
def search_job_locations(
    q: job_filters.LookupText | None = None,
    type: job_filters.AreaKind | None = None,  # noqa: A002 - the documented name of the argument
    limit: job_filters.LookupLimit = 10,
) -> Plan[Areas]:
    """Find the countries, regions, states and cities that job postings can be filtered by. Free."""
    return ask(SearchJobLocations(text=q, kind=type, limit=limit))


@jobs.lookup("Get job search catalogs", costs=False)
def get_job_search_catalogs(catalog: job_filters.Catalog | None = None) -> Plan[JobCatalogs]:
    """List the ids that search_jobs takes: job types, industries, company types, countries, regions. Free."""
    return ask(GetJobCatalogs(), lambda catalogs: catalogs.shown(catalog))


@jobs.free("Get job search stats", open_world=True, asks=GetSearchStats)
async def get_job_search_stats(caller: Caller) -> JobSearchStats | None:
    """Show how many job postings the search covers, how fresh, and the commonest titles and places. Free."""
    query = GetSearchStats(products=("jobs",), sections=("coverage", "top", "capabilities"), limit=10)
    stats = await caller.ask(query)
    return None if stats is None else JobSearchStats.of(stats)


@jobs.lookup("List job countries", costs=False)
def list_job_countries() -> Plan[JobList]:
    """List the countries that find_jobs takes as country_id. Free."""
    return ask(ListJobCountries(), lambda found: found.shown(None))


@jobs.lookup("List job types", costs=False)
def list_job_types() -> Plan[JobList]:
    """List the employment types that find_jobs takes as job_type_id. Free."""
    return ask(ListJobTypes(), lambda found: found.shown(None))


@jobs.lookup("List job company types", costs=False)
def list_job_company_types() -> Plan[JobList]:
    """List the kinds of company that find_jobs takes as company_type_id. Free."""
    return ask(ListJobCompanyTypes(), lambda found: found.shown(None))


@jobs.lookup("List job industries", costs=False)
def list_job_industries(q: _Name | None = None) -> Plan[JobList]:
    """List the industries that find_jobs takes as company_industry_id. Free."""
    return ask(ListJobIndustries(), lambda found: found.shown(q))


@jobs.lookup("List job regions", costs=False, country_id="US")
def list_job_regions(q: _Name | None = None, country_id: fields.Country | None = None) -> Plan[JobList]:
    """List the states and regions that find_jobs takes as region_id. Free."""
    return ask(ListJobRegions(), lambda found: found.shown(q, country_id))
