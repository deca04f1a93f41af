"""Job postings, and the vocabularies that searches for them are filtered by."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue

from server.domain import fields
from server.domain.person import Part
from server.domain.query import Answer, Query

_CATALOG = timedelta(hours=24)
"""How long a vocabulary is kept; both vendors' pages ask clients to cache them, and they change rarely."""


class ExperienceLevel(StrEnum):
    """The four bands that job postings are sorted into; `executive` reaches from director to C-level."""

    ENTRY = "entry"
    MID = "mid"
    SENIOR = "senior"
    EXECUTIVE = "executive"


class Entry(Part):
    """One value of a vocabulary; `id` is the provider's, as text."""

    id: str
    name: str


class JobCompany(Part):
    """The company behind a posting."""

    id: str | None = None
    name: str | None = None
    domain: str | None = None
    linkedin_url: str | None = None


class Salary(Part):
    """Yearly pay in US dollars, as far as the provider could normalise it."""

    min_usd: int | None = None
    max_usd: int | None = None


class Occupation(Part):
    """Where a title stands in the provider's taxonomy: family, category, normalised title."""

    level1: Entry | None = None
    level2: Entry | None = None
    level3: Entry | None = None


class JobPosting(Part):
    """One open position."""

    title: str | None = None
    company: JobCompany | None = None
    location_text: str | None = None
    is_remote: bool | None = None
    employment_types: tuple[str, ...] = ()
    seniority: ExperienceLevel | None = None
    posted_at: str | None = None
    """ISO 8601, as the provider prints it."""
    salary: Salary | None = None
    description: str | None = None
    apply_url: str | None = None
    tags: tuple[str, ...] = ()
    occupation: Occupation | None = None


class JobPage(Answer):
    """Postings in the provider's order."""

    jobs: tuple[JobPosting, ...]
    total: int | None = None
    page: int | None = None
    total_pages: int | None = None
    next_cursor: str | None = None
    """Send it back as `cursor` for the next page."""
    resolved: dict[str, JsonValue] | None = None
    """How the provider read friendly filter values; only where it was asked to resolve them."""
    facets: dict[str, JsonValue] | None = None
    """Counts per filter value, in the provider's own shape."""

    @property
    def units(self) -> int:
        return len(self.jobs)


CompanyType = Annotated[int, Field(description="Company type id from list_job_company_types.", ge=0)]
Industry = Annotated[int, Field(description="Industry id from list_job_industries.", ge=0)]
JobType = Annotated[int, Field(description="Job type id from list_job_types.", ge=0)]
Region = Annotated[int, Field(description="Region id from list_job_regions.", ge=0)]
PostedWithin = Annotated[int, Field(description="Days since posting.", ge=1, le=3650, examples=[14])]
Ids = Annotated[tuple[int, ...], Field(max_length=100)]


class FindJobs(Query[JobPage]):
    """Postings by simple filters, page by page; each returned posting is charged."""

    answer: ClassVar[type[Answer]] = JobPage
    keep: ClassVar[timedelta] = timedelta(days=1)

    company_name: fields.CompanyName | None = None
    company_domain: fields.CompanyDomain | None = None
    company_type_id: CompanyType | None = None
    company_industry_id: Industry | None = None
    min_employees: fields.Amount | None = None
    max_employees: fields.Amount | None = None
    job_title: fields.JobTitle | None = None
    job_description: fields.Keywords | None = None
    experience_level: ExperienceLevel | None = None
    job_type_id: JobType | None = None
    has_remote: bool | None = None
    location: fields.Location | None = None
    city_name: fields.Location | None = None
    country: fields.Country | None = None
    region_id: Region | None = None
    posted_within: PostedWithin | None = None
    posted_after: date | None = None
    posted_before: date | None = None
    page: Annotated[int, Field(description="Page, from 1.", ge=1)] = 1
    limit: fields.JobLimit

    @property
    def units(self) -> int:
        return self.limit


class TotalMode(StrEnum):
    """How exactly matches are counted."""

    NONE = "none"
    CAPPED = "capped"
    EXACT = "exact"


