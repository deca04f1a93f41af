"""The vocabularies that job postings are filtered by, and the lookups that turn friendly words into their ids."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, JsonValue, model_validator

from server.domain import fields, normalise
from server.domain.errors import InvalidInput
from server.domain.person import Part
from server.domain.query import Answer, Query

_CATALOG = timedelta(hours=24)
"""How long a vocabulary is kept; both vendors' pages ask clients to cache them, and they change rarely."""


Ids = Annotated[tuple[int, ...], Field(max_length=100)]
Day = Annotated[date, Field(description="Date, YYYY-MM-DD.", examples=["2026-05-01"])]
PostedWithin = Annotated[int, Field(description="Days.", ge=1, le=3650, examples=[14])]
Languages = Annotated[tuple[Annotated[str, AfterValidator(normalise.language)], ...], Field(max_length=100)]


class ExperienceLevel(StrEnum):
    """The four bands that job postings are sorted into; `executive` reaches from director to C-level."""

    ENTRY = "entry"
    MID = "mid"
    SENIOR = "senior"
    EXECUTIVE = "executive"


_SPOKEN = {
    **dict.fromkeys(("ex", "c_level", "vp", "director"), ExperienceLevel.EXECUTIVE),
    **dict.fromkeys(("se", "manager"), ExperienceLevel.SENIOR),
    "mi": ExperienceLevel.MID,
    "en": ExperienceLevel.ENTRY,
}


def experience_level(value: Any) -> Any:
    """The band of a provider's code or of a person's seniority (ruling C-36); anything else as it is."""
    said = value.strip().lower() if isinstance(value, str) else value
    return _SPOKEN.get(said, said) if isinstance(said, str) else said


Experience = Annotated[
    ExperienceLevel,
    BeforeValidator(experience_level),
    Field(examples=["senior"]),
]


def is_given(part: BaseModel) -> bool:
    """Whether any filter of `part` is set."""
    return any(getattr(part, name) not in (None, (), False) for name in type(part).model_fields)


def in_order(part: BaseModel, *ranges: tuple[str, str]) -> None:
    """`InvalidInput` where the first of two fields is above the second."""
    for low, high in ranges:
        least, most = getattr(part, low), getattr(part, high)
        if least is not None and most is not None and least > most:
            raise InvalidInput(
                f"{low} ({least}) is above {high} ({most}).", field=low, fix=f"Exchange {low} and {high}."
            )


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
    """The filters with a vocabulary: friendly names, or ids of the lookup queries below as text.

    The search and its resolver share them.
    """

    titles: fields.Words = ()
    exclude_titles: fields.Words = ()
    occupation_level1: fields.Words = ()
    """Families such as Engineer."""
    occupation_level2: fields.Words = ()
    """Categories such as DevOps."""
    occupation_level3: fields.Words = ()
    """Normalised titles."""
    company_domains: fields.Domains = ()
    company_names: fields.Words = ()
    """Matched fuzzily."""
    exclude_companies: fields.Words = ()
    """Domains or names."""
    company_ids: Ids = ()
    countries: fields.Countries = ()
    regions: fields.Words = ()
    states: fields.Words = ()
    cities: fields.Words = ()
    tags: fields.Words = ()
    """Tools and skills such as kubernetes."""
    exclude_tags: fields.Words = ()


class PostingFilters(Part):
    """What else narrows the search: pay, level, kind of work and employer, age."""

    min_salary_usd: fields.Amount | None = None
    max_salary_usd: fields.Amount | None = None
    experience_levels: Annotated[tuple[Experience, ...], Field(max_length=4)] = ()
    languages: Languages = ()
    has_remote: bool | None = None
    work_modes: Annotated[tuple[Annotated[int, Field(ge=1, le=3)], ...], Field(max_length=3)] = ()
    """The provider's codes 1 to 3, which it does not explain."""
    job_type_ids: Ids = ()
    industry_ids: Ids = ()
    company_type_ids: Ids = ()
    """These three are ids of `JobCatalogs`."""
    company_size_codes: fields.Words = ()
    """The provider's own, which it does not list."""
    posted_within: PostedWithin | None = None
    posted_after: Day | None = None
    posted_before: Day | None = None
    include_agencies: bool = False
    """Postings of recruiting agencies too."""

    @property
    def narrows(self) -> bool:
        """Whether any of these leaves postings out."""
        return is_given(self.model_copy(update={"include_agencies": False}))

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        in_order(self, ("min_salary_usd", "max_salary_usd"), ("posted_after", "posted_before"))
        return self


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

    def subjects(self) -> frozenset[str]:
        return frozenset(self.filters.company_domains)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not is_given(self.filters):
            raise InvalidInput(
                "There is nothing to resolve: give titles, tags, company_domains, countries or occupation levels.",
                field="titles",
                fix="Add titles or another filter.",
            )
        return self


LookupText = Annotated[fields.Keywords, Field(description="Text to complete.", examples=["devops"])]
LookupLimit = Annotated[int, Field(ge=1, le=100, examples=[10])]
TagType = Annotated[int, Field(description="Tag type id.", ge=0, examples=[2])]
Level = Annotated[
    Literal["level1", "level2", "level3"], Field(description="Family, category or title.", examples=["level2"])
]
AreaKind = Annotated[Literal["country", "region", "state", "city"], Field(examples=["city"])]


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
    tag_type: TagType | None = None
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
    level: Level | None = None
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
    kind: AreaKind | None = None
    limit: LookupLimit = 10


CATALOGS = ("countries", "regions", "job_types", "industries", "company_types", "seniority")
Catalog = Annotated[
    Literal["countries", "regions", "job_types", "industries", "company_types", "seniority"],
    Field(description="Only this one, in full.", examples=["industries"]),
]
ENTRIES_SHOWN = 100
LIST_SHOWN = 500


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

    def shown(self, only: str | None) -> Self:
        """One vocabulary as clients get it; without `only` all of them, long ones cut, with a note."""
        longest = LIST_SHOWN if only else ENTRIES_SHOWN
        entries: dict[str, tuple[Entry, ...]] = {name: getattr(self, name) for name in CATALOGS}
        notes = tuple(
            f"{name} has {len(values)} values, of which the first {longest} are shown; catalog={name} shows more."
            for name, values in entries.items()
            if only in (None, name) and len(values) > longest
        )
        kept = {name: values[:longest] if only in (None, name) else () for name, values in entries.items()}
        stats = self.stats if only is None else None
        return self.model_copy(update={**kept, "stats": stats, "warnings": (*self.warnings, *notes)})


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

    def shown(self, text: str | None, country: str | None = None) -> Self:
        """The values with `text` in their name, of `country` where told; a long list is cut, with a note."""
        wanted = (text or "").casefold()
        found = tuple(e for e in self.entries if wanted in e.name.casefold() and country in (None, e.country))
        notes = (f"{len(found)} values match, of which the first {LIST_SHOWN} are shown; narrow them by q.",)
        warnings = (*self.warnings, *(notes if len(found) > LIST_SHOWN else ()))
        return self.model_copy(update={"entries": found[:LIST_SHOWN], "warnings": warnings})


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
