"""LeadContact: contact search, e-mail verification and phone numbers over REST.

Source: LeadContact API Integration Guide, a walk-through without prices or error bodies. Off until the operator
switches it on (C-82); every price is assumed: 1 per returned contact, verification or phone call (C-80).
"""

from __future__ import annotations

from typing import Any, ClassVar

from server.domain import seniority
from server.domain.company import FindRole, ListEmployees
from server.domain.contact import (
    EmailType,
    EmailVerdict,
    FindMobile,
    FindWorkEmail,
    FoundEmail,
    FoundPhone,
    ValidateEmail,
)
from server.domain.errors import ProviderError, ProviderRejectedRequest
from server.domain.lenient import Count, Flag, Number, Reader, Said, brief
from server.domain.money import Credits
from server.domain.person import PeoplePage, Person, PersonProfile, Seniority
from server.domain.quality import NO_SIGNAL, PROBABLE_FROM, VERIFIED_FROM, Quality, QualityStatus, banded
from server.provider import Flow, Provider, Request, Response, Wire, answers, fault_of_status
from server.providers._build import best_phone, capped, line, phone_answer

_AMONG = 10
"""How many contacts of a company are read to find one person; the operation's price is for as many."""


def _reachable(query: FindMobile) -> bool:
    named = query.first_name and query.last_name and (query.company_name or query.company_domain)
    return bool(query.work_email or query.personal_email or named)


def _anywhere(query: FindRole | ListEmployees) -> bool:
    return query.location is None


class LeadContact(Provider):
    """Flows over the three endpoints."""

    @answers(ValidateEmail)
    def verify(self, query: ValidateEmail) -> Flow[EmailVerdict]:
        """SMTP check of one address."""
        body = {"email": query.email, "smtp_check": True, "format_check": True}
        response = yield Request("POST", "/contacts/verify", json=body)
        check = _Verified.read(response.object()).data
        quality = _verdict(check)
        return EmailVerdict(
            email=query.email,
            status=quality.status,
            score=quality.score,
            smtp_checked=check.smtp_response is not None,
            quality=quality,
        )

    @answers(ListEmployees, when=_anywhere, partial=True)
    @answers(FindRole, when=_anywhere, partial=True)
    def search(self, query: ListEmployees | FindRole) -> Flow[PeoplePage | PersonProfile]:
        """Contacts at a company, the surest first; places are no criterion."""
        titles = [query.job_title] if isinstance(query, FindRole) else []
        response = yield _search(query.company_name or query.company_domain, query.units, titles)
        found = _Searched.read(response.object()).data
        if not found.contacts:
            return None
        read = Reader()
        if isinstance(query, FindRole):
            best = found.contacts[0]
            return PersonProfile(
                person=_person(best, read),
                quality=_confidence(best.email_confidence, "email_confidence"),
                warnings=read.warnings,
            )
        people = tuple(_person(one, read) for one in found.contacts[: query.limit])
        return PeoplePage(people=people, total=found.total, warnings=read.warnings)

    @answers(FindWorkEmail, partial=True)
    def search_person(self, query: FindWorkEmail) -> Flow[FoundEmail]:
        """The person among the surest contacts of the company, by name; the search itself knows no names."""
        response = yield _search(query.company_name or query.company_domain, _AMONG, [])
        wanted = tuple(half.casefold() for half in query.halves)
        for one in _Searched.read(response.object()).data.contacts:
            if ((one.first_name or "").casefold(), (one.last_name or "").casefold()) == wanted:
                return _email(one)
        return None

    @answers(FindMobile, when=_reachable)
    def phones(self, query: FindMobile) -> Flow[FoundPhone]:
        """The best number."""
        response = yield Request("POST", "/contacts/phones", json=_who(query))
        return best_phone(
            phone_answer(
                phone.number,
                kind=line(phone.type),
                quality=_confidence(phone.confidence),
                verified=None if phone.confidence is None else phone.confidence >= VERIFIED_FROM,
                country=phone.country_code,
            )
            for phone in _Phones.read(response.object()).data.phone_numbers
            if phone.number
        )

    def charged(self, response: Response) -> Credits | None:
        """Returned contacts at the assumed price; a reply without contacts is priced by the operation."""
        match response.peek().get("data"):
            case {"contacts": [*contacts]}:
                each = max(self.manifest.operations["search"].prices, key=lambda row: row.since).hit
                return Credits(each * len(contacts))
            case _:
                return None

    def fault(self, response: Response) -> ProviderError | None:
        refused, detail = _refusal(response)
        if response.status >= 400:
            return fault_of_status("LeadContact", response, detail)
        return ProviderRejectedRequest(f"LeadContact refused ({detail or 'no reason given'}).") if refused else None