class SearchMode(StrEnum):
    """`fast` looks in the indexes; `deep` matches more broadly and takes longer."""

    FAST = "fast"
    DEEP = "deep"


class JobFilters(Part):
    """What postings are filtered by; values may be the friendly names or the ids of the lookup queries below.

    Companies are domains, matched exactly, or names, matched fuzzily. Countries are ISO 3166-1 alpha-2.
    """

    titles: fields.Words = ()
    exclude_titles: fields.Words = ()
    occupation_level1: fields.Words = ()
    occupation_level2: fields.Words = ()
    occupation_level3: fields.Words = ()
    companies: fields.Words = ()
    exclude_companies: fields.Words = ()
    company_ids: Ids = ()
    countries: fields.Countries = ()
    regions: fields.Words = ()
    states: fields.Words = ()
    cities: fields.Words = ()
    tags: fields.Words = ()
    exclude_tags: fields.Words = ()


class SearchJobs(Query[JobPage]):
    """Postings by taxonomy, tags, salary and semantic titles; each returned posting is charged, a dry run is free."""

    answer: ClassVar[type[Answer]] = JobPage
    keep: ClassVar[timedelta] = timedelta(days=1)

    filters: JobFilters = JobFilters()
    semantic_titles: bool = False
    """Match titles by meaning as well as by their words."""
    min_salary_usd: fields.Amount | None = None
    max_salary_usd: fields.Amount | None = None
    experience_levels: tuple[ExperienceLevel, ...] = ()
    languages: fields.Words = ()
    """ISO 639-1 codes such as `en`."""
    has_remote: bool | None = None
    work_modes: tuple[Annotated[int, Field(ge=1, le=3)], ...] = ()
    """The provider's codes 1 to 3, which it does not explain."""
    job_type_ids: Ids = ()
    industry_ids: Ids = ()
    company_type_ids: Ids = ()
    company_size_codes: fields.Words = ()
    posted_after: date | None = None
    posted_before: date | None = None
    posted_within: PostedWithin | None = None
    include_agencies: bool = False
    include_description: bool = False
    include_facets: bool = False
    include_occupation: bool = True
    total_mode: TotalMode = TotalMode.CAPPED
    mode: SearchMode = SearchMode.FAST
    dry_run: bool = False
    """Only check and resolve the filters: free, and without postings."""
    resolve: bool = True
    """Let the provider turn friendly values into ids within the search."""
    limit: fields.JobLimit
    cursor: fields.Keywords | None = None

    @property
    def units(self) -> int:
        return 0 if self.dry_run else self.limit


class ResolvedFilters(Answer):
    """What friendly filter values mean to the provider, by filter block, each as an object with `id` and `name`."""

    resolved: dict[str, JsonValue]
    unresolved: tuple[str, ...] = ()
    """Values that the provider could not place."""


class ResolveJobFilters(Query[ResolvedFilters]):
    """Turn friendly filter values into the provider's ids before a search.

    Kept for an hour, which stands for the user's session that the provider's page speaks of.
    """

    answer: ClassVar[type[Answer]] = ResolvedFilters
    keep: ClassVar[timedelta] = timedelta(hours=1)

    filters: JobFilters


LookupText = Annotated[fields.Keywords, Field(description="Text to complete.", examples=["devops"])]
LookupLimit = Annotated[int, Field(description="Most candidates to return.", ge=1, le=100, examples=[10])]


class CompanyMatch(Part):
    """A company that postings can be filtered by."""

    id: str
    name: str
    domain: str | None = None


class CompanyMatches(Answer):
    """Candidates, best first."""

    companies: tuple[CompanyMatch, ...]

    @property
    def units(self) -> int:
        return len(self.companies)


class SearchJobCompanies(Query[CompanyMatches]):
    """Companies by the start of a name, or by exact domain."""

    answer: ClassVar[type[Answer]] = CompanyMatches
    keep: ClassVar[timedelta] = _CATALOG
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (("text",), ("company_domain",))

    text: LookupText | None = None
    company_domain: fields.CompanyDomain | None = None
    limit: LookupLimit = 10


