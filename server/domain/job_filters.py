"""The vocabularies that job postings are filtered by, and the lookups that turn friendly words into their ids."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue

from server.domain import fields
from server.domain.person import Part
from server.domain.query import Answer, Query

_CATALOG = timedelta(hours=24)
"""How long a vocabulary is kept; both vendors' pages ask clients to cache them, and they change rarely."""


Ids = Annotated[tuple[int, ...], Field(max_length=100)]


class Entry(Part):
    """One value of a vocabulary; `id` is the provider's, as text."""

    id: str
    name: str


class Occupation(Part):
    """Where a title stands in the provider's taxonomy: family, category, normalised title."""

    level1: Entry | None = None
    level2: Entry | None = None
    level3: Entry | None = None


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
