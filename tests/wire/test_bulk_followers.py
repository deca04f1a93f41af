"""Following a bulk job without asking for it again and again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.client.subscriptions import ResourceUpdated

from tests.access.firm import BOB, EVE, Firm
from tests.batches.jobs import Jobs
from tests.serving import Served, served
from tests.stalls import watched
from tests.wire.eras import MODES, by_hand

pytestmark = pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")
"""Subscriptions of the era of `initialize` have no other way."""

ORDER = {
    "rows": [{"Email": f"person{number}@stripe.com"} for number in range(40)],
    "enrichment": "email_validation",
    "max_credits": 50,
}
ELSEWHERE = "weir://bulk-jobs/job_8Zk3vTq0LxW5mYb2nRcd"


async def submitted(client: Client) -> str:
    """The id of a new job."""
    body = (await client.call_tool("submit_detected_bulk_job", ORDER)).structured_content
    assert body is not None
    return body["data"]["job_id"]


async def status(client: Client, job_id: str) -> dict[str, Any]:
    body = (await client.call_tool("get_bulk_job_status", {"job_id": job_id})).structured_content
    assert body is not None
    return body["data"]


async def subscribe(client: Client, uri: str) -> None:
    await client.subscribe_resource(uri)  # pyright: ignore[reportDeprecated] - the older era has nothing else


async def unsubscribe(client: Client, uri: str) -> None:
    await client.unsubscribe_resource(uri)  # pyright: ignore[reportDeprecated] - the older era has nothing else


class Told:
    """What a session of the older era is told beside its answers."""

    def __init__(self) -> None:
        self.uris: asyncio.Queue[str] = asyncio.Queue()

    async def __call__(self, message: Any) -> None:
        if getattr(message, "method", "") == "notifications/resources/updated":
            self.uris.put_nowait(message.params.uri)


async def test_a_modern_client_hears_of_a_jobs_progress_until_it_is_over(weir: Served) -> None:
    await weir.control(latency_ms=600)
    async with Client(f"{weir.url}/mcp", mode=MODES["modern"], cache=None) as client:
        job_id = await submitted(client)
        uri = f"weir://bulk-jobs/{job_id}"
        async with asyncio.timeout(90), client.listen(resource_subscriptions=[uri]) as changes:
            assert changes.honored.resource_subscriptions == [uri]
            standing = await status(client, job_id)
            assert standing["status"] in ("queued", "running")
            async for change in changes:
                assert change == ResourceUpdated(uri)
                if (standing := await status(client, job_id))["status"] == "completed":
                    break
    assert standing["settled"] == 40


async def test_one_stream_tells_of_several_jobs_at_most_once_a_second(weir: Served) -> None:
    await weir.control(latency_ms=300)
    async with Client(f"{weir.url}/mcp", mode=MODES["modern"], cache=None) as client:
        ids = await submitted(client), await submitted_again(client)
        uris = [f"weir://bulk-jobs/{job_id}" for job_id in ids]
        heard: dict[str, list[float]] = {uri: [] for uri in uris}
        away = 0.0
        async with (
            watched() as stalls,
            asyncio.timeout(90),
            client.listen(resource_subscriptions=uris * 2) as changes,
        ):
            async for change in changes:
                assert isinstance(change, ResourceUpdated)
                heard[change.uri].append(now := time.monotonic())
                if {(await status(client, job_id))["status"] for job_id in ids} == {"completed"}:
                    break
                away = max(away, time.monotonic() - now)
    assert all(heard.values())
    for times in heard.values():
        late = away + stalls.most_in_a_second(times[0] - 1, times[-1])
        assert len(times) <= times[-1] - times[0] + late + 2


async def test_a_session_hears_of_a_jobs_progress_until_it_is_over(weir: Served) -> None:
    await weir.control(latency_ms=600)
    told = Told()
    async with Client(f"{weir.url}/mcp", mode="legacy", cache=None, message_handler=told) as client:
        assert client.server_capabilities.resources is not None
        assert client.server_capabilities.resources.subscribe is True
        job_id = await submitted(client)
        uri = f"weir://bulk-jobs/{job_id}"
        for _ in range(2):
            await subscribe(client, uri)
        standing = await status(client, job_id)
        assert standing["status"] in ("queued", "running")
        async with asyncio.timeout(90):
            while standing["status"] != "completed":
                assert await told.uris.get() == uri
                standing = await status(client, job_id)
    assert standing["settled"] == 40


async def test_a_session_that_unsubscribed_hears_nothing_more(weir: Served) -> None:
    await weir.control(latency_ms=300)
    told = Told()
    async with Client(f"{weir.url}/mcp", mode="legacy", cache=None, message_handler=told) as client:
        first, second = await submitted(client), await submitted_again(client)
        for job_id in (first, second):
            await subscribe(client, f"weir://bulk-jobs/{job_id}")
        await unsubscribe(client, f"weir://bulk-jobs/{first}")
        while not told.uris.empty():
            told.uris.get_nowait()
        heard: set[str] = set()
        async with asyncio.timeout(90):
            while {(await status(client, job_id))["status"] for job_id in (first, second)} != {"completed"}:
                heard.add(await told.uris.get())
        with pytest.raises(MCPError) as again:
            await unsubscribe(client, f"weir://bulk-jobs/{first}")
    assert heard == {f"weir://bulk-jobs/{second}"}
    assert again.value.code == -32002


async def submitted_again(client: Client) -> str:
    """The id of another job, which takes longer."""
    rows = [{"Email": f"other{number}@stripe.com"} for number in range(60)]
    body = (await client.call_tool("submit_detected_bulk_job", {**ORDER, "rows": rows})).structured_content
    assert body is not None
    return body["data"]["job_id"]


async def looked_at(
    client: Client, job_id: str, heard: Callable[[], Awaitable[object]], word: object
) -> dict[str, Any]:
    """The job's status after the `word` by which all its rows were looked at; how many there are may be told before."""
    while True:
        assert await heard() == word
        standing = await status(client, job_id)
        if standing["status"] != "checking":
            return standing


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_who_follows_a_job_hears_that_it_waits_for_a_person(tmp_path: Path, isolated: None, era: str) -> None:
    # So many rows that somebody can follow the job before all of them were looked at.
    rows = [[f"person{number}@stripe.com"] for number in range(5000)]
    limits = {"limit_per_member_day": "none", "limit_per_workspace_month": "none"}
    async with served(tmp_path / "home", approval_above=1, **limits) as weir, asyncio.timeout(60):
        told = Told()
        async with Client(f"{weir.url}/mcp", mode=MODES[era], cache=None, message_handler=told) as client:
            batch = await Jobs(weir).submit(rows)
            uri = f"weir://bulk-jobs/{batch.id}"
            if era == "modern":
                async with client.listen(resource_subscriptions=[uri]) as changes:
                    assert (await status(client, batch.id))["status"] == "checking"
                    standing = await looked_at(client, batch.id, partial(anext, aiter(changes)), ResourceUpdated(uri))
            else:
                await subscribe(client, uri)
                assert (await status(client, batch.id))["status"] == "checking"
                standing = await looked_at(client, batch.id, told.uris.get, uri)
    assert (standing["status"], "/approvals/" in standing["approval_url"]) == ("awaiting_approval", True)


