"""XMagnet's simulator speaks XMagnet's documentation."""

from __future__ import annotations

import time
from typing import Any

import pytest

from server.sandbox import world
from tests.sandbox.calling import Caller

JANE = {
    "email": "jane@example.com",
    "first_name": "Jane",
    "last_name": "Doe",
    "title": "VP of Marketing",
    "company": "Acme Corp",
    "company_domain": "acmecorp.com",
    "linkedin_url": "https://linkedin.com/in/janedoe",
    "location": "San Francisco, CA",
    "industry": "Technology",
    "company_size": "201-500",
    "phone": "+1-555-0123",
}


async def test_the_documented_contact_has_the_documented_record(xmagnet: Caller):
    reply = (await xmagnet.post("/enrich/single", {"email": "jane@example.com"})).json()
    assert reply == {"status": "success", "data": JANE, "credits_used": 1, "credits_remaining": 9999}


async def test_the_key_travels_in_either_header(xmagnet: Caller):
    bearer = {"Authorization": f"Bearer {xmagnet.key}"}
    reply = await xmagnet.post("/enrich/single", {"email": "jane@example.com"}, bearer)
    assert reply.json()["credits_remaining"] == 9999


async def test_the_documented_bulk_finds_three_of_four(xmagnet: Caller):
    contacts = [
        {"email": "jane@example.com"},
        {"email": "john@acmecorp.com"},
        {"linkedin_url": "https://linkedin.com/in/sarahsmith"},
        {"first_name": "Mike", "last_name": "Chen", "company": "globex.com"},
    ]
    reply = (await xmagnet.post("/enrich/bulk", {"contacts": contacts})).json()
    assert [row["status"] for row in reply["results"]] == ["found", "found", "not_found", "found"]
    assert [row["input"] for row in reply["results"]] == contacts
    assert reply["results"][2]["data"] is None
    assert reply["summary"] == {"total": 4, "found": 3, "not_found": 1, "credits_used": 3}
    assert reply["credits_remaining"] == 9997
    assert await xmagnet.bill() == {"enrich_bulk": 3}


async def test_a_single_miss_is_a_free_200(xmagnet: Caller):
    response = await xmagnet.post("/enrich/single", {"linkedin_url": "https://linkedin.com/in/sarahsmith"})
    assert response.status_code == 200
    assert response.json() == {"status": "not_found", "data": None, "credits_used": 0, "credits_remaining": 10000}


async def test_a_repeat_within_thirty_days_is_free_by_whichever_identifier(xmagnet: Caller):
    await xmagnet.post("/enrich/single", {"email": "jane@example.com"})
    again = await xmagnet.post("/enrich/single", {"linkedin_url": "https://linkedin.com/in/janedoe"})
    assert again.json()["status"] == "success"
    assert again.json()["credits_used"] == 0
    assert await xmagnet.bill() == {"enrich_single": 1}


async def test_force_refresh_bills_a_repeat(xmagnet: Caller):
    bodies: list[dict[str, Any]] = [{"email": "jane@example.com"}, {"email": "jane@example.com", "force_refresh": True}]
    used = [(await xmagnet.post("/validate/single", body)).json()["credits_used"] for body in bodies]
    assert used == [1, 1]


async def test_after_thirty_days_a_repeat_bills_again(xmagnet: Caller, monkeypatch: pytest.MonkeyPatch):
    body = {"email": "jane@example.com"}
    await xmagnet.post("/enrich/single", body)
    later = time.time() + 30 * 24 * 3600 + 1
    monkeypatch.setattr("server.sandbox.xmagnet.time.time", lambda: later)
    assert (await xmagnet.post("/enrich/single", body)).json()["credits_used"] == 1


async def test_a_contact_twice_in_a_batch_is_charged_once(xmagnet: Caller):
    reply = await xmagnet.post("/enrich/bulk", {"contacts": [{"email": "jane@example.com"}] * 2})
    assert reply.json()["summary"] == {"total": 2, "found": 2, "not_found": 0, "credits_used": 1}


async def test_the_documented_validation(xmagnet: Caller):
    reply = (await xmagnet.post("/validate/single", {"email": "jane@example.com"})).json()
    assert reply["data"] == {
        "email": "jane@example.com",
        "result": "deliverable",
        "score": 98,
        "is_free_provider": False,
        "is_disposable": False,
        "is_role_based": False,
        "is_catch_all": False,
        "mx_found": True,
        "smtp_check": True,
        "suggestion": None,
    }


