"""LeadSonar: blocking look-ups of one address or phone, and jobs of up to 100 contacts; flat price, hit or miss."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from server.sandbox import api, magic, world
from server.sandbox.api import Api, Call, PerAccount, Refusal
from server.sandbox.draw import Draw
from server.sandbox.leadsonar_openapi import document
from server.sandbox.record import Person

# Hundredths of a credit per contact: LeadSonar API, Pricing (C-70, C-71).
PRICES = {"email": 100, "phone": 500}
_SAMPLE_PHONE_PRICE = 200
_MOST_CONTACTS = 100
JOB_SECONDS = 0.3
_USD_PER_CREDIT = 0.42 / 18
"""Follows from the documented job of three contacts; the vendor gives no rate (C-72)."""
_DISABLED = frozenset({"kaspr", "anymail"})
# Name, what it finds, tier: LeadSonar API, Provider List; two of the twenty are switched off (C-73).
PROVIDERS = (
    ("leadmagic", "both", "T1"), ("prospeo", "both", "T1"), ("findymail", "email", "T2"), ("datagma", "email", "T2"),
    ("dropcontact", "email", "T2"), ("snovio", "email", "T2"), ("peopledatalabs", "both", "T2"),
    ("icypeas", "email", "T2"), ("tomba", "email", "T2"), ("enrow", "email", "T2"), ("wiza", "both", "T2"),
    ("skrapp", "email", "T2"), ("kaspr", "both", "T2"), ("norbert", "email", "T2"), ("anymail", "email", "T2"),
    ("apollo", "both", "T3"), ("hunter", "email", "T3"), ("rocketreach", "both", "T3"), ("contactout", "phone", "T1"),
    ("lusha", "phone", "T1"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Email:
    value: str
    confidence: float
    provider: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Phone:
    value: str
    provider: str


# The documented contacts, as the look-ups and the job show them.
_SAMPLE_EMAILS = {"sarahchen": (0.95, "leadmagic"), "marcusrivera": (0.92, "prospeo"),
                  "emily-nakamura-figma": (0.88, "findymail")}  # fmt: skip
_SAMPLE_JOB_PHONES: dict[str, Phone | None] = {
    "marcusrivera": Phone("+12125553847", "lusha"),
    "emily-nakamura-figma": None,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One contact of a job: who was asked for, and what was found."""

    asked: dict[str, str]
    email: Email | None
    phone: Phone | None

    def shown(self) -> dict[str, Any]:
        used = [found.provider for found in (self.email, self.phone) if found]
        return {
            **self.asked,
            "email": self.email and self.email.value,
            "email_confidence": self.email.confidence if self.email else 0,
            "phone": self.phone and self.phone.value,
            "phone_type": "mobile" if self.phone else None,
            "providers_used": list(dict.fromkeys(used)),
        }


@dataclass(frozen=True, slots=True)
class Job:
    """A bulk job; it completes by the clock."""

    id: str
    rows: list[Row]
    credits: float
    started: float = field(default_factory=time.monotonic)

    def shown(self) -> dict[str, Any]:
        elapsed = time.monotonic() - self.started
        done = elapsed >= JOB_SECONDS
        completed = self.rows if done else self.rows[: int(len(self.rows) * elapsed / JOB_SECONDS)]
        progress = {
            "total": len(self.rows),
            "completed": len(completed),
            "emails_found": sum(row.email is not None for row in completed),
            "phones_found": sum(row.phone is not None for row in completed),
        }
        shown = {"id": self.id, "status": "completed" if done else "processing", "progress": progress}
        return {**shown, **self._results()} if done else shown

    def _results(self) -> dict[str, Any]:
        usd = round(self.credits * _USD_PER_CREDIT, 4)
        meta = {"total_cost_usd": usd, "duration_ms": round(JOB_SECONDS * 1000)}
        return {"contacts": [row.shown() for row in self.rows], "meta": meta}


_jobs: PerAccount[dict[str, Job]] = PerAccount(dict)


def routes() -> list[BaseRoute]:
    """All routes, relative to `https://api.leadsonar.com/api/v1`."""
    return [
        _API.route("POST", "/find-email", _find_email),
        _API.route("POST", "/find-phone", _find_phone),
        _API.route("POST", "/enrich", _enrich_submit),
        _API.route("GET", "/enrich/{id}", _enrich_get),
        _API.route("GET", "/credits", _credits),
        _API.route("GET", "/providers", _providers),
        Route("/openapi.json", _openapi),
        _API.unknown("Not found"),
    ]


def _find_email(call: Call) -> Response:
    found = _email(_person(call.body))
    cost = call.account.charge("find_email", _price("email", found is not None), found=found is not None)
    body = {
        "email": found and found.value,
        "confidence": found.confidence if found else 0,
        "provider": found and found.provider,
        "verified": bool(found and found.verified),
    }
    return _priced(body, cost)


def _find_phone(call: Call) -> Response:
    found = _phone(_person(call.body))
    cost = call.account.charge("find_phone", _price("phone", found is not None), found=found is not None)
    body = {
        "phone": found and found.value,
        "phone_type": "mobile" if found else None,
        "provider": found and found.provider,
        "validated": found is not None and not magic.wants("unknown"),
    }
    return _priced(body, cost)