@pytest.mark.parametrize("uri", [ELSEWHERE, "weir://docs", "weir://bulk-jobs/", "x" * 10_000])
async def test_only_jobs_that_are_there_can_be_followed(weir: Served, uri: str) -> None:
    async with by_hand(weir.url, "legacy") as wire:
        assert (await wire.error("resources/subscribe", {"uri": uri}))["code"] == -32002
    async with by_hand(weir.url, "modern") as wire:
        error = await wire.error("subscriptions/listen", {"notifications": {"resourceSubscriptions": [uri]}})
    assert (error["code"], error["message"]) == (-32602, "Resource not found")


async def test_who_asks_for_nothing_that_changes_is_told_so_and_the_stream_ends(weir: Served) -> None:
    async with (
        Client(f"{weir.url}/mcp", mode=MODES["modern"], cache=None) as client,
        client.listen(tools_list_changed=True, resources_list_changed=True) as changes,
    ):
        assert changes.honored.model_dump(exclude_none=True) == {}
        assert [change async for change in changes] == []


async def test_without_bulk_jobs_nothing_can_be_followed(tmp_path: Path, isolated: None) -> None:
    async with served(tmp_path, toolsets="contact") as weir:
        async with by_hand(weir.url, "modern") as wire:
            found = await wire.result("server/discover")
            error = await wire.error("subscriptions/listen", {"notifications": {"resourceSubscriptions": [ELSEWHERE]}})
        async with by_hand(weir.url, "legacy") as wire:
            older = await wire.error("resources/subscribe", {"uri": ELSEWHERE})
    assert found["capabilities"]["resources"].get("subscribe", False) is False
    assert (error["code"], older["code"]) == (-32601, -32601)


async def test_another_workspaces_job_is_not_found(acme: Firm) -> None:
    await acme.served.control(latency_ms=600)
    async with acme.client(await acme.text(BOB)) as bob:
        uri = f"weir://bulk-jobs/{await submitted(bob)}"
        async with bob.listen(resource_subscriptions=[uri]) as changes:
            assert changes.honored.resource_subscriptions == [uri]
    eve = await acme.text(EVE)
    async with acme.client(eve) as client:
        with pytest.raises(MCPError) as modern:
            async with client.listen(resource_subscriptions=[uri]):
                raise AssertionError("a stranger's job was acknowledged")
    async with acme.client(eve, mode="legacy") as client:
        with pytest.raises(MCPError) as legacy:
            await subscribe(client, uri)
    assert (modern.value.code, legacy.value.code) == (-32602, -32002)
