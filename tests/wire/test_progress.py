"""Who sends a progress token with a call is told how far it is, until it is answered."""

from __future__ import annotations

import asyncio
import itertools
import json
from asyncio.subprocess import PIPE
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import pytest
from mcp import Client

from server.batches.check import Checker
from server.batches.waiting import MOST
from server.domain.principal import LOCAL
from tests.nodejs import PACKAGES, node
from tests.serving import Served
from tests.wire.eras import MODERN, MODES

__all__ = ["node"]

ROWS = 120
STATUS = "get_bulk_job_status"
ORDER = {
    "rows": [{"Email": f"person{number}@stripe.com"} for number in range(ROWS)],
    "enrichment": "email_validation",
    "max_credits": 50,
}
Told = tuple[float, float | None, str | None]

eras = pytest.mark.parametrize("era", ["modern", "legacy"])


async def submitted(weir: Served, latency_ms: int = 300) -> str:
    """A job that takes a while."""
    await weir.control(latency_ms=latency_ms)
    return (await weir.call("submit_detected_bulk_job", ORDER))["data"]["job_id"]


@dataclass(slots=True)
class Heard:
    """What a client was told. With the first word of a job, its provider stops taking its time."""

    weir: Served
    told: list[Told] = field(default_factory=list[Told])

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        if not self.told:
            await self.weir.reset_control()
        self.told.append((progress, total, message))

    def check(self) -> None:
        """It was told of a job of many rows from its beginning to its end."""
        (first, *_), told = self.told, self.told
        assert first[0] < ROWS
        assert told[-1] == (ROWS, ROWS, f"completed: {ROWS} of {ROWS} rows, {ROWS / 4:g} credits")
        assert all(before[0] < after[0] for before, after in itertools.pairwise(told))
        for done, total, message in told[:-1]:
            assert (total, message is not None and f": {done:g} of {ROWS} rows, " in message) == (ROWS, True)


SLOW = 4000
"""Milliseconds that a provider takes until it is told otherwise: long enough to be asked meanwhile."""


@eras
async def test_the_python_client_is_told_how_far_a_job_is(weir: Served, era: str) -> None:
    heard = Heard(weir)
    async with Client(f"{weir.url}/mcp", mode=MODES[era], cache=None) as client:
        arguments = {"job_id": await submitted(weir, SLOW), "wait_seconds": 50}
        result = await client.call_tool(STATUS, arguments, progress_callback=heard)
        told = len(heard.told)
        await client.list_tools()
    heard.check()
    assert len(heard.told) == told
    assert result.structured_content is not None
    assert result.structured_content["data"]["status"] == "completed"


@eras
async def test_the_typescript_client_is_told_how_far_a_job_is(node: str, weir: Served, era: str) -> None:
    words = map(str, (PACKAGES / "progress.mjs", f"{weir.url}/mcp", era, STATUS))
    process = await asyncio.create_subprocess_exec(node, *words, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(await process.stdout.readline()) == {"connected": True}
    arguments = {"job_id": await submitted(weir, SLOW), "wait_seconds": 50}
    process.stdin.write(f"{json.dumps(arguments)}\n".encode())
    heard = Heard(weir)
    while "told" in (said := json.loads(await process.stdout.readline() or b"{}")):
        told = said["told"]
        await heard(told["progress"], told.get("total"), told.get("message"))
    assert "result" in said, (await process.stderr.read()).decode()
    heard.check()
    assert said["late"] == []
    assert said["result"]["structuredContent"]["data"]["status"] == "completed"
    process.stdin.close()
    assert await process.wait() == 0


async def messages(weir: Served, arguments: dict[str, Any], token: str | None) -> list[dict[str, Any]]:
    """Everything that a modern call is answered with, in order."""
    meta: dict[str, Any] = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "by-hand", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    if token is not None:
        meta["progressToken"] = token
    params = {"name": STATUS, "arguments": arguments, "_meta": meta}
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": "tools/call",
        "Mcp-Name": STATUS,
    }
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    async with httpx2.AsyncClient(base_url=weir.url, timeout=60) as http:
        response = await http.post("/mcp", json=message, headers=headers)
    if response.headers["content-type"].startswith("application/json"):
        return [response.json()]
    return [
        json.loads(line.removeprefix("data: ")) for line in response.text.splitlines() if line.startswith("data: {")
    ]