def _enrich_submit(call: Call) -> Response:
    contacts = api.array(call.body, "contacts", _MOST_CONTACTS)
    fields = _fields(call.body)
    api.text(call.body, "webhook_url")
    rows = [_row(contact, index, fields) for index, contact in enumerate(contacts)]
    taken = call.account.charge("enrich_submit", len(rows) * sum(PRICES[name] for name in fields))
    job = Job(str(uuid.uuid4()), rows, taken / 100)
    _jobs.of(call.account)[job.id] = job
    body = {"id": job.id, "status": "processing", "total_contacts": len(rows), "estimated_seconds": 1}
    return JSONResponse(body, 201)


def _enrich_get(call: Call) -> Response:
    job = _jobs.of(call.account).get(call.path["id"].lower())
    if job is None:
        raise Refusal(404, "Enrichment job not found")
    call.account.charge("enrich_get", 0)
    return JSONResponse(job.shown())


def _credits(call: Call) -> Response:
    account = call.account
    account.charge("credits", 0)
    body = {"balance": account.balance, "total_earned": account.opening, "total_spent": account.charged}
    return JSONResponse({name: amount // 100 for name, amount in body.items()})


def _providers(call: Call) -> Response:
    call.account.charge("providers", 0)
    rows = [
        {"name": name, "type": kind, "tier": tier, "enabled": name not in _DISABLED} for name, kind, tier in PROVIDERS
    ]
    return JSONResponse({"providers": rows, "total_enabled": len(rows) - len(_DISABLED)})


async def _openapi(_: Request) -> Response:
    return JSONResponse(document())


def _priced(body: dict[str, Any], cost: int) -> Response:
    if not magic.wants("silent-price"):
        body["cost_credits"] = cost // 100 if cost % 100 == 0 else cost / 100
    return JSONResponse(body)


def _price(datum: str, found: bool) -> int:
    """The flat price; `other-price` is the sample's figure for a phone, and a refund of misses (C-70, C-71)."""
    if not magic.wants("other-price"):
        return PRICES[datum]
    return 0 if not found else _SAMPLE_PHONE_PRICE if datum == "phone" else PRICES[datum]


def _fields(body: dict[str, Any]) -> list[str]:
    if body.get("fields") is None:
        return ["email"]
    fields = api.array(body, "fields", 10)
    if any(name not in PRICES for name in fields):
        raise Refusal(400, "fields must contain only 'email' and 'phone'", field="fields")
    return list(dict.fromkeys(fields))


def _row(contact: object, index: int, fields: list[str]) -> Row:
    if not isinstance(contact, dict):
        raise Refusal(400, f"contacts[{index}] must be an object")
    named = cast("dict[str, Any]", contact)
    try:
        with api.row(named):
            one = _person(named)
            email = _email(one) if "email" in fields else None
            phone = _phone(one, in_job=True) if "phone" in fields else None
    except Refusal as refusal:
        raise Refusal(400, f"contacts[{index}]: {refusal.message}") from refusal
    asked = {name: str(named[name]) for name in ("first_name", "last_name", "domain")}
    return Row(asked, email, phone)


def _person(contact: dict[str, Any]) -> Person | None:
    """The person of that name at that domain, else the one behind the profile if they work there."""
    required: list[str] = []
    for name in ("first_name", "last_name", "domain"):
        value = api.text(contact, name)
        if value is None:
            raise Refusal(400, f"{name} is required")
        required.append(value)
    url = api.text(contact, "linkedin_url")
    first, last, domain = required
    company = world.company(domain)
    if company is None or api.missing():
        return None
    named = world.person(first, last, company)
    linked = world.person_at(url) if url else None
    return named or (linked if linked and linked.company.domain == company.domain else None)


def _email(one: Person | None) -> Email | None:
    if one is None or not api.covers("leadsonar", one, "work_email"):
        return None
    verified = api.verdict(one.work_email) == "valid"
    draw = Draw("leadsonar", "email", one.slug)
    sample = _SAMPLE_EMAILS.get(one.slug)
    if sample:
        return Email(one.work_email, sample[0], sample[1], verified)
    confidence = (90 + draw.below(10)) if verified else (55 + draw.below(34))
    return Email(one.work_email, confidence / 100, _finder(draw, "email"), verified)


def _phone(one: Person | None, *, in_job: bool = False) -> Phone | None:
    if one is None or not api.covers("leadsonar", one, "mobile"):
        return None
    if in_job and one.slug in _SAMPLE_JOB_PHONES:
        return _SAMPLE_JOB_PHONES[one.slug]
    documented = one.slug in _SAMPLE_EMAILS
    return Phone(one.mobile, "contactout" if documented else _finder(Draw("leadsonar", "phone", one.slug), "phone"))


def _finder(draw: Draw, datum: str) -> str:
    """Who finds it: any enabled provider of that datum."""
    able = [name for name, kind, _ in PROVIDERS if kind in (datum, "both") and name not in _DISABLED]
    return draw.pick(able)


def _envelope(refusal: Refusal) -> Response:
    return JSONResponse({"error": refusal.message}, refusal.status, refusal.headers)


_API = Api("leadsonar", api.header_key, _envelope)
refusal = _API.refusal