class Term(Part):
    """A tag, title or taxonomy entry that postings can be filtered by."""

    id: str
    name: str
    kind: str | None = None
    """The provider's type of the entry, where it has one."""
    path: str | None = None
    """From family to entry, such as `Engineer > .NET & DevOps`."""
    occupation: Occupation | None = None


class Terms(Answer):
    """Candidates, best first."""

    terms: tuple[Term, ...]

    @property
    def units(self) -> int:
        return len(self.terms)


class SearchJobTags(Query[Terms]):
    """Tools, platforms and skills that postings are tagged with; free."""

    answer: ClassVar[type[Answer]] = Terms
    keep: ClassVar[timedelta] = _CATALOG

    text: LookupText | None = None
    tag_type: Annotated[int, Field(description="Tag type id.", ge=0)] | None = None
    limit: LookupLimit = 10


class SearchJobTitles(Query[Terms]):
    """Title phrases that postings can be searched by; free."""

    answer: ClassVar[type[Answer]] = Terms
    keep: ClassVar[timedelta] = _CATALOG

    text: LookupText | None = None
    limit: LookupLimit = 10


class SearchOccupations(Query[Terms]):
    """Entries of the occupation taxonomy; free."""

    answer: ClassVar[type[Answer]] = Terms
    keep: ClassVar[timedelta] = _CATALOG

    text: LookupText | None = None
    level: Literal["level1", "level2", "level3"] | None = None
    """Family, category or title; all levels where absent."""
    limit: LookupLimit = 10


class Area(Part):
    """A place that postings can be filtered by."""

    id: str
    name: str
    kind: str | None = None
    """`country`, `region`, `state` or `city`."""


class Areas(Answer):
    """Candidates, best first."""

    locations: tuple[Area, ...]

    @property
    def units(self) -> int:
        return len(self.locations)


class SearchJobLocations(Query[Areas]):
    """Countries, regions, states and cities by the start of a name; free."""

    answer: ClassVar[type[Answer]] = Areas
    keep: ClassVar[timedelta] = _CATALOG

    text: LookupText | None = None
    kind: Literal["country", "region", "state", "city"] | None = None
    limit: LookupLimit = 10


class JobCatalogs(Answer):
    """Every static filter vocabulary of the job search."""

    countries: tuple[Entry, ...] = ()
    regions: tuple[Entry, ...] = ()
    job_types: tuple[Entry, ...] = ()
    industries: tuple[Entry, ...] = ()
    company_types: tuple[Entry, ...] = ()
    seniority: tuple[Entry, ...] = ()
    stats: dict[str, JsonValue] | None = None
    """Coverage figures such as `total_jobs_indexed`, in the provider's own shape."""


class GetJobCatalogs(Query[JobCatalogs]):
    """Every static filter vocabulary in one call; free."""

    answer: ClassVar[type[Answer]] = JobCatalogs
    keep: ClassVar[timedelta] = _CATALOG


class JobListEntry(Entry):
    """One value; `country` only on regions."""

    country: str | None = None
    """ISO 3166-1 alpha-2, where the provider's country id is a code."""


class JobList(Answer):
    """One vocabulary of the simple job search."""

    entries: tuple[JobListEntry, ...]

    @property
    def units(self) -> int:
        return len(self.entries)


class _ListOfJobs(Query[JobList]):
    answer: ClassVar[type[Answer]] = JobList
    keep: ClassVar[timedelta] = _CATALOG


class ListJobCountries(_ListOfJobs):
    """Countries of the simple job search; free."""


class ListJobRegions(_ListOfJobs):
    """States and regions of the simple job search; free."""


class ListJobTypes(_ListOfJobs):
    """Employment types of the simple job search; free."""


class ListJobCompanyTypes(_ListOfJobs):
    """Company types of the simple job search; free."""


class ListJobIndustries(_ListOfJobs):
    """Industries of the simple job search; free."""
