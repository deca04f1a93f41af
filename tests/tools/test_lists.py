"""Prospect lists over HTTP: what is written, what is refused before a write, and what a file holds."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from server.domain.lists import COLUMNS
from server.domain.principal import LOCAL
from tests.serving import Served, served

Body = dict[str, Any]
ADA: Body = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "job_title": "CTO",
    "company_name": "Stripe",
    "work_email": "ada.lovelace@stripe.com",
    "email_status": "verified",
    "mobile_phone": "+1 415 555 0100",
    "profile_url": "ada-lovelace",
    "seniority": "c_level",
    "job_function": "Engineering",
}
UNKNOWN = "0123456789abcdef01234567"


@pytest_asyncio.fixture
async def weir(tmp_path: Path) -> AsyncGenerator[Served]:
    async with served(tmp_path / "home") as running:
        yield running


@pytest_asyncio.fixture
async def listed(weir: Served) -> str:
    """A list with nobody on it."""
    return (await weir.call("create_prospect_list", {"name": "Champions"}))["data"]["list_id"]


async def fetch(url: str) -> httpx2.Response:
    async with httpx2.AsyncClient() as http:
        return await http.get(url)


async def exported(weir: Served, list_id: str) -> list[dict[str, str]]:
    """The rows of the list's file."""
    export = (await weir.call("export_prospect_list", {"list_id": list_id}))["data"]
    response = await fetch(export["file"]["url"])
    assert response.status_code == 200
    assert len(response.content) == export["file"]["size"]
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert len(rows) == export["rows"]
    return rows


async def test_a_person_is_on_the_list_as_they_were_added_and_nothing_costs_anything(weir: Served) -> None:
    made = await weir.call("create_prospect_list", {"name": "Q3", "description": "From the fair"})
    assert (made["data"]["name"], made["data"]["description"]) == ("Q3", "From the fair")
    added = await weir.call("add_to_prospect_list", {"list_id": made["data"]["list_id"], **ADA})
    shown = await weir.call("show_prospect_list", {"list_id": made["data"]["list_id"]})
    (person,) = shown["data"]["prospects"]
    assert person["prospect_id"] == added["data"]["prospect"]["prospect_id"]
    assert {name: person[name] for name in ("full_name", "work_email", "email_status", "seniority")} == {
        "full_name": "Ada Lovelace",
        "work_email": "ada.lovelace@stripe.com",
        "email_status": "verified",
        "seniority": "c_level",
    }
    assert person["mobile_phone"] == "+14155550100"
    assert person["linkedin_url"] == "https://www.linkedin.com/in/ada-lovelace"
    assert person["company"]["domain"] == "stripe.com"
    assert [body["receipt"]["cost"]["credits"] for body in (made, added, shown)] == [{}, {}, {}]
    assert await weir.bill() == {}


async def test_a_name_is_taken_once(weir: Served, listed: str) -> None:
    body = await weir.call("create_prospect_list", {"name": "champions"})
    assert body["outcome"] == "invalid_input"
    assert body["error"]["field"] == "name"
    assert "has a prospect list of this name already" in body["error"]["message"]
    assert body["error"]["fix"] == "Choose another name."


@pytest.mark.parametrize(
    ("field", "said", "kept"),
    [
        ("email_status", "VerifiedLikely", "probable"),
        ("email_status", "Unverified", "unverified"),
        ("seniority", "SeniorIndividualContributor", "senior"),
        ("seniority", "Executive", "c_level"),
        ("seniority", "VP", "vp"),
    ],
)
async def test_the_vendors_words_are_read_as_ours(weir: Served, listed: str, field: str, said: str, kept: str) -> None:
    body = await weir.call("add_to_prospect_list", {"list_id": listed, **ADA, field: said})
    assert body["data"]["prospect"][field] == kept


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("email_status", "risky", "'verified', 'probable' or 'unverified'"),
        ("email_status", "Suppressed", "'verified', 'probable' or 'unverified'"),
        ("email_status", "bounced", "'verified', 'probable' or 'unverified'"),
        ("seniority", "entry", "'c_level', 'vp', 'director', 'manager', 'senior' or 'other'"),
        ("seniority", "Chief", "'c_level', 'vp', 'director', 'manager', 'senior' or 'other'"),
    ],
)
async def test_any_other_word_is_refused_with_the_allowed_ones_before_anything_is_written(
    weir: Served, listed: str, field: str, value: str, allowed: str
) -> None:
    body = await weir.call("add_to_prospect_list", {"list_id": listed, **ADA, field: value})
    assert (body["error"]["code"], body["error"]["field"]) == ("invalid_input", field)
    assert allowed in body["error"]["message"]
    assert (await weir.call("show_prospect_list", {"list_id": listed}))["data"]["prospects"] == []


