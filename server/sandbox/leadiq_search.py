"""LeadIQ's look-ups and filters over the world. Inputs are GraphQL input objects with their camel-case names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from server.sandbox import api, spelling, world
from server.sandbox.leadiq_records import Change, change_of, company_id, company_with, knows, seniority
from server.sandbox.record import Company, Person

PAGE = 25
Input = Mapping[str, Any]


class BadInput(ValueError):
    """An input that the API refuses, with status 400."""


def page(wanted: Input, most: int | None = PAGE, name: str = "limit") -> int:
    """The page size of an input."""
    size = wanted.get(name)
    if size is None:
        return PAGE
    if size < 1 or (most and size > most):
        raise BadInput(f"'{name}' must be between 1 and {most}." if most else f"'{name}' must be at least 1.")
    return int(size)


def offset(wanted: Input) -> int:
    """The `skip` of an input."""
    skip = wanted.get("skip") or 0
    if skip < 0:
        raise BadInput("'skip' must not be negative.")
    return int(skip)


def look_up_person(wanted: Input) -> Person | None:
    """The person behind the most precise identifier that is given."""
    one = _identified(wanted)
    return one if one and knows(one) and not api.missing() else None


def _identified(wanted: Input) -> Person | None:
    if wanted.get("id"):
        return world.person_with(str(wanted["id"]).removeprefix("PersonID-"))
    if wanted.get("linkedinUrl"):
        return world.person_at(wanted["linkedinUrl"])
    if wanted.get("email"):
        return world.person_of(wanted["email"])
    if not (wanted.get("firstName") and wanted.get("lastName") and wanted.get("company") is not None):
        raise BadInput("Give id, linkedinUrl, email, or firstName, lastName and company.")
    employer = _employer(wanted["company"])
    return employer and world.person(wanted["firstName"], wanted["lastName"], employer)


def _employer(wanted: Input) -> Company | None:
    if wanted.get("domain"):
        return world.company(wanted["domain"])
    if wanted.get("name"):
        return world.company_named(wanted["name"])
    raise BadInput("Give the company's domain or name.")


def look_up_company(wanted: Input) -> Company | None:
    """The company behind the most precise identifier that is given."""
    if wanted.get("id"):
        found = company_with(wanted["id"])
    elif wanted.get("linkedinId"):
        found = world.company_at(str(wanted["linkedinId"]))
    elif wanted.get("domain"):
        found = world.company(wanted["domain"])
    elif wanted.get("name"):
        found = world.company_named(wanted["name"])
    else:
        raise BadInput("Give id, linkedinId, domain or name.")
    return found if found and api.covers("leadiq", found, "company") and not api.missing() else None


def search(wanted: Input) -> list[Person]:
    """Everybody who matches the filters, sorted as asked."""
    if api.missing():
        return []
    found = [one for company in _companies(wanted) for one in _staff(company.domain) if _fits(one, wanted)]
    for order in reversed(wanted.get("sortContactsBy") or ()):
        found.sort(key=_CONTACT_ORDERS[order.removesuffix("Asc").removesuffix("Desc")], reverse=order.endswith("Desc"))
    return found


def group(wanted: Input) -> list[tuple[Company, list[Person]]]:
    """The matches by company, sorted as asked."""
    groups: dict[str, list[Person]] = {}
    for one in search(wanted):
        groups.setdefault(one.company.domain, []).append(one)
    found = [(people[0].company, people) for people in groups.values()]
    for order in reversed(wanted.get("sortCompaniesBy") or ()):
        by = _COMPANY_ORDERS[order.removesuffix("Asc").removesuffix("Desc")]
        found.sort(key=lambda pair: by(pair[0]), reverse=order.endswith("Desc"))
    return found


_CONTACT_ORDERS: dict[str, Callable[[Person], Any]] = {
    "JobChangeStartedAt": lambda one: change.on.toordinal() if (change := change_of(one)) else 0,
    "Role": lambda one: one.function,
    "Name": lambda one: one.full,
    "Seniority": seniority,
    "Title": lambda one: one.title,
}
_COMPANY_ORDERS: dict[str, Callable[[Company], Any]] = {
    "Id": company_id,
    "Size": lambda company: company.employees,
    "Name": lambda company: company.name,
    "Industry": lambda company: company.industry,
}


@lru_cache(512)
def _staff(domain: str) -> tuple[Person, ...]:
    company = world.company(domain)
    return tuple(one for one in world.employees(company) if knows(one)) if company else ()


def _companies(wanted: Input) -> Iterator[Company]:
    chosen: Input = wanted.get("companyFilter") or {}
    excluded: Input = wanted.get("companyExcludedFilter") or {}
    for company in _candidates(chosen):
        if all(_company_tests(company, chosen)) and not any(_company_tests(company, excluded)):
            yield company


def _candidates(chosen: Input) -> Iterable[Company]:
    """Companies that the filter names, listed or not; else all listed ones."""
    named = [
        *(world.company(domain) for domain in chosen.get("domains") or ()),
        *(company_with(id_) for id_ in chosen.get("ids") or ()),
        *(world.company_named(name) for name in chosen.get("names") or ()),
    ]
    if named:
        return {company.domain: company for company in named if company}.values()
    return world.companies()


def _company_tests(company: Company, chosen: Input) -> Iterator[bool]:
    tests: dict[str, Callable[[Any], bool]] = {
        "ids": lambda id_: id_ == company_id(company),
        "names": lambda name: spelling.company_key(name) == spelling.company_key(company.name),
        "domains": lambda domain: spelling.host(domain) == company.domain,
        "industries": lambda industry: _same(industry, company.industry),
        "sizes": lambda size: (size.get("min") or 0) <= company.employees <= (size.get("max") or company.employees),
        "locations": lambda place: _at(place, company),
        "descriptions": lambda text: _within(text, company.description),
        "technologies": lambda name: any(_same(name, used) for used, _ in company.technologies),
        "technologyCategories": lambda name: any(_same(name, category) for _, category in company.technologies),
    }
    return _families(tests, chosen)


def _fits(one: Person, wanted: Input) -> bool:
    chosen: Input = wanted.get("contactFilter") or {}
    excluded: Input = wanted.get("contactExcludedFilter") or {}
    changes: Input | None = wanted.get("jobChangeFilter")
    return (
        all(_contact_tests(one, chosen))
        and not any(_contact_tests(one, excluded))
        and (changes is None or _changed(change_of(one), changes["jobChangeTypes"], changes.get("startedAfter")))
    )


def _contact_tests(one: Person, chosen: Input) -> Iterator[bool]:
    tests: dict[str, Callable[[Any], bool]] = {
        "roles": lambda role: _same(role, one.function),
        "seniorities": lambda level: level == seniority(one),
        "locations": lambda place: _at(place, one),
        "titles": lambda title: _within(title, one.title),
        "names": lambda name: _within(name, one.full),
        "containsWorkEmails": lambda known: known == world.covers("leadiq", one, "work_email"),
        "newHireFrom": lambda start: _changed(change_of(one), ["JobChange"], start),
        "newPromotionFrom": lambda start: _changed(change_of(one), ["TitleChange"], start),
    }
    return _families(tests, chosen)


def _families(tests: Mapping[str, Callable[[Any], bool]], chosen: Input) -> Iterator[bool]:
    """One verdict per family that is given: a list matches where any of its values does; an empty one is absent."""
    for family, value in chosen.items():
        values = cast("list[Any]", value) if isinstance(value, list) else [value]
        if values and value is not None:
            yield any(map(tests[family], values))


def _changed(change: Change | None, kinds: Sequence[str], start: Any) -> bool:
    if change is None or (kinds and change.kind not in kinds):
        return False
    return start is None or change.started_ms >= _milliseconds(start)


def _milliseconds(value: Any) -> int:
    match value:
        case int() | float() if not isinstance(value, bool):
            return int(value)
        case str() if value.isdecimal():
            return int(value)
        case str():
            return _read_time(value)
        case _:
            raise BadInput("A time is UNIX milliseconds or ISO 8601 text.")


def _read_time(text: str) -> int:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("A time is UNIX milliseconds or ISO 8601 text.") from error
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def _at(place: Input, subject: Person | Company) -> bool:
    parts = {"city": subject.city, "areaLevel1": subject.region, "country": subject.country}
    return all(_same(place[name], part) for name, part in parts.items() if place.get(name))


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.casefold()


def _within(part: str, text: str) -> bool:
    return part.strip().casefold() in text.casefold()
