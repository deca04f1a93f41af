"""LeadMagic's answers about job postings and their vocabularies, and how they become ours."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AliasChoices, BeforeValidator, Field

from server.domain.job_filters import (
    Area,
    Areas,
    CompanyMatch,
    CompanyMatches,
    Entry,
    ExperienceLevel,
    JobCatalogs,
    JobList,
    JobListEntry,
    Occupation,
    ResolvedFilters,
    Term,
    Terms,
)
from server.domain.jobs import JobCompany, JobPage, JobPosting, JobSearchCheck, Salary
from server.domain.lenient import OR_NONE, AllSaid, Count, Flag, Reader, Said, SaidObject, Spoken
from server.provider import Wire
from server.providers._leadmagic_wire import Reply


def _names(value: Any) -> Any:
    match value:
        case [*rows]:
            return [row["name"] if isinstance(row, dict) and "name" in row else row for row in rows]
        case _:
            return value


Names = Annotated[AllSaid, BeforeValidator(_names)]
"""Names, whether the list holds texts or objects with a name."""


def _remarks(value: Any) -> Any:
    match value:
        case [*rows]:
            return [_remark(row) for row in rows]
        case _:
            return value


def _remark(row: Any) -> Any:
    match row:
        case {"field": str(field), "value": value}:
            return f"{field}: {value}"
        case {"value": said} | {"message": said} | {"name": said}:
            return said
        case _:
            return row


Remarks = Annotated[AllSaid, BeforeValidator(_remarks)]
"""Notes about what was asked, whether the list holds texts or objects that name a filter and its value."""


class Named(Wire):
    """One value of a vocabulary."""

    id: Spoken
    name: Spoken

    def read_as(self) -> Entry:
        """The value as ours."""
        return Entry(id=self.id, name=self.name)


class Taxonomy(Wire):
    """Where a posting, tag or title stands in the occupation taxonomy."""

    level1: Annotated[Named | None, OR_NONE] = None
    level2: Annotated[Named | None, OR_NONE] = None
    level3: Annotated[Named | None, OR_NONE] = None

    def read_as(self) -> Occupation | None:
        """The place as ours; None where no level is told."""
        levels = (self.level1, self.level2, self.level3)
        if not any(levels):
            return None
        first, second, third = (level.read_as() if level else None for level in levels)
        return Occupation(level1=first, level2=second, level3=third)


class Hirer(Wire):
    """The company behind a posting."""

    ignored: ClassVar[frozenset[str]] = frozenset({"twitter_handle", "github_url", "is_agency"})

    id: Said = None
    name: Said = None
    website_url: Said = None
    linkedin_url: Said = Field(None, validation_alias=AliasChoices("b2b_profile_url", "linkedin_url"))

    def read_as(self, reader: Reader) -> JobCompany:
        """The company as ours."""
        return JobCompany(
            id=self.id,
            name=self.name,
            domain=reader.domain(self.website_url),
            linkedin_url=reader.company_url(self.linkedin_url),
        )


class Pay(Wire):
    """Salary in dollars a year."""

    min_usd: Count = None
    max_usd: Count = None


class Posting(Wire):
    """One posting of either job search."""

    ignored: ClassVar[frozenset[str]] = frozenset({"cities", "expired", "language"})

    title: Said = None
    company: Annotated[Hirer | None, OR_NONE] = None
    location: Annotated[Said, OR_NONE] = None
    types: Names = ()
    experience_level: Said = None
    has_remote: Flag = None
    published: Said = None
    description: Said = None
    application_url: Said = None
    salary: Annotated[Pay | None, OR_NONE] = None
    salary_min: Count = None
    salary_max: Count = None
    salary_currency: Said = None
    tags: Names = ()
    occupation_taxonomy: Annotated[Taxonomy | None, OR_NONE] = None

    def read_as(self, reader: Reader) -> JobPosting:
        """The posting as ours."""
        return JobPosting(
            title=self.title,
            company=self.company.read_as(reader) if self.company else None,
            location_text=self.location,
            is_remote=self.has_remote,
            employment_types=self.types,
            seniority=_level(self.experience_level),
            posted_at=self.published,
            salary=self._salary(reader),
            description=self.description,
            apply_url=reader.web_url(self.application_url),
            tags=self.tags,
            occupation=self.occupation_taxonomy.read_as() if self.occupation_taxonomy else None,
        )

    def _salary(self, reader: Reader) -> Salary | None:
        if self.salary:
            found = Salary(min_usd=self.salary.min_usd, max_usd=self.salary.max_usd)
        elif (self.salary_currency or "USD").upper() == "USD":
            found = Salary(min_usd=self.salary_min, max_usd=self.salary_max)
        else:
            reader.warn("Salaries in other currencies than US dollars were left out.")
            return None
        return found if found != Salary() else None


def _level(said: str | None) -> ExperienceLevel | None:
    word = (said or "").lower()
    return ExperienceLevel(word) if word in set(ExperienceLevel) else None


class JobsFinderReply(Reply[JobPage]):
    """Jobs Finder, page by page."""

    ignored: ClassVar[frozenset[str]] = frozenset({"per_page"})

    total_count: Count = None
    page: Count = None
    total_pages: Count = None
    results: tuple[Posting, ...] = ()

    def answer(self, reader: Reader) -> JobPage | None:
        if not self.results:
            return None
        return JobPage(
            jobs=tuple(posting.read_as(reader) for posting in self.results),
            total=self.total_count,
            page=self.page,
            total_pages=self.total_pages,
            warnings=reader.warnings,
        )


class Pagination(Wire):
    """Where the next page starts."""

    next_cursor: Said = None


class JobSearchReply(Reply[JobPage]):
    """Job Search. The names of `resolved`, `facets` and `warnings` are read from prose, not from a sample."""

    ignored: ClassVar[frozenset[str]] = frozenset({"totalMode", "query_path"})

    signals: tuple[Posting, ...] = ()
    total: Count = None
    pagination: Annotated[Pagination | None, OR_NONE] = None
    resolved: Annotated[SaidObject | None, OR_NONE] = None
    facets: Annotated[SaidObject | None, OR_NONE] = None
    warnings: Remarks = ()

    def answer(self, reader: Reader) -> JobPage | None:
        if not self.signals:
            return None
        for warning in self.warnings:
            reader.warn(f"LeadMagic notes: {warning}")
        return JobPage(
            jobs=tuple(posting.read_as(reader) for posting in self.signals),
            total=self.total,
            next_cursor=self.pagination.next_cursor if self.pagination else None,
            resolved=self.resolved,
            facets=self.facets,
            warnings=reader.warnings,
        )


class JobCheckReply(JobSearchReply):
    """The same with `dryRun`: no postings, only how the search was read and how much it matches."""

    def answer(self, reader: Reader) -> JobSearchCheck:
        for warning in self.warnings:
            reader.warn(f"LeadMagic notes: {warning}")
        return JobSearchCheck(
            jobs=(), total=self.total, resolved=self.resolved, facets=self.facets, warnings=reader.warnings
        )


class ResolveReply(Reply[ResolvedFilters]):
    """Job Search Helpers, Resolve."""

    resolved: SaidObject
    unresolved: Remarks = ()

    def answer(self, reader: Reader) -> ResolvedFilters | None:
        return ResolvedFilters(resolved=self.resolved, unresolved=self.unresolved, warnings=reader.warnings)


class Candidate(Wire):
    """A company of the autocomplete."""

    ignored: ClassVar[frozenset[str]] = frozenset({"logo_domain"})

    id: Spoken
    name: Spoken
    domain: Said = None


class CandidatesReply(Reply[CompanyMatches]):
    """Job Search Companies."""

    companies: tuple[Candidate, ...] = ()

    def answer(self, reader: Reader) -> CompanyMatches | None:
        if not self.companies:
            return None
        found = tuple(CompanyMatch(id=c.id, name=c.name, domain=reader.domain(c.domain)) for c in self.companies)
        return CompanyMatches(companies=found, warnings=reader.warnings)


class TermEntry(Taxonomy):
    """A tag, title or taxonomy entry; the latter carries its levels itself."""

    id: Spoken
    name: Spoken
    kind: Said = Field(None, validation_alias=AliasChoices("tag_type", "type"))
    path: Said = None
    occupation_taxonomy: Annotated[Taxonomy | None, OR_NONE] = None

    def term(self) -> Term:
        """The entry as ours."""
        occupation = (self.occupation_taxonomy or self).read_as()
        return Term(id=self.id, name=self.name, kind=self.kind, path=self.path, occupation=occupation)


class TermsReply(Reply[Terms]):
    """Job Search Tags, Titles and Occupation Taxonomy: the same list under three names."""

    entries: tuple[TermEntry, ...] = Field((), validation_alias=AliasChoices("tags", "titles", "occupation_taxonomy"))

    def answer(self, reader: Reader) -> Terms | None:
        return Terms(terms=tuple(entry.term() for entry in self.entries)) if self.entries else None


class LocationEntry(Named):
    """A place of the autocomplete."""

    type: Said = None


class LocationsReply(Reply[Areas]):
    """Job Search Locations."""

    locations: tuple[LocationEntry, ...] = ()

    def answer(self, reader: Reader) -> Areas | None:
        areas = tuple(Area(id=entry.id, name=entry.name, kind=entry.type) for entry in self.locations)
        return Areas(locations=areas) if areas else None


class CatalogsReply(Reply[JobCatalogs]):
    """Job Search Catalogs."""

    countries: tuple[Named, ...] = ()
    regions: tuple[Named, ...] = ()
    job_types: tuple[Named, ...] = ()
    industries: tuple[Named, ...] = ()
    company_types: tuple[Named, ...] = ()
    seniority: tuple[Named, ...] = ()
    stats: Annotated[SaidObject | None, OR_NONE] = None

    def answer(self, reader: Reader) -> JobCatalogs:
        def entries(values: tuple[Named, ...]) -> tuple[Entry, ...]:
            return tuple(value.read_as() for value in values)

        return JobCatalogs(
            countries=entries(self.countries),
            regions=entries(self.regions),
            job_types=entries(self.job_types),
            industries=entries(self.industries),
            company_types=entries(self.company_types),
            seniority=entries(self.seniority),
            stats=self.stats,
        )


class ListEntry(Named):
    """One value of a v1 list; only regions name their country."""

    country_id: Said = None

    def listed(self, reader: Reader) -> JobListEntry:
        """The value as ours; a country id that is a number of the provider's own is left out in silence."""
        code = self.country_id if self.country_id and self.country_id.isalpha() else None
        return JobListEntry(id=self.id, name=self.name, country=reader.country(code))


class CountriesReply(Reply[JobList]):
    """Countries, whose ids are codes: ISO 3166-1 alpha-2 in place of the list's `UK` (ruling C-36)."""

    entries: tuple[Named, ...]

    def answer(self, reader: Reader) -> JobList | None:
        listed = tuple(JobListEntry(id="GB" if e.id == "UK" else e.id, name=e.name) for e in self.entries)
        return JobList(entries=listed) if listed else None


class ListReply(Reply[JobList]):
    """A v1 list: Regions, Employment Types, Company Types, Industries."""

    entries: tuple[ListEntry, ...]

    def answer(self, reader: Reader) -> JobList | None:
        listed = tuple(entry.listed(reader) for entry in self.entries)
        return JobList(entries=listed, warnings=reader.warnings) if listed else None
