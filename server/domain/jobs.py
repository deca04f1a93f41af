"""Job postings, and the searches for them."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, JsonValue

from server.domain import fields
from server.domain.job_filters import Ids, JobFilters, Occupation
from server.domain.person import Part
from server.domain.query import Answer, Query


class ExperienceLevel(StrEnum):
    """The four bands that job postings are sorted into; `executive` reaches from director to C-level."""

    ENTRY = "entry"
    MID = "mid"
    SENIOR = "senior"
    EXECUTIVE = "executive"


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
