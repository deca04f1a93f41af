"""LeadMagic's keys, limits, problems and analytics, and the shapes and prices that deviate."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from server.sandbox.leadmagic import company_filters, routes
from tests.sandbox.calling import Caller
from tests.sandbox.leadmagic_calls import ALEX, COMPANIES, DOMAIN, PEOPLE, ask


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (f"{PEOPLE}/email-validation", {}, "email"),
        (f"{PEOPLE}/email-validation", {"email": 7}, "email"),
        (f"{PEOPLE}/email-finder", {"domain": "stripe.com"}, "full_name"),
        (f"{PEOPLE}/email-finder", {"full_name": "Ada Lovelace"}, "company_name"),
        (f"{PEOPLE}/profile-search", {"profile_url": "linkedin.com/company/stripe"}, "profile_url"),
        (f"{PEOPLE}/mobile-finder", {}, "profile_url"),
        (f"{PEOPLE}/b2b-profile", {"work_email": "nonsense"}, "work_email"),
        (f"{PEOPLE}/role-finder", {"job_title": "CEO"}, "company_name"),
        ("/v3/people/search", {"limit": 101, **DOMAIN}, "limit"),
        ("/v3/people/search", {"titles": ["x"] * 13, **DOMAIN}, "titles"),
        ("/v3/people/search", {"people_filters": {"shoe_size": 9}, **DOMAIN}, "shoe_size"),
        ("/v3/people/search", {}, "company_domain"),
        ("/v3/companies/search", {"limit": 51}, "limit"),
        ("/v3/companies/search", {"company_filters": {"nope": 1}}, "nope"),
        (f"{COMPANIES}/technographics", {"company_name": "Stripe"}, "company_domain"),
        ("/v3/jobs/search", {"location": {"text": "Bay Area"}}, "location.text"),
        ("/v3/jobs/search", {"cursor": "bm9uc2Vuc2U"}, "cursor"),
        ("/v1/jobs/jobs-finder", {"posted_after": "yesterday"}, "posted_after"),
    ],
)
async def test_a_bad_field_is_named_in_the_problem(leadmagic: Caller, path: str, body: dict[str, Any], field: str):
    response = await leadmagic.post(path, body)
    problem = response.json()
    assert (response.status_code, problem["success"]) == (400, False)
    assert field in problem["errors"][0]["param"]
    assert problem["errors"][0]["instance"] == f"{path}#{problem['meta']['request_id']}"


async def test_a_body_that_is_not_json_is_refused(leadmagic: Caller):
    response = await leadmagic.client.post(
        f"/leadmagic{PEOPLE}/email-validation", content=b"{email", headers=leadmagic.headers
    )
    assert response.json()["errors"][0]["code"] == "invalid_json"


async def test_the_key_decides_who_may_ask_and_who_can_pay(leadmagic: Caller, client: httpx2.AsyncClient):
    nobody = await client.get("/leadmagic/v1/credits")
    bad = await leadmagic.holding("sandbox-bad").get("/v1/credits")
    broke = await leadmagic.holding("sandbox-empty").post(f"{PEOPLE}/mobile-finder", {"profile_url": ALEX})
    assert (nobody.status_code, nobody.json()["errors"][0]["code"]) == (401, "missing_authentication")
    assert (bad.status_code, bad.json()["errors"][0]["code"]) == (401, "invalid_api_key")
    assert (broke.status_code, broke.json()["errors"][0]["code"]) == (402, "insufficient_credits")
    assert broke.json()["errors"][0]["context"] == {
        "credits_required": 5,
        "credits_available": 0,
        "credits_needed": 5,
    }


async def test_a_request_id_is_echoed_in_problems(leadmagic: Caller):
    headers = {**leadmagic.headers, "X-Request-ID": "trace-me"}
    response = await leadmagic.post(f"{PEOPLE}/email-validation", {}, headers)
    assert response.json()["meta"]["request_id"] == "trace-me"
    assert response.headers["x-request-id"] == "trace-me"


async def test_limits_are_soft_until_the_switch_makes_them_hard(leadmagic: Caller):
    body = {"profile_url": "magic-not-found"}
    soft = [await leadmagic.post(f"{PEOPLE}/profile-search", body) for _ in range(101)]
    assert {one.status_code for one in soft} == {200}
    assert soft[0].headers["ratelimit-limit"] == "100"
    assert soft[0].headers["ratelimit-remaining"] == "99"
    assert soft[0].headers["x-ratelimit-soft-mode"] == "true"
    assert "x-ratelimit-soft-exceeded" not in soft[0].headers
    await leadmagic.control(rate_limit="hard")
    hard = [await leadmagic.post(f"{PEOPLE}/profile-search", body) for _ in range(101)]
    refused = hard[-1]
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (429, "rate_limit_exceeded")
    assert 1 <= int(refused.headers["retry-after"]) <= 60


async def test_the_balance_falls_by_what_the_bill_says(leadmagic: Caller):
    await ask(leadmagic, f"{PEOPLE}/email-validation", email="valid@magic.example")
    charged = await leadmagic.post(f"{PEOPLE}/mobile-finder", {"profile_url": ALEX})
    assert charged.headers["x-credits-remaining"] == "9994.75"
    assert (await leadmagic.get("/v1/credits")).json() == {"credits": 9994.75}
    assert await ask(leadmagic, "/v1/credits/refresh") == {"credits": 9994.75}
    assert (await leadmagic.get("/v1/credits/health")).json()["authenticated"] is True


async def test_analytics_tell_what_the_key_was_charged(leadmagic: Caller):
    await ask(leadmagic, f"{PEOPLE}/email-validation", email="valid@magic.example")
    await ask(leadmagic, f"{PEOPLE}/email-validation", email="unknown@magic.example")
    await ask(leadmagic, f"{PEOPLE}/mobile-finder", profile_url=ALEX)
    today = datetime.now(UTC).date().isoformat()
    dashboard = (await leadmagic.get("/v1/analytics/dashboard")).json()
    assert dashboard["credits"] == {"current": 9994.75, "formatted": "$99.95"}
    assert dashboard["stats"]["today"] == {
        "requests": 3, "credits": 5.25, "chargeable_requests": 2, "chargeable_rate": 66.7, "unique_products": 2,
    }  # fmt: skip
    usage = (await leadmagic.get("/v1/analytics/usage", days=7)).json()
    assert usage["period"]["days"] == 7
    assert usage["summary"]["total_credits"] == 5.25
    assert usage["daily"] == [
        {"date": today, "total_requests": 3, "chargeable_requests": 2, "total_credits": 5.25, "unique_products_used": 2}
    ]
    products = (await leadmagic.get("/v1/analytics/products")).json()["products"]
    assert products["email_validation"]["avg_credits_per_request"] == 0.12
    assert products["email_validation"]["success_rate"] == 50.0
    assert (await leadmagic.get("/v1/analytics/credits")).json()["summary"]["chargeable_requests"] == 2
    summary = (await leadmagic.get("/v1/analytics/summary", start_date=today)).json()
    assert (summary["total_api_requests"], summary["total_credits_consumed"]) == (3, 5.25)
    assert (await leadmagic.get("/v1/analytics/daily")).json()["data"][0]["total_requests"] == 3
    day = (await leadmagic.get(f"/v1/analytics/day/{today}")).json()
    assert [(one["product_id"], one["credits"]) for one in day["products"]] == [
        ("mobile_finder", 5.0),
        ("email_validation", 0.25),
    ]
    assert (await leadmagic.get("/v1/analytics/usage", days=91)).status_code == 400


async def test_search_statistics_are_free_and_count_the_world(leadmagic: Caller):
    found = await ask(leadmagic, "/v3/search/stats", products=["company"], sections=["coverage"])
    assert found["credits_consumed"] == 0
    assert set(found["company"]) == {"coverage"}
    assert 180 <= found["company"]["coverage"]["companies"] <= 215


async def test_older_shapes_come_on_demand(leadmagic: Caller):
    validation = f"{PEOPLE}/email-validation"
    nested = await ask(leadmagic, validation, email="shape-nested@magic.example")
    status = await ask(leadmagic, validation, email="shape-status@magic.example")
    old = await ask(leadmagic, validation, email="shape-old@magic.example")
    assert nested["company"]["name"] == "Magic"
    assert nested["domain"] == "magic.example"
    assert "company_name" not in nested
    assert (status["status"], "email_status" in status) == ("valid", False)
    assert old["is_domain_catch_all"] is False
    personal = await ask(leadmagic, f"{PEOPLE}/personal-email-finder", profile_url="magic-shape-old")
    assert personal["personal_emails"][0].startswith("ada.")
    funding = await ask(leadmagic, f"{COMPANIES}/company-funding", company_domain="shape-old.magic.example")
    assert funding["financialInfo"]["formattedRevenue"].startswith("$")
    await leadmagic.control(faults=["shape-data"])
    assert (await leadmagic.get("/v1/analytics/dashboard")).json()["data"]["credits"]["current"] > 9000


@pytest.mark.parametrize(
    ("path", "body", "other"),
    [
        (f"{PEOPLE}/profile-search", {"profile_url": "magic-other-price"}, 2),
        (f"{PEOPLE}/b2b-profile-email", {"profile_url": "magic-other-price"}, 1),
        (f"{PEOPLE}/email-validation", {"email": "other-price@magic.example"}, 0.05),
        (f"{PEOPLE}/profile-search", {"profile_url": "magic-over-charge"}, 5),
        ("/v1/ads/google-ads-search", {"company_domain": "over-charge.magic.example"}, 1),
    ],
)
async def test_a_deviating_price_is_charged_and_reported(
    leadmagic: Caller, path: str, body: dict[str, Any], other: float
):
    response = await leadmagic.post(path, body)
    assert response.json()["credits_consumed"] == other
    assert float(response.headers["x-credits-cost"]) == other
    assert set((await leadmagic.bill()).values()) == {other}


async def test_a_price_can_be_kept_silent(leadmagic: Caller):
    response = await leadmagic.post(f"{PEOPLE}/profile-search", {"profile_url": "magic-silent-price"})
    assert "credits_consumed" not in response.json()
    assert "x-credits-cost" not in response.headers
    assert await leadmagic.bill() == {"profile_search": 1}


PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["leadmagic.io", "ada@stripe.com", ALEX, "2026-01-01", "stripe.com", "UK", "Engineer"]),
)
INNER = st.sampled_from([*sorted(company_filters.NAMES), "include", "min_usd", "domain"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    PLAIN,
    lambda one: st.one_of(st.lists(one, max_size=3), st.dictionaries(INNER, one, max_size=3)),
    max_leaves=5,
)
FIELDS = """email first_name last_name full_name domain company_name company_domain profile_url work_email job_title
    company_filters people_filters limit offset query titles channels page per_page occupationTaxonomy companies
    location tags salary seniority cursor totalMode mode postedWithin postedAfter dryRun products sections days ad_url
    seed description country_id min_employees q type level tag_type"""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(routes()), st.dictionaries(st.sampled_from(FIELDS.split()), VALUES, max_size=5))
async def test_no_request_makes_it_fail(client: httpx2.AsyncClient, route: Route, body: dict[str, Any]):
    headers = {"X-API-Key": f"sandbox-{uuid4()}"}
    path = f"/leadmagic{route.path.replace('{date}', '2026-11-01')}"
    if "GET" in (route.methods or ()):
        params = {name: str(value) for name, value in body.items()}
        response = await client.get(path, params=params, headers=headers)
    else:
        response = await client.post(path, json=body, headers=headers)
    assert response.status_code in (200, 400)