async def test_the_answer_is_the_last_thing_that_is_said_and_only_the_token_is_named(weir: Served) -> None:
    job = await submitted(weir)
    *notices, answer = await messages(weir, {"job_id": job, "wait_seconds": 50}, "my-token")
    assert {notice["method"] for notice in notices} == {"notifications/progress"}
    assert {notice["params"]["progressToken"] for notice in notices} == {"my-token"}
    assert answer["result"]["structuredContent"]["data"]["status"] == "completed"


async def test_who_asks_for_no_progress_waits_all_the_same_and_is_told_nothing(weir: Served) -> None:
    (answer,) = await messages(weir, {"job_id": await submitted(weir), "wait_seconds": 50}, None)
    assert answer["result"]["structuredContent"]["data"]["status"] == "completed"


async def test_who_does_not_wait_is_told_once_where_the_job_stands(weir: Served) -> None:
    notice, answer = await messages(weir, {"job_id": await submitted(weir)}, "t")
    told, _, _ = notice["params"]["message"].partition(":")
    answered = answer["result"]["structuredContent"]["data"]["status"]
    # The job goes on between the two.
    course = ["checking", "queued", "running", "completed"]
    assert course.index(told) <= course.index(answered)


async def test_a_job_that_waits_for_a_person_is_not_waited_for(weir: Served) -> None:
    order = {**ORDER, "max_credits": 5}
    job = (await weir.call("submit_detected_bulk_job", order))["data"]["job_id"]
    async with asyncio.timeout(40):
        status = await weir.call(STATUS, {"job_id": job, "wait_seconds": 50})
        assert status["data"]["status"] == "paused"
        again = await weir.call(STATUS, {"job_id": job, "wait_seconds": 50})
    assert again["data"]["status"] == "paused"


async def test_a_member_has_so_many_calls_that_wait_and_the_next_is_answered_at_once(
    weir: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forever(_: Checker, __: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Checker, "check", forever)
    job = (await weir.call("submit_detected_bulk_job", ORDER))["data"]["job_id"]
    arguments = {"job_id": job, "wait_seconds": 50}
    async with asyncio.timeout(40):
        asked = {asyncio.create_task(weir.call(STATUS, arguments)) for _ in range(MOST + 1)}
        done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        (at_once,) = [task.result() for task in done]
        assert at_once["data"]["status"] == "checking"
        assert f"{MOST} calls wait for jobs already" in at_once["warnings"][0]
        assert len(waiting) == MOST
        await weir.call("control_bulk_job", {"job_id": job, "action": "cancel"})
        for answer in [*await asyncio.gather(*waiting), await weir.call(STATUS, arguments)]:
            assert (answer["data"]["status"], "warnings" in answer) == ("cancelled", False)


async def test_members_wait_beside_each_other(weir: Served) -> None:
    waiting = weir.weir.batches.waiting
    with ExitStack() as calls:
        assert [calls.enter_context(waiting.call(LOCAL, 5.0)) for _ in range(MOST + 1)] == [5.0] * MOST + [0.0]
        for other in (replace(LOCAL, member="eve"), replace(LOCAL, workspace="other")):
            assert calls.enter_context(waiting.call(other, 5.0)) == 5.0
    with waiting.call(LOCAL, 5.0) as allowed:
        assert allowed == 5.0


@pytest.mark.parametrize("seconds", [-1, 51, "soon"])
async def test_nobody_waits_longer_than_clients_do(weir: Served, seconds: Any) -> None:
    body = await weir.call(STATUS, {"job_id": "job_8Zk3vTq0LxW5mYb2nRcd", "wait_seconds": seconds})
    assert (body["outcome"], body["error"]["field"]) == ("invalid_input", "wait_seconds")


@eras
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("research_account", {"company_domain": "stripe.com"}),
        ("detect_job_change", {"work_email": "alex.rivera@example.com", "company_domain": "leadmagic.io"}),
    ],
)
async def test_a_call_of_several_steps_tells_which_are_done(
    weir: Served, era: str, tool: str, arguments: dict[str, str]
) -> None:
    told: list[Told] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    await weir.control(latency_ms=700)
    async with Client(f"{weir.url}/mcp", mode=MODES[era], cache=None) as client:
        result = await client.call_tool(tool, arguments, progress_callback=tell)
        heard = list(told)
        await client.list_tools()
    assert result.structured_content is not None
    assert told == heard
    assert heard
    assert all(before[0] < after[0] for before, after in itertools.pairwise(heard))
    (total,) = {total for _, total, _ in heard}
    assert total is not None
    assert 1 <= heard[0][0] <= heard[-1][0] <= total
    assert all(message is not None and message.endswith(" is done") for *_, message in heard)
