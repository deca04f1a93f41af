"""XMagnet: single and bulk enrichment and validation, scopes, plan caps; repeats within 30 days are free."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from server.sandbox import api, magic, names, world
from server.sandbox.accounts import Account
from server.sandbox.api import Api, Call, PerAccount, Refusal, Window
from server.sandbox.draw import Draw
from server.sandbox.record import Person

_PRICE = 100
_MOST_VALIDATIONS = 500
_CACHE_SECONDS = 30 * 24 * 3600
_STATES = {"California": "CA", "New York": "NY", "Massachusetts": "MA", "Texas": "TX", "Illinois": "IL",
           "Washington": "WA", "Colorado": "CO"}  # fmt: skip
_CODES = {
    400: "INVALID_REQUEST",
    401: "UNAUTHORIZED",
    402: "INSUFFICIENT_CREDITS",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    429: "RATE_LIMIT_EXCEEDED",
}
_SCORES = {"jane@example.com": 98, "bouncy@invalid.xyz": 12, "info@acmecorp.com": 55}
_DISPOSABLE = frozenset({"mailinator.com", "guerrillamail.com", "10minutemail.com", "yopmail.com"})
_TYPOS = {"gmial.com": "gmail.com", "gmai.com": "gmail.com", "hotmial.com": "hotmail.com", "yaho.com": "yahoo.com"}

Result = Literal["deliverable", "undeliverable", "risky", "unknown"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a key may do: XMagnet API documentation, Rate Limits."""

    name: str
    per_second: int
    per_minute: int
    bulk: int


_TEST = Plan("Test", 5, 60, 10)
_STARTER = Plan("Starter", 10, 300, 100)
_GROWTH = Plan("Growth", 25, 1000, 250)
_ENTERPRISE = Plan("Enterprise", 100, 5000, 500)


@dataclass(slots=True)
class Memory:
    """When each contact or address of an account was last fetched afresh, in seconds since the epoch."""

    fetched: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    window: Window = field(default_factory=Window)

    def holds(self, kind: str, subject: str) -> bool:
        return self.fetched.get((kind, subject), 0.0) > time.time() - _CACHE_SECONDS


_memories = PerAccount(Memory)


def routes() -> list[BaseRoute]:
    """All routes, relative to `https://api.xmagnet.ai/v1`."""
    return [
        _API.route("POST", "/enrich/single", _enrich_single),
        _API.route("POST", "/enrich/bulk", _enrich_bulk),
        _API.route("POST", "/validate/single", _validate_single),
        _API.route("POST", "/validate/bulk", _validate_bulk),
        _API.route("GET", "/credits", _credits),
        _API.unknown("The requested endpoint does not exist."),
    ]


def _enrich_single(call: Call) -> Response:
    _allow(call, "enrich")
    one = _person(call.body)
    price = _price(call, [("contact", one.slug)] if one else [])
    if price or one is None:
        call.account.require(_PRICE)
    taken = call.account.charge("enrich_single", price, found=one is not None)
    _remember(call, [("contact", one.slug)] if one else [])
    data = _data(one, call.body) if one else None
    return _priced(call, {"status": "success" if one else "not_found", "data": data}, taken)


def _enrich_bulk(call: Call) -> Response:
    plan = _allow(call, "enrich")
    contacts = [_contact(item, index) for index, item in enumerate(api.array(call.body, "contacts", plan.bulk))]
    rows = [_enriched(contact, index) for index, contact in enumerate(contacts)]
    found = [("contact", one.slug) for one, _ in rows if one]
    call.account.require(_PRICE * (_new(call, found) + len(rows) - len(found)))
    taken = call.account.charge("enrich_bulk", _price(call, found), found=bool(found))
    _remember(call, found)
    results = [
        {"input": contact, "status": "found" if one else "not_found", "data": data}
        for contact, (one, data) in zip(contacts, rows, strict=True)
    ]
    summary = {"total": len(rows), "found": len(found), "not_found": len(rows) - len(found)}
    return _priced(call, {"status": "success", "results": results, "summary": summary}, taken)


