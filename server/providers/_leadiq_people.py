"""LeadIQ's `searchPeople`: what is selected, what comes back, and the answers made of it.

Only what is selected is charged, so there is one document per price. `companyInfo` is read for id and name alone: any
other field of it opens the company class (C-61).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from server.domain.contact import (
    DetectJobChange,
    EmailType,
    EmailVerdict,
    FindEmailByProfile,
    FindMobile,
    FindProfileByEmail,
    FindWorkEmail,
    FoundEmail,
    FoundPhone,
    GetProfile,
    JobChange,
    JobChangeStatus,
    PhoneType,
    Position,
    ValidateEmail,
)
from server.domain.lenient import Reader, Said
from server.domain.person import Person, PersonProfile, Seniority
from server.domain.quality import Quality, QualityStatus
from server.provider import Wire
from server.providers._build import best_phone, line, phone_answer

_HEAD = "query SearchPeople($input: SearchPeopleInput!) { searchPeople(input: $input) { totalResults hasMore results { "
_WHO = "id name { fullName first last } linkedin { linkedinUrl } "
_POSITION = "title seniority function companyInfo { id name }"
PROFILE = f"{_HEAD}{_WHO}currentPositions {{ {_POSITION} }} }} }} }}"
EMAIL = f"{_HEAD}{_WHO}currentPositions {{ {_POSITION} emails {{ value status type }} }} }} }} }}"
PHONE = (
    f"{_HEAD}{_WHO}currentPositions {{ {_POSITION} phones {{ value type verificationStatus }} }} "
    "personalPhones { value verificationStatus } } } }"
)

SENIORITIES = {
    "Executive": Seniority.C_LEVEL,
    "VP": Seniority.VP,
    "Director": Seniority.DIRECTOR,
    "Manager": Seniority.MANAGER,
    "SeniorIndividualContributor": Seniority.SENIOR,
    "Other": Seniority.OTHER,
}
"""The vendor's six words."""

_QUALITIES = {
    "Verified": (QualityStatus.VERIFIED, 0.95),
    "VerifiedLikely": (QualityStatus.PROBABLE, 0.80),
    "Unverified": (QualityStatus.UNVERIFIED, 0.50),
    "Invalid": (QualityStatus.INVALID, 0.0),
    "Suppressed": (QualityStatus.SUPPRESSED, None),
}
STATUSES = {word: status for word, (status, _) in _QUALITIES.items()}
"""The vendor's five words for an address."""


def quality(said: str | None, basis: str) -> Quality:
    """The vendor's status as a quality; without a known word nothing is claimed."""
    status, score = _QUALITIES.get(said or "", (QualityStatus.UNVERIFIED, None))
    return Quality(status=status, score=score, basis=basis if said else "none", provider_raw=said)


def _rows(value: Any) -> Any:
    return () if value is None else value


OrEmpty = BeforeValidator(_rows)
"""On a list that may be null."""


# What is sent


def identity(query: Any) -> dict[str, Any]:
    """The most precise identifier that the query has, for exactly one person."""
    match query:
        case FindEmailByProfile() | GetProfile() | DetectJobChange() | FindMobile(profile_url=str()):
            who: dict[str, Any] = {"linkedinUrl": query.profile_url}
        case FindProfileByEmail() | FindMobile():
            who = {"email": query.work_email or query.personal_email}
        case ValidateEmail():
            who = {"email": query.email}
        case FindWorkEmail():
            first, last = query.halves
            company = {"domain": query.company_domain, "name": query.company_name}
            who = {"firstName": first, "lastName": last, "company": {k: v for k, v in company.items() if v}}
        case _:
            raise TypeError(f"{type(query).__name__} does not name one person")
    return who | {"limit": 1}


# What comes back


class Camel(Wire):
    """A GraphQL object: names in camel case on the wire."""

    model_config = ConfigDict(alias_generator=to_camel)


class _Name(Camel):
    full_name: Said = None
    first: Said = None
    last: Said = None


class _LinkedIn(Camel):
    linkedin_url: Said = None


class _Company(Camel):
    id: Said = None
    name: Said = None


class Email(Camel):
    """A work address of a current position."""

    value: Said = None
    status: Said = None
    type: Said = None


class Phone(Camel):
    """A number of a position or of the person."""

    value: Said = None
    type: Said = None
    verification_status: Said = None


class _Position(Camel):
    title: Said = None
    seniority: Said = None
    function: Said = None
    company_info: _Company | None = None
    emails: Annotated[tuple[Email, ...], OrEmpty] = ()
    phones: Annotated[tuple[Phone, ...], OrEmpty] = ()

    @property
    def company(self) -> str | None:
        """The company's name."""
        return self.company_info.name if self.company_info else None


class FoundPerson(Camel):
    """One result of `search_people`."""

    id: Said = None
    name: _Name | None = None
    linkedin: _LinkedIn | None = None
    current_positions: Annotated[tuple[_Position, ...], OrEmpty] = ()
    personal_phones: Annotated[tuple[Phone, ...], OrEmpty] = ()

    @property
    def emails(self) -> tuple[Email, ...]:
        """Every work address that has a value or was withheld."""
        return tuple(email for position in self.current_positions for email in position.emails)


