"""LeadSonar: a waterfall over some twenty other providers, behind REST.

Source: LeadSonar API. The price is flat, found or not (C-71); `cost_credits` in a reply counts. Batches are jobs:
one flow submits and polls. A job tells no verified flag, so its addresses are never `verified` (C-74).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from server.domain.account import Balance, GetBalance
from server.domain.bulk import Contact, ContactRow, EnrichContacts, EnrichedContacts
from server.domain.contact import (
    EmailType,
    FindEmailByProfile,
    FindMobile,
    FindWorkEmail,
    FoundEmail,
    FoundPhone,
)
from server.domain.errors import ProviderError, ProviderNonsense, ProviderOutcomeUnknown, ProviderRejectedRequest
from server.domain.lenient import AllSaid, Count, Flag, Number, Reader, Said, Spoken, brief
from server.domain.money import Credits
from server.domain.quality import NO_SIGNAL, Quality, QualityStatus, banded
from server.domain.roster import ListSources, Roster, Source
from server.provider import Flow, Provider, Request, Response, Wire, answers, fault_of_status, said_credits
from server.providers._build import line, phone_answer

_SLOWEST = 5.0
_POLLS = 60
"""With a growing pause between them, about five minutes; the vendor's sample job takes fifteen seconds."""


def _by_name(query: FindWorkEmail) -> bool:
    return query.company_domain is not None and all(query.halves)


def _hinted(query: FindEmailByProfile | FindMobile) -> bool:
    return bool(query.first_name and query.last_name and query.company_domain)


def _all_named(query: EnrichContacts) -> bool:
    return all(one.named and one.company_domain for one in query.contacts)


class LeadSonar(Provider):
    """Flows over look-ups, jobs, balance and roster."""

    @answers(FindWorkEmail, when=_by_name)
    @answers(FindEmailByProfile, when=_hinted)
    def find_email(self, query: FindWorkEmail | FindEmailByProfile) -> Flow[FoundEmail]:
        """The first verified address of the sources, else the best one; blocks for 2 to 10 seconds."""
        response = yield Request("POST", "/find-email", json=_who(query))
        found = _Email.read(response.object())
        return _email(found.email, _quality(found), found.provider, query.company_domain)

    @answers(FindMobile, when=_hinted)
    def find_phone(self, query: FindMobile) -> Flow[FoundPhone]:
        """The first number of the sources, of any kind."""
        response = yield Request("POST", "/find-phone", json=_who(query))
        found = _Phone.read(response.object())
        if found.phone is None:
            return None
        verified = Quality(
            status=QualityStatus.VERIFIED if found.validated else QualityStatus.UNVERIFIED,
            score=0.90 if found.validated else None,
            basis="validated",
            provider_raw=str(found.validated).lower(),
        )
        kind = line(found.phone_type)
        return phone_answer(found.phone, kind=kind, quality=verified, verified=found.validated, source=found.provider)

    @answers(EnrichContacts, when=_all_named)
    def enrich_submit(self, query: EnrichContacts) -> Flow[EnrichedContacts]:
        """A job over all rows, polled until it is done."""
        contacts = [_contact(one) for one in query.contacts]
        response = yield Request("POST", "/enrich", json={"contacts": contacts, "fields": list(query.extras)})
        job = _Job.read(response.object())
        pause = 1.0
        for _ in range(_POLLS):
            response = yield Request("GET", f"/enrich/{job.path}", after=pause)
            progress = _Progress.read(response.object())
            if progress.status != "processing":
                return progress.answer(query)
            pause = min(_SLOWEST, pause * 1.5)
        raise ProviderOutcomeUnknown(
            f"LeadSonar's job {job.id} did not finish in time; it is charged whatever comes of it.",
            fix="Read the job in the LeadSonar dashboard; do not submit the rows again.",
        )

    @answers(GetBalance)
    def credits(self, _: GetBalance) -> Flow[Balance]:
        """Credits left, and spent since the account exists."""
        response = yield Request("GET", "/credits")
        account = _Account.read(response.object())
        return Balance(available=account.balance, used=account.total_spent, total=account.total_earned)

    @answers(ListSources)
    def providers(self, _: ListSources) -> Flow[Roster]:
        """The sources that LeadSonar asks, in the order of its list."""
        response = yield Request("GET", "/providers")
        roster = _Roster.read(response.object())
        return Roster(sources=tuple(map(_source, roster.providers)), enabled=roster.total_enabled)

    def charged(self, response: Response) -> Credits | None:
        return said_credits(response.peek().get("cost_credits"))

    def fault(self, response: Response) -> ProviderError | None:
        if response.status < 400:
            return None
        detail = brief(response.peek().get("error"))
        if response.status == 404:
            said = f" ({detail})" if detail else ""
            return ProviderRejectedRequest(f"LeadSonar does not know this job or endpoint{said}.")
        return fault_of_status("LeadSonar", response, detail)


# What is sent