def _validate_single(call: Call) -> Response:
    _allow(call, "validate")
    call.need("email")
    email = api.address(call.body) or ""
    verdict = _verdict(email)
    price = _price(call, _billable([verdict]))
    if price or verdict["result"] == "unknown":
        call.account.require(_PRICE)
    taken = call.account.charge("validate_single", price, found=verdict["result"] == "deliverable")
    _remember(call, _billable([verdict]))
    return _priced(call, {"status": "success", "data": verdict}, taken)


def _validate_bulk(call: Call) -> Response:
    plan = _allow(call, "validate")
    emails = api.array(call.body, "emails", _TEST.bulk if plan is _TEST else _MOST_VALIDATIONS)
    verdicts = [_row_verdict(email, index) for index, email in enumerate(emails)]
    billable = _billable(verdicts)
    call.account.require(_PRICE * (_new(call, billable) + len(verdicts) - len(billable)))
    taken = call.account.charge("validate_bulk", _price(call, billable))
    _remember(call, billable)
    kinds: tuple[Result, ...] = ("deliverable", "undeliverable", "risky", "unknown")
    counts = {kind: sum(verdict["result"] == kind for verdict in verdicts) for kind in kinds}
    results = [{name: verdict[name] for name in ("email", "result", "score")} for verdict in verdicts]
    return _priced(call, {"status": "success", "results": results, "summary": {"total": len(emails), **counts}}, taken)


def _credits(call: Call) -> Response:
    plan = _allow(call, "credits")
    call.account.charge("credits", 0)
    data = {
        "plan": plan.name,
        "credits_total": call.account.opening // 100,
        "credits_used": call.account.charged // 100,
        "credits_remaining": call.account.balance // 100,
        "resets_at": api.next_month(),
    }
    return JSONResponse({"status": "success", "data": data})


def _priced(call: Call, body: dict[str, Any], taken: int) -> Response:
    if not magic.wants("silent-price"):
        body.get("summary", body)["credits_used"] = taken // 100
        body["credits_remaining"] = call.account.balance // 100
    return JSONResponse(body)


def _allow(call: Call, scope: str) -> Plan:
    """The key's plan, where it has the scope and is below its limits."""
    key = call.account.key
    if key.startswith("sandbox-only-") and not key.startswith(f"sandbox-only-{scope}"):
        raise Refusal(403, f"Your API key does not have the required scope: {scope}:read.")
    plan = _plan(call.account)
    _memories.of(call.account).window.enter("xmagnet", ((plan.per_second, 1.0), (plan.per_minute, 60.0)))
    return plan


def _plan(account: Account) -> Plan:
    """The plan that the key's name asks for; Growth, as in the documented sample, where it asks for none."""
    if not account.billed:
        return _TEST
    named = {"sandbox-starter": _STARTER, "sandbox-enterprise": _ENTERPRISE, "sandbox-unlimited": _ENTERPRISE}
    return next((plan for name, plan in named.items() if account.key.startswith(name)), _GROWTH)


def _new(call: Call, subjects: list[tuple[str, str]]) -> int:
    """How many of the subjects are fetched afresh; a subject that repeats in a batch is fetched once."""
    if api.flag(call.body, "force_refresh"):
        return len(subjects)
    memory = _memories.of(call.account)
    return len({subject for subject in subjects if not memory.holds(*subject)})


def _price(call: Call, subjects: list[tuple[str, str]]) -> int:
    return _PRICE * _new(call, subjects)


def _remember(call: Call, subjects: list[tuple[str, str]]) -> None:
    """Restart the 30 days of what was fetched afresh."""
    memory, refresh = _memories.of(call.account), api.flag(call.body, "force_refresh")
    for subject in subjects:
        if refresh or not memory.holds(*subject):
            memory.fetched[subject] = time.time()


def _contact(item: object, index: int) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise Refusal(400, "Each contact must be an object.", field=f"contacts[{index}]")
    return item  # pyright: ignore[reportUnknownVariableType] - JSON keys are strings


def _enriched(contact: dict[str, Any], index: int) -> tuple[Person | None, dict[str, Any] | None]:
    try:
        with api.row(contact):
            one = _person(contact)
            return one, _data(one, contact) if one else None
    except Refusal as refusal:
        where = f"contacts[{index}].{refusal.field}" if refusal.field else f"contacts[{index}]"
        raise Refusal(400, refusal.message, field=where) from refusal


