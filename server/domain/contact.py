"""Questions about one person's contact data, and their answers."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import model_validator

from server.domain import fields
from server.domain.errors import InvalidInput
from server.domain.person import Part, PersonProfile, Seniority
from server.domain.quality import QualityStatus
from server.domain.query import Answer, Query


class CompanyFacts(Part):
    """Company facts that come free with an e-mail verdict."""

    name: str | None = None
    domain: str | None = None
    industry: str | None = None
    employee_range: str | None = None
    founded_year: int | None = None
    ownership: str | None = None
    linkedin_url: str | None = None
    location: str | None = None


class EmailVerdict(Answer):
    """Deliverability of one address."""

    email: str
    status: QualityStatus
    score: float | None = None
    is_catch_all: bool | None = None
    is_disposable: bool | None = None
    is_role_account: bool | None = None
    is_free_provider: bool | None = None
    mx_host: str | None = None
    mail_provider: str | None = None
    security_gateway: str | None = None
    smtp_checked: bool | None = None
    suggested_correction: str | None = None
    company: CompanyFacts | None = None

    def subjects(self) -> frozenset[str]:
        return frozenset({self.email})


class ValidateEmail(Query[EmailVerdict]):
    """Does this address accept mail?"""

    answer: ClassVar[type[Answer]] = EmailVerdict
    keep_miss: ClassVar[timedelta] = timedelta(0)

    email: fields.Email

    def settles(self, answer: EmailVerdict) -> bool:
        """Any definite verdict settles; catch-all is one, and is not paid for a second time."""
        return answer.status is not QualityStatus.UNKNOWN


class EmailType(StrEnum):
    """Whose address it is."""

    WORK = "work"
    PERSONAL = "personal"
    UNKNOWN = "unknown"


class FoundEmail(Answer):
    """An e-mail address of a person; absent where the provider withholds it because the person opted out there."""

    email: str | None = None
    email_type: EmailType
    verified: bool
    employment_verified: bool | None = None
    company_domain: str | None = None

    def subjects(self) -> frozenset[str]:
        return frozenset({self.email}) if self.email else frozenset()


class FindWorkEmail(Query[FoundEmail]):
    """The work e-mail address of a named person at a company."""

    answer: ClassVar[type[Answer]] = FoundEmail
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (("company_domain",), ("company_name",))

    first_name: fields.FirstName | None = None
    last_name: fields.LastName | None = None
    full_name: fields.FullName | None = None
    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None

    @model_validator(mode="after")
    def _has_name(self) -> Self:
        if not (self.full_name or (self.first_name and self.last_name)):
            raise InvalidInput(
                "The person's name is missing: give first_name and last_name, or full_name.",
                field="last_name" if self.first_name else "first_name",
                fix="Add first_name and last_name.",
            )
        return self

    @property
    def halves(self) -> tuple[str, str]:
        """Given and family name; a full name is split by the usual rules for people's names."""
        return halves(self.first_name, self.last_name, self.full_name)


def halves(first: str | None, last: str | None, full: str | None) -> tuple[str, str]:
    """Given and family name, from the halves where both are there, else from the full name."""
    if first and last:
        return first, last
    # Imported here because few calls need it, and it takes a twentieth of a second of every start.
    from nameparser import HumanName  # noqa: PLC0415 - see above

    name = HumanName(full or "")
    return name.first, name.last


class FindEmailByProfile(Query[FoundEmail]):
    """The work e-mail address behind a person's profile; names and company are hints that let more providers answer."""

    answer: ClassVar[type[Answer]] = FoundEmail

    profile_url: fields.PersonUrl
    first_name: fields.FirstName | None = None
    last_name: fields.LastName | None = None
    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None


class FindPersonalEmail(Query[FoundEmail]):
    """A personal e-mail address behind a person's profile."""

    answer: ClassVar[type[Answer]] = FoundEmail

    profile_url: fields.PersonUrl


class PhoneType(StrEnum):
    """What kind of line a number is, as far as the provider says."""

    MOBILE = "mobile"
    DIRECT_DIAL = "direct_dial"
    LANDLINE = "landline"
    WORK = "work"
    UNKNOWN = "unknown"


class FoundPhone(Answer):
    """A phone number of a person; `number_e164` is absent where the raw text is no valid number."""

    number_e164: str | None = None
    number_raw: str
    type: PhoneType
    verified: bool | None = None
    country: str | None = None

    def subjects(self) -> frozenset[str]:
        return frozenset({self.number_e164}) if self.number_e164 else frozenset()


class FindMobile(Query[FoundPhone]):
    """A mobile number of a person; names and company are hints that let more providers answer."""

    answer: ClassVar[type[Answer]] = FoundPhone
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (("profile_url",), ("work_email",), ("personal_email",))

    profile_url: fields.PersonUrl | None = None
    work_email: fields.Email | None = None
    personal_email: fields.Email | None = None
    first_name: fields.FirstName | None = None
    last_name: fields.LastName | None = None
    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None

    def settles(self, answer: FoundPhone) -> bool:
        """A number that can be dialled settles, whatever its quality signal."""
        return answer.number_e164 is not None


class FindProfileByEmail(Query[PersonProfile]):
    """The person, with profile URL, behind an e-mail address."""

    answer: ClassVar[type[Answer]] = PersonProfile
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (("work_email",), ("personal_email",))

    work_email: fields.Email | None = None
    personal_email: fields.Email | None = None

    def settles(self, answer: PersonProfile) -> bool:
        return answer.person.linkedin_url is not None


class GetProfile(Query[PersonProfile]):
    """The person behind a profile URL."""

    answer: ClassVar[type[Answer]] = PersonProfile

    profile_url: fields.PersonUrl


class JobChangeStatus(StrEnum):
    """Whether a person is still where they were expected to be."""

    NO_CHANGE = "no_change"
    CHANGED = "changed"
    PROMOTED = "promoted"
    NEVER_WORKED_THERE = "never_worked_there"
    UNKNOWN = "unknown"


class Position(Part):
    """A position before or after a job change."""

    title: str | None = None
    company: str | None = None
    seniority: Seniority | None = None
    function: str | None = None


class JobChange(Answer):
    """Whether a person still works at the expected company."""

    status: JobChangeStatus
    expected_company: str | None = None
    previous: Position | None = None
    current: Position | None = None
    changed_at: str | None = None
    """ISO 8601."""

    def subjects(self) -> frozenset[str]:
        return frozenset()


class DetectJobChange(Query[JobChange]):
    """Does this person still work at the expected company?"""

    answer: ClassVar[type[Answer]] = JobChange
    keep: ClassVar[timedelta] = timedelta(days=7)
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (("company_domain",), ("company_name",))

    profile_url: fields.PersonUrl
    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None

    def settles(self, answer: JobChange) -> bool:
        return answer.status is not JobChangeStatus.UNKNOWN
