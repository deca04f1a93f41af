"""Questions about many rows that a provider answers in one request or job; every row counts as one unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from server.domain import fields
from server.domain.contact import EmailVerdict, FoundEmail, FoundPhone
from server.domain.errors import InvalidInput
from server.domain.person import Part, PersonProfile
from server.domain.query import Answer, Query

MOST_ROWS = 100
"""What every provider takes in one batch: XMagnet without a known plan (C-50, C-51), and LeadSonar."""


class VerdictRow(Part):
    """One address of a batch; without a verdict where the provider returned no row for it."""

    row: int
    """Position in the question, from 0."""
    email: str
    verdict: EmailVerdict | None = None


class EmailVerdicts(Answer):
    """Deliverability of many addresses, in the order of the question."""

    rows: tuple[VerdictRow, ...]

    @property
    def units(self) -> int:
        return len(self.rows)

    def subjects(self) -> frozenset[str]:
        return frozenset(row.email for row in self.rows)

    def without(self, suppressed: Callable[[frozenset[str]], bool]) -> Self | None:
        kept = tuple(row for row in self.rows if not suppressed(frozenset({row.email})))
        return self.keeping("rows", kept, len(self.rows) - len(kept))


class ValidateEmails(Query[EmailVerdicts]):
    """Do these addresses accept mail?"""

    answer: ClassVar[type[Answer]] = EmailVerdicts
    keep_miss: ClassVar[timedelta] = timedelta(0)

    emails: Annotated[tuple[fields.Email, ...], Field(min_length=1, max_length=MOST_ROWS)]

    @property
    def units(self) -> int:
        return len(self.emails)

    def subjects(self) -> frozenset[str]:
        return frozenset(self.emails)


class Contact(Part):
    """One person to enrich, named by e-mail address, by profile, or by name and company."""

    email: fields.Email | None = None
    profile_url: fields.PersonUrl | None = None
    first_name: fields.FirstName | None = None
    last_name: fields.LastName | None = None
    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None

    @property
    def named(self) -> bool:
        """Whether both halves of the name are there."""
        return bool(self.first_name and self.last_name)

    def subjects(self) -> frozenset[str]:
        """What identifies the person, for suppression."""
        return frozenset(v for v in (self.email, self.profile_url, self.company_domain) if v)

    @model_validator(mode="after")
    def _has_identity(self) -> Self:
        if self.email or self.profile_url or (self.named and (self.company_domain or self.company_name)):
            return self
        raise InvalidInput(
            "A contact cannot be identified: give its email, its profile_url, or names with a company.",
            field="contacts",
            fix="Add email, profile_url, or first_name, last_name and company_domain.",
        )


class ContactRow(Part):
    """What is known of one contact of a batch; all three are absent where nobody was found."""

    row: int
    """Position in the question, from 0."""
    email: FoundEmail | None = None
    phone: FoundPhone | None = None
    person: PersonProfile | None = None

    @property
    def found(self) -> bool:
        """Whether the provider knows the contact at all."""
        return bool(self.email or self.phone or self.person)

    def subjects(self) -> frozenset[str]:
        """What identifies the person, for suppression."""
        known = (self.email, self.phone, self.person)
        return frozenset(subject for answer in known if answer for subject in answer.subjects())


class EnrichedContacts(Answer):
    """Many contacts, in the order of the question."""

    rows: tuple[ContactRow, ...]

    @property
    def units(self) -> int:
        return len(self.rows)

    def subjects(self) -> frozenset[str]:
        return frozenset(subject for row in self.rows for subject in row.subjects())

    def without(self, suppressed: Callable[[frozenset[str]], bool]) -> Self | None:
        kept = tuple(row for row in self.rows if not suppressed(row.subjects()))
        return self.keeping("rows", kept, len(self.rows) - len(kept))


class EnrichContacts(Query[EnrichedContacts]):
    """Contact data of many people; which data is asked for decides the price per row."""

    answer: ClassVar[type[Answer]] = EnrichedContacts
    keep_miss: ClassVar[timedelta] = timedelta(0)

    contacts: Annotated[tuple[Contact, ...], Field(min_length=1, max_length=MOST_ROWS)]
    want_email: bool = True
    want_phone: bool = False

    @property
    def units(self) -> int:
        return len(self.contacts)

    @property
    def extras(self) -> tuple[str, ...]:
        return ("email",) * self.want_email + ("phone",) * self.want_phone

    def subjects(self) -> frozenset[str]:
        return frozenset(subject for contact in self.contacts for subject in contact.subjects())

    @model_validator(mode="after")
    def _wants_something(self) -> Self:
        if self.want_email or self.want_phone:
            return self
        raise InvalidInput(
            "Nothing is asked for: want_email and want_phone are both false.",
            field="want_email",
            fix="Set want_email or want_phone to true.",
        )
