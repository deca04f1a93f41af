"""Limits refuse before anything is spent; suppression and approval do as well."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from mcp import Client

from server.domain.principal import LOCAL
from tests.serving import served

GRACE = {"first_name": "Grace", "last_name": "Valid", "company_domain": "valid.magic.example"}


async def test_a_call_that_may_cost_more_than_a_call_may_is_refused_with_the_setting_that_helps(
    tmp_path: Path,
) -> None:
    async with served(tmp_path, limit_per_call=2) as weir:
        body = await weir.call("find_work_email", GRACE)
        assert body["outcome"] == "out_of_budget"
        assert body["error"]["field"] == "credits_per_call"
        assert "WEIR_LIMIT_PER_CALL" in body["error"]["fix"]
        assert await weir.bill() == {}
        preview = await weir.call("preview_cost", {"tool": "find_work_email", "arguments": GRACE})
        limits = {limit["name"]: limit for limit in preview["data"]["limits"]}
        assert limits["credits_per_call"] == {"name": "credits_per_call", "limit": 2.0, "used": 0.0, "left": 2.0}


async def test_five_hundred_calls_at_once_never_overshoot_the_day(tmp_path: Path) -> None:
    settings = {"limit_per_member_day": 10, "use_bulk_after": "none"}
    async with served(tmp_path, **settings) as weir, Client(f"{weir.url}/mcp") as client:
        calls = (client.call_tool("find_personal_email", {"profile_url": f"magic-valid-{n}"}) for n in range(500))
        bodies = [result.structured_content for result in await asyncio.gather(*calls)]
        paid = sum(sum(body["receipt"]["cost"]["credits"].values()) for body in bodies if body)
        outcomes = Counter(body["outcome"] for body in bodies if body)
        assert outcomes == {"found": 5, "out_of_budget": 495}
        assert paid == 10
        assert await weir.bill() == {"leadmagic": 10.0}


async def test_above_the_approval_limit_nothing_is_asked(tmp_path: Path) -> None:
    async with served(tmp_path, approval_above=20) as weir:
        arguments = {"company_domain": "stripe.com", "limit": 30}
        preview = await weir.call("preview_cost", {"tool": "find_company_employees", "arguments": arguments})
        assert preview["data"]["needs_approval"] is True
        body = await weir.call("find_company_employees", arguments)
        assert body["outcome"] == "approval_required"
        assert body["error"]["fix"]
        assert await weir.bill() == {}


async def test_a_suppressed_person_is_neither_looked_up_nor_returned(tmp_path: Path) -> None:
    async with served(tmp_path) as weir:
        first = await weir.call("find_work_email", GRACE)
        address = first["data"]["email"]
        engine = weir.weir.engine
        await engine.suppression.add(LOCAL.workspace, address, "asked us to", "test")
        assert (await weir.call("find_work_email", GRACE))["outcome"] == "suppressed"
        assert "data" not in await weir.call("find_work_email", GRACE)
        validated = await weir.call("validate_work_email", {"email": address})
        assert validated["outcome"] == "suppressed"
        assert validated["receipt"]["cost"]["credits"] == {}
        forced = await weir.call("find_work_email", {**GRACE, "force_refresh": True})
        assert forced["outcome"] == "suppressed"
        assert "data" not in forced
        assert forced["receipt"]["cost"]["credits"] == {"leadmagic": 1.0}
        assert await weir.bill() == {"leadmagic": 2.0}
        again = await weir.call("find_work_email", GRACE)
        assert again["outcome"] == "suppressed"
        assert again["receipt"]["cost"]["credits"] == {}


async def test_an_answer_that_an_opt_out_withholds_is_not_paid_for_again_until_it_is_allowed(tmp_path: Path) -> None:
    async with served(tmp_path) as weir:
        operator = weir.weir.operator
        first = await weir.call("find_work_email", GRACE)
        address = first["data"]["email"]
        await operator.run("suppress", {"subject": address, "reason": "asked us to"})
        bodies = [await weir.call("find_work_email", GRACE) for _ in range(3)]
        assert [body["outcome"] for body in bodies] == ["suppressed"] * 3
        assert await weir.bill() == {"leadmagic": 1.0}
        await operator.run("allow", {"subject": address})
        again = await weir.call("find_work_email", GRACE)
        assert again["data"] == first["data"]
        assert await weir.bill() == {"leadmagic": 2.0}


async def test_suppressed_people_are_left_out_of_lists(tmp_path: Path) -> None:
    async with served(tmp_path) as weir:
        arguments = {"company_domain": "stripe.com", "limit": 4}
        people = (await weir.call("find_company_employees", arguments))["data"]["people"]
        hidden = people[0]["linkedin_url"]
        await weir.weir.engine.suppression.add(LOCAL.workspace, hidden, "opted out", "test")
        body = await weir.call("find_company_employees", arguments)
        assert hidden not in {person.get("linkedin_url") for person in body["data"]["people"]}
        assert len(body["data"]["people"]) == len(people) - 1
        assert body["warnings"] == ["1 entry on the suppression list left out."]
