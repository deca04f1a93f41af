"""A connection's own monthly limit binds, whoever else spends what."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from tests.access.firm import BOB, Firm, firm

NAME = "credits_per_connection_month"


def own(limits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is said of the connection's limit."""
    return [limit for limit in limits if limit["name"] == NAME]


async def test_a_limit_binds_and_names_itself(weir: Firm) -> None:
    key = await weir.text(limit=3)
    assert (await weir.call(key, "find_personal_email", profile_url="magic-valid-1"))["outcome"] == "found"
    refused = await weir.call(key, "find_personal_email", profile_url="magic-valid-2")
    assert (refused["outcome"], refused["error"]["field"]) == ("out_of_budget", NAME)
    assert "leaves 1 of 3" in refused["error"]["message"]
    assert await weir.served.bill() == {"leadmagic": 2.0}


async def test_a_limit_is_shown_by_balance_preview_and_analytics(weir: Firm) -> None:
    key = await weir.text(limit=3)
    await weir.call(key, "find_personal_email", profile_url="magic-valid-1")
    shown = {"name": NAME, "limit": 3.0, "used": 2.0, "left": 1.0}
    preview = {"tool": "find_personal_email", "arguments": {"profile_url": "magic-valid-2"}}
    assert own((await weir.call(key, "check_credit_balance"))["data"]["limits"]) == [shown]
    assert own((await weir.call(key, "preview_cost", **preview))["data"]["limits"]) == [shown]
    assert own((await weir.call(key, "get_account_analytics"))["data"]["limits"]) == [shown]


async def test_a_connection_without_a_limit_shows_none(weir: Firm) -> None:
    limits = (await weir.call(await weir.text(), "check_credit_balance"))["data"]["limits"]
    assert [limit["name"] for limit in limits] == [
        "credits_per_call",
        "credits_per_member_day",
        "credits_per_workspace_month",
    ]


async def test_a_hundred_calls_at_once_never_overshoot_the_limit(tmp_path: Path, isolated: None) -> None:
    async with firm(tmp_path / "home", use_bulk_after="none") as weir:
        async with weir.client(await weir.text(limit=7)) as client:
            calls = (client.call_tool("find_personal_email", {"profile_url": f"magic-valid-{n}"}) for n in range(100))
            bodies = [result.structured_content for result in await asyncio.gather(*calls)]
        assert Counter(body["outcome"] for body in bodies if body) == {"found": 3, "out_of_budget": 97}
        assert await weir.served.bill() == {"leadmagic": 6.0}


async def test_another_connection_of_the_same_person_has_its_own(weir: Firm) -> None:
    small, other = await weir.text(limit=2), await weir.text(limit=2)
    colleague = await weir.text(BOB, limit=2)
    for number, key in enumerate((small, other, colleague)):
        body = await weir.call(key, "find_personal_email", profile_url=f"magic-valid-{number}")
        assert body["outcome"] == "found"
    assert (await weir.call(small, "find_personal_email", profile_url="magic-valid-9"))["outcome"] == "out_of_budget"


async def test_what_the_workspace_has_paid_for_is_free_within_any_limit(weir: Firm) -> None:
    await weir.call(await weir.text(), "find_personal_email", profile_url="magic-valid-1")
    again = await weir.call(await weir.text(BOB, limit=0), "find_personal_email", profile_url="magic-valid-1")
    assert (again["outcome"], again["receipt"]["cached"]) == ("found", True)
