"""LeadContact's simulator speaks LeadContact's integration guide."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from server.sandbox import accounts
from server.sandbox import leadcontact as module
from server.sandbox.api import Refusal
from tests.sandbox.calling import Caller

DECISION_MAKERS = {
    "company": "Acme Corp",
    "decision_maker_only": True,
    "include_phone": True,
    "departments": ["Executive", "Engineering", "Sales"],
    "titles": ["CEO", "CTO", "VP Sales"],
    "limit": 10,
}
JANE = {
    "first_name": "Jane",
    "last_name": "Smith",
    "email": "jane.smith@acmecorp.com",
    "email_confidence": 0.98,
    "phone": "+1-555-123-4567",
    "phone_confidence": 0.95,
    "title": "CEO",
    "company": "Acme Corp",
    "department": "Executive",
}


async def test_the_documented_search_shows_the_documented_contact_first(leadcontact: Caller):
    reply = (await leadcontact.post("/contacts/search", DECISION_MAKERS)).json()
    assert reply["success"] is True
    assert reply["data"]["contacts"][0] == JANE
    returned = len(reply["data"]["contacts"])
    assert reply["data"]["credits_remaining"] == 10000 - returned
    assert await leadcontact.bill() == {"search": returned}


async def test_filters_and_limit_hold(leadcontact: Caller):
    sales = {"company": "siemens.com", "departments": ["sales"], "limit": 100}
    found = (await leadcontact.post("/contacts/search", sales)).json()["data"]
    assert {one["department"] for one in found["contacts"]} == {"Sales"}
    assert found["total"] == len(found["contacts"]) > 2
    confidences = [one["email_confidence"] or 0 for one in found["contacts"]]
    assert confidences == sorted(confidences, reverse=True)
    assert [one["phone"] for one in found["contacts"]] == [None] * found["total"]
    first = (await leadcontact.post("/contacts/search", {**sales, "limit": 2})).json()["data"]
    assert first["contacts"] == found["contacts"][:2]
    assert first["total"] == found["total"]


async def test_no_contacts_cost_nothing(leadcontact: Caller):
    reply = (await leadcontact.post("/contacts/search", {"company": "not-found.magic.example"})).json()
    assert reply["data"] == {"contacts": [], "total": 0, "credits_remaining": 10000}


async def test_the_documented_verification(leadcontact: Caller):
    body = {"email": "john.doe@company.com", "smtp_check": True, "format_check": True}
    data = (await leadcontact.post("/contacts/verify", body)).json()["data"]
    assert datetime.fromisoformat(data.pop("verification_timestamp")).tzinfo is not None
    assert data == {
        "email": "john.doe@company.com",
        "is_valid": True,
        "is_deliverable": True,
        "confidence_score": 0.96,
        "smtp_response": "250 OK - Mail Accepted",
    }
    assert await leadcontact.bill() == {"verify": 1}


@pytest.mark.parametrize(
    ("email", "valid", "deliverable", "band"),
    [
        ("valid@magic.example", True, True, (0.90, 1.0)),
        ("catch-all@magic.example", True, True, (0.70, 0.89)),
        ("unknown@magic.example", True, False, (0.40, 0.69)),
        ("invalid@magic.example", True, False, (0.0, 0.2)),
        ("no address", False, False, (0.0, 0.0)),
    ],
)
async def test_scores_fall_into_the_documented_bands(
    leadcontact: Caller, email: str, valid: bool, deliverable: bool, band: tuple[float, float]
):
    data = (await leadcontact.post("/contacts/verify", {"email": email})).json()["data"]
    assert (data["is_valid"], data["is_deliverable"]) == (valid, deliverable)
    assert band[0] <= data["confidence_score"] <= band[1]


async def test_the_documented_phone(leadcontact: Caller):
    body = {
        "email": "john.doe@company.com",
        "first_name": "John",
        "last_name": "Doe",
        "company": "Acme Corp",
        "include_direct_dial": True,
        "skip_mobile": False,
    }
    assert (await leadcontact.post("/contacts/phones", body)).json() == {
        "success": True,
        "data": {
            "phone_numbers": [
                {"number": "+1-555-987-6543", "type": "direct_dial", "confidence": 0.94, "country_code": "US"}
            ]
        },
    }


async def test_phones_are_found_without_an_address_and_mobiles_can_be_left_out(leadcontact: Caller):
    named = {"first_name": "Jane", "last_name": "Smith", "company": "Acme Corp"}
    numbers = (await leadcontact.post("/contacts/phones", named)).json()["data"]["phone_numbers"]
    assert numbers[0] == {"number": "+1-555-123-4567", "type": "mobile", "confidence": 0.95, "country_code": "US"}
    reply = (await leadcontact.post("/contacts/phones", {**named, "skip_mobile": True})).json()
    assert "mobile" not in [number["type"] for number in reply["data"]["phone_numbers"]]


async def test_a_phone_request_costs_one_whether_or_not_there_is_a_number(leadcontact: Caller):
    reply = await leadcontact.post("/contacts/phones", {"email": "not-found@magic.example"})
    assert reply.json()["data"] == {"phone_numbers": []}
    assert await leadcontact.bill() == {"phones": 1}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/contacts/search", {}),
        ("/contacts/search", {"company": "stripe.com", "limit": 0}),
        ("/contacts/search", {"company": "stripe.com", "titles": "CEO"}),
        ("/contacts/verify", {"smtp_check": True}),
        ("/contacts/phones", {"first_name": "Jane", "last_name": "Smith"}),
    ],
)
async def test_bad_input_is_refused_for_free(leadcontact: Caller, path: str, body: dict[str, Any]):
    response = await leadcontact.post(path, body)
    assert response.status_code == 400
    assert (response.json()["success"], response.json()["error"]["code"]) == (False, "invalid_request")
    assert accounts.of("leadcontact", leadcontact.key).charged == 0


@pytest.mark.parametrize(
    ("key", "status", "code"), [("sandbox-bad", 401, "unauthorized"), ("sandbox-empty", 402, "insufficient_credits")]
)
async def test_refused_keys(leadcontact: Caller, key: str, status: int, code: str):
    response = await leadcontact.holding(key).post("/contacts/verify", {"email": "john.doe@company.com"})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_the_user_agent_is_required(leadcontact: Caller):
    headers = {**leadcontact.headers, "User-Agent": ""}
    response = await leadcontact.post("/contacts/verify", {"email": "john.doe@company.com"}, headers)
    assert response.json()["error"]["message"] == "The User-Agent header is required."


async def test_a_free_key_has_twenty_five_requests_a_day(leadcontact: Caller):
    free = leadcontact.holding("sandbox-free-")
    body = {"email": "john.doe@company.com"}
    statuses = [(await free.post("/contacts/verify", body)).status_code for _ in range(26)]
    assert statuses == [200] * 25 + [429]
    assert await free.bill() == {"verify": 25}


def test_the_quota_starts_anew_at_midnight_utc():
    quota = module.Quota()
    evening = datetime(2026, 3, 31, 23, 59, 30, tzinfo=UTC)
    quota.enter(1, evening)
    with pytest.raises(Refusal) as refused:
        quota.enter(1, evening)
    assert (refused.value.status, refused.value.retry_after) == (429, 30)
    quota.enter(1, datetime(2026, 4, 1, tzinfo=UTC))
    assert quota.used == 1


async def test_an_over_charge_shows_in_what_remains(leadcontact: Caller):
    await leadcontact.post("/contacts/verify", {"email": "over-charge@magic.example"})
    reply = (await leadcontact.post("/contacts/search", {"company": "not-found.magic.example"})).json()
    assert reply["data"]["credits_remaining"] == 9995
