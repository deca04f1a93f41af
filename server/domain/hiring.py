"""What a company's open positions say about it, read from a sample of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from server.domain import seniority
from server.domain.job_filters import ExperienceLevel
from server.domain.jobs import JobPage, JobPosting
from server.domain.person import Part, Seniority
from server.domain.query import Answer


class Hint(StrEnum):
    """A pattern in open positions that usually goes with growth or change."""

    LEADERSHIP = "leadership_hire"
    """A director, vice president or executive is wanted."""
    SALES = "sales_expansion"
    """At least three positions, and a third of the sample, are in sales."""
    ENGINEERING = "engineering_expansion"
    """The same of engineering."""
    PLACES = "several_locations"
    """The sample names at least three places."""
    BURST = "hiring_burst"
    """At least five positions are from the fortnight before the newest."""
    REMOTE = "remote_friendly"
    """At least half of the sample can be done remotely."""


class GrowthHint(Part):
    """One hint, and what it was read from."""

    hint: Hint
    evidence: str


class OpenRole(Part):
    """One open position, in brief."""

    title: str
    function: str | None = None
    seniority: Seniority | None = None
    location: str | None = None
    posted_at: str | None = None
    """ISO 8601."""
    url: str | None = None


class HiringSignals(Answer):
    """A company's open positions in figures; the counts are of the sample, not of all positions."""

    company_name: str | None = None
    open_roles: int | None = None
    """All open positions, where the provider says how many."""
    sample: int
    newest_posting: str | None = None
    """ISO 8601 date."""
    remote_share: float | None = None
    """Of those positions that say whether they are remote; from 0 to 1."""
    by_function: dict[str, int]
    by_seniority: dict[str, int]
    by_location: dict[str, int]
    hints: tuple[GrowthHint, ...]
    roles: tuple[OpenRole, ...]
    """The newest of the sample."""

    @classmethod
    def of(cls, page: JobPage) -> Self:
        """The signals in a page of postings of one company."""
        jobs, roles = page.jobs, [_role(job) for job in page.jobs]
        days = sorted((day for job in jobs if (day := _day(job))), reverse=True)
        remote = [job.is_remote for job in jobs if job.is_remote is not None]
        share = round(sum(remote) / len(remote), 2) if remote else None
        newest = sorted(roles, key=lambda role: role.posted_at or "", reverse=True)
        return cls(
            company_name=next((job.company.name for job in jobs if job.company and job.company.name), None),
            open_roles=page.total,
            sample=len(jobs),
            newest_posting=days[0].isoformat() if days else None,
            remote_share=share,
            by_function=_counts(role.function for role in roles),
            by_seniority=_counts(role.seniority for role in roles),
            by_location=_counts(role.location for role in roles),
            hints=tuple(_hints(roles, days, share)),
            roles=tuple(newest[:_SHOWN]),
            warnings=page.warnings,
        )


_SHOWN = 10
_FORTNIGHT = timedelta(days=14)
_LEADERS = (Seniority.C_LEVEL, Seniority.VP, Seniority.DIRECTOR)
_LEVELS = {
    ExperienceLevel.ENTRY: Seniority.ENTRY,
    ExperienceLevel.MID: Seniority.MID,
    ExperienceLevel.SENIOR: Seniority.SENIOR,
}
_SALES = re.compile(r"\b(?:sales|seller|account (?:executive|manage)|business development)", re.IGNORECASE)
_ENGINEERING = re.compile(r"\b(?:engineer|develop(?:er|ment)|devops|data scien|software)", re.IGNORECASE)


def _role(job: JobPosting) -> OpenRole:
    family = job.occupation.level1 if job.occupation else None
    level = _LEVELS.get(job.seniority) if job.seniority else None
    return OpenRole(
        title=job.title or "untitled",
        function=family.name if family else None,
        seniority=seniority.of_title(job.title) or level,
        location=job.location_text,
        posted_at=job.posted_at,
        url=job.apply_url,
    )


def _day(job: JobPosting) -> date | None:
    try:
        return date.fromisoformat((job.posted_at or "")[:10])
    except ValueError:
        return None


def _counts(values: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(str(value) for value in values if value is not None).most_common())


def _hints(roles: Sequence[OpenRole], days: Sequence[date], remote_share: float | None) -> Iterable[GrowthHint]:
    leaders = [role.title for role in roles if role.seniority in _LEADERS]
    if leaders:
        yield GrowthHint(hint=Hint.LEADERSHIP, evidence="; ".join(dict.fromkeys(leaders[:3])))
    for hint, words in ((Hint.SALES, _SALES), (Hint.ENGINEERING, _ENGINEERING)):
        titles = [role.title for role in roles if words.search(role.function or role.title)]
        if len(titles) >= max(3, len(roles) / 3):
            yield GrowthHint(hint=hint, evidence=f"{len(titles)} of {len(roles)}, such as {titles[0]}")
    places = _counts(role.location for role in roles)
    if len(places) >= 3:
        yield GrowthHint(hint=Hint.PLACES, evidence="; ".join(list(places)[:5]))
    recent = [day for day in days if day >= days[0] - _FORTNIGHT]
    if len(recent) >= 5:
        yield GrowthHint(hint=Hint.BURST, evidence=f"{len(recent)} from {recent[-1]} to {recent[0]}")
    if remote_share is not None and remote_share >= 0.5:
        yield GrowthHint(hint=Hint.REMOTE, evidence=f"{remote_share:.0%}")
