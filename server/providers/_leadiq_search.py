"""LeadIQ's advanced searches: people by filters, flat or grouped by company."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Annotated, Any

import pycountry

from server.domain import normalise
from server.domain.company import Company, FindRole, ListEmployees
from server.domain.contact import JobChangeStatus, Position
from server.domain.lenient import Count, Reader, Said
from server.domain.people_search import CompanyPeople, FindRecentJobChanges, Mover, SearchPeopleByCompany
from server.domain.person import Person, Seniority
from server.domain.search import SearchPeople
from server.providers._leadiq_people import SENIORITIES, Camel, OrEmpty

PAGE = 25
"""The most people, or companies, of one page (C-65)."""

_PERSON = "id name title seniority linkedinUrl"
_POSITION = "title role seniority company { id name }"
FLAT = (
    "query FlatAdvancedSearch($input: FlatSearchInput!) { flatAdvancedSearch(input: $input) "
    f"{{ totalPeople people {{ {_PERSON} }} }} }}"
)
CHANGES = (
    "query FlatAdvancedSearch($input: FlatSearchInput!) { flatAdvancedSearch(input: $input) { totalPeople people "
    "{ id name linkedinUrl personJobChange { jobChangeType startedAt previousPosition { title company { id name } } "
    f"currentPosition {{ {_POSITION} }} }} }} }} }}"
)
GROUPED = (
    "query GroupedSearch($input: GroupedSearchInput!) { groupedAdvancedSearch(input: $input) { totalCompanies "
    "companies { totalContactsInCompany company { id name domain industry employeeCount } "
    f"people {{ {_PERSON} }} }} }} }}"
)

_WORDS = {seniority: word for word, seniority in SENIORITIES.items()}
SENIORITY_WORDS = {seniority: _WORDS.get(seniority, "Other") for seniority in Seniority}
"""LeadIQ's word for every seniority; what it does not tell apart is `Other`."""

KNOWN_CRITERIA = frozenset(
    {
        "company_domain",
        "company_name",
        "titles",
        "required_email",
        "people.full_names",
        "people.job_functions",
        "people.seniorities",
        "people.country_codes",
        "people.countries",
        "companies.company_domains",
        "companies.company_names",
        "companies.country_codes",
        "companies.industries",
        "companies.min_employees",
        "companies.max_employees",
        "companies.technologies",
    }
)
"""What of `SearchPeople.given` the filters can express."""


# What is sent


def _given(filters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value not in (None, [], {})}


def _some(*values: str | None) -> list[str]:
    return [value for value in values if value]


def _country_name(code: str) -> str:
    """The English name by which LeadIQ knows a country."""
    found = pycountry.countries.get(alpha_2=code)
    return str(getattr(found, "common_name", None) or found.name) if found else code


def _in_countries(codes: Iterable[str]) -> list[dict[str, str]]:
    return [{"country": _country_name(code)} for code in codes]


def _sizes(least: int | None, most: int | None) -> list[dict[str, int]]:
    size = {name: value for name, value in (("min", least), ("max", most)) if value is not None}
    return [size] if size else []


def _seniorities(seniorities: Iterable[Seniority]) -> list[str]:
    return [_WORDS[one] for one in seniorities]


def locations(text: str | None) -> list[dict[str, str]] | None:
    """`Country` or `Region, Country` as a filter; None for any other text, which LeadIQ has no filter for."""
    if text is None:
        return []
    parts = [part.strip() for part in text.split(",")]
    try:
        country = _country_name(normalise.country(parts[-1]))
    except ValueError:
        return None
    match parts[:-1]:
        case []:
            return [{"country": country}]
        case [region]:
            return [{"areaLevel1": region, "country": country}]
        case _:
            return None


def placeable(query: FindRole | ListEmployees) -> bool:
    """Whether the location, if there is one, can be said as a filter."""
    return locations(query.location) is not None


def expressible(query: SearchPeople) -> bool:
    """Whether every filter can be said; details are looked up per person, never revealed by a search."""
    return query.given <= KNOWN_CRITERIA and not query.extras and _told_apart(query.people.seniorities)


def distinct(query: SearchPeopleByCompany | FindRecentJobChanges) -> bool:
    """Whether LeadIQ tells the wanted seniorities apart."""
    return _told_apart(query.seniorities)


def _told_apart(seniorities: Iterable[Seniority]) -> bool:
    return all(one in _WORDS for one in seniorities)


Filtered = FindRole | ListEmployees | SearchPeople | SearchPeopleByCompany | FindRecentJobChanges


def filters(query: Filtered) -> dict[str, Any]:
    """The query's filters as search input, without paging."""
    match query:
        case SearchPeople():
            contact, company = _searched(query)
        case SearchPeopleByCompany() | FindRecentJobChanges():
            contact, company = _narrowed(query)
        case _:
            titles = [query.job_title] if isinstance(query, FindRole) else []
            contact = {"titles": titles, "locations": locations(query.location)}
            company = {"domains": _some(query.company_domain)}
            if not query.company_domain:
                company["names"] = _some(query.company_name)
    chosen = _given({"contactFilter": _given(contact), "companyFilter": _given(company)})
    return chosen | _changes(query) if isinstance(query, FindRecentJobChanges) else chosen


