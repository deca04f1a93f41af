"""LeadContact: contacts at a company, SMTP verification and phone numbers, with a daily quota of requests by plan.

The vendor documents no price: one credit per returned contact, verification or phone request is assumed (C-80).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from server.sandbox import api, magic, world
from server.sandbox.api import Api, Call, PerAccount, Refusal
from server.sandbox.draw import Draw
from server.sandbox.record import Person

_PRICE = 100
_MOST_CONTACTS = 100
_DEFAULT_CONTACTS = 10
# Requests per day by plan: LeadContact API Integration Guide, Rate Limits. Other keys are on an unlimited plan.
QUOTAS = {"sandbox-free": 25, "sandbox-starter": 500, "sandbox-professional": 2000}
_DECIDERS = ("c_level", "vp", "director")
_CODES = {
    400: "invalid_request",
    401: "unauthorized",
    402: "insufficient_credits",
    403: "forbidden",
    404: "not_found",
    429: "rate_limit_exceeded",
}
_SAMPLE_CONFIDENCES = {"jane.smith@acmecorp.com": 0.98, "john.doe@company.com": 0.96}
_SAMPLE_DIRECT_DIAL = "john.doe@company.com"
_SAMPLE_PHONE_CONFIDENCES = {"jane.smith@acmecorp.com": 0.95, _SAMPLE_DIRECT_DIAL: 0.94}


@dataclass(slots=True)
class Quota:
    """Requests of the present day, in UTC."""

    day: date = date.min
    used: int = 0

    def enter(self, most: int | None, now: datetime) -> None:
        """Count a request, where the day has one left."""
        if now.date() != self.day:
            self.day, self.used = now.date(), 0
        if most is not None and self.used >= most:
            midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
            wait = max(1, round((midnight - now).total_seconds()))
            raise Refusal(429, f"Daily limit of {most} requests reached.", retry_after=wait)
        self.used += 1


_quotas = PerAccount(Quota)


def routes() -> list[BaseRoute]:
    """All routes, relative to `https://api.leadcontact.ai/v1`."""
    return [
        _API.route("POST", "/contacts/search", _search),
        _API.route("POST", "/contacts/verify", _verify),
        _API.route("POST", "/contacts/phones", _phones),
        _API.unknown("No such endpoint."),
    ]


def _search(call: Call) -> Response:
    (company,) = call.need("company")
    limit = _limit(call.body)
    found = _matches(company, call.body)
    contacts = [_contact(one, api.flag(call.body, "include_phone")) for one in found[:limit]]
    call.account.require(_PRICE * max(1, len(contacts)))
    call.account.charge("search", _PRICE * len(contacts))
    data: dict[str, Any] = {"contacts": contacts, "total": len(found)}
    if not magic.wants("silent-price"):
        data["credits_remaining"] = call.account.balance // 100
    return JSONResponse({"success": True, "data": data})


def _verify(call: Call) -> Response:
    (email,) = call.need("email")
    smtp = api.flag(call.body, "smtp_check", default=True)
    api.flag(call.body, "format_check", default=True)
    call.account.charge("verify", _PRICE)
    data = {
        "email": email,
        **(_verdict(email, smtp) if api.is_address(email) else _refused(None, valid=False)),
        "verification_timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return JSONResponse({"success": True, "data": data})


def _phones(call: Call) -> Response:
    direct = api.flag(call.body, "include_direct_dial", default=True)
    mobile = not api.flag(call.body, "skip_mobile")
    one = _person(call)
    numbers = _numbers(one, direct=direct, mobile=mobile) if one else []
    call.account.charge("phones", _PRICE, found=bool(numbers))
    return JSONResponse({"success": True, "data": {"phone_numbers": numbers}})


def _limit(body: dict[str, Any]) -> int:
    limit = body.get("limit", _DEFAULT_CONTACTS)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= _MOST_CONTACTS:
        raise Refusal(400, f"limit must be a number from 1 to {_MOST_CONTACTS}.", field="limit")
    return limit


def _matches(company: str, body: dict[str, Any]) -> list[Person]:
    """Everybody at the company who fits the filters, the surest address first."""
    departments, titles = set(_words(body, "departments")), _words(body, "titles")
    deciders = api.flag(body, "decision_maker_only")
    employer = None if api.missing() else world.company(company) or world.company_named(company)
    found = [
        one
        for one in (world.employees(employer) if employer else ())
        if any(api.covers("leadcontact", one, datum) for datum in ("profile", "work_email"))
        and (not deciders or one.seniority in _DECIDERS)
        and (not departments or {one.function.casefold(), _department(one).casefold()} & departments)
        and (not titles or any(_has_title(one, title) for title in titles))
    ]
    return sorted(found, key=_confidence, reverse=True)


def _words(body: dict[str, Any], name: str) -> list[str]:
    """An optional array of texts, without regard to case."""
    items = api.array(body, name, 100) if body.get(name) else []
    if not all(isinstance(item, str) for item in items):
        raise Refusal(400, f"The '{name}' field must be an array of strings.", field=name)
    return [item.strip().casefold() for item in items]


def _department(one: Person) -> str:
    return "Executive" if one.seniority == "c_level" else one.function


def _has_title(one: Person, wanted: str) -> bool:
    """Whether all words of the wanted title are in the person's, of which the initials count as one: `CEO`."""
    words = one.title.casefold().split()
    initials = "".join(word[0] for word in words)
    return set(wanted.split()) <= {*words, initials}


