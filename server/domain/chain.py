"""Plans whose first question finds what the second one needs.

A single look-up and a row of a batch take these from here, so they ask, and cost, the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from server.domain.company import CompanyRecord, FindCompany, GetTechnographics, TechStack
from server.domain.contact import DetectJobChange, FindProfileByEmail, JobChange
from server.domain.errors import InvalidInput
from server.domain.person import PersonProfile
from server.domain.plan import Answers, Plan, Step, ask
from server.domain.query import AnyQuery

Q = TypeVar("Q", bound=AnyQuery)

UNRESOLVED = "unresolved.example"
"""Stands in for a domain that an earlier step has yet to find, so that the step can be priced."""


def possible(make: Callable[[], Q]) -> Q | None:
    """A question built from what a provider returned; None where that is not enough to ask it."""
    try:
        return make()
    except (ValidationError, InvalidInput):
        return None


def job_change(
    profile_url: str | None,
    work_email: str | None,
    company_domain: str | None,
    company_name: str | None,
    *,
    fresh: bool = False,
) -> Plan[JobChange]:
    """Whether a person is still at a company; without `profile_url` the profile is found by `work_email` first (C-32).

    With an address alone, its domain is the company. `InvalidInput` where nothing identifies the person.
    """
    if profile_url is not None:
        return ask(_job_change(profile_url, company_domain, company_name, fresh=fresh))
    if work_email is None:
        raise InvalidInput(
            "Something to identify the person is missing: give profile_url or work_email.",
            field="profile_url",
            fix="Add profile_url.",
        )
    domain = company_domain or (None if company_name else work_email.rsplit("@", 1)[1])
    unresolved = _job_change("unresolved", domain, company_name, fresh=fresh)

    def by_profile(answers: Answers) -> DetectJobChange | None:
        profile = answers["profile"]
        url = profile.person.linkedin_url if isinstance(profile, PersonProfile) else None
        return possible(lambda: _job_change(url, domain, company_name, fresh=fresh)) if url else None

    return Plan(
        steps=(
            Step("profile", FindProfileByEmail(work_email=work_email, fresh=fresh)),
            Step("job_change", unresolved, after=("profile",), then=by_profile),
        ),
        answer=JobChange,
        compose=lambda answers: answer if isinstance(answer := answers["job_change"], JobChange) else None,
    )


def _job_change(
    profile_url: str, company_domain: str | None, company_name: str | None, *, fresh: bool
) -> DetectJobChange:
    return DetectJobChange(
        profile_url=profile_url, company_domain=company_domain, company_name=company_name, fresh=fresh
    )


def technographics(company_domain: str | None, company_name: str | None, *, fresh: bool = False) -> Plan[TechStack]:
    """The products of a company; without `company_domain` the company is found by `company_name` first (C-09).

    `InvalidInput` where neither is given.
    """
    require_company(company_domain, company_name)
    step = technographics_step(company_domain, fresh=fresh)
    if company_domain is not None:
        return ask(step.query)
    return Plan(
        steps=(Step("company", FindCompany(company_name=company_name, fresh=fresh)), step),
        answer=TechStack,
        compose=lambda answers: answer if isinstance(answer := answers["technographics"], TechStack) else None,
    )


def technographics_step(company_domain: str | None, *, fresh: bool) -> Step:
    """The products of the company; without `company_domain`, of the one that the step `company` finds."""
    if company_domain is not None:
        return Step("technographics", GetTechnographics(company_domain=company_domain, fresh=fresh))

    def by_domain(answers: Answers) -> GetTechnographics | None:
        record = answers["company"]
        domain = record.company.domain if isinstance(record, CompanyRecord) else None
        return possible(lambda: GetTechnographics(company_domain=domain, fresh=fresh)) if domain else None

    unresolved = GetTechnographics(company_domain=UNRESOLVED, fresh=fresh)
    return Step("technographics", unresolved, after=("company",), then=by_domain)


def require_company(company_domain: str | None, company_name: str | None) -> None:
    """`InvalidInput` where neither identifies a company."""
    if company_domain is None and company_name is None:
        raise InvalidInput(
            "Something to identify the company is missing: give company_domain or company_name.",
            field="company_domain",
            fix="Add company_domain.",
        )