def _searched(query: SearchPeople) -> tuple[dict[str, Any], dict[str, Any]]:
    people, companies = query.people, query.companies
    contact = {
        "titles": list(query.titles),
        "names": list(people.full_names),
        "roles": list(people.job_functions),
        "seniorities": _seniorities(people.seniorities),
        "locations": _in_countries(people.country_codes) + [{"country": name} for name in people.countries],
        "containsWorkEmails": True if query.required_email else None,
    }
    company = {
        "domains": _some(query.company_domain, *companies.company_domains),
        "names": _some(None if query.company_domain else query.company_name, *companies.company_names),
        "industries": list(companies.industries),
        "locations": _in_countries(companies.country_codes),
        "sizes": _sizes(companies.min_employees, companies.max_employees),
        "technologies": list(companies.technologies),
    }
    return contact, company


def _narrowed(query: SearchPeopleByCompany | FindRecentJobChanges) -> tuple[dict[str, Any], dict[str, Any]]:
    contact = {
        "titles": list(query.titles),
        "roles": list(query.job_functions),
        "seniorities": _seniorities(query.seniorities),
        "locations": _in_countries(query.countries),
    }
    company = {
        "domains": list(query.company_domains),
        "names": list(query.company_names),
        "industries": list(query.industries),
        "locations": _in_countries(query.company_countries),
        "sizes": _sizes(query.min_employees, query.max_employees),
    }
    return contact, company


def _changes(query: FindRecentJobChanges) -> dict[str, Any]:
    midnight = datetime.combine(query.since, time(tzinfo=UTC))
    kinds = ["JobChange"] * query.moved + ["TitleChange"] * query.promoted
    return {
        "jobChangeFilter": {"jobChangeTypes": kinds, "startedAfter": int(midnight.timestamp() * 1000)},
        "sortContactsBy": ["JobChangeStartedAtDesc"],
    }


# What comes back


class _Company(Camel):
    id: Said = None
    name: Said = None
    domain: Said = None
    industry: Said = None
    employee_count: Count = None


class _Position(Camel):
    title: Said = None
    role: Said = None
    seniority: Said = None
    company: _Company | None = None

    @property
    def position(self) -> Position:
        return Position(
            title=self.title,
            company=self.company.name if self.company else None,
            seniority=SENIORITIES.get(self.seniority or ""),
            function=self.role,
        )


class _Change(Camel):
    job_change_type: Said = None
    started_at: Said = None
    previous_position: _Position | None = None
    current_position: _Position | None = None


class Row(Camel):
    """A person in a search; the name is plain text here."""

    id: Said = None
    name: Said = None
    title: Said = None
    seniority: Said = None
    linkedin_url: Said = None
    person_job_change: _Change | None = None


class _Flat(Camel):
    total_people: Count = None
    people: Annotated[tuple[Row, ...], OrEmpty] = ()


class FlatFound(Camel):
    """The `data` of a flat search."""

    flat_advanced_search: _Flat


class _Group(Camel):
    total_contacts_in_company: Count = None
    company: _Company
    people: Annotated[tuple[Row, ...], OrEmpty] = ()


class _Groups(Camel):
    total_companies: Count = None
    companies: Annotated[tuple[_Group, ...], OrEmpty] = ()


class GroupsFound(Camel):
    """The `data` of a grouped search."""

    grouped_advanced_search: _Groups


# What is answered


def person_of(row: Row, read: Reader, *, company_name: str | None = None, company_domain: str | None = None) -> Person:
    """A row as a person, at the company that the search was for."""
    return Person(
        full_name=row.name,
        job_title=row.title,
        seniority=SENIORITIES.get(row.seniority or ""),
        linkedin_url=read.person_url(row.linkedin_url),
        company_name=company_name,
        company_domain=company_domain,
        record_id=row.id,
    )


_KINDS = {"JobChange": JobChangeStatus.CHANGED, "TitleChange": JobChangeStatus.PROMOTED}


def movers(rows: Sequence[Row], read: Reader) -> tuple[Mover, ...]:
    """People with their change; `startedAt` is UNIX milliseconds or ISO text (C-66)."""
    return tuple(_mover(row, row.person_job_change or _Change(), read) for row in rows)


def _mover(row: Row, change: _Change, read: Reader) -> Mover:
    current = change.current_position or _Position()
    return Mover(
        person=person_of(row, read, company_name=current.position.company).model_copy(
            update={
                "job_title": current.title,
                "seniority": current.position.seniority,
                "job_function": current.role,
            }
        ),
        status=_KINDS.get(change.job_change_type or "", JobChangeStatus.UNKNOWN),
        previous=change.previous_position.position if change.previous_position else None,
        current=change.current_position.position if change.current_position else None,
        changed_at=read.instant(change.started_at),
    )


def groups(found: GroupsFound, query: SearchPeopleByCompany, read: Reader) -> tuple[CompanyPeople, ...]:
    """Companies with their people, at most as many as were asked for."""
    return tuple(
        _group(group, query.per_company, read) for group in found.grouped_advanced_search.companies[: query.limit]
    )


def _group(group: _Group, most: int, read: Reader) -> CompanyPeople:
    facts = group.company
    company = Company(
        name=facts.name,
        domain=read.domain(facts.domain),
        industry=facts.industry,
        employee_count=facts.employee_count,
        record_id=facts.id,
    )
    people = (
        person_of(row, read, company_name=company.name, company_domain=company.domain) for row in group.people[:most]
    )
    return CompanyPeople(company=company, people=tuple(people), total_people=group.total_contacts_in_company)
