"""LeadMagic's answers about people, and how they become ours."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AliasChoices, Field

from server.domain.contact import FoundPhone, JobChange, JobChangeStatus, PhoneType, Position
from server.domain.lenient import OR_NONE, Flag, Number, Reader, Said
from server.domain.person import (
    Certification,
    Education,
    Employment,
    PeoplePage,
    Person,
    PersonProfile,
    Place,
    Seniority,
    UnlockPrice,
)
from server.domain.quality import NO_SIGNAL
from server.provider import Wire
from server.providers._build import phone_answer
from server.providers._leadmagic_companies import CompanyRow
from server.providers._leadmagic_wire import Reply, readable


class MobileReply(Reply[FoundPhone]):
    """Mobile Finder."""

    ignored: ClassVar[frozenset[str]] = frozenset({"profile_url", "email"})

    mobile_number: Said = None

    def answer(self, reader: Reader) -> FoundPhone | None:
        if self.mobile_number is None:
            return None
        return phone_answer(self.mobile_number, kind=PhoneType.MOBILE, quality=NO_SIGNAL)


class JobChangeReply(Reply[JobChange]):
    """Job Change Detector. All three verdicts are answers and cost the same (ruling C-04)."""

    job_changed: Flag = None
    still_employed: Flag = None
    current_company: Said = None
    current_title: Said = None
    expected_company: Said = None

    @property
    def status(self) -> JobChangeStatus | None:
        """The verdict, from the fields where they agree, else from the message; None where there is neither."""
        match self.job_changed, self.still_employed:
            case False, True:
                return JobChangeStatus.NO_CHANGE
            case True, False | None if "never worked" not in self.says:
                return JobChangeStatus.CHANGED
            case _:
                return next((status for words, status in _CHANGES if self.says.startswith(words)), None)

    def answer(self, reader: Reader) -> JobChange | None:
        status = self.status
        if status is None and self.job_changed is None and self.still_employed is None:
            return None
        moved = status is JobChangeStatus.CHANGED
        return JobChange(
            status=status or JobChangeStatus.UNKNOWN,
            expected_company=self.expected_company,
            previous=Position(company=self.expected_company) if moved and self.expected_company else None,
            current=self._current,
            warnings=reader.warnings,
        )

    @property
    def _current(self) -> Position | None:
        if not (self.current_title or self.current_company):
            return None
        return Position(title=self.current_title, company=self.current_company)


_CHANGES = (
    ("no job change detected", JobChangeStatus.NO_CHANGE),
    ("job change detected", JobChangeStatus.CHANGED),
    ("never worked", JobChangeStatus.NEVER_WORKED_THERE),
)


class ProfileUrlReply(Reply[PersonProfile]):
    """Email Address to B2B Person Profile: the profile's URL and nothing else."""

    profile_url: Said = None

    def answer(self, reader: Reader) -> PersonProfile | None:
        if self.profile_url is None:
            return None
        url = readable(reader.person_url(self.profile_url), "profile URL")
        return PersonProfile(person=Person(linkedin_url=url), warnings=reader.warnings)


class WorkEntry(Wire):
    """One position of a profile."""

    ignored: ClassVar[frozenset[str]] = frozenset({"company_website", "company_logo_url"})

    position_title: Said = None
    company_name: Said = None
    employment_period: Said = None


class SchoolEntry(Wire):
    """One school of a profile."""

    institution_name: Said = None
    degree: Said = None
    attendance_period: Said = None


class CertificateEntry(Wire):
    """One certificate of a profile."""

    certification_name: Said = None
    issuing_organization: Said = None
    issue_date: Said = None


class ProfileReply(Reply[PersonProfile]):
    """B2B Person Profile."""

    ignored: ClassVar[frozenset[str]] = frozenset({"company_industry", "total_tenure_years", "total_tenure_months"})

    profile_url: Said = None
    first_name: Said = None
    last_name: Said = None
    full_name: Said = None
    professional_title: Said = Field(None, validation_alias=AliasChoices("professional_title", "headline"))
    bio: Said = Field(None, validation_alias=AliasChoices("bio", "about"))
    location: Said = None
    country: Said = None
    followers_range: Said = None
    company_name: Said = None
    company_website: Said = None
    work_experience: tuple[WorkEntry, ...] = ()
    education: tuple[SchoolEntry, ...] = ()
    certifications: tuple[CertificateEntry, ...] = ()

    def answer(self, reader: Reader) -> PersonProfile | None:
        if not (self.full_name or self.first_name or self.professional_title or self.work_experience):
            return None
        return PersonProfile(person=self._person(reader), warnings=reader.warnings)

    def _person(self, reader: Reader) -> Person:
        return Person(
            full_name=self.full_name,
            first_name=self.first_name,
            last_name=self.last_name,
            job_title=self.professional_title,
            headline=self.professional_title,
            summary=self.bio,
            linkedin_url=reader.person_url(self.profile_url),
            location=reader.place(self.location, None, None, self.country),
            company_name=self.company_name,
            company_domain=reader.domain(self.company_website),
            work_history=tuple(
                Employment(title=entry.position_title, company=entry.company_name, period=entry.employment_period)
                for entry in self.work_experience
            ),
            education=tuple(
                Education(institution=entry.institution_name, degree=entry.degree, period=entry.attendance_period)
                for entry in self.education
            ),
            certifications=tuple(
                Certification(name=entry.certification_name, issuer=entry.issuing_organization, issued=entry.issue_date)
                for entry in self.certifications
            ),
            follower_band=self.followers_range,
        )


