"""The records of the synthetic world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Round:
    """One funding round, in whole US dollars."""

    type: str
    amount_usd: int
    on: date
    investors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Company:
    """A company; everything but `domain` may be drawn from it."""

    domain: str
    name: str
    slug: str
    industry: str
    employees: int
    employee_band: str
    """Such as `51-200`, `10001+`."""
    founded: int
    ownership: str
    city: str
    region: str
    country: str
    country_code: str
    postal_code: str
    street: str
    description: str
    tagline: str
    phone: str
    technologies: tuple[tuple[str, str], ...]
    """Name and category."""
    total_funding_usd: int | None
    rounds: tuple[Round, ...]
    """The newest first."""
    investors: tuple[str, ...]
    competitors: tuple[str, ...]
    """Domains."""
    mail_provider: str
    mx_host: str
    catch_all: bool
    revenue_usd: int
    linkedin_id: str
    """Numeric."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person in their present position."""

    first: str
    last: str
    title: str
    seniority: str
    """c_level, vp, director, manager, senior, mid or entry."""
    function: str
    company: Company
    slug: str
    work_email: str
    personal_email: str
    mobile: str
    """E.164."""
    city: str
    region: str
    country: str
    country_code: str
    headline: str
    summary: str
    previous_company: str | None
    previous_title: str | None
    changed_on: date | None
    """When the present position began, where there is a previous one."""
    id: str

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}"
