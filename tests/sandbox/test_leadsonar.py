"""LeadSonar's simulator speaks LeadSonar's documentation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from server.sandbox import leadsonar as module
from server.sandbox import world
from tests.sandbox.calling import Caller

SARAH = {"first_name": "Sarah", "last_name": "Chen", "domain": "stripe.com"}
MARCUS = {"first_name": "Marcus", "last_name": "Rivera", "domain": "notion.so"}
EMILY = {"first_name": "Emily", "last_name": "Nakamura", "domain": "figma.com"}
NOBODY = {"first_name": "Ada", "last_name": "MagicNotFound", "domain": "stripe.com"}


def _magic(outcome: str) -> dict[str, str]:
    return {"first_name": "Ada", "last_name": f"magic-{outcome}", "domain": "magic.example"}


async def _completed(caller: Caller, job: str) -> dict[str, Any]:
    while True:
        shown = (await caller.get(f"/enrich/{job}")).json()
        if shown["status"] == "completed":
            return shown


async def test_the_documented_email(leadsonar: Caller):
    assert (await leadsonar.post("/find-email", SARAH)).json() == {
        "email": "sarah.chen@stripe.com",
        "confidence": 0.95,
        "provider": "leadmagic",
        "verified": True,
        "cost_credits": 1,
    }


async def test_the_documented_phone_costs_the_price_table_not_the_sample(leadsonar: Caller):
    assert (await leadsonar.post("/find-phone", MARCUS)).json() == {
        "phone": "+14155551234",
        "phone_type": "mobile",
        "provider": "contactout",
        "validated": True,
        "cost_credits": 5,
    }


async def test_a_miss_is_charged_in_full(leadsonar: Caller):
    email = (await leadsonar.post("/find-email", NOBODY)).json()
    assert email == {"email": None, "confidence": 0, "provider": None, "verified": False, "cost_credits": 1}
    phone = (await leadsonar.post("/find-phone", NOBODY)).json()
    assert phone == {"phone": None, "phone_type": None, "provider": None, "validated": False, "cost_credits": 5}
    assert await leadsonar.bill() == {"find_email": 1, "find_phone": 5}


async def test_the_other_documented_prices_are_the_samples_and_the_refund(leadsonar: Caller):
    await leadsonar.control(faults=["other-price", "other-price"])
    assert (await leadsonar.post("/find-phone", MARCUS)).json()["cost_credits"] == 2
    assert (await leadsonar.post("/find-email", NOBODY)).json()["cost_credits"] == 0


async def test_the_documented_job(leadsonar: Caller):
    submitted = await leadsonar.post("/enrich", {"contacts": [SARAH, MARCUS, EMILY], "fields": ["email", "phone"]})
    assert submitted.status_code == 201
    job = submitted.json()
    assert UUID(job["id"]).version == 4
    assert (job["status"], job["total_contacts"]) == ("processing", 3)
    done = await _completed(leadsonar, job["id"])
    assert done["progress"] == {"total": 3, "completed": 3, "emails_found": 3, "phones_found": 2}
    assert done["contacts"] == [
        {**SARAH, "email": "sarah.chen@stripe.com", "email_confidence": 0.95, "phone": "+14155559012",
         "phone_type": "mobile", "providers_used": ["leadmagic", "contactout"]},
        {**MARCUS, "email": "marcus@notion.so", "email_confidence": 0.92, "phone": "+12125553847",
         "phone_type": "mobile", "providers_used": ["prospeo", "lusha"]},
        {**EMILY, "email": "emily.nakamura@figma.com", "email_confidence": 0.88, "phone": None,
         "phone_type": None, "providers_used": ["findymail"]},
    ]  # fmt: skip
    assert done["meta"]["total_cost_usd"] == 0.42
    assert (await leadsonar.bill())["enrich_submit"] == 18


async def test_a_job_is_processing_until_its_time_is_up(leadsonar: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "JOB_SECONDS", float("inf"))
    job = (await leadsonar.post("/enrich", {"contacts": [SARAH]})).json()["id"]
    shown = (await leadsonar.get(f"/enrich/{job}")).json()
    assert shown == {
        "id": job,
        "status": "processing",
        "progress": {"total": 1, "completed": 0, "emails_found": 0, "phones_found": 0},
    }


async def test_without_fields_a_job_looks_for_emails_only(leadsonar: Caller):
    job = (await leadsonar.post("/enrich", {"contacts": [SARAH, NOBODY]})).json()["id"]
    rows = (await _completed(leadsonar, job))["contacts"]
    assert [(row["email"], row["phone"]) for row in rows] == [("sarah.chen@stripe.com", None), (None, None)]
    assert (await leadsonar.bill())["enrich_submit"] == 2


async def test_a_job_belongs_to_its_key(leadsonar: Caller):
    job = (await leadsonar.post("/enrich", {"contacts": [SARAH]})).json()["id"]
    stranger = await leadsonar.holding("sandbox-").get(f"/enrich/{job}")
    assert (stranger.status_code, stranger.json()) == (404, {"error": "Enrichment job not found"})


async def test_a_row_of_a_job_has_its_own_magic(leadsonar: Caller):
    contacts = [_magic("valid"), NOBODY, _magic("unknown")]
    job = (await leadsonar.post("/enrich", {"contacts": contacts})).json()["id"]
    rows = (await _completed(leadsonar, job))["contacts"]
    assert [row["email"] for row in rows] == ["valid@magic.example", None, "unknown@magic.example"]
    assert rows[2]["email_confidence"] < 0.9 <= rows[0]["email_confidence"]


async def test_an_address_of_a_catch_all_domain_is_not_verified(leadsonar: Caller):
    found = (await leadsonar.post("/find-email", _magic("catch-all"))).json()
    assert (found["email"], found["verified"]) == ("catch-all@magic.example", False)
    assert 0.5 < found["confidence"] < 0.9


async def test_a_profile_helps_where_the_name_does_not(leadsonar: Caller):
    known = next(one for one in world.employees(company()) if world.covers("leadsonar", one, "work_email"))
    asked = {"first_name": "Xx1", "last_name": "9y", "domain": known.company.domain}
    assert (await leadsonar.post("/find-email", asked)).json()["email"] is None
    linked = {**asked, "linkedin_url": f"https://linkedin.com/in/{known.slug}"}
    assert (await leadsonar.post("/find-email", linked)).json()["email"] == known.work_email


def company() -> world.Company:
    found = world.company("stripe.com")
    assert found is not None
    return found


async def test_credits_add_up(leadsonar: Caller):
    await leadsonar.post("/find-phone", MARCUS)
    assert (await leadsonar.get("/credits")).json() == {"balance": 9995, "total_earned": 10000, "total_spent": 5}


async def test_twenty_providers_are_known_and_eighteen_enabled(leadsonar: Caller):
    roster = (await leadsonar.get("/providers")).json()
    assert len(roster["providers"]) == 20
    assert roster["total_enabled"] == sum(one["enabled"] for one in roster["providers"]) == 18
    assert roster["providers"][0] == {"name": "leadmagic", "type": "both", "tier": "T1", "enabled": True}


async def test_the_openapi_document_describes_every_route(leadsonar: Caller):
    document = (await leadsonar.client.get("/leadsonar/openapi.json")).json()
    assert document["openapi"].startswith("3.0")
    assert set(document["paths"]) == {
        "/find-email", "/find-phone", "/enrich", "/enrich/{id}", "/credits", "/providers",
    }  # fmt: skip
    answer = document["paths"]["/find-email"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(answer["properties"]) == set((await leadsonar.post("/find-email", SARAH)).json())


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/find-email", {"first_name": "Ada", "last_name": "Lovelace"}, "domain is required"),
        ("/find-phone", {"last_name": "Lovelace", "domain": "stripe.com"}, "first_name is required"),
        ("/enrich", {"contacts": [SARAH, {"first_name": "Ada"}]}, "contacts[1]: last_name is required"),
        ("/enrich", {"contacts": [SARAH], "fields": ["fax"]}, "fields must contain only 'email' and 'phone'"),
        ("/enrich", {"contacts": [SARAH] * 101}, "The 'contacts' field takes at most 100 items."),
    ],
)
async def test_bad_input_says_what_is_wrong_and_is_free(
    leadsonar: Caller, path: str, body: dict[str, Any], message: str
):
    response = await leadsonar.post(path, body)
    assert (response.status_code, response.json()) == (400, {"error": message})
    assert (await leadsonar.get("/credits")).json()["total_spent"] == 0


async def test_refused_keys(leadsonar: Caller):
    bad = await leadsonar.holding("sandbox-bad").get("/credits")
    assert (bad.status_code, bad.json()) == (401, {"error": "Invalid or missing API key"})
    empty = await leadsonar.holding("sandbox-empty").post("/find-email", SARAH)
    assert empty.status_code == 402
    job = await leadsonar.holding("sandbox-empty").post("/enrich", {"contacts": [SARAH]})
    assert job.status_code == 402


async def test_an_over_charge_is_reported_and_a_silent_one_is_not(leadsonar: Caller):
    assert (await leadsonar.post("/find-email", _magic("over-charge"))).json()["cost_credits"] == 5
    assert "cost_credits" not in (await leadsonar.post("/find-email", _magic("silent-price"))).json()
    assert await leadsonar.bill() == {"find_email": 6}
