"""Prospector's simulator keeps lists as LeadIQ's samples use them."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.sandbox.calling import Caller

ADA = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "title": "VP of Sales",
    "company": "Stripe",
    "workEmail": "ada.lovelace@stripe.com",
    "emailStatus": "VerifiedLikely",
    "mobilePhone": "+14155550123",
    "linkedinUrl": "https://www.linkedin.com/in/ada-lovelace-stripe",
    "seniority": "VP",
    "function": "Sales",
}


async def _list(caller: Caller, people: int = 0) -> str:
    created = await caller.post("/v1/lists", {"name": "Autumn", "description": "Leads"})
    assert created.status_code == 201
    path = f"/v1/lists/{created.json()['id']}/prospects"
    for number in range(people):
        added = await caller.post(path, {"firstName": f"P{number}", "lastName": "Doe"})
        assert added.status_code == 201
    return created.json()["id"]


async def test_a_new_list_has_a_24_digit_id(prospector: Caller):
    about = (await prospector.post("/lists", {"name": "Autumn", "description": "Leads"})).json()
    assert len(about["id"]) == 24
    assert int(about["id"], 16) >= 0
    assert (about["name"], about["description"]) == ("Autumn", "Leads")
    assert about["createdAt"] == about["updatedAt"]


async def test_a_name_can_be_used_once_per_key(prospector: Caller):
    await _list(prospector)
    again = await prospector.post("/v1/lists", {"name": "autumn"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert (await prospector.holding("sandbox-").post("/v1/lists", {"name": "Autumn"})).status_code == 201


async def test_a_prospect_comes_back_as_it_was_added(prospector: Caller):
    id_ = await _list(prospector)
    added = await prospector.post(f"/v1/lists/{id_}/prospects", ADA)
    assert added.status_code == 201
    assert set(added.json()) == {"id", "firstName", "lastName"}
    page = (await prospector.get(f"/lists/{id_}/prospects")).json()
    (item,) = page["items"]
    assert page["nextCursor"] is None
    assert item["id"] == added.json()["id"]
    assert {name: item[name] for name in ADA if name != "company"} == {
        name: value for name, value in ADA.items() if name != "company"
    }
    assert item["name"] == "Ada Lovelace"
    assert (item["company"]["name"], item["company"]["domain"]) == ("Stripe", "stripe.com")
    assert set(item["location"]) == {"city", "state", "country"}


async def test_an_omitted_status_means_unverified(prospector: Caller):
    id_ = await _list(prospector)
    body = {"firstName": "Ada", "lastName": "Lovelace", "workEmail": "ada@stripe.com"}
    await prospector.post(f"/v1/lists/{id_}/prospects", body)
    assert (await prospector.get(f"/v1/lists/{id_}/prospects")).json()["items"][0]["emailStatus"] == "Unverified"


async def test_pages_follow_the_cursor_without_gaps(prospector: Caller):
    id_ = await _list(prospector, people=5)
    seen: list[str] = []
    sizes: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await prospector.get(f"/v1/lists/{id_}/prospects", limit=2, **cursor)).json()
        seen += [item["firstName"] for item in page["items"]]
        sizes.append(len(page["items"]))
        if page["nextCursor"] is None:
            break
        assert len(page["nextCursor"]) == 24
        cursor = {"cursor": page["nextCursor"]}
    assert seen == ["P0", "P1", "P2", "P3", "P4"]
    assert sizes == [2, 2, 1]


async def test_the_export_has_the_samples_columns(prospector: Caller):
    id_ = await _list(prospector)
    await prospector.post(f"/v1/lists/{id_}/prospects", ADA)
    response = await prospector.get(f"/lists/{id_}/export")
    assert response.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(response.text))
    assert list(row) == [
        "id", "name", "first_name", "last_name", "title", "work_email", "email_status", "location_city",
        "location_state", "location_country", "company_name", "company_domain", "company_industry",
        "company_employees", "updated_at",
    ]  # fmt: skip
    assert (row["name"], row["work_email"], row["company_domain"]) == (
        "Ada Lovelace", "ada.lovelace@stripe.com", "stripe.com",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"emailStatus": "Invalid"}, "emailStatus"),
        ({"emailStatus": "Suppressed"}, "emailStatus"),
        ({"seniority": "CEO"}, "seniority"),
        ({"firstName": ""}, "firstName"),
        ({"lastName": None}, "lastName"),
    ],
)
async def test_a_bad_value_is_refused_and_not_added(prospector: Caller, change: dict[str, Any], field: str):
    id_ = await _list(prospector)
    response = await prospector.post(f"/v1/lists/{id_}/prospects", {**ADA, **change})
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert field in response.json()["message"]
    assert (await prospector.get(f"/v1/lists/{id_}/prospects")).json()["items"] == []


async def test_a_page_has_at_most_a_hundred(prospector: Caller):
    id_ = await _list(prospector)
    assert (await prospector.get(f"/v1/lists/{id_}/prospects", limit=101)).status_code == 400
    assert (await prospector.get(f"/v1/lists/{id_}/prospects", cursor="f" * 24)).status_code == 400


async def test_a_missing_list_is_404(prospector: Caller):
    response = await prospector.get(f"/v1/lists/{'0' * 24}/prospects")
    assert (response.status_code, response.json()) == (
        404,
        {"code": "not_found", "message": "The list does not exist."},
    )


async def test_only_the_decoded_key_opens_it(prospector: Caller):
    response = await prospector.holding("c2FuZGJveA==").post("/v1/lists", {"name": "Autumn"})
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")


async def test_lists_are_free_even_for_an_empty_account(prospector: Caller):
    empty = prospector.holding("sandbox-empty")
    await empty.client.post("/bill/reset")
    id_ = await _list(empty, people=1)
    await empty.get(f"/v1/lists/{id_}/export")
    assert await empty.bill() == {
        "prospector_create_list": 0, "prospector_add_prospect": 0, "prospector_export_csv": 0,
    }  # fmt: skip