def _contact(one: Person, with_phone: bool) -> dict[str, Any]:
    has_email = api.covers("leadcontact", one, "work_email")
    has_phone = with_phone and api.covers("leadcontact", one, "mobile")
    return {
        "first_name": one.first,
        "last_name": one.last,
        "email": one.work_email if has_email else None,
        "email_confidence": _confidence(one) if has_email else None,
        "phone": api.dashed(one.mobile) if has_phone else None,
        "phone_confidence": _phone_confidence(one) if has_phone else None,
        "title": one.title,
        "company": one.company.name,
        "department": _department(one),
    }


def _confidence(one: Person) -> float:
    """0 to 1; 0 without an address."""
    if not api.covers("leadcontact", one, "work_email"):
        return 0
    return _score(one.work_email)


def _score(email: str) -> float:
    draw = Draw("leadcontact", email.lower())
    match api.verdict(email):
        case "valid":
            return _SAMPLE_CONFIDENCES.get(email.lower()) or (90 + draw.below(8)) / 100
        case "catch_all":
            return (70 + draw.below(20)) / 100
        case "unknown":
            return (45 + draw.below(20)) / 100
        case "invalid":
            return draw.below(20) / 100


def _verdict(email: str, smtp: bool) -> dict[str, Any]:
    if not smtp:
        return _refused(None, valid=True, score=0.5)
    match api.verdict(email):
        case "valid" | "catch_all":
            accepted = {"is_deliverable": True, "confidence_score": _score(email)}
            return {"is_valid": True, **accepted, "smtp_response": "250 OK - Mail Accepted"}
        case "unknown":
            return _refused("451 4.7.1 Try again later", valid=True, score=_score(email))
        case "invalid":
            return _refused("550 5.1.1 Mailbox not found", valid=True, score=_score(email))


def _refused(said: str | None, *, valid: bool, score: float = 0) -> dict[str, Any]:
    return {"is_valid": valid, "is_deliverable": False, "confidence_score": score, "smtp_response": said}


def _person(call: Call) -> Person | None:
    email = api.address(call.body)
    first, last, company = (call.text(name) for name in ("first_name", "last_name", "company"))
    if not email and not (first and last and company):
        raise Refusal(400, "Provide email, or first_name, last_name and company.", field="email")
    found = world.person_of(email) if email else None
    if found is None and first and last and company:
        employer = world.company(company) or world.company_named(company)
        found = world.person(first, last, employer) if employer else None
    return None if api.missing() else found


def _numbers(one: Person, *, direct: bool, mobile: bool) -> list[dict[str, Any]]:
    if not api.covers("leadcontact", one, "mobile"):
        return []
    if one.work_email == _SAMPLE_DIRECT_DIAL:
        return [_number(one, one.mobile, "direct_dial", _phone_confidence(one))] if direct else []
    found = [_number(one, one.mobile, "mobile", _phone_confidence(one))] if mobile else []
    if direct and Draw("leadcontact", "direct", one.slug).percent(40):
        found.append(_number(one, one.company.phone, "direct_dial", 0.7))
    return found


def _number(one: Person, number: str, kind: str, confidence: float) -> dict[str, Any]:
    return {"number": api.dashed(number), "type": kind, "confidence": confidence, "country_code": one.country_code}


def _phone_confidence(one: Person) -> float:
    documented = _SAMPLE_PHONE_CONFIDENCES.get(one.work_email)
    return documented or (72 + Draw("leadcontact", "phone", one.slug).below(27)) / 100


def _check(call: Call, request: Request) -> None:
    """What the guide wants of every request: both headers, and a request left today."""
    if "json" not in request.headers.get("content-type", ""):
        raise Refusal(400, "The Content-Type header must be application/json.")
    if not request.headers.get("user-agent"):
        raise Refusal(400, "The User-Agent header is required.")
    plan = next((most for name, most in QUOTAS.items() if call.account.key.startswith(name)), None)
    _quotas.of(call.account).enter(plan, datetime.now(UTC))


def _envelope(refusal: Refusal) -> Response:
    code = _CODES.get(refusal.status, "internal_error")
    return JSONResponse(
        {"success": False, "error": {"code": code, "message": refusal.message}}, refusal.status, refusal.headers
    )


_API = Api("leadcontact", api.bearer_key, _envelope, _check)
refusal = _API.refusal