async def test_the_documented_bulk_validation(xmagnet: Caller):
    emails = ["jane@example.com", "bouncy@invalid.xyz", "info@acmecorp.com"]
    reply = (await xmagnet.post("/validate/bulk", {"emails": emails})).json()
    assert reply["results"] == [
        {"email": "jane@example.com", "result": "deliverable", "score": 98},
        {"email": "bouncy@invalid.xyz", "result": "undeliverable", "score": 12},
        {"email": "info@acmecorp.com", "result": "risky", "score": 55},
    ]
    assert reply["summary"] == {
        "total": 3, "deliverable": 1, "undeliverable": 1, "risky": 1, "unknown": 0, "credits_used": 3,
    }  # fmt: skip


async def test_unknown_is_free_alone_and_in_a_batch(xmagnet: Caller):
    single = (await xmagnet.post("/validate/single", {"email": "unknown@magic.example"})).json()
    assert (single["data"]["result"], single["credits_used"]) == ("unknown", 0)
    emails = ["unknown@magic.example", "valid@magic.example", "invalid@magic.example", "catch-all@magic.example"]
    batch = (await xmagnet.post("/validate/bulk", {"emails": emails})).json()
    assert [row["result"] for row in batch["results"]] == ["unknown", "deliverable", "undeliverable", "risky"]
    assert batch["summary"]["credits_used"] == 3


@pytest.mark.parametrize(
    ("email", "flags"),
    [
        ("info@acmecorp.com", {"is_role_based": True, "is_disposable": False, "suggestion": None}),
        ("a@mailinator.com", {"is_role_based": False, "is_disposable": True, "suggestion": None}),
        ("ada@gmial.com", {"is_role_based": False, "is_disposable": False, "suggestion": "ada@gmail.com"}),
    ],
)
async def test_flags_say_what_kind_of_address_it_is(xmagnet: Caller, email: str, flags: dict[str, Any]):
    data = (await xmagnet.post("/validate/single", {"email": email})).json()["data"]
    assert {name: data[name] for name in flags} == flags


async def test_credits_add_up(xmagnet: Caller):
    await xmagnet.post("/enrich/single", {"email": "jane@example.com"})
    data = (await xmagnet.get("/credits")).json()["data"]
    resets_at = data.pop("resets_at")
    assert data == {"plan": "Growth", "credits_total": 10000, "credits_used": 1, "credits_remaining": 9999}
    assert resets_at.endswith("-01T00:00:00Z")


async def test_a_test_key_never_bills_and_takes_ten_items(xmagnet: Caller):
    test = xmagnet.holding("xm_test_-")
    reply = (await test.post("/enrich/single", {"email": "jane@example.com"})).json()
    assert (reply["data"], reply["credits_used"], reply["credits_remaining"]) == (JANE, 0, 10000)
    over = await test.post("/validate/bulk", {"emails": ["jane@example.com"] * 11})
    assert (over.status_code, over.json()["error"]["field"]) == (400, "emails")


@pytest.mark.parametrize(("plan", "most"), [("sandbox-starter-", 100), ("sandbox-", 250), ("sandbox-enterprise-", 500)])
async def test_the_plan_caps_a_bulk_enrichment(xmagnet: Caller, plan: str, most: int):
    caller = xmagnet.holding(plan)
    contacts = [{"email": "jane@example.com"}] * (most + 1)
    assert (await caller.post("/enrich/bulk", {"contacts": contacts})).status_code == 400
    assert (await caller.post("/enrich/bulk", {"contacts": contacts[1:]})).status_code == 200


