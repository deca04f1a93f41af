"""Job postings of the listed companies, up to 60 days old on any day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

from server.sandbox import names, world
from server.sandbox.draw import Draw
from server.sandbox.leadmagic.job_catalog import ROLES, Role
from server.sandbox.record import Company

_LEADMAGIC_ID = 102413


@dataclass(frozen=True, slots=True)
class Posting:
    """One open job."""

    id: int
    title: str
    role: Role
    company: Company
    city: str
    state: str
    country: str
    country_code: str
    salary: tuple[int, int] | None
    work_mode: int
    type_id: int
    language: str
    age: int
    """Days since it was posted."""
    agency: bool

    @property
    def remote(self) -> bool:
        return self.work_mode == 3

    @property
    def published(self) -> date:
        return datetime.now(UTC).date() - timedelta(days=self.age)

    @property
    def location(self) -> str:
        return f"{self.city}, {self.state}"

    @property
    def description(self) -> str:
        return f"{self.company.name} is looking for a {self.title} in {self.city}. {self.company.description}"

    @property
    def apply_url(self) -> str:
        return f"https://{self.company.domain}/careers/{self.id}"

    @property
    def continent(self) -> str:
        return names.continent(self.country_code)


def company_id(company: Company) -> int:
    return _LEADMAGIC_ID if company.domain == "leadmagic.io" else int(company.linkedin_id)


@cache
def postings() -> tuple[Posting, ...]:
    """All open jobs, the newest first."""
    found = [posting for company in world.companies() for posting in _of(company)]
    return tuple(sorted(found, key=lambda one: (one.age, one.id)))


def _of(company: Company) -> Iterator[Posting]:
    if company.domain == "leadmagic.io":
        yield _documented(company)
    for number in range(Draw("hiring", company.domain).below(8)):
        yield _posting(company, number)


def _documented(company: Company) -> Posting:
    role = next(role for role in ROLES if role.title == "VP of Sales")
    place = ("San Francisco", "CA", "United States", "US")
    return Posting(900_001, role.title, role, company, *place, (220_000, 280_000), 3, 1, "en", 9, agency=False)


def _posting(company: Company, number: int) -> Posting:
    draw = Draw("posting", company.domain, str(number))
    role = draw.pick(ROLES)
    city, state, country, code, _, _ = draw.pick([p for p in names.PLACES if p[3] == company.country_code])
    low = role.usd * (80 + draw.below(30)) // 100
    return Posting(
        id=1_000_000 + draw.below(8_000_000),
        title=role.title,
        role=role,
        company=company,
        city=city,
        state=state,
        country=country,
        country_code=code,
        salary=(low, low * 5 // 4) if draw.percent(70) else None,
        work_mode=draw.pick((1, 1, 2, 3)),
        type_id=draw.pick((1, 1, 1, 1, 2, 3, 4, 5)),
        language={"DE": "de", "FR": "fr", "SE": "sv"}.get(code, "en"),
        age=draw.below(61),
        agency=draw.percent(5),
    )
