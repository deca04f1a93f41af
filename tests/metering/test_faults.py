"""Providers fail in every way they can; the waterfall goes on, and the ledger stays true."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.serving import Served, served

GRACE = {"first_name": "Grace", "last_name": "Valid", "company_domain": "valid.magic.example"}
"""A person whom every provider has."""


@pytest_asyncio.fixture
async def weir(tmp_path: Path) -> AsyncGenerator[Served]:
    async with served(tmp_path / "home") as running:
        yield running


async def in_ledger(weir: Served) -> dict[str, float]:
    """What the ledger says each provider has charged: captured, unresolved and variance."""
    ledger = weir.weir.engine.books.ledger
    totals = {name: await ledger.total(name) / 100 for name in weir.weir.upstreams.providers}
    return {name: total for name, total in totals.items() if total}


def outcomes(body: dict[str, Any]) -> list[tuple[str, str, float]]:
    return [(attempt["provider"], attempt["outcome"], attempt["credits"]) for attempt in body["receipt"]["attempts"]]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("server-error", "provider_error"),
        ("unavailable", "provider_error"),
        ("error-old", "provider_error"),
        ("error-bare", "provider_error"),
        ("forbidden", "provider_error"),
        ("no-credits", "provider_error"),
        ("bad-key", "provider_error"),
        ("not-found", "not_found"),
        ("not-found-404", "not_found"),
    ],
)
async def test_a_definite_failure_costs_nothing_and_the_next_provider_answers(
    weir: Served, fault: str, outcome: str
) -> None:
    await weir.control(provider="leadmagic", faults=[fault])
    body = await weir.call("find_work_email", GRACE)
    assert body["outcome"] == "found"
    assert outcomes(body) == [("leadmagic", outcome, 0.0), ("xmagnet", "found", 1.0)]
    assert body["receipt"]["cost"]["credits"] == {"xmagnet": 1.0}
    assert await in_ledger(weir) == await weir.bill() == {"xmagnet": 1.0}


@pytest.mark.parametrize("fault", ["malformed", "truncated", "hang-up"])
async def test_an_unreadable_answer_that_was_charged_stays_in_the_ledger(weir: Served, fault: str) -> None:
    await weir.control(provider="leadmagic", faults=[fault])
    body = await weir.call("find_work_email", GRACE)
    assert body["outcome"] == "found"
    assert outcomes(body) == [("leadmagic", "provider_error", 1.0), ("xmagnet", "found", 1.0)]
    assert await in_ledger(weir) == await weir.bill() == {"leadmagic": 1.0, "xmagnet": 1.0}


async def test_a_bad_gateway_may_have_charged_so_the_attempt_stays_unresolved(weir: Served) -> None:
    await weir.control(provider="leadmagic", faults=["bad-gateway"])
    body = await weir.call("find_work_email", GRACE)
    assert outcomes(body) == [("leadmagic", "provider_error", 1.0), ("xmagnet", "found", 1.0)]
    analytics = await weir.call("get_account_analytics", {"period": "today"})
    by_operation = {tally["name"]: tally for tally in analytics["data"]["by_operation"]}
    assert by_operation["leadmagic email_finder"]["unresolved"] == 1.0
    assert await weir.bill() == {"xmagnet": 1.0}


async def test_a_charge_above_the_quote_is_not_passed_on_and_ends_automatic_routing(weir: Served) -> None:
    await weir.control(provider="leadmagic", faults=["over-charge"])
    body = await weir.call("find_work_email", GRACE)
    assert body["receipt"]["cost"]["credits"] == {"leadmagic": 1.0}
    assert await in_ledger(weir) == await weir.bill() == {"leadmagic": 5.0}
    preview = await weir.call("preview_cost", {"tool": "find_work_email", "arguments": {**GRACE, "first_name": "Amy"}})
    assert "leadmagic" not in {step["provider"] for step in preview["data"]["steps"]}
    again = await weir.call("find_work_email", {**GRACE, "first_name": "Amy"})
    assert outcomes(again) == [("xmagnet", "found", 1.0)]
    ledger = weir.weir.engine.books.ledger
    assert await ledger.confirm("leadmagic", "email_finder")
    await weir.weir.engine.start()
    back = await weir.call("find_work_email", {**GRACE, "first_name": "Ann"})
    assert outcomes(back) == [("leadmagic", "found", 1.0)]


async def test_the_other_documented_price_stays_within_the_quote(weir: Served) -> None:
    await weir.control(provider="leadmagic", faults=["other-price"])
    arguments = {"profile_url": "magic-valid"}
    preview = await weir.call("preview_cost", {"tool": "find_personal_email", "arguments": arguments})
    body = await weir.call("find_personal_email", arguments)
    assert body["receipt"]["cost"]["credits"]["leadmagic"] <= preview["data"]["max"]["credits"]["leadmagic"]
    assert await in_ledger(weir) == await weir.bill()


async def test_a_price_that_nobody_states_is_taken_from_the_price_list(weir: Served) -> None:
    await weir.control(provider="leadmagic", faults=["silent-price"])
    body = await weir.call("find_work_email", GRACE)
    assert body["receipt"]["cost"]["credits"] == {"leadmagic": 1.0}
    assert await in_ledger(weir) == await weir.bill() == {"leadmagic": 1.0}


async def test_a_rate_limited_provider_is_asked_again_when_it_says_so(weir: Served) -> None:
    await weir.control(provider="leadmagic", faults=["rate-limited"])
    body = await weir.call("find_work_email", GRACE)
    assert outcomes(body) == [("leadmagic", "found", 1.0)]
    assert await in_ledger(weir) == await weir.bill() == {"leadmagic": 1.0}


async def test_when_every_provider_fails_the_result_is_an_error_with_every_attempt(weir: Served) -> None:
    for provider in ("leadmagic", "xmagnet", "leadiq", "leadsonar"):
        await weir.control(provider=provider, faults=["server-error"])
    body = await weir.call("find_work_email", GRACE)
    assert body["outcome"] == "provider_error"
    assert body["error"]["retryable"] is True
    assert [attempt["outcome"] for attempt in body["receipt"]["attempts"]] == ["provider_error"] * 4
    assert body["receipt"]["cost"] == {"credits": {}, "usd": 0.0}
    assert await in_ledger(weir) == await weir.bill() == {}
    again = await weir.call("find_work_email", GRACE)
    assert again["outcome"] == "found"


async def test_nobody_found_is_remembered_and_not_paid_for_twice(weir: Served) -> None:
    nobody = {"first_name": "Nobody", "last_name": "MagicNotFound", "company_domain": "stripe.com"}
    first = await weir.call("find_work_email", nobody)
    assert first["outcome"] == "not_found"
    assert "data" not in first
    assert first["receipt"]["cost"]["credits"] == {"leadsonar": 1.0}
    second = await weir.call("find_work_email", nobody)
    assert second["outcome"] == "not_found"
    assert second["receipt"]["cached"] is True
    assert await in_ledger(weir) == await weir.bill() == {"leadsonar": 1.0}


async def test_a_provider_that_fails_again_and_again_is_not_taken_for_one_that_found_nobody(tmp_path: Path) -> None:
    nobody = {"first_name": "Nobody", "last_name": "MagicNotFound", "company_domain": "stripe.com"}
    async with served(tmp_path, order="leadsonar") as weir:
        await weir.control(provider="leadiq", faults=["server-error"] * 2)
        first = await weir.call("find_work_email", nobody)
        assert outcomes(first)[0] == ("leadsonar", "not_found", 1.0)
        for body in (first, await weir.call("find_work_email", nobody)):
            assert body["outcome"] == "provider_error"
            assert outcomes(body)[-1] == ("leadiq", "provider_error", 0.0)
        third = await weir.call("find_work_email", nobody)
        assert (third["outcome"], outcomes(third)) == ("not_found", [("leadiq", "not_found", 0.0)])
        assert await in_ledger(weir) == await weir.bill() == {"leadsonar": 1.0}


async def test_an_undecided_verdict_goes_on_to_the_next_provider_and_is_never_kept(weir: Served) -> None:
    body = await weir.call("validate_work_email", {"email": "unknown@magic.example"})
    assert body["outcome"] == "unknown"
    assert [provider for provider, *_ in outcomes(body)][:2] == ["leadmagic", "xmagnet"]
    again = await weir.call("validate_work_email", {"email": "unknown@magic.example"})
    assert again["receipt"]["cached"] is False


async def test_catch_all_is_risky_never_verified_and_not_paid_for_twice(weir: Served) -> None:
    body = await weir.call("validate_work_email", {"email": "catch-all@magic.example"})
    assert body["data"]["status"] != "verified"
    again = await weir.call("validate_work_email", {"email": "catch-all@magic.example"})
    assert again["receipt"]["cached"] is True


async def test_a_dead_provider_is_left_alone_after_five_failures(weir: Served) -> None:
    await weir.control(provider="leadmagic", faults=["server-error"] * 8)
    for number in range(7):
        await weir.call("find_work_email", {**GRACE, "first_name": f"Person{number}"})
    health = weir.weir.upstream.health("leadmagic")
    assert health.state.value == "open"
    assert health.failed == 5


async def test_a_call_beyond_its_deadline_goes_on_and_its_answer_is_there_afterwards(tmp_path: Path) -> None:
    async with served(tmp_path, call_seconds=0.3) as weir:
        await weir.control(provider="leadmagic", latency_ms=2000)
        body = await weir.call("find_work_email", GRACE)
        assert body["error"]["code"] == "still_running"
        assert body["error"]["retryable"] is True
        await asyncio.wait(weir.weir.engine.running)
        again = await weir.call("find_work_email", GRACE)
        assert again["outcome"] == "found"
        assert again["receipt"]["cached"] is True
        assert await in_ledger(weir) == await weir.bill() == {"leadmagic": 1.0}


async def test_the_money_of_a_failed_step_does_not_sink_the_other(weir: Served) -> None:
    await weir.control(provider="leadmagic", latency_ms=50)
    await weir.control(provider="leadiq", faults=["server-error"] * 4)
    body = await weir.call("research_account", {"company_domain": "not-found.magic.example"})
    assert body["outcome"] in ("not_found", "provider_error")
    assert await in_ledger(weir) == await weir.bill()
