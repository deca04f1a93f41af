"""Ad tools over HTTP: what comes back, what it costs, and that it is paid once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from server.domain.ads import Ad, AdNetwork, AdPage
from server.domain.principal import LOCAL
from tests.serving import Served, served

SEARCHES = ["search_google_ads", "search_meta_ads", "search_b2b_ads"]


@pytest_asyncio.fixture
async def weir(tmp_path: Path) -> AsyncGenerator[Served]:
    async with served(tmp_path / "home") as running:
        yield running


DOCUMENTED: dict[str, dict[str, Any]] = {
    "search_google_ads": {
        "network": "google",
        "format": "responsive_search",
        "headline": "Free CRM Software | Example Robotics",
        "body": "Get started with free CRM. No credit card required.",
        "landing_url": "https://leadmagic.io",
        "display_url": "leadmagic.io",
    },
    "search_meta_ads": {
        "network": "meta",
        "ad_id": "123456789",
        "body": "Book unique homes and experiences all over the world.",
        "platforms": ["Facebook", "Instagram"],
        "first_seen": "2026-01-15",
    },
    "search_b2b_ads": {
        "network": "b2b",
        "ad_id": "633872143",
        "body": "Transform your business with the #1 CRM",
    },
}


@pytest.mark.parametrize("tool", SEARCHES)
async def test_documented_ads_come_back_at_one_price_and_then_for_nothing(weir: Served, tool: str) -> None:
    arguments = {"company_domain": "leadmagic.io"}
    quote = (await weir.call("preview_cost", {"tool": tool, "arguments": arguments}))["data"]
    body = await weir.call(tool, arguments)
    assert body["data"]["ads"] == [DOCUMENTED[tool]]
    assert body["data"]["total"] == 1
    assert quote["max"]["credits"] == body["receipt"]["cost"]["credits"] == {"leadmagic": 0.2}
    again = await weir.call(tool, arguments)
    assert again["data"] == body["data"]
    assert again["receipt"]["cost"]["credits"] == {}
    assert await weir.bill() == {"leadmagic": 0.2}


@pytest.mark.parametrize("tool", SEARCHES)
async def test_further_pages_come_from_the_paid_answer(weir: Served, tool: str) -> None:
    arguments = {"company_domain": "valid.magic.example"}
    whole = await weir.call(tool, {**arguments, "limit": 50})
    total = whole["data"]["total"]
    pages = [await weir.call(tool, {**arguments, "limit": 1, "offset": n}) for n in range(total + 1)]
    assert [ad for page in pages for ad in page["data"]["ads"]] == whole["data"]["ads"]
    assert pages[-1]["data"]["ads"] == []
    assert all(page["data"]["total"] == total == len(whole["data"]["ads"]) for page in pages)
    assert await weir.bill() == {"leadmagic": 0.2}


@pytest.mark.parametrize("tool", SEARCHES)
async def test_a_price_per_ad_is_not_passed_on(weir: Served, tool: str) -> None:
    await weir.control(provider="leadmagic", faults=["other-price"])
    body = await weir.call(tool, {"company_domain": "leadmagic.io"})
    assert body["receipt"]["cost"]["credits"] == {"leadmagic": 0.2}
    assert await weir.bill() == {"leadmagic": 1}


async def test_a_company_without_ads_costs_nothing(weir: Served) -> None:
    for tool in SEARCHES:
        body = await weir.call(tool, {"company_domain": "not-found.magic.example"})
        assert (body["outcome"], body["receipt"]["cost"]["credits"]) == ("not_found", {})
    assert await weir.bill() == {}


async def test_an_ad_of_the_search_has_details(weir: Served) -> None:
    found = await weir.call("search_b2b_ads", {"company_domain": "valid.magic.example"})
    ad = found["data"]["ads"][0]
    quote = await weir.call("preview_cost", {"tool": "get_b2b_ad_details", "arguments": {"ad_id": ad["ad_id"]}})
    details = await weir.call("get_b2b_ad_details", {"ad_id": ad["ad_id"]})
    assert details["data"]["ad"] | ad == details["data"]["ad"]
    assert details["data"]["ad"]["advertiser"]["name"] == found["data"]["company_name"]
    assert details["data"]["ad"]["impressions"]["max"] == 5 * details["data"]["ad"]["impressions"]["min"]
    assert details["receipt"]["cost"]["credits"] == quote["data"]["max"]["credits"] == {"leadmagic": 2}
    url = f"https://www.linkedin.com/ad-library/detail/{ad['ad_id']}?trk=x"
    by_url = await weir.call("get_b2b_ad_details", {"ad_id": url})
    assert by_url["data"] == details["data"]
    assert by_url["receipt"]["cost"]["credits"] == {}
    assert await weir.bill() == {"leadmagic": 2.2}


async def test_an_ad_that_is_gone_costs_nothing(weir: Served) -> None:
    body = await weir.call("get_b2b_ad_details", {"ad_id": "1"})
    assert (body["outcome"], body["receipt"]["cost"]["credits"]) == ("not_found", {})


async def test_ads_of_a_suppressed_company_are_not_asked_for(weir: Served) -> None:
    await weir.weir.engine.suppression.add(LOCAL.workspace, "stripe.com", "asked us to", "test")
    assert (await weir.call("search_meta_ads", {"company_domain": "stripe.com"}))["outcome"] == "suppressed"
    assert await weir.bill() == {}


def test_long_ad_texts_are_cut_with_a_note() -> None:
    page = AdPage(ads=(Ad(network=AdNetwork.META, body="a" * 600), Ad(network=AdNetwork.META, body="short")))
    shown = page.shown(10, 0)
    assert shown.ads[0].body == "a" * 499 + "…"
    assert shown.ads[1].body == "short"
    assert shown.warnings == ("Ad texts were cut after 500 characters.",)
    assert page.shown(1, 1).warnings == ()
