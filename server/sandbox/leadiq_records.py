"""LeadIQ's view of the world: the objects that its GraphQL types read, and the tab of what a selection unlocks.

Fields are looked up by the snake-case form of their GraphQL name. What costs something is a method, so that it is put
on the tab only where the query selects it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from server.sandbox import api, magic, world
from server.sandbox.draw import Draw
from server.sandbox.record import Company, Person

# Hundredths of a credit: LeadIQ Public API Guide, Credits.
PRICES = {"profile": 10, "email": 100, "phone": 1000, "company": 300}

_SENIORITIES = {
    "c_level": "Executive",
    "vp": "VP",
    "director": "Director",
    "manager": "Manager",
    "senior": "SeniorIndividualContributor",
}
_EMAIL_STATUSES = {"valid": "Verified", "catch_all": "VerifiedLikely", "unknown": "Unverified", "invalid": "Invalid"}
_FIRST_PROMOTION = date(2023, 1, 1)


@dataclass(frozen=True, slots=True)
class Spelling:
    """Which of the documented spellings the answers use; all False is the default."""

    bare: bool = False
    """Bare ids, ISO 8601 dates and lower-case plan status (C-66)."""
    phones_in_position: bool = False
    """Every phone under the position, none at the top (C-64)."""


class Tab:
    """What one root field gave away. A class counts once per subject (C-69)."""

    def __init__(self, operation: str, spelling: Spelling) -> None:
        self.operation = operation
        self.spelling = spelling
        self.taken: set[tuple[str, str]] = set()

    def take(self, subject: str, datum: str) -> None:
        """Note that `datum` of `subject` was selected and is there."""
        self.taken.add((subject, datum))

    @property
    def price(self) -> int:
        """Hundredths of a credit."""
        return sum(PRICES[datum] for _, datum in self.taken)


@dataclass(frozen=True, slots=True)
class Email:
    value: str
    status: str
    type: str


@dataclass(frozen=True, slots=True)
class Phone:
    value: str
    type: str
    verification_status: str


@dataclass(frozen=True, slots=True)
class PersonName:
    full_name: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class LinkedIn:
    linkedin_url: str


@dataclass(frozen=True, slots=True)
class LocationInfo:
    city: str
    area_level1: str
    country: str


@dataclass(frozen=True, slots=True)
class FundingInfo:
    funding_total_usd: int | None
    last_funding_type: str | None


@dataclass(frozen=True, slots=True)
class Technology:
    name: str
    category: str


def knows(one: Person) -> bool:
    """Whether LeadIQ has a record of the person: it has one wherever it has any of their data."""
    return any(api.covers("leadiq", one, datum) for datum in ("profile", "work_email", "mobile"))


def person_id(one: Person, spelling: Spelling) -> str:
    return one.id if spelling.bare else f"PersonID-{one.id}"


def company_id(company: Company) -> str:
    return base64.b32encode(company.domain.encode()).decode().rstrip("=").lower()


def company_with(id_: str) -> Company | None:
    """The company with that LeadIQ id."""
    try:
        return world.company(base64.b32decode(id_.upper() + "=" * (-len(id_) % 8)).decode())
    except (binascii.Error, UnicodeDecodeError):
        return None


def seniority(one: Person) -> str:
    return _SENIORITIES.get(one.seniority, "Other")


def linkedin_url(one: Person) -> str:
    return f"https://www.linkedin.com/in/{one.slug}"


class CompanyInfo:
    """Id and name ride with the profile; the rest is the company class (C-61)."""

    def __init__(self, company: Company, tab: Tab) -> None:
        self._company = company
        self._tab = tab
        self.id = company_id(company)
        self.name = company.name

    def _facts(self) -> Company | None:
        if not api.covers("leadiq", self._company, "company"):
            return None
        self._tab.take(self._company.domain, "company")
        return self._company

    def domain(self) -> str | None:
        facts = self._facts()
        return facts.domain if facts else None

    def industry(self) -> str | None:
        facts = self._facts()
        return facts.industry if facts else None

    def employee_count(self) -> int | None:
        facts = self._facts()
        return facts.employees if facts else None


class Contact:
    """The addresses and numbers of a person, each noted on the tab when it is read."""

    def __init__(self, one: Person, tab: Tab) -> None:
        self._one = one
        self._tab = tab

    def emails(self) -> list[Email]:
        if not api.covers("leadiq", self._one, "work_email"):
            return []
        self._tab.take(self._one.id, "email")
        suppressed = magic.wants("suppressed")
        status = "Suppressed" if suppressed else _EMAIL_STATUSES[api.verdict(self._one.work_email)]
        return [Email(self._one.work_email, status, "Work")]

    def phones(self) -> list[Phone]:
        """The employer's line; with `phones_in_position` the mobile comes first."""
        if not self._has_phones():
            return []
        office = Phone(self._one.company.phone, "WorkHq", "Unverified")
        return [self._mobile(), office] if self._tab.spelling.phones_in_position else [office]

    def personal_phones(self) -> list[Phone]:
        if not self._has_phones() or self._tab.spelling.phones_in_position:
            return []
        return [self._mobile()]

    def _mobile(self) -> Phone:
        return Phone(self._one.mobile, "PersonalMobile", "Verified")

    def _has_phones(self) -> bool:
        if not api.covers("leadiq", self._one, "mobile"):
            return False
        self._tab.take(self._one.id, "phone")
        return True


