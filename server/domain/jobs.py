"""Job postings, and the searches for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import Field, JsonValue, model_validator

from server.domain import fields, shorten
from server.domain.errors import InvalidInput
from server.domain.job_filters import (
    Day,
    Experience,
    ExperienceLevel,
    JobFilters,
    Occupation,
    PostedWithin,
    PostingFilters,
    in_order,
    is_given,
)
from server.domain.person import Part
from server.domain.query import Answer, Query
from server.domain.usage import SearchStats

DESCRIPTION_SHOWN = 500
TAGS_SHOWN = 12
FACET_SHOWN = 20


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

    def subjects(self) -> frozenset[str]:
        """The hiring company, for suppression."""
        return (
            frozenset(v for v in (self.company.domain, self.company.linkedin_url) if v) if self.company else frozenset()
        )

    def shown(self, *, description: bool) -> JobPosting:
        """The posting as clients get it."""
        text = shorten.text(self.description, DESCRIPTION_SHOWN) if description else None
        return self.model_copy(update={"description": text, "tags": self.tags[:TAGS_SHOWN]})


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

    def subjects(self) -> frozenset[str]:
        return frozenset(subject for job in self.jobs for subject in job.subjects())

    def without(self, suppressed: Callable[[frozenset[str]], bool]) -> Self | None:
        kept = tuple(job for job in self.jobs if not suppressed(job.subjects()))
        return self.keeping("jobs", kept, len(self.jobs) - len(kept))

    def shown(self, *, descriptions: bool) -> Self:
        """The page as clients get it: descriptions only where asked for, long texts and lists cut, with a note."""
        facets = {name: shorten.lists(counts, FACET_SHOWN) for name, counts in (self.facets or {}).items()}
        cut = {
            f"Descriptions were cut after {DESCRIPTION_SHOWN} characters; apply_url leads to the whole text.": (
                descriptions and any(len(job.description or "") > DESCRIPTION_SHOWN for job in self.jobs)
            ),
            f"Only the first {TAGS_SHOWN} tags of a posting are shown.": (
                any(len(job.tags) > TAGS_SHOWN for job in self.jobs)
            ),
            f"Only the first {FACET_SHOWN} values of each facet are shown.": facets != (self.facets or {}),
        }
        return self.model_copy(
            update={
                "jobs": tuple(job.shown(description=descriptions) for job in self.jobs),
                "facets": facets or None,
                "warnings": (*self.warnings, *(note for note, applies in cut.items() if applies)),
            }
        )


class JobSearchCheck(JobPage):
    """What a search would match, without postings."""

    @property
    def units(self) -> int:
        return 1


CompanyType = Annotated[int, Field(description="Id from list_job_company_types.", ge=0)]
Industry = Annotated[int, Field(description="Industry id from list_job_industries.", ge=0)]
JobType = Annotated[int, Field(description="Job type id from list_job_types.", ge=0)]
Region = Annotated[int, Field(description="Region id from list_job_regions.", ge=0)]


PageNumber = Annotated[int, Field(ge=1, le=100_000, examples=[2])]


class SimpleJobFilters(Part):
    """The filters of the page-based search; ids are those of its own lists."""

    job_title: fields.JobTitle | None = None
    job_description: Annotated[fields.Keywords, Field(description="Words in the description.")] | None = None
    company_name: fields.CompanyName | None = None
    company_website: fields.CompanyDomain | None = None
    company_type_id: CompanyType | None = None
    company_industry_id: Industry | None = None
    min_employees: fields.Amount | None = None
    max_employees: fields.Amount | None = None
    experience_level: Experience | None = None
    job_type_id: JobType | None = None
    has_remote: bool | None = None
    location: fields.Location | None = None
    city_name: Annotated[fields.Location, Field(description="City.")] | None = None
    country_id: fields.Country | None = None
    region_id: Region | None = None
    posted_within: PostedWithin | None = None
    posted_after: Day | None = None
    posted_before: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        in_order(self, ("min_employees", "max_employees"), ("posted_after", "posted_before"))
        return self


class FindJobs(Query[JobPage]):
    """Postings by simple filters, page by page; each returned posting is charged."""

    answer: ClassVar[type[Answer]] = JobPage
    keep: ClassVar[timedelta] = timedelta(days=1)

    filters: SimpleJobFilters
    page: PageNumber = 1
    limit: fields.JobLimit

    @property
    def units(self) -> int:
        return self.limit

    def subjects(self) -> frozenset[str]:
        website = self.filters.company_website
        return frozenset({website} if website else ())

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not is_given(self.filters):
            raise _unfiltered("job_title")
        return self


def _unfiltered(field: str) -> InvalidInput:
    return InvalidInput(
        f"There is nothing to search by, and every returned posting is charged: give {field} or another filter.",
        field=field,
        fix=f"Add {field}, a company, a place or a date.",
    )


SemanticTitles = Annotated[bool, Field(description="Match titles by meaning too.")]
DryRun = Annotated[bool, Field(description="Only count and check.")]
Cursor = Annotated[fields.Keywords, Field(description="next_cursor of the page before.")]


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
    """Postings by taxonomy, tags, salary and semantic titles; each returned posting is charged."""

    answer: ClassVar[type[Answer]] = JobPage
    keep: ClassVar[timedelta] = timedelta(days=1)

    filters: JobFilters = JobFilters()
    postings: PostingFilters = PostingFilters()
    semantic_titles: SemanticTitles = False
    include_description: bool = False
    include_facets: bool = False
    include_occupation: bool = True
    total_mode: TotalMode = TotalMode.CAPPED
    mode: SearchMode = SearchMode.FAST
    resolve: bool = True
    """Let the provider turn friendly values into ids within the search."""
    limit: fields.JobLimit
    cursor: Cursor | None = None

    @property
    def units(self) -> int:
        return self.limit

    def subjects(self) -> frozenset[str]:
        return frozenset(self.filters.company_domains)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not (is_given(self.filters) or self.postings.narrows):
            raise _unfiltered("titles")
        return self


class CheckJobSearch(SearchJobs):
    """How the provider reads a search, and how much it would match; free, and without postings."""

    answer: ClassVar[type[Answer]] = JobSearchCheck
    keep: ClassVar[timedelta] = timedelta(hours=1)


class JobSearchStats(Answer):
    """What the job search covers, in the provider's own shape."""

    coverage: dict[str, JsonValue] | None = None
    capabilities: dict[str, JsonValue] | None = None
    top: dict[str, JsonValue] | None = None
    """The commonest values per filter."""

    @classmethod
    def of(cls, stats: SearchStats) -> Self | None:
        """The figures for jobs; None where the provider gives none."""
        if stats.jobs is None:
            return None
        return cls(coverage=stats.jobs.coverage, capabilities=stats.jobs.capabilities, top=stats.jobs.top)
