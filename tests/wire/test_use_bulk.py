"""After some single paid calls in a row a tool points to bulk jobs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.serving import Served, served


async def validate(weir: Served, number: int) -> dict[str, Any]:
    return await weir.call("validate_work_email", {"email": f"person{number}@stripe.com"})


async def test_the_call_after_the_last_one_is_refused_with_the_price_of_a_hundred_more(tmp_path: Path) -> None:
    async with served(tmp_path, use_bulk_after=3) as weir:
        assert [(await validate(weir, number))["outcome"] for number in range(3)] == ["found"] * 3
        before = await weir.bill()
        body = await validate(weir, 3)
        assert (body["outcome"], body["error"]["code"], body["error"]["retryable"]) == (
            "rate_limited",
            "use_bulk",
            False,
        )
        assert "submit_detected_bulk_job with enrichment email_validation" in body["error"]["fix"]
        assert "100 more cost about 25 credits and at most 125" in body["error"]["fix"]
        assert body["receipt"]["attempts"] == []
        assert await weir.bill() == before == {"leadmagic": 0.75}


async def test_what_is_stored_and_what_other_tools_do_goes_on(tmp_path: Path) -> None:
    async with served(tmp_path, use_bulk_after=2) as weir:
        for number in (0, 0, 0, 1):
            assert (await validate(weir, number))["outcome"] == "found"
        assert (await validate(weir, 2))["error"]["code"] == "use_bulk"
        assert (await validate(weir, 1))["receipt"]["cached"] is True
        assert (await weir.call("enrich_company", {"company_domain": "stripe.com"}))["outcome"] == "found"


async def test_calls_at_the_same_time_count_each(tmp_path: Path) -> None:
    async with served(tmp_path, use_bulk_after=4) as weir:
        bodies = await asyncio.gather(*(validate(weir, number) for number in range(12)))
        assert sum(body["outcome"] == "found" for body in bodies) == 4
        assert await weir.bill() == {"leadmagic": 1}


async def test_refused_calls_and_composed_ones_do_not_count(tmp_path: Path) -> None:
    async with served(tmp_path, use_bulk_after=1) as weir:
        await weir.weir.engine.suppression.add("default", "person0@stripe.com", "asked us to", "test")
        assert (await validate(weir, 0))["outcome"] == "suppressed"
        for company in ("stripe.com", "notion.so"):
            assert (await weir.call("research_account", {"company_domain": company}))["outcome"] == "found"
        assert (await validate(weir, 1))["outcome"] == "found"
        assert (await validate(weir, 2))["error"]["code"] == "use_bulk"


async def test_it_can_be_switched_off_and_needs_the_bulk_tools(tmp_path: Path) -> None:
    for number, settings in enumerate(({"use_bulk_after": "none"}, {"use_bulk_after": 1, "toolsets": "contact"})):
        async with served(tmp_path / str(number), **settings) as weir:
            assert [(await validate(weir, one))["outcome"] for one in range(3)] == ["found"] * 3