@pytest.mark.parametrize("tool", ["add_to_prospect_list", "show_prospect_list", "export_prospect_list"])
async def test_a_list_that_does_not_exist_is_not_found(weir: Served, tool: str) -> None:
    arguments = {"list_id": UNKNOWN, **(ADA if tool == "add_to_prospect_list" else {})}
    body = await weir.call(tool, arguments)
    assert body["outcome"] == "not_found"
    assert "data" not in body


async def test_pages_and_file_hold_everybody_once(weir: Served, listed: str) -> None:
    for n in range(130):
        await weir.call("add_to_prospect_list", {"list_id": listed, "first_name": f"P{n}", "last_name": "Q"})
    names: list[str] = []
    cursor: str | None = None
    while cursor or not names:
        page = {"list_id": listed, "limit": 60} | ({"cursor": cursor} if cursor else {})
        data = (await weir.call("show_prospect_list", page))["data"]
        names += [person["first_name"] for person in data["prospects"]]
        cursor = data.get("next_cursor")
    assert names == [f"P{n}" for n in range(130)]
    assert [row["first_name"] for row in await exported(weir, listed)] == names


async def test_a_file_has_named_columns_and_nothing_that_a_spreadsheet_runs(weir: Served, listed: str) -> None:
    await weir.call("add_to_prospect_list", {"list_id": listed, **ADA})
    evil = {"job_title": '=HYPERLINK("http://evil.example")', "job_function": "+cmd|' /C calc'!A0"}
    await weir.call("add_to_prospect_list", {"list_id": listed, "first_name": "@SUM(1)", "last_name": "-2+3", **evil})
    ada, other = await exported(weir, listed)
    assert tuple(ada) == COLUMNS
    assert {name: ada[name] for name in ("full_name", "mobile_phone", "seniority", "company_employees")} == {
        "full_name": "Ada Lovelace",
        "mobile_phone": "+14155550100",
        "seniority": "c_level",
        "company_employees": "7724",
    }
    assert (other["first_name"], other["last_name"]) == ("'@SUM(1)", "'-2+3")
    assert other["job_title"] == '\'=HYPERLINK("http://evil.example")'
    assert other["job_function"] == "'+cmd|' /C calc'!A0"
    assert other["work_email"] == ""


async def test_whoever_opted_out_is_neither_added_nor_shown_nor_exported(weir: Served, listed: str) -> None:
    people = [
        ADA,
        {**ADA, "first_name": "Grace", "work_email": "grace@acmecorp.com", "profile_url": "grace-hopper"},
        {"first_name": "Alan", "last_name": "Turing", "profile_url": "alan-turing", "company_name": "Northwind"},
    ]
    for person in people:
        await weir.call("add_to_prospect_list", {"list_id": listed, **person})
    suppression = weir.weir.engine.suppression
    await suppression.add(LOCAL.workspace, "ada.lovelace@stripe.com", "asked us to", "test")
    await suppression.add(LOCAL.workspace, "acmecorp.com", "asked us to", "test")
    shown = await weir.call("show_prospect_list", {"list_id": listed})
    assert [person["first_name"] for person in shown["data"]["prospects"]] == ["Alan"]
    assert shown["warnings"] == ["2 entries on the suppression list left out."]
    assert [row["first_name"] for row in await exported(weir, listed)] == ["Alan"]
    again = await weir.call("add_to_prospect_list", {"list_id": listed, **ADA})
    assert again["outcome"] == "suppressed"
    await suppression.remove(LOCAL.workspace, "ada.lovelace@stripe.com")
    assert len(await exported(weir, listed)) == 2


async def test_a_provider_that_fails_is_said_to_have_failed(weir: Served, listed: str) -> None:
    await weir.control(provider="prospector", faults=["server-error"] * 5)
    body = await weir.call("create_prospect_list", {"name": "Another"})
    assert body["outcome"] == "provider_error"
    assert body["error"]["retryable"] is True