class Position:
    """A current position in `searchPeople`."""

    def __init__(self, one: Person, contact: Contact, tab: Tab) -> None:
        self.title = one.title
        self.seniority = seniority(one)
        self.function = one.function
        self.company_info = CompanyInfo(one.company, tab)
        self.emails = contact.emails
        self.phones = contact.phones


class PersonRecord:
    """A person in `searchPeople`; making one notes the profile."""

    def __init__(self, one: Person, tab: Tab) -> None:
        tab.take(one.id, "profile")
        contact = Contact(one, tab)
        self.id = person_id(one, tab.spelling)
        self.name = PersonName(one.full, one.first, one.last)
        self.linkedin = LinkedIn(linkedin_url(one))
        self.current_positions = [Position(one, contact, tab)]
        self.personal_phones = contact.personal_phones


class CompanyRecord:
    """A company in `searchCompany`; making one notes the company class."""

    def __init__(self, company: Company, tab: Tab) -> None:
        tab.take(company.domain, "company")
        self.id = company_id(company)
        self.name = company.name
        self.domain = company.domain
        self.industry = company.industry
        self.number_of_employees = company.employees
        self.location_info = LocationInfo(company.city, company.region, company.country)
        self.funding_info = _funding(company)
        self.technologies = _technologies(company)


def _funding(company: Company) -> FundingInfo | None:
    if not api.covers("leadiq", company, "funding"):
        return None
    return FundingInfo(company.total_funding_usd, company.rounds[0].type if company.rounds else None)


def _technologies(company: Company) -> list[Technology]:
    if not api.covers("leadiq", company, "technographics"):
        return []
    return [Technology(name, category) for name, category in company.technologies]


@dataclass(frozen=True, slots=True)
class FormerCompany:
    """A previous employer, of whom only id and name are shown."""

    id: str | None
    name: str
    domain: None = None
    industry: None = None
    employee_count: None = None


@dataclass(frozen=True, slots=True)
class FoundPosition:
    """A position in the advanced searches."""

    title: str
    company: CompanyInfo | FormerCompany
    role: str | None = None
    seniority: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A person's latest change: to another company, or to another title at the same one."""

    kind: str
    on: date
    former_title: str
    former_company: str

    @property
    def started_ms(self) -> int:
        """UNIX milliseconds."""
        return int(datetime(self.on.year, self.on.month, self.on.day, tzinfo=UTC).timestamp() * 1000)


def change_of(one: Person) -> Change | None:
    """The change that LeadIQ knows of; half of those who never moved were promoted at some time."""
    if one.previous_company and one.previous_title and one.changed_on:
        return Change("JobChange", one.changed_on, one.previous_title, one.previous_company)
    draw = Draw("promotion", one.slug)
    if not draw.percent(50):
        return None
    return Change(
        "TitleChange", _FIRST_PROMOTION + timedelta(days=draw.below(1400)), f"Acting {one.title}", one.company.name
    )


class PersonJobChange:
    """A change as `personJobChange` shows it."""

    def __init__(self, change: Change, position: FoundPosition, spelling: Spelling) -> None:
        self.job_change_type = change.kind
        self.started_at = f"{change.on.isoformat()}T00:00:00Z" if spelling.bare else change.started_ms
        former = world.company_named(change.former_company)
        self.previous_position = FoundPosition(
            change.former_title, FormerCompany(company_id(former) if former else None, change.former_company)
        )
        self.current_position = position


class FoundPerson:
    """A person in the advanced searches, whose name is plain text; making one notes the profile."""

    def __init__(self, one: Person, tab: Tab) -> None:
        tab.take(one.id, "profile")
        contact = Contact(one, tab)
        change = change_of(one)
        self.id = person_id(one, tab.spelling)
        self.name = one.full
        self.title = one.title
        self.role = one.function
        self.seniority = seniority(one)
        self.linkedin_url = linkedin_url(one)
        self.company = CompanyInfo(one.company, tab)
        self.current_position = FoundPosition(one.title, self.company, one.function, self.seniority)
        self.person_job_change = change and PersonJobChange(change, self.current_position, tab.spelling)
        self.emails = contact.emails
        self.phones = contact.phones


class FoundCompany:
    """A company of the grouped search with the people of it that match."""

    def __init__(self, company: Company, people: Iterable[Person], most: int, tab: Tab) -> None:
        self._people = list(people)
        self._most = most
        self._tab = tab
        self.total_contacts_in_company = len(self._people)
        self.company = CompanyInfo(company, tab)

    def people(self) -> list[FoundPerson]:
        return [FoundPerson(one, self._tab) for one in self._people[: self._most]]
