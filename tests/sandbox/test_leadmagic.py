"""LeadMagic's look-ups of one person or company answer as documented, at the documented price."""

from __future__ import annotations

from typing import Any

import pytest

from server.sandbox import world
from server.sandbox.leadmagic import examples
from tests.sandbox.calling import Caller
from tests.sandbox.leadmagic_calls import ALEX, DOMAIN, NOBODY, ask, path_of

DOCUMENTED = [
    ("email-validation", {"email": "alex.rivera@example.com"}, "alex.rivera@example.com", 0.25),
    ("email-finder", {"full_name": "Jesse Ouellette", "domain": "leadmagic.io"}, "jesse ouellette leadmagic.io", 1),
    ("profile-search", {"profile_url": ALEX}, "alex-rivera", 1),
    ("job-change-detector", {"profile_url": ALEX, **DOMAIN}, "alex-rivera leadmagic.io", 3),
    ("role-finder", {"job_title": "VP of Sales", **DOMAIN}, "VP of Sales leadmagic.io", 2),
    ("company-funding", DOMAIN, "leadmagic.io", 4),
    ("technographics", DOMAIN, "leadmagic.io", 1),
    ("google-ads-search", DOMAIN, "leadmagic.io", 0.2),
    ("meta-ads-search", DOMAIN, "leadmagic.io", 0.2),
    ("b2b-ads-search", DOMAIN, "leadmagic.io", 0.2),
    ("b2b-ads-details", {"ad_url": "https://www.linkedin.com/ad-library/detail/633872143"}, "633872143", 2),
]
MESSAGES = {
    "email-validation": "Email is valid.",
    "email-finder": "Valid email found.",
    "profile-search": "Profile found.",
    "job-change-detector": "No job change detected. Still employed at expected company.",
    "role-finder": "Role found.",
    "company-funding": "Funding data found.",
    "technographics": "Technologies found.",
    "google-ads-search": "Ads found.",
    "meta-ads-search": "Ads found.",
    "b2b-ads-search": "Ads found.",
    "b2b-ads-details": "Ad details found.",
}


@pytest.mark.parametrize(("name", "body", "subject", "price"), DOCUMENTED)
async def test_a_documented_request_has_the_documented_answer_and_price(
    leadmagic: Caller, name: str, body: dict[str, Any], subject: str, price: float
):
    operation = name.replace("-", "_")
    response = await leadmagic.post(path_of(name), body)
    shown = examples.body(operation, subject)
    assert shown
    assert response.json() == {**shown, "credits_consumed": price, "message": MESSAGES[name]}
    assert float(response.headers["x-credits-cost"]) == price
    assert await leadmagic.bill() == {operation: price}


@pytest.mark.parametrize(
    ("name", "body", "datum", "price"),
    [
        ("b2b-profile", {"work_email": "alex.rivera@example.com"}, {"profile_url": ALEX}, 10),
        ("mobile-finder", {"profile_url": ALEX}, {"mobile_number": "+1-555-123-4567"}, 5),
        ("personal-email-finder", {"profile_url": ALEX}, {"personal_email": "alex.rivera@example.net"}, 2),
        ("b2b-profile-email", {"profile_url": "alex-rivera"}, {"email": "alex.rivera@example.com"}, 5),
    ],
)
async def test_the_other_documented_examples_come_out_of_the_world(
    leadmagic: Caller, name: str, body: dict[str, Any], datum: dict[str, str], price: float
):
    found = await ask(leadmagic, path_of(name), **body)
    assert {name: found[name] for name in datum} == datum
    assert (found["profile_url"], found["credits_consumed"]) == (ALEX, price)


NOWHERE = {"company_domain": "not-found.magic.example"}
MISSES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "email-finder",
        {"full_name": "Ada MagicNotFound", "domain": "stripe.com"},
        {"email": None, "status": None, "message": "No email found for this person at this company."},
    ),
    (
        "personal-email-finder",
        NOBODY,
        {"personal_email": None, "message": "No personal email found for this contact."},
    ),
    ("b2b-profile-email", NOBODY, {"email": None, "message": "No email found for this profile."}),
    ("profile-search", NOBODY, {"message": "Profile not found or not accessible."}),
    (
        "b2b-profile",
        {"work_email": "not-found@magic.example"},
        {"profile_url": None, "message": "No profile found for this email."},
    ),
    ("mobile-finder", NOBODY, {"mobile_number": None, "message": "No mobile number found for this contact."}),
    ("job-change-detector", {**NOBODY, **DOMAIN}, {"job_changed": None, "still_employed": None}),
    (
        "role-finder",
        {"job_title": "Lighthouse Keeper", "company_domain": "stripe.com"},
        {"full_name": None, "message": "No matching role found at this company."},
    ),
    ("/v3/people/search", NOWHERE, {"people": [], "count": 0, "message": "No people found"}),
    ("/v3/companies/search", NOWHERE, {"found": False, "company": None}),
    ("/v3/companies/search", {"limit": 5, "query": "MagicNotFound"}, {"companies": [], "count": 0}),
    ("/v3/companies/lookalike", NOWHERE, {"companies": [], "count": 0}),
    ("company-funding", NOWHERE, {"message": "No funding data found for this company."}),
    ("technographics", NOWHERE, {"technologies": [], "message": "No technologies found for this domain."}),
    ("competitors-search", NOWHERE, {"competitors": [], "message": "No competitors found for this company."}),
    ("google-ads-search", NOWHERE, {"ads": [], "message": "No ads found for this company."}),
    ("b2b-ads-details", {"ad_url": "1"}, {"message": "Ad not found."}),
]


