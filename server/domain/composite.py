"""Answers that are put together from several questions; a part that was not asked for or not found is absent."""

from __future__ import annotations

from server.domain.company import Company, Competitor, FundingFacts, Technology
from server.domain.contact import EmailVerdict, FoundEmail, FoundPhone, JobChange, JobChangeStatus, PhoneType, Position
from server.domain.jobs import JobPosting
from server.domain.person import Part, Person
from server.domain.quality import QualityStatus
from server.domain.query import Answer


class ContactEmail(Part):
    """An address and how far it can be trusted."""

    email: str
    status: QualityStatus
    score: float | None = None
    validated: bool
    """True where the status comes from a validation, also one that the finder did itself."""

    @classmethod
    def found(cls, answer: FoundEmail) -> ContactEmail | None:
        """The view of a found address; None where it is withheld."""
        if answer.email is None:
            return None
        return cls(
            email=answer.email,
            status=answer.quality.status,
            score=answer.quality.score,
            validated=answer.quality.status is QualityStatus.VERIFIED,
        )

    @classmethod
    def judged(cls, verdict: EmailVerdict) -> ContactEmail:
        """The view of a validated address."""
        return cls(email=verdict.email, status=verdict.status, score=verdict.score, validated=True)


class Phone(Part):
    """A number and its kind."""

    number: str
    """E.164 where the text is a number, else as the provider wrote it."""
    type: PhoneType

    @classmethod
    def found(cls, answer: FoundPhone) -> Phone:
        """The view of a found number."""
        return cls(number=answer.number_e164 or answer.number_raw, type=answer.type)


class DecisionMaker(Part):
    """The person who holds a wanted title."""

    wanted: str
    person: Person
    work_email: ContactEmail | None = None


class DecisionMakers(Answer):
    """Who holds the wanted titles at a company, in the order of the titles."""

    people: tuple[DecisionMaker, ...]
    not_found: tuple[str, ...]
    """Titles that nobody was found for."""

    def subjects(self) -> frozenset[str]:
        return frozenset(subject for one in self.people for subject in one.person.subjects())


class AccountIntel(Answer):
    """What is known of one company, from the parts that were asked for."""

    company: Company | None = None
    funding: FundingFacts | None = None
    competitors: tuple[Competitor, ...] | None = None
    technologies: tuple[Technology, ...] | None = None
    jobs: tuple[JobPosting, ...] | None = None
    total_jobs: int | None = None
    """All open postings, where the provider says how many."""


class JobChangeView(Part):
    """Whether the person still works where they were expected."""

    status: JobChangeStatus
    current: Position | None = None
    previous: Position | None = None
    changed_at: str | None = None

    @classmethod
    def of(cls, answer: JobChange) -> JobChangeView:
        """The view of `answer`."""
        return cls(status=answer.status, current=answer.current, previous=answer.previous, changed_at=answer.changed_at)


class EnrichedContact(Answer):
    """What is known of one person, from the parts that were asked for."""

    work_email: ContactEmail | None = None
    person: Person | None = None
    profile_url: str | None = None
    personal_email: str | None = None
    mobile: Phone | None = None
    job_change: JobChangeView | None = None