class RoleReply(Reply[PersonProfile]):
    """Role Finder: the first match."""

    first_name: Said = None
    last_name: Said = None
    full_name: Said = None
    profile_url: Said = None
    job_title: Said = None
    company_name: Said = None
    company_website: Said = None

    def answer(self, reader: Reader) -> PersonProfile | None:
        if not (self.full_name or self.first_name or self.last_name):
            return None
        person = Person(
            full_name=self.full_name,
            first_name=self.first_name,
            last_name=self.last_name,
            job_title=self.job_title,
            linkedin_url=reader.person_url(self.profile_url),
            company_name=self.company_name,
            company_domain=reader.domain(self.company_website),
        )
        return PersonProfile(person=person, warnings=reader.warnings)


_LEVELS = {
    "c-team": Seniority.C_LEVEL,
    "vp": Seniority.VP,
    "director": Seniority.DIRECTOR,
    "manager": Seniority.MANAGER,
    "senior": Seniority.SENIOR,
    "mid": Seniority.MID,
    "entry": Seniority.ENTRY,
}


class Contact(Wire):
    """One person of a search; the names of most fields are those of the filters, because no sample shows a full row."""

    ignored: ClassVar[frozenset[str]] = frozenset({"outreach_locked"})

    contact_full_name: Said = None
    contact_first_name: Said = None
    contact_last_name: Said = None
    contact_job_title: Said = None
    contact_job_level: Said = None
    contact_job_function: Said = None
    contact_linkedin_headline: Said = None
    contact_linkedin_about_me: Said = None
    contact_linkedin_url: Said = Field(
        None, validation_alias=AliasChoices("contact_linkedin_url", "linkedin_url", "profile_url")
    )
    contact_city: Said = None
    contact_state: Said = None
    contact_country: Said = None
    contact_country_code: Said = None
    company_domain: Said = None
    contact_email: Said = None
    contact_email_masked: Said = None
    contact_mobile: Said = Field(
        None, validation_alias=AliasChoices("contact_mobile_phone", "contact_mobile", "contact_phone")
    )
    has_email: Flag = None
    has_mobile_phone: Flag = None

    def place(self, reader: Reader) -> Place | None:
        """Where the person is."""
        code = reader.country(self.contact_country_code or self.contact_country)
        if not (code or self.contact_country or self.contact_city or self.contact_state):
            return None
        return Place(city=self.contact_city, region=self.contact_state, country=self.contact_country, country_code=code)


class Unlock(Wire):
    """What revealing a person's details would cost, in credits."""

    ignored: ClassVar[frozenset[str]] = frozenset({"required"})

    email_credits: Number = None
    mobile_credits: Number = None


class PersonRow(Wire):
    """One row of a people search."""

    ignored: ClassVar[frozenset[str]] = frozenset({"domain_intel"})

    person: Contact
    company: Annotated[CompanyRow | None, OR_NONE] = None
    unlock: Annotated[Unlock | None, OR_NONE] = None

    def read_as(self, reader: Reader) -> Person:
        """The row as ours."""
        person = self.person
        code = reader.country(person.contact_country_code)
        mobile = reader.phone(person.contact_mobile, code)
        return Person(
            full_name=person.contact_full_name,
            first_name=person.contact_first_name,
            last_name=person.contact_last_name,
            job_title=person.contact_job_title,
            headline=person.contact_linkedin_headline,
            summary=person.contact_linkedin_about_me,
            seniority=_LEVELS.get((person.contact_job_level or "").lower()),
            job_function=person.contact_job_function,
            linkedin_url=reader.person_url(person.contact_linkedin_url),
            location=person.place(reader),
            company_name=self.company.company_name if self.company else None,
            company_domain=reader.domain(person.company_domain),
            work_email=reader.email(person.contact_email),
            masked_email=person.contact_email_masked,
            mobile=mobile,
            mobile_raw=person.contact_mobile if mobile is None else None,
            has_email=person.has_email,
            has_mobile=person.has_mobile_phone,
            unlock_price=self._unlock_price,
        )

    @property
    def _unlock_price(self) -> UnlockPrice | None:
        if self.unlock is None:
            return None
        return UnlockPrice(email=self.unlock.email_credits, mobile=self.unlock.mobile_credits)


class PeopleReply(Reply[PeoplePage]):
    """People Search."""

    ignored: ClassVar[frozenset[str]] = frozenset({"companies", "count", "limit_applied", "offset"})

    people: tuple[PersonRow, ...] = ()

    def answer(self, reader: Reader) -> PeoplePage | None:
        if not self.people:
            return None
        people = tuple(row.read_as(reader) for row in self.people)
        return PeoplePage(people=people, warnings=reader.warnings)
