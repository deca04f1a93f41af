"""Composite tools: one quote, one hold, steps at the same time, and a failed step that does not sink the others."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from server.domain.contact import FoundPhone, PhoneType
from server.domain.person import Person, PersonProfile
from server.domain.principal import LOCAL
from tests.serving import Served, served
from tools.composite import enrich_contact, find_decision_makers

TITLES = ["CEO", "VP Sales", "CTO"]


@pytest_asyncio.fixture
async def weir(tmp_path: Path) -> AsyncGenerator[Served]:
    async with served(tmp_path / "home") as running:
        yield running


async def test_decision_makers_come_in_the_order_of_their_titles_with_addresses(weir: Served) -> None:
    arguments = {"titles": TITLES, "company_domain": "stripe.com", "include_validation": True}
    preview = await weir.call("preview_cost", {"tool": "find_decision_makers", "arguments": arguments})
    body = await weir.call("find_decision_makers", arguments)
    assert body["outcome"] == "found"
    wanted = [one["wanted"] for one in body["data"]["people"]]
    assert wanted == [title for title in TITLES if title in wanted]
    assert set(wanted) | set(body["data"]["not_found"]) == set(TITLES)
    addresses = [one["work_email"] for one in body["data"]["people"] if "work_email" in one]
    assert addresses
    assert all(address["email"].endswith("@stripe.com") for address in addresses)
    paid = body["receipt"]["cost"]["credits"]
    assert paid == await weir.bill()
    assert all(paid[name] <= preview["data"]["max"]["credits"][name] for name in paid)


async def test_an_address_that_its_finder_verified_is_not_validated_again(weir: Served) -> None:
    arguments = {"titles": ["CEO"], "company_domain": "valid.magic.example", "include_validation": True}
    body = await weir.call("find_decision_makers", arguments)
    asked = [attempt["operation"] for attempt in body["receipt"]["attempts"]]
    (ceo,) = body["data"]["people"]
    assert ceo["work_email"]["status"] == "verified"
    assert ceo["work_email"]["validated"] is True
    assert "email_validation" not in asked


async def test_the_same_call_again_is_free(weir: Served) -> None:
    arguments = {"company_domain": "stripe.com", "jobs_limit": 5}
    first = await weir.call("account_intel", arguments)
    billed = await weir.bill()
    second = await weir.call("account_intel", arguments)
    assert second["data"] == first["data"]
    assert second["receipt"]["cost"]["credits"] == {}
    assert second["receipt"]["cached"] is True
    assert await weir.bill() == billed


async def test_account_intel_has_every_part_and_never_more_jobs_than_the_limit(weir: Served) -> None:
    body = await weir.call("account_intel", {"company_domain": "stripe.com", "jobs_limit": 7, "jobs_per_page": 3})
    assert body["data"]["company"]["domain"] == "stripe.com"
    assert {part["name"] for part in body["parts"]} == {
        "company",
        "funding",
        "competitors",
        "technographics",
        "jobs 1",
        "jobs 2",
    }
    assert len(body["data"]["jobs"]) <= 6
    assert body["receipt"]["cost"]["credits"] == await weir.bill()


async def test_a_switched_off_part_is_neither_asked_nor_paid(weir: Served) -> None:
    only_jobs = {"include_research": False, "include_competitors": False, "include_technographics": False}
    body = await weir.call("account_intel", {"company_domain": "stripe.com", "jobs_limit": 2, **only_jobs})
    assert set(body["data"]) <= {"jobs", "total_jobs"}
    assert {attempt["operation"] for attempt in body["receipt"]["attempts"]} == {"jobs_finder"}


async def test_a_failed_part_is_reported_in_its_place_and_sinks_nothing(weir: Served) -> None:
    await weir.control(provider="leadmagic", latency_ms=30)
    weir.weir.engine.catalog.ready = frozenset({"leadmagic"})
    await weir.control(provider="leadmagic", faults=["server-error"])
    body = await weir.call("account_intel", {"company_domain": "stripe.com", "include_jobs": False})
    outcomes = {part["name"]: part["outcome"] for part in body["parts"]}
    assert sorted(outcomes.values()).count("provider_error") == 1
    assert body["outcome"] == "found"
    (failed,) = [part for part in body["parts"] if part["outcome"] == "provider_error"]
    assert "LeadMagic" in failed["error"]
    assert body["receipt"]["cost"]["credits"] == await weir.bill()


async def test_steps_are_asked_at_the_same_time_under_one_hold(weir: Served) -> None:
    await weir.control(provider="*", latency_ms=1000)
    arguments = {"company_domain": "stripe.com", "jobs_limit": 5}
    quote = await weir.call("preview_cost", {"tool": "account_intel", "arguments": arguments})
    body = await weir.call("account_intel", arguments)
    written = weir.weir.engine.books.ledger.export(LOCAL.workspace, datetime(2020, 1, 1, tzinfo=UTC))
    lines = [line async for line in written if line["tool"] == "account_intel"]
    kinds = [line["kind"] for line in lines]
    assert (kinds.count("hold"), kinds.count("release")) == (1, 1)
    assert lines[kinds.index("hold")]["credits"] == sum(quote["data"]["max"]["credits"].values())
    assert kinds[: kinds.index("capture")].count("attempt") == len(body["parts"]) == 5


async def test_at_the_deadline_what_is_done_is_returned_and_the_rest_is_stored(tmp_path: Path) -> None:
    async with served(tmp_path) as weir:
        weir.weir.engine.catalog.ready = frozenset({"leadmagic"})
        await weir.call("enrich_company", {"company_domain": "stripe.com"})
    async with served(tmp_path, call_seconds=0.8) as weir:
        weir.weir.engine.catalog.ready = frozenset({"leadmagic"})
        await weir.control(provider="leadmagic", latency_ms=2500)
        body = await weir.call("account_intel", {"company_domain": "stripe.com", "include_jobs": False})
        unfinished = {part["name"] for part in body["parts"] if part["outcome"] == "unknown"}
        assert unfinished == {"funding", "competitors", "technographics"}
        assert body["data"]["company"]["domain"] == "stripe.com"
        for call in weir.weir.engine.running:
            await call
        again = await weir.call("account_intel", {"company_domain": "stripe.com", "include_jobs": False})
        assert again["receipt"]["cost"]["credits"] == {}
        assert again["receipt"]["cached"] is True


async def test_a_contact_is_enriched_from_an_address_alone(weir: Served) -> None:
    found = await weir.call(
        "find_work_email", {"first_name": "Ada", "last_name": "Lovelace", "company_domain": "stripe.com"}
    )
    email = found["data"]["email"]
    arguments = {
        "email": email,
        "auto_resolve_profile": True,
        "include_mobile": True,
        "include_personal_email": True,
        "include_job_change": True,
    }
    before = await weir.bill()
    body = await weir.call("enrich_contact", arguments)
    assert body["data"]["work_email"]["email"] == email
    assert body["data"]["person"]["full_name"] == "Ada Lovelace"
    assert body["data"]["profile_url"].startswith("https://www.linkedin.com/in/")
    after = await weir.bill()
    spent = {name: round(after[name] - before.get(name, 0), 2) for name in after if after[name] != before.get(name, 0)}
    assert body["receipt"]["cost"]["credits"] == spent


async def test_what_the_resolution_brought_is_not_paid_for_again(weir: Served) -> None:
    body = await weir.call("enrich_contact", {"email": "valid@magic.example", "auto_resolve_profile": True})
    asked = [attempt["operation"] for attempt in body["receipt"]["attempts"]]
    assert body["data"]["person"]["job_title"]
    assert "profile_search" not in asked
    assert asked.count("search_people_profile") == 1


def test_what_was_lost_in_one_part_is_said_once_of_the_whole() -> None:
    lost = "A phone number is not complete, so it has no E.164 form."
    contact = enrich_contact(profile_url="ada-lovelace", include_profile=False, include_mobile=True)
    phone = FoundPhone(number_raw="+1-555-0123", type=PhoneType.MOBILE, warnings=(lost,))
    enriched = contact.compose({"mobile": phone})
    assert enriched is not None
    assert enriched.warnings == (lost,)
    people = find_decision_makers(("CEO", "CTO"), company_domain="stripe.com", include_email_discovery=False)
    ada = PersonProfile(person=Person(full_name="Ada Lovelace"), warnings=(lost,))
    found = people.compose({"role CEO": ada, "role CTO": ada})
    assert found is not None
    assert found.warnings == (lost,)
