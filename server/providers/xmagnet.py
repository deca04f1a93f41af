"""XMagnet: contact enrichment and e-mail validation over REST.

Source: XMagnet API documentation. A 404 means an unknown endpoint, never an unknown contact (C-96); a miss is a 200
with status `not_found` (C-52). Cached repeats are free and come with `credits_used` 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from server.domain import seniority
from server.domain.account import Balance, GetBalance
from server.domain.bulk import (
    Contact,
    ContactRow,
    EmailVerdicts,
    EnrichContacts,
    EnrichedContacts,
    ValidateEmails,
    VerdictRow,
)
from server.domain.contact import (
    EmailType,
    EmailVerdict,
    FindEmailByProfile,
    FindMobile,
    FindProfileByEmail,
    FindWorkEmail,
    FoundEmail,
    FoundPhone,
    GetProfile,
    PhoneType,
    ValidateEmail,
)
from server.domain.errors import ProviderError, ProviderRejectedKey, ProviderRejectedRequest, RateLimited
from server.domain.lenient import Flag, Number, Reader, Said, Spoken, brief
from server.domain.money import Credits
from server.domain.normalise import FREE_MAIL
from server.domain.person import Person, PersonProfile, Place
from server.domain.quality import NO_SIGNAL, PROBABLE_FROM, Quality, QualityStatus, banded
from server.provider import Flow, Provider, Request, Response, Wire, answers, fault_of_status, said_credits
from server.providers._build import capped, phone_answer

OneContact = FindWorkEmail | FindEmailByProfile | GetProfile | FindProfileByEmail | FindMobile


class XMagnet(Provider):
    """Flows over the five endpoints."""

    @answers(FindWorkEmail)
    @answers(FindEmailByProfile)
    @answers(GetProfile)
    @answers(FindProfileByEmail)
    @answers(FindMobile, partial=True)
    def enrich_single(self, query: OneContact) -> Flow[Any]:
        """One contact in full; each query takes from it what it asks for. The kind of a phone is not told."""
        response = yield Request("POST", "/enrich/single", json=_identity(query) | _refresh(fresh=query.fresh))
        record = _Enriched.read(response.object()).data
        return None if record is None else _PICK[type(query)](record)

    @answers(EnrichContacts)
    def enrich_bulk(self, query: EnrichContacts) -> Flow[EnrichedContacts]:
        """Every row is the full record, whichever data was asked for: the price is the same."""
        contacts = [_contact(one) for one in query.contacts]
        response = yield Request("POST", "/enrich/bulk", json={"contacts": contacts} | _refresh(fresh=query.fresh))
        reply = _BulkEnriched.read(response.object())
        records = {_key(result.input): result.data for result in reply.results}
        rows = (_contact_row(row, records.get(_key(contact)), query) for row, contact in enumerate(contacts))
        strange = records.keys() - {_key(contact) for contact in contacts}
        warnings = (f"{len(strange)} returned rows belong to no contact that was sent.",) if strange else ()
        return EnrichedContacts(rows=tuple(rows), warnings=warnings)

    @answers(ValidateEmail)
    def validate_single(self, query: ValidateEmail) -> Flow[EmailVerdict]:
        """Verdict, score and flags of one address; `unknown` is free."""
        response = yield Request("POST", "/validate/single", json={"email": query.email} | _refresh(fresh=query.fresh))
        return _verdict(query.email, _Validated.read(response.object()).data)

    @answers(ValidateEmails)
    def validate_bulk(self, query: ValidateEmails) -> Flow[EmailVerdicts]:
        """Verdict and score of each address, without the flags."""
        body = {"emails": list(query.emails)} | _refresh(fresh=query.fresh)
        response = yield Request("POST", "/validate/bulk", json=body)
        checks = {check.email.lower(): check for check in _BulkValidated.read(response.object()).results}
        rows = (
            VerdictRow(row=row, email=email, verdict=_verdict(email, checks[email]) if email in checks else None)
            for row, email in enumerate(query.emails)
        )
        return EmailVerdicts(rows=tuple(rows))

    @answers(GetBalance)
    def credits(self, _: GetBalance) -> Flow[Balance]:
        """Plan and credits of the account."""
        response = yield Request("GET", "/credits")
        account = _Account.read(response.object()).data
        read = Reader()
        return Balance(
            plan=account.plan,
            available=account.credits_remaining,
            used=account.credits_used,
            total=account.credits_total,
            resets_at=read.instant(account.resets_at),
            warnings=read.warnings,
        )

    def charged(self, response: Response) -> Credits | None:
        body = response.peek()
        match body.get("summary"):
            case {"credits_used": used}:
                return said_credits(used)
            case _:
                return said_credits(body.get("credits_used"))

    def fault(self, response: Response) -> ProviderError | None:
        said = _failure(response)
        detail = brief(said.get("message"))
        if response.status < 400:
            return self._fault_in_200(said, detail) if said else None
        match response.status:
            case 403:
                return ProviderRejectedKey(
                    f"The XMagnet key lacks the scope for this endpoint ({detail or 'HTTP 403'}).",
                    fix="Generate an XMagnet key with the scopes enrich:read, validate:read and credits:read.",
                )
            case 404:
                return ProviderRejectedRequest(
                    "XMagnet does not know this endpoint.", fix="Check WEIR_XMAGNET_BASE_URL."
                )
            case 429:
                return _rate_limited(said, detail) or fault_of_status("XMagnet", response, detail)
            case _:
                return fault_of_status("XMagnet", response, detail)

    def _fault_in_200(self, said: Mapping[str, Any], detail: str) -> ProviderError:
        if said.get("code") == "RATE_LIMIT_EXCEEDED":
            return _rate_limited(said, detail) or RateLimited("XMagnet is rate limiting.")
        return ProviderRejectedRequest(f"XMagnet rejected the request ({detail or 'no reason given'}).")


def _failure(response: Response) -> dict[str, Any]:
    match response.peek():
        case {"error": {**said}}:
            return said
        case _:
            return {}


def _rate_limited(said: Mapping[str, Any], detail: str) -> RateLimited | None:
    """The wait is in the body, in seconds; None where it is not."""
    match said.get("retry_after"):
        case bool():
            return None
        case int() | float() as seconds if seconds >= 0:
            return RateLimited(f"XMagnet is rate limiting ({detail}).", retry_after=float(seconds))
        case _:
            return None


# What is sent


def _refresh(*, fresh: bool) -> dict[str, Any]:
    """Past the vendor's own 30-day cache, which bills again."""
    return {"force_refresh": True} if fresh else {}


