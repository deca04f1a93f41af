"""LeadIQ's Prospector: saved lists over REST. Every operation is free."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from server.domain.lenient import Count, Reader, Said, Spoken
from server.domain.lists import AddedProspect, AddProspect, CreateList, ListedCompany, Prospect, ProspectList
from server.domain.quality import QualityStatus
from server.provider import Request
from server.providers._leadiq_people import SENIORITIES, STATUSES, Camel, OrEmpty
from server.providers._leadiq_search import SENIORITY_WORDS

HOST = "prospector"
PAGE = 100
"""The most people of one page."""

_STATUS_WORDS = {
    QualityStatus.VERIFIED: "Verified",
    QualityStatus.PROBABLE: "VerifiedLikely",
    QualityStatus.UNVERIFIED: "Unverified",
    QualityStatus.RISKY: "Unverified",
    QualityStatus.UNKNOWN: "Unverified",
}
"""The three words that the API takes; addresses with any other status are not written (C-67)."""


# What is sent


def creation(query: CreateList) -> Request:
    """A new list; the API refuses a name that it has."""
    body = {"name": query.name, "description": query.description}
    return Request("POST", "/v1/lists", json=_given(body), host=HOST, once=True)


def addition(query: AddProspect) -> Request:
    """One person; an address that bounces or is opted out stays away."""
    wanted = writable(query)
    body = {
        "firstName": query.first_name,
        "lastName": query.last_name,
        "title": query.job_title,
        "company": query.company_name,
        "workEmail": query.work_email if wanted else None,
        "emailStatus": _STATUS_WORDS.get(query.email_status) if wanted and query.email_status else None,
        "mobilePhone": query.mobile_phone,
        "linkedinUrl": query.profile_url,
        "seniority": SENIORITY_WORDS[query.seniority] if query.seniority else None,
        "function": query.job_function,
    }
    return Request("POST", f"/v1/lists/{query.list_id}/prospects", json=_given(body), host=HOST, once=True)


def page(list_id: str, limit: int, cursor: str | None) -> Request:
    """A page of a list."""
    params: dict[str, str | int] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
    return Request("GET", f"/v1/lists/{list_id}/prospects", params=params, host=HOST)


def writable(query: AddProspect) -> bool:
    """Whether the address may go onto a list."""
    return query.work_email is not None and query.email_status not in (QualityStatus.INVALID, QualityStatus.SUPPRESSED)


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


# What comes back


class Created(Camel):
    """A list without its people."""

    id: Spoken
    name: Spoken
    description: Said = None
    created_at: Said = None
    updated_at: Said = None


class Added(Camel):
    """The person as the API confirms them."""

    id: Spoken
    first_name: Said = None
    last_name: Said = None


class _Place(Camel):
    city: Said = None
    state: Said = None
    country: Said = None


class _Company(Camel):
    ignored: ClassVar[frozenset[str]] = frozenset({"location"})

    name: Said = None
    domain: Said = None
    industry: Said = None
    employees: Count = None


class _Item(Camel):
    id: Spoken
    first_name: Said = None
    last_name: Said = None
    name: Said = None
    title: Said = None
    seniority: Said = None
    function: Said = None
    work_email: Said = None
    email_status: Said = None
    mobile_phone: Said = None
    linkedin_url: Said = None
    location: _Place | None = None
    company: _Company | None = None
    updated_at: Said = None


class Items(Camel):
    """A page of a list."""

    items: Annotated[tuple[_Item, ...], OrEmpty] = ()
    next_cursor: Said = None


# What is answered


def list_answer(created: Created) -> ProspectList:
    """The new list."""
    read = Reader()
    return ProspectList(
        list_id=created.id,
        name=created.name,
        description=created.description,
        created_at=read.instant(created.created_at),
        updated_at=read.instant(created.updated_at),
        warnings=read.warnings,
        record_id=created.id,
    )


def added_answer(added: Added, query: AddProspect) -> AddedProspect:
    """What was written, under the id that the API gave it."""
    first, last = added.first_name or query.first_name, added.last_name or query.last_name
    wanted = writable(query)
    prospect = Prospect(
        prospect_id=added.id,
        first_name=first,
        last_name=last,
        full_name=f"{first} {last}",
        job_title=query.job_title,
        seniority=query.seniority,
        job_function=query.job_function,
        work_email=query.work_email if wanted else None,
        email_status=query.email_status if wanted else None,
        mobile_phone=query.mobile_phone,
        linkedin_url=query.profile_url,
        company=ListedCompany(name=query.company_name) if query.company_name else None,
    )
    left_out = query.work_email is not None and not wanted
    warnings = ("The e-mail address is invalid or opted out and was not written.",) if left_out else ()
    return AddedProspect(prospect=prospect, warnings=warnings, record_id=added.id)


def prospect_of(item: _Item, read: Reader) -> Prospect:
    """A person on a list."""
    place, company = item.location or _Place(), item.company
    return Prospect(
        prospect_id=item.id,
        first_name=item.first_name,
        last_name=item.last_name,
        full_name=item.name,
        job_title=item.title,
        seniority=SENIORITIES.get(item.seniority or ""),
        job_function=item.function,
        work_email=read.email(item.work_email),
        email_status=STATUSES.get(item.email_status or ""),
        mobile_phone=read.phone(item.mobile_phone),
        linkedin_url=read.person_url(item.linkedin_url),
        location=read.place(None, place.city, place.state, place.country),
        company=_company(company, read) if company else None,
        updated_at=read.instant(item.updated_at),
    )


def _company(company: _Company, read: Reader) -> ListedCompany:
    return ListedCompany(
        name=company.name,
        domain=read.domain(company.domain),
        industry=company.industry,
        employee_count=company.employees,
    )
