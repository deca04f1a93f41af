"""Searches for people that come grouped by company, or because they changed jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from server.domain import fields
from server.domain.company import Company
from server.domain.contact import JobChangeStatus, Position
from server.domain.errors import InvalidInput
from server.domain.person import Part, Person, Seniority
from server.domain.query import A, Answer, Query


class _Filtered(Query[A]):
    """What both searches can be narrowed by; lists match any entry."""

    company_domains: fields.Domains = ()
    company_names: fields.Words = ()
    industries: fields.Words = ()
    company_countries: fields.Countries = ()
    min_employees: fields.Amount | None = None
    max_employees: fields.Amount | None = None
    titles: fields.Titles = ()
    seniorities: tuple[Seniority, ...] = ()
    job_functions: fields.Words = ()
    """Such as `Sales` or `Engineering`."""
    countries: fields.Countries = ()
    """Where the person is."""

    def subjects(self) -> frozenset[str]:
        return frozenset(self.company_domains)

    @property
    def narrowed(self) -> bool:
        """Whether any filter is set."""
        return any(getattr(self, name) not in ((), None) for name in _Filtered.model_fields if name != "fresh")


class CompanyPeople(Part):
    """A company with those of its people that match."""

    company: Company
    people: tuple[Person, ...]
    total_people: int | None = None
    """All people the provider knows at the company."""

    @property
    def brief(self) -> CompanyPeople:
        """The group with brief people, who do not repeat the company."""
        there = {"company_name": None, "company_domain": None}
        people = tuple(person.brief.model_copy(update=there) for person in self.people)
        return self.model_copy(update={"company": self.company.brief, "people": people})


def _people(groups: Iterable[CompanyPeople]) -> int:
    return sum(len(group.people) for group in groups)


class GroupedPeople(Answer):
    """People by company, in the provider's order."""

    companies: tuple[CompanyPeople, ...]
    total: int | None = None
    """All matching companies, where the provider says how many."""

    @property
    def units(self) -> int:
        return len(self.companies)

    def subjects(self) -> frozenset[str]:
        return frozenset(s for group in self.companies for person in group.people for s in person.subjects())

    @property
    def brief(self) -> GroupedPeople:
        """The page with people who do not repeat their group's company."""
        return self.model_copy(update={"companies": tuple(group.brief for group in self.companies)})

    def without(self, suppressed: Callable[[frozenset[str]], bool]) -> Self | None:
        kept = tuple(
            group.model_copy(update={"people": tuple(one for one in group.people if not suppressed(one.subjects()))})
            for group in self.companies
            if not suppressed(group.company.subjects())
        )
        return self.keeping("companies", kept, _people(self.companies) - _people(kept))


class SearchPeopleByCompany(_Filtered[GroupedPeople]):
    """Companies that match, each with matching people; each company and each person is charged."""

    answer: ClassVar[type[Answer]] = GroupedPeople
    keep: ClassVar[timedelta] = timedelta(days=7)

    limit: Annotated[int, Field(description="Most companies to return; each is charged.", ge=1, le=25)]
    per_company: Annotated[int, Field(description="Most people per company; each is charged.", ge=1, le=25)]
    offset: fields.Offset = 0

    @property
    def units(self) -> int:
        return self.limit

    @model_validator(mode="after")
    def _has_criteria(self) -> Self:
        if self.narrowed:
            return self
        raise InvalidInput(
            "The search has no criteria: give titles or at least one filter.",
            field="titles",
            fix="Add titles or a company filter.",
        )


class Mover(Part):
    """A person with their last change of job."""

    person: Person
    status: JobChangeStatus
    previous: Position | None = None
    current: Position | None = None
    changed_at: str | None = None
    """ISO 8601."""


class JobChanges(Answer):
    """People who changed jobs, the latest first."""

    movers: tuple[Mover, ...]
    total: int | None = None
    """All matches, where the provider says how many."""

    @property
    def units(self) -> int:
        return len(self.movers)

    def subjects(self) -> frozenset[str]:
        return frozenset(subject for mover in self.movers for subject in mover.person.subjects())

    @property
    def brief(self) -> JobChanges:
        """The page with brief people."""
        movers = tuple(mover.model_copy(update={"person": mover.person.brief}) for mover in self.movers)
        return self.model_copy(update={"movers": movers})

    def without(self, suppressed: Callable[[frozenset[str]], bool]) -> Self | None:
        kept = tuple(mover for mover in self.movers if not suppressed(mover.person.subjects()))
        return self.keeping("movers", kept, len(self.movers) - len(kept))


class FindRecentJobChanges(_Filtered[JobChanges]):
    """People who moved to another company or were promoted since a date; each returned person is charged.

    The filters describe the position that the person has now.
    """

    answer: ClassVar[type[Answer]] = JobChanges
    keep: ClassVar[timedelta] = timedelta(days=1)

    since: date
    moved: bool = True
    """Include people who joined another company."""
    promoted: bool = True
    """Include people whose title changed inside their company."""
    limit: fields.Limit
    offset: fields.Offset = 0

    @property
    def units(self) -> int:
        return self.limit

    @model_validator(mode="after")
    def _has_kind(self) -> Self:
        if self.moved or self.promoted:
            return self
        raise InvalidInput(
            "No kind of change is asked for: moved and promoted are both false.",
            field="moved",
            fix="Set moved or promoted to true.",
        )
