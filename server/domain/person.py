"""People as answers describe them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from server.domain.query import Answer


class Part(BaseModel):
    """A piece of an answer. A field that may be absent is None here and left out on the wire."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Seniority(StrEnum):
    """Seniority over all providers; `capability_matrix` section 4.5 maps each provider's own words."""

    C_LEVEL = "c_level"
    VP = "vp"
    DIRECTOR = "director"
    MANAGER = "manager"
    SENIOR = "senior"
    MID = "mid"
    ENTRY = "entry"
    OTHER = "other"


class Place(Part):
    """A location; `country_code` is ISO 3166-1 alpha-2."""

    text: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    country_code: str | None = None


class Employment(Part):
    """One position of a career."""

    title: str | None = None
    company: str | None = None
    period: str | None = None


class Education(Part):
    """One school or degree."""

    institution: str | None = None
    degree: str | None = None
    period: str | None = None


class Certification(Part):
    """One certificate."""

    name: str | None = None
    issuer: str | None = None
    issued: str | None = None


class UnlockPrice(Part):
    """Credits that the provider charges to reveal a contact detail."""

    email: float | None = None
    mobile: float | None = None


class Person(Part):
    """A person, in whatever depth the provider has."""

    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    job_title: str | None = None
    headline: str | None = None
    summary: str | None = None
    seniority: Seniority | None = None
    job_function: str | None = None
    linkedin_url: str | None = None
    location: Place | None = None
    company_name: str | None = None
    company_domain: str | None = None
    work_email: str | None = None
    masked_email: str | None = None
    mobile: str | None = None
    """E.164."""
    mobile_raw: str | None = None
    """As the provider prints it, where it has no E.164 form (C-91)."""
    has_email: bool | None = None
    has_mobile: bool | None = None
    work_history: tuple[Employment, ...] = ()
    education: tuple[Education, ...] = ()
    certifications: tuple[Certification, ...] = ()
    follower_band: str | None = None
    unlock_price: UnlockPrice | None = None
    record_id: str | None = None

    @property
    def brief(self) -> Person:
        """Without the texts and the career, which fill pages; a profile lookup has them."""
        left_out = dict.fromkeys(("headline", "summary", "follower_band"))
        return self.model_copy(update={**left_out, "work_history": (), "education": (), "certifications": ()})

    def subjects(self) -> frozenset[str]:
        """What identifies the person, for suppression; somebody at a company that opted out has opted out too."""
        return frozenset(v for v in (self.linkedin_url, self.work_email, self.mobile, self.company_domain) if v)


class PersonProfile(Answer):
    """One person."""

    person: Person

    def subjects(self) -> frozenset[str]:
        return self.person.subjects()


class PeoplePage(Answer):
    """People in the provider's order, best match first."""

    people: tuple[Person, ...]
    total: int | None = None
    """All matches, where the provider says how many."""

    @property
    def units(self) -> int:
        return len(self.people)

    @property
    def brief(self) -> PeoplePage:
        """The page with brief people."""
        return self.model_copy(update={"people": tuple(person.brief for person in self.people)})

    def subjects(self) -> frozenset[str]:
        return frozenset(subject for person in self.people for subject in person.subjects())

    def without(self, suppressed: Callable[[frozenset[str]], bool]) -> Self | None:
        kept = tuple(person for person in self.people if not suppressed(person.subjects()))
        return self.keeping("people", kept, len(self.people) - len(kept))