async def test_live_keys_validate_five_hundred_at_once(xmagnet: Caller):
    assert (await xmagnet.post("/validate/bulk", {"emails": ["a@acmecorp.com"] * 500})).status_code == 200
    assert (await xmagnet.post("/validate/bulk", {"emails": ["a@acmecorp.com"] * 501})).status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/enrich/single", {}, "email"),
        ("/enrich/single", {"first_name": "Ada", "last_name": "Lovelace"}, "company"),
        ("/enrich/single", {"email": "no address"}, "email"),
        ("/enrich/single", {"email": "jane@example.com", "force_refresh": "yes"}, "force_refresh"),
        ("/enrich/bulk", {"contacts": [{"email": "jane@example.com"}, {}]}, "contacts[1].email"),
        ("/enrich/bulk", {"contacts": []}, "contacts"),
        ("/validate/single", {}, "email"),
        ("/validate/bulk", {"emails": ["jane@example.com", "no address"]}, "emails[1]"),
    ],
)
async def test_bad_input_names_its_field_and_is_free(xmagnet: Caller, path: str, body: dict[str, Any], field: str):
    response = await xmagnet.post(path, body)
    assert response.status_code == 400
    assert response.json()["status"] == "error"
    assert (response.json()["error"]["code"], response.json()["error"]["field"]) == ("INVALID_REQUEST", field)
    assert (await xmagnet.get("/credits")).json()["data"]["credits_used"] == 0


@pytest.mark.parametrize(
    ("key", "status", "code"), [("sandbox-bad", 401, "UNAUTHORIZED"), ("sandbox-empty", 402, "INSUFFICIENT_CREDITS")]
)
async def test_refused_keys(xmagnet: Caller, key: str, status: int, code: str):
    response = await xmagnet.holding(key).post("/validate/single", {"email": "jane@example.com"})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_a_key_without_the_scope_is_forbidden(xmagnet: Caller):
    only = xmagnet.holding("sandbox-only-validate-")
    assert (await only.post("/validate/single", {"email": "jane@example.com"})).status_code == 200
    refused = await only.post("/enrich/single", {"email": "jane@example.com"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN")


async def test_an_unknown_endpoint_is_404_never_a_miss(xmagnet: Caller):
    response = await xmagnet.post("/enrich/many", {})
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_a_rate_limit_says_in_the_body_how_long_to_wait(xmagnet: Caller):
    magic = await xmagnet.post("/validate/single", {"email": "rate-limited@magic.example"})
    assert (magic.status_code, magic.json()["error"]["retry_after"]) == (429, 1)
    await xmagnet.control(rate_limit="hard")
    starter = xmagnet.holding("sandbox-starter-")
    statuses = [(await starter.get("/credits")).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert (await starter.get("/credits")).json()["error"] == {
        "code": "RATE_LIMIT_EXCEEDED", "message": "Too many requests. Please retry after 1 seconds.", "retry_after": 1,
    }  # fmt: skip


async def test_magic_bills_and_shapes(xmagnet: Caller):
    over = (await xmagnet.post("/validate/single", {"email": "over-charge@magic.example"})).json()
    assert (over["credits_used"], over["credits_remaining"]) == (5, 9995)
    silent = (await xmagnet.post("/validate/single", {"email": "silent-price@magic.example"})).json()
    assert set(silent) == {"status", "data"}
    old = (await xmagnet.post("/enrich/single", {"email": "shape-old@magic.example"})).json()
    assert set(JANE) - set(old["data"]) == {"company_domain", "company_size", "phone"}
    assert await xmagnet.bill() == {"enrich_single": 1, "validate_single": 6}


async def test_a_refusal_has_the_envelope(xmagnet: Caller):
    await xmagnet.control(faults=["500", "502"])
    failed = await xmagnet.get("/credits")
    assert (failed.status_code, failed.json()["error"]["code"]) == (500, "INTERNAL_ERROR")
    proxy = await xmagnet.get("/credits")
    assert (proxy.status_code, proxy.headers["content-type"]) == (502, "text/html; charset=utf-8")


async def test_it_knows_a_stable_part_of_the_world(xmagnet: Caller):
    people = [one for company in list(world.companies())[20:40] for one in world.employees(company)][:400]
    asked = [{"first_name": one.first, "last_name": one.last, "company": one.company.domain} for one in people]
    caller = xmagnet.holding("sandbox-enterprise-")
    rows = (await caller.post("/enrich/bulk", {"contacts": asked})).json()["results"]
    emails = [row["data"]["email"] if row["data"] else None for row in rows]
    assert emails == [one.work_email if world.covers("xmagnet", one, "work_email") else None for one in people]
    assert 0.38 < sum(email is not None for email in emails) / len(emails) < 0.52