class _People(Camel):
    total_results: int | None = None
    has_more: bool | None = None
    results: Annotated[tuple[FoundPerson, ...], OrEmpty] = ()


class PeopleFound(Camel):
    """The `data` of the reply."""

    search_people: _People

    @property
    def best(self) -> FoundPerson | None:
        """The best match comes first."""
        return next(iter(self.search_people.results), None)


# What is answered


def email_answer(person: FoundPerson, wanted_domain: str | None) -> FoundEmail | None:
    """The best address, at the wanted company before others; withheld where only suppressed ones are left (C-67)."""
    read = Reader()
    usable = [
        (read.email(email.value), email, quality(email.status, "status"))
        for email in person.emails
        if email.status not in ("Invalid", "Suppressed")
    ]
    ranked = sorted(
        ((address, email, graded) for address, email, graded in usable if address),
        key=lambda one: (wanted_domain is not None and not one[0].endswith(f"@{wanted_domain}"), one[2].order),
    )
    if ranked:
        address, email, graded = ranked[0]
        return FoundEmail(
            email=address,
            email_type=EmailType.PERSONAL if "personal" in (email.type or "").lower() else EmailType.WORK,
            verified=graded.status is QualityStatus.VERIFIED,
            employment_verified=True,
            quality=graded,
            warnings=read.warnings,
            record_id=person.id,
        )
    if any(email.status == "Suppressed" for email in person.emails):
        withheld = quality("Suppressed", "status")
        return FoundEmail(email_type=EmailType.WORK, verified=False, quality=withheld, record_id=person.id)
    return None


def verdict_answer(person: FoundPerson, query: ValidateEmail) -> EmailVerdict | None:
    """What LeadIQ thinks of the address, where it is among the person's; its own status, no SMTP check."""
    for email in person.emails:
        if (email.value or "").lower() == query.email:
            graded = quality(email.status, "status")
            return EmailVerdict(
                email=query.email, status=graded.status, score=graded.score, quality=graded, record_id=person.id
            )
    return None


def phone_of(person: FoundPerson) -> FoundPhone | None:
    """The best number. Opted-out and wrong ones are dropped."""
    personal = ((phone, line(phone.type) if phone.type else PhoneType.MOBILE) for phone in person.personal_phones)
    at_work = ((phone, line(phone.type)) for position in person.current_positions for phone in position.phones)
    return best_phone(
        phone_answer(
            phone.value,
            kind=kind,
            quality=quality(phone.verification_status, "verificationStatus"),
            verified=phone.verification_status == "Verified" if phone.verification_status else None,
            record=person.id,
        )
        for phone, kind in (*personal, *at_work)
        if phone.value and phone.verification_status not in ("Invalid", "Suppressed")
    )


def profile_answer(found: FoundPerson) -> PersonProfile | None:
    """The person with their first current position; a record without name and profile is none."""
    read = Reader()
    name = found.name or _Name()
    position = next(iter(found.current_positions), _Position())
    person = Person(
        full_name=name.full_name,
        first_name=name.first,
        last_name=name.last,
        job_title=position.title,
        seniority=SENIORITIES.get(position.seniority or ""),
        job_function=position.function,
        linkedin_url=read.person_url(found.linkedin.linkedin_url if found.linkedin else None),
        company_name=position.company,
    )
    if person.full_name is None and person.linkedin_url is None:
        return None
    return PersonProfile(person=person, warnings=read.warnings, record_id=found.id)


def job_change_answer(found: FoundPerson, query: DetectJobChange) -> JobChange:
    """Current employers against the expected one, by name; a domain alone can confirm and never refute.

    Past employers are not told, so `never_worked_there` is never said.
    """
    expected = query.company_name or query.company_domain or ""
    named = [position for position in found.current_positions if position.company]
    still = next((one for one in named if _same(one.company or "", _words(query))), None)
    current = still or next(iter(named), None)
    if current is None or not (still or query.company_name):
        undecided = Quality(status=QualityStatus.UNKNOWN, basis="currentPositions")
        return JobChange(
            status=JobChangeStatus.UNKNOWN, expected_company=expected, quality=undecided, record_id=found.id
        )
    return JobChange(
        status=JobChangeStatus.NO_CHANGE if still else JobChangeStatus.CHANGED,
        expected_company=expected,
        current=Position(
            title=current.title,
            company=current.company,
            seniority=SENIORITIES.get(current.seniority or ""),
            function=current.function,
        ),
        quality=Quality(status=QualityStatus.UNVERIFIED, basis="currentPositions"),
        warnings=() if still else ("LeadIQ tells current employers only, compared here by name.",),
        record_id=found.id,
    )


_SUFFIXES = frozenset(
    ("inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "company", "gmbh", "ag", "plc", "the")
)


def _bare(name: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in name.casefold()).split()
    return "".join(word for word in words if word not in _SUFFIXES) or "".join(words)


def _words(query: DetectJobChange) -> frozenset[str]:
    label = query.company_domain.split(".")[0] if query.company_domain else None
    return frozenset(_bare(name) for name in (query.company_name, label) if name)


def _same(name: str, expected: Iterable[str]) -> bool:
    return _bare(name) in expected