def _identity(query: OneContact) -> dict[str, Any]:
    match query:
        case FindWorkEmail():
            first, last = query.halves
            return {"first_name": first, "last_name": last, "company": query.company_domain or query.company_name}
        case FindEmailByProfile() | GetProfile():
            return {"linkedin_url": query.profile_url}
        case FindProfileByEmail():
            return {"email": query.work_email or query.personal_email}
        case FindMobile(profile_url=str(url)):
            return {"linkedin_url": url}
        case FindMobile():
            return {"email": query.work_email or query.personal_email}


def _contact(contact: Contact) -> dict[str, Any]:
    if contact.email:
        return {"email": contact.email}
    if contact.profile_url:
        return {"linkedin_url": contact.profile_url}
    company = contact.company_domain or contact.company_name
    return {"first_name": contact.first_name, "last_name": contact.last_name, "company": company}


def _key(contact: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Rows are joined by the input that the vendor echoes, never by position."""
    return tuple(sorted((name, str(value).lower()) for name, value in contact.items()))


# What comes back


class _Record(Wire):
    ignored: ClassVar[frozenset[str]] = frozenset({"industry", "company_size"})

    email: Said = None
    first_name: Said = None
    last_name: Said = None
    title: Said = None
    company: Said = None
    company_domain: Said = None
    linkedin_url: Said = None
    location: Said = None
    phone: Said = None


class _Envelope(Wire):
    ignored: ClassVar[frozenset[str]] = frozenset({"status", "credits_used", "credits_remaining", "summary"})


class _Enriched(_Envelope):
    data: _Record | None = None


class _Result(Wire):
    ignored: ClassVar[frozenset[str]] = frozenset({"status"})

    input: dict[str, Any]
    data: _Record | None = None


class _BulkEnriched(_Envelope):
    results: tuple[_Result, ...]


class _Check(Wire):
    ignored: ClassVar[frozenset[str]] = frozenset({"mx_found"})

    email: Spoken
    result: Said = None
    score: Number = None
    is_free_provider: Flag = None
    is_disposable: Flag = None
    is_role_based: Flag = None
    is_catch_all: Flag = None
    smtp_check: Flag = None
    suggestion: Said = None


class _Validated(_Envelope):
    data: _Check


class _BulkValidated(_Envelope):
    results: tuple[_Check, ...]


class _Credits(Wire):
    plan: Said = None
    credits_total: Number = None
    credits_used: Number = None
    credits_remaining: Number = None
    resets_at: Said = None


class _Account(_Envelope):
    data: _Credits


# What is answered


def _email(record: _Record) -> FoundEmail | None:
    read = Reader()
    email = read.email(record.email)
    if email is None:
        return None
    return FoundEmail(
        email=email,
        email_type=EmailType.UNKNOWN,
        verified=False,
        company_domain=read.domain(record.company_domain),
        quality=NO_SIGNAL,
        warnings=read.warnings,
    )


def _phone(record: _Record) -> FoundPhone | None:
    return phone_answer(record.phone, kind=PhoneType.UNKNOWN, quality=NO_SIGNAL) if record.phone else None


def _profile(record: _Record) -> PersonProfile:
    read = Reader()
    email = read.email(record.email)
    person = Person(
        full_name=" ".join(part for part in (record.first_name, record.last_name) if part) or None,
        first_name=record.first_name,
        last_name=record.last_name,
        job_title=record.title,
        seniority=seniority.of_title(record.title),
        linkedin_url=read.person_url(record.linkedin_url),
        location=Place(text=record.location) if record.location else None,
        company_name=record.company,
        company_domain=read.domain(record.company_domain),
        work_email=email if email and email.rsplit("@", 1)[1] not in FREE_MAIL else None,
        mobile=read.phone(record.phone),
        has_email=record.email is not None,
        has_mobile=record.phone is not None,
    )
    return PersonProfile(person=person, quality=NO_SIGNAL, warnings=read.warnings)


_PICK: dict[type[OneContact], Callable[[_Record], FoundEmail | FoundPhone | PersonProfile | None]] = {
    FindWorkEmail: _email,
    FindEmailByProfile: _email,
    GetProfile: _profile,
    FindProfileByEmail: _profile,
    FindMobile: _phone,
}


def _contact_row(row: int, record: _Record | None, query: EnrichContacts) -> ContactRow:
    if record is None:
        return ContactRow(row=row)
    return ContactRow(
        row=row,
        email=_email(record) if query.want_email else None,
        phone=_phone(record) if query.want_phone else None,
        person=_profile(record),
    )


def _verdict(email: str, check: _Check) -> EmailVerdict:
    quality = _quality(check)
    return EmailVerdict(
        email=email,
        status=quality.status,
        score=quality.score,
        is_catch_all=check.is_catch_all,
        is_disposable=check.is_disposable,
        is_role_account=check.is_role_based,
        is_free_provider=check.is_free_provider,
        smtp_checked=check.smtp_check,
        suggested_correction=check.suggestion,
        quality=quality,
    )


def _quality(check: _Check) -> Quality:
    """Status and score of a verdict. A deliverable catch-all is risky all the same: any address gets through."""
    score = None if check.score is None else check.score / 100
    raw = check.result if check.score is None else f"{check.result} {check.score:g}"
    match (check.result or "").lower():
        case "deliverable" if not check.is_catch_all:
            if score is None:
                return Quality(status=QualityStatus.PROBABLE, basis="result", provider_raw=raw)
            graded = banded(score, basis="result, score", raw=raw or "", at_least=PROBABLE_FROM)
            return graded.model_copy(update={"score": max(0.0, min(score, 1.0))})
        case "deliverable" | "risky":
            return capped(score, 0.69, QualityStatus.RISKY, basis="result, score", raw=raw)
        case "undeliverable":
            return capped(score, 0.20, QualityStatus.INVALID, basis="result, score", raw=raw)
        case _:
            return Quality(status=QualityStatus.UNKNOWN, basis="result", provider_raw=check.result)
