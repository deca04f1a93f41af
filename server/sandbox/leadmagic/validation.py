"""LeadMagic's e-mail validation: a verdict, and what it knows of the company behind the address."""

from __future__ import annotations

import re
from functools import lru_cache

from server.sandbox import api, magic, names, world
from server.sandbox.leadmagic import examples
from server.sandbox.leadmagic.wire import Body, Call, Endpoint
from server.sandbox.record import Company

ADDRESS = re.compile(r"[^\s@.]+(\.[^\s@.]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}", re.IGNORECASE)
_NOWHERE: Body = dict.fromkeys(
    (
        "company_name", "company_industry", "company_size", "company_founded", "company_type", "company_location",
        "company_linkedin_url", "company_linkedin_id", "company_facebook_url", "company_twitter_url",
    )
)  # fmt: skip


def email_validation(call: Call) -> Body:
    """A verdict costs 0.25 where the mail server gave one; malformed and unknown addresses are free."""
    address = call.needed("email")
    call.reserve(25)
    if documented := examples.body("email_validation", address.lower()):
        return call.found(25, "Email is valid.", documented, other=5)
    if not ADDRESS.fullmatch(address):
        return _malformed(call, address)
    return _verdict(call, address.lower())


def _malformed(call: Call, address: str) -> Body:
    local, _, domain = address.rpartition("@")
    form = "malformed address" if not local or not domain else "RFC non-compliant format"
    cost = call.bill(0, found=False)
    body = {"email": address, "email_status": "invalid", "credits_consumed": cost}
    return {**body, "message": f"Email is invalid ({form})."}


def _verdict(call: Call, address: str) -> Body:
    domain = address.rpartition("@")[2]
    found = _forced(address)
    status = _status(found)
    body = {"email": address, "email_status": status, **_facts(domain)}
    if magic.wants("shape-old"):
        body["is_domain_catch_all"] = found == "catch_all"
    if status == "unknown":
        cost, message = call.bill(0, found=False), "Unable to determine email validity."
    else:
        cost, message = call.bill(25, other=5, found=status != "invalid"), f"Email is {status}."
    return _reshaped({**body, "credits_consumed": cost, "message": message}, domain)


def _forced(address: str) -> str:
    for name in ("valid", "invalid", "unknown", "catch-all"):
        if magic.wants(name):
            return name.replace("-", "_")
    return "unknown" if api.missing() else world.verdict(address)


def _status(found: str) -> str:
    return "unknown" if found == "catch_all" and not magic.wants("shape-old") else found


def _reshaped(body: Body, domain: str) -> Body:
    if magic.wants("shape-status"):
        body["status"] = body.pop("email_status")
    if not magic.wants("shape-nested"):
        return body
    url = body.get("company_linkedin_url")
    nested = {"name": body.get("company_name"), "domain": domain, "linkedin_url": url and f"https://{url}"}
    flat = {name: value for name, value in body.items() if not name.startswith(("company_", "mx_"))}
    return {**flat, "domain": domain, "company": nested}


@lru_cache(8192)
def _facts(domain: str) -> Body:
    company = world.company(domain)
    if company is None:
        return {"mx_record": None, "mx_provider": None, **_no_gateway(), **_NOWHERE}
    known = company_facts(company) if world.covers("leadmagic", company, "company") else _NOWHERE
    return {"mx_record": company.mx_host, "mx_provider": company.mail_provider, **_no_gateway(), **known}


def _no_gateway() -> Body:
    return {"mx_gateway": None, "mx_gateway_type": None, "mx_security_gateway": False}


def company_facts(company: Company) -> Body:
    """Everything known of the company, flat."""
    return {
        "company_name": company.name,
        "company_industry": company.industry,
        "company_size": company.employee_band,
        "company_founded": company.founded,
        "company_type": company.ownership,
        "company_location": {
            "name": f"{company.city}, {company.region}, {company.country}",
            "locality": company.city,
            "region": company.region,
            "metro": company.city,
            "country": company.country,
            "continent": names.continent(company.country_code),
            "street_address": company.street,
            "address_line_2": None,
            "postal_code": company.postal_code,
            "geo": None,
        },
        "company_linkedin_url": f"linkedin.com/company/{company.slug}",
        "company_linkedin_id": company.linkedin_id,
        "company_facebook_url": None,
        "company_twitter_url": None,
    }


ENDPOINTS = (Endpoint("POST", "/v1/people/email-validation", email_validation),)