def _person(contact: dict[str, Any]) -> Person | None:
    """The person whom a contact names, where XMagnet has any of their data."""
    one = _identified(contact)
    if one is None or api.missing():
        return None
    return one if any(api.covers("xmagnet", one, datum) for datum in ("profile", "work_email", "mobile")) else None


def _identified(contact: dict[str, Any]) -> Person | None:
    email, url = api.address(contact), api.text(contact, "linkedin_url")
    if email:
        return world.person_of(email)
    if url:
        return world.person_at(url)
    first, last = api.text(contact, "first_name"), api.text(contact, "last_name")
    company = api.text(contact, "company")
    if not (first and last and company):
        message = "Provide email, linkedin_url, or first_name, last_name and company."
        raise Refusal(400, message, field="company" if first and last else "email")
    employer = world.company(company) or world.company_named(company)
    return world.person(first, last, employer) if employer else None


def _data(one: Person, contact: dict[str, Any]) -> dict[str, Any]:
    email = one.work_email if api.covers("xmagnet", one, "work_email") else None
    known = {
        "email": api.text(contact, "email") or email,
        "first_name": one.first,
        "last_name": one.last,
        "title": one.title,
        "company": one.company.name,
        "linkedin_url": f"https://linkedin.com/in/{one.slug}",
        "location": _location(one),
        "industry": one.company.industry,
    }
    if magic.wants("shape-old"):  # the shorter body of the documentation's Quick Start
        return known
    phone = api.dashed(one.mobile) if api.covers("xmagnet", one, "mobile") else None
    return {
        **known,
        "company_domain": one.company.domain,
        "company_size": one.company.employee_band,
        "phone": phone,
    }


def _location(one: Person) -> str:
    return f"{one.city}, {_STATES.get(one.region, one.region) if one.country_code == 'US' else one.country}"


def _row_verdict(email: object, index: int) -> dict[str, Any]:
    if not isinstance(email, str) or not api.is_address(email):
        raise Refusal(400, "Each item must be a valid email address.", field=f"emails[{index}]")
    with api.row(email):
        return _verdict(email.strip())


def _verdict(email: str) -> dict[str, Any]:
    local, _, domain = email.lower().rpartition("@")
    verdict = api.verdict(email)
    flags = {
        "is_free_provider": domain in names.FREE_MAIL,
        "is_disposable": domain in _DISPOSABLE,
        "is_role_based": local in names.ROLES,
        "is_catch_all": verdict == "catch_all",
    }
    result = _result(verdict, flags)
    return {
        "email": email,
        "result": result,
        "score": _SCORES.get(email.lower()) or _score(email, result),
        **flags,
        "mx_found": domain in names.FREE_MAIL or world.company(domain) is not None,
        "smtp_check": verdict in ("valid", "catch_all"),
        "suggestion": f"{local}@{_TYPOS[domain]}" if domain in _TYPOS else None,
    }


def _result(verdict: world.Verdict, flags: dict[str, bool]) -> Result:
    match verdict:
        case "invalid":
            return "undeliverable"
        case "unknown":
            return "unknown"
        case _:
            risky = flags["is_disposable"] or flags["is_role_based"] or flags["is_catch_all"]
            return "risky" if risky else "deliverable"


def _score(email: str, result: Result) -> int:
    draw = Draw("score", email.lower())
    match result:
        case "deliverable":
            return 88 + draw.below(12)
        case "risky":
            return 40 + draw.below(30)
        case "undeliverable":
            return draw.below(20)
        case "unknown":
            return 0


def _billable(verdicts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The addresses that have a verdict; `unknown` is free (C-53)."""
    return [("address", verdict["email"].lower()) for verdict in verdicts if verdict["result"] != "unknown"]


def _key(headers: Headers) -> str | None:
    return api.header_key(headers) or api.bearer_key(headers)


def _envelope(refusal: Refusal) -> Response:
    error: dict[str, Any] = {"code": _CODES.get(refusal.status, "INTERNAL_ERROR"), "message": refusal.message}
    if refusal.field:
        error["field"] = refusal.field
    if refusal.retry_after:
        error["retry_after"] = refusal.retry_after
    return JSONResponse({"status": "error", "error": error}, refusal.status)


_API = Api("xmagnet", _key, _envelope)
refusal = _API.refusal