def _refusal(response: Response) -> tuple[bool, str]:
    """Whether the reply says that it failed, and why."""
    match response.peek():
        case {"success": False, "error": {"message": said}}:
            return True, brief(said)
        case {"success": False}:
            return True, ""
        case _:
            return False, ""


# What is sent


def _search(company: str | None, limit: int, titles: list[str]) -> Request:
    body: dict[str, Any] = {
        "company": company,
        "decision_maker_only": False,
        "include_phone": False,
        "limit": limit,
    }
    return Request("POST", "/contacts/search", json=body | ({"titles": titles} if titles else {}))


def _who(query: FindMobile) -> dict[str, Any]:
    who = {
        "email": query.work_email or query.personal_email,
        "first_name": query.first_name,
        "last_name": query.last_name,
        "company": query.company_name or query.company_domain,
    }
    known = {name: value for name, value in who.items() if value}
    return known | {"include_direct_dial": True, "skip_mobile": False}


# What comes back


class _Contact(Wire):
    first_name: Said = None
    last_name: Said = None
    email: Said = None
    email_confidence: Number = None
    phone: Said = None
    phone_confidence: Number = None
    title: Said = None
    company: Said = None
    department: Said = None


class _Contacts(Wire):
    ignored: ClassVar[frozenset[str]] = frozenset({"credits_remaining"})

    contacts: tuple[_Contact, ...]
    total: Count = None


class _Envelope(Wire):
    ignored: ClassVar[frozenset[str]] = frozenset({"success"})


class _Searched(_Envelope):
    data: _Contacts


class _Check(Wire):
    ignored: ClassVar[frozenset[str]] = frozenset({"email", "verification_timestamp"})

    is_valid: Flag = None
    is_deliverable: Flag = None
    confidence_score: Number = None
    smtp_response: Said = None


class _Verified(_Envelope):
    data: _Check


class _Number(Wire):
    number: Said = None
    type: Said = None
    confidence: Number = None
    country_code: Said = None


class _Numbers(Wire):
    phone_numbers: tuple[_Number, ...]


class _Phones(_Envelope):
    data: _Numbers


# What is answered


def _confidence(score: float | None, basis: str = "confidence") -> Quality:
    return NO_SIGNAL if score is None else banded(score, basis=basis, raw=f"{score:g}")


def _verdict(check: _Check) -> Quality:
    """Deliverability decides; `is_valid` is about syntax alone (C-84)."""
    score, basis = check.confidence_score, "is_deliverable, confidence_score"
    raw = None if score is None else f"{score:g}"
    if check.is_valid is False:
        return Quality(status=QualityStatus.INVALID, score=0.0, basis="is_valid", provider_raw=raw)
    if check.is_deliverable is None or score is None:
        return Quality(status=QualityStatus.UNKNOWN, basis=basis, provider_raw=raw)
    if check.is_deliverable:
        return _confidence(score, basis)
    status = QualityStatus.INVALID if score < PROBABLE_FROM else QualityStatus.RISKY
    return capped(score, 0.69, status, basis=basis, raw=raw)


def _email(contact: _Contact) -> FoundEmail | None:
    read = Reader()
    email = read.email(contact.email)
    if email is None:
        return None
    quality = _confidence(contact.email_confidence, "email_confidence")
    return FoundEmail(
        email=email,
        email_type=EmailType.WORK,
        verified=quality.status is QualityStatus.VERIFIED,
        quality=quality,
        warnings=read.warnings,
    )


def _person(contact: _Contact, read: Reader) -> Person:
    return Person(
        full_name=" ".join(half for half in (contact.first_name, contact.last_name) if half) or None,
        first_name=contact.first_name,
        last_name=contact.last_name,
        job_title=contact.title,
        seniority=Seniority.C_LEVEL if contact.department == "Executive" else seniority.of_title(contact.title),
        job_function=contact.department,
        company_name=contact.company,
        work_email=read.email(contact.email),
        mobile=read.phone(contact.phone),
        has_email=contact.email is not None,
        has_mobile=None if contact.phone is None else True,
    )