@pytest.mark.parametrize(("name", "body", "empty"), MISSES)
async def test_a_miss_is_a_free_200(leadmagic: Caller, name: str, body: dict[str, Any], empty: dict[str, Any]):
    found = await ask(leadmagic, path_of(name), **body)
    assert {field: found[field] for field in empty} == empty
    assert found["credits_consumed"] == 0
    assert set((await leadmagic.bill()).values()) == {0}


@pytest.mark.parametrize(
    ("email", "status", "price", "message"),
    [
        ("valid@magic.example", "valid", 0.25, "Email is valid."),
        ("invalid@magic.example", "invalid", 0.25, "Email is invalid."),
        ("unknown@magic.example", "unknown", 0, "Unable to determine email validity."),
        ("catch-all@magic.example", "unknown", 0, "Unable to determine email validity."),
        ("johnleadmagic.io", "invalid", 0, "Email is invalid (malformed address)."),
        ("alex @example.com", "invalid", 0, "Email is invalid (RFC non-compliant format)."),
        ("alex@", "invalid", 0, "Email is invalid (malformed address)."),
        ("john..doe@leadmagic.io", "invalid", 0, "Email is invalid (RFC non-compliant format)."),
        ("alex@leadmagic", "invalid", 0, "Email is invalid (RFC non-compliant format)."),
    ],
)
async def test_only_a_mail_servers_verdict_costs(
    leadmagic: Caller, email: str, status: str, price: float, message: str
):
    found = await ask(leadmagic, path_of("email-validation"), email=email)
    assert (found["email_status"], found["credits_consumed"], found["message"]) == (status, price, message)


async def test_a_verdict_brings_the_company_along(leadmagic: Caller):
    company = world.company("figma.com")
    assert company
    found = await ask(leadmagic, path_of("email-validation"), email="nobody.atall@figma.com")
    assert found["company_name"] == "Figma"
    assert found["company_size"] == company.employee_band
    assert found["company_location"]["locality"] == company.city
    assert found["mx_record"] == company.mx_host


async def test_one_half_of_a_name_is_enough_where_the_company_has_such_a_person(leadmagic: Caller):
    found = await ask(leadmagic, path_of("email-finder"), last_name="Ouellette", domain="leadmagic.io")
    assert found["email"] == "jesse.ouellette@leadmagic.io"


async def test_a_catch_all_domain_yields_no_address(leadmagic: Caller):
    company = next(one for one in world.companies() if one.catch_all)
    person = world.employees(company)[0]
    found = await ask(
        leadmagic, path_of("email-finder"), full_name=f"{person.first} {person.last}", domain=company.domain
    )
    assert (found["email"], found["credits_consumed"]) == (None, 0)


async def test_a_job_change_is_seen_from_the_former_employer_and_costs_three(leadmagic: Caller):
    person = next(
        one
        for company in world.companies()
        for one in world.employees(company)
        if one.previous_company and world.covers("leadmagic", one, "profile")
    )
    path, url = path_of("job-change-detector"), f"https://www.linkedin.com/in/{person.slug}"
    moved = await ask(leadmagic, path, profile_url=url, company_name=person.previous_company)
    stays = await ask(leadmagic, path, profile_url=url, company_domain=person.company.domain)
    never = await ask(leadmagic, path, profile_url=url, company_domain="never-heard.example")
    assert (moved["job_changed"], moved["still_employed"], moved["current_company"]) == (
        True,
        False,
        person.company.name,
    )
    assert (stays["job_changed"], stays["still_employed"]) == (False, True)
    assert never["message"] == "Never worked at the expected company."
    assert await leadmagic.bill() == {"job_change_detector": 9}


async def test_an_ad_that_a_search_shows_can_be_looked_up(leadmagic: Caller):
    found = await ask(leadmagic, "/v1/ads/b2b-ads-search", company_domain="valid.magic.example")
    details = await ask(leadmagic, "/v1/ads/b2b-ads-details", ad_url=found["ads"][0]["link"])
    assert details["content"] == found["ads"][0]["content"]
    assert await leadmagic.bill() == {"b2b_ads_search": 0.2, "b2b_ads_details": 2}