def _who(query: FindWorkEmail | FindEmailByProfile | FindMobile) -> dict[str, Any]:
    first, last = query.halves if isinstance(query, FindWorkEmail) else (query.first_name, query.last_name)
    who = {"first_name": first, "last_name": last, "domain": query.company_domain}
    url = None if isinstance(query, FindWorkEmail) else query.profile_url
    return who | ({"linkedin_url": url} if url else {})


def _contact(contact: Contact) -> dict[str, Any]:
    who = {
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "domain": contact.company_domain,
        "linkedin_url": contact.profile_url,
        "company_name": contact.company_name,
    }
    return {name: value for name, value in who.items() if value}


def _key(first: str | None, last: str | None, domain: str | None) -> tuple[str, ...]:
    """Rows are joined by what the vendor echoes of them, never by position."""
    return tuple((part or "").casefold() for part in (first, last, domain))


# What comes back


class _Email(Wire):
    ignored: ClassVar[frozenset[str]] = frozenset({"cost_credits"})

    email: Said = None
    confidence: Number = None
    provider: Said = None
    verified: Flag = None


class _Phone(Wire):
    ignored: ClassVar[frozenset[str]] = frozenset({"cost_credits"})

    phone: Said = None
    phone_type: Said = None
    provider: Said = None
    validated: Flag = None


class _Job(Wire):
    ignored: ClassVar[frozenset[str]] = frozenset({"status", "total_contacts", "estimated_seconds"})

    id: Spoken

    @property
    def path(self) -> str:
        """The id where it is safe inside a path: letters, digits and dashes."""
        if not self.id.replace("-", "").isalnum():
            raise ProviderNonsense("LeadSonar's job has no usable id.")
        return self.id


class _Row(Wire):
    first_name: Said = None
    last_name: Said = None
    domain: Said = None
    email: Said = None
    email_confidence: Number = None
    phone: Said = None
    phone_type: Said = None
    providers_used: AllSaid = ()

    def answer(self, row: int) -> ContactRow:
        """The row with what was found; several sources may have had a part in it."""
        source = ", ".join(self.providers_used) or None
        graded = _by_confidence(self.email_confidence, "email_confidence")
        phone = (
            phone_answer(self.phone, kind=line(self.phone_type), quality=NO_SIGNAL, source=source)
            if self.phone
            else None
        )
        return ContactRow(row=row, email=_email(self.email, graded, source, self.domain), phone=phone)


class _Progress(Wire):
    ignored: ClassVar[frozenset[str]] = frozenset({"id", "progress", "meta"})

    status: Spoken
    contacts: tuple[_Row, ...] = ()

    def answer(self, query: EnrichContacts) -> EnrichedContacts:
        """Every row of the question, found or not."""
        if self.status != "completed":
            raise ProviderNonsense(f"LeadSonar's job ended as '{brief(self.status)}', which it does not document.")
        known = {_key(row.first_name, row.last_name, row.domain): row for row in self.contacts}
        keys = (_key(one.first_name, one.last_name, one.company_domain) for one in query.contacts)
        found = (known.get(key) for key in keys)
        rows = (one.answer(row) if one else ContactRow(row=row) for row, one in enumerate(found))
        return EnrichedContacts(rows=tuple(rows))


class _Account(Wire):
    balance: Number = None
    total_earned: Number = None
    total_spent: Number = None


class _Source(Wire):
    name: Spoken
    type: Said = None
    tier: Said = None
    enabled: Flag = None


class _Roster(Wire):
    providers: tuple[_Source, ...]
    total_enabled: Count = None


# What is answered


def _email(said: str | None, quality: Quality, source: str | None, domain: str | None) -> FoundEmail | None:
    read = Reader()
    email = read.email(said)
    if email is None:
        return None
    return FoundEmail(
        email=email,
        email_type=EmailType.WORK,
        verified=quality.status is QualityStatus.VERIFIED,
        company_domain=read.domain(domain),
        quality=quality,
        warnings=read.warnings,
        provider_source=source,
    )


def _quality(found: _Email) -> Quality:
    """A verified flag lifts the score to the band's foot; without it the band of the confidence stops short of it."""
    if not found.verified:
        return _by_confidence(found.confidence, "confidence")
    score = max(min(found.confidence or 0.0, 1.0), 0.90)
    raw = "verified" if found.confidence is None else f"verified {found.confidence:g}"
    return Quality(status=QualityStatus.VERIFIED, score=score, basis="verified, confidence", provider_raw=raw)


def _by_confidence(confidence: float | None, basis: str) -> Quality:
    return NO_SIGNAL if confidence is None else banded(confidence, basis=basis, raw=f"{confidence:g}", at_most=0.89)


_KINDS: Mapping[str, tuple[bool, bool]] = {"both": (True, True), "email": (True, False), "phone": (False, True)}


def _source(source: _Source) -> Source:
    emails, phones = _KINDS.get(source.type or "", (False, False))
    return Source(name=source.name, emails=emails, phones=phones, tier=source.tier, enabled=source.enabled is not False)
