"""A submitted bulk job as a task, for clients that declare the Tasks extension on the request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from server.batches.batches import Batches
from server.domain.principal import Scope
from tests.access.firm import BOB, EVE, MODERN, Firm
from tests.serving import Served
from tests.wire.eras import by_hand

EXTENSION = "io.modelcontextprotocol/tasks"
SUBMIT = {
    "name": "submit_detected_bulk_job",
    "arguments": {
        "rows": [{"Email": f"person{number}@stripe.com"} for number in range(40)],
        "enrichment": "email_validation",
        "max_credits": 50,
    },
}
UNKNOWN = "job_8Zk3vTq0LxW5mYb2nRcd"


async def ask(
    url: str, method: str, params: Mapping[str, Any], *, tasks: bool = True, key: str | None = None
) -> dict[str, Any]:
    """The whole answer to a request of a client that declares the extension, or does not."""
    extensions: dict[str, Any] = {EXTENSION: {}} if tasks else {}
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"extensions": extensions},
        "io.modelcontextprotocol/clientInfo": {"name": "by-hand", "version": "1"},
    }
    headers = {**MODERN, "Mcp-Method": method, **({"Authorization": f"Bearer {key}"} if key else {})}
    if name := params.get("name"):
        headers["Mcp-Name"] = name
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    async with httpx2.AsyncClient(base_url=url, timeout=30) as http:
        return (await http.post("/mcp", json=message, headers=headers)).json()


async def result(url: str, method: str, params: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    answer = await ask(url, method, params, **options)
    assert "error" not in answer, answer
    return answer["result"]


async def ended(url: str, task_id: str) -> dict[str, Any]:
    """The task once it works no more."""
    while True:
        task = await result(url, "tasks/get", {"taskId": task_id})
        if task["status"] != "working":
            return task
        await asyncio.sleep(0.02)


async def test_a_job_is_a_task_that_is_followed_to_a_result_in_the_tools_schema(weir: Served) -> None:
    await weir.control(latency_ms=100)
    created = await result(weir.url, "tools/call", SUBMIT)
    assert created.items() >= {"resultType": "task", "status": "working", "ttlMs": None, "pollIntervalMs": 2000}.items()
    assert "requestState" not in created
    assert "content" not in created
    task = await ended(weir.url, created["taskId"])
    assert (task["resultType"], task["status"], task["createdAt"]) == ("complete", "completed", created["createdAt"])
    assert 0 <= task["ttlMs"] - 30 * 86_400_000 < 60_000
    body = task["result"]["structuredContent"]
    assert (body["data"]["job_id"], body["data"]["status"]) == (created["taskId"], "completed")
    assert task["result"]["isError"] is False
    tools = (await result(weir.url, "tools/list", {}))["tools"]
    schema = {tool["name"]: tool["outputSchema"] for tool in tools}[SUBMIT["name"]]
    Draft202012Validator(schema).validate(body)  # pyright: ignore[reportUnknownMemberType] - untyped library


async def test_only_who_declares_the_extension_gets_a_task(weir: Served) -> None:
    plain = await result(weir.url, "tools/call", SUBMIT, tasks=False)
    assert (plain["resultType"], "structuredContent" in plain) == ("complete", True)
    async with by_hand(weir.url, "legacy") as wire:
        older = await wire.result("tools/call", SUBMIT)
        assert "structuredContent" in older
        assert (await wire.error("tasks/get", {"taskId": UNKNOWN}))["code"] == -32601
    discovered = await result(weir.url, "server/discover", {})
    assert discovered["capabilities"]["extensions"][EXTENSION] == {}


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
async def test_who_does_not_declare_it_is_told_what_is_missing(weir: Served, method: str) -> None:
    error = (await ask(weir.url, method, {"taskId": UNKNOWN}, tasks=False))["error"]
    assert (error["code"], error["data"]) == (-32021, {"requiredCapabilities": {"extensions": {EXTENSION: {}}}})


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
async def test_an_unknown_task_is_an_invalid_parameter(weir: Served, method: str) -> None:
    for task_id in (UNKNOWN, "", "x" * 10_000):
        assert (await ask(weir.url, method, {"taskId": task_id}))["error"]["code"] == -32602
    assert (await ask(weir.url, method, {}))["error"]["code"] == -32602


@pytest.mark.parametrize("method", ["tasks/list", "tasks/result"])
async def test_methods_that_the_extension_does_not_have_are_not_there(weir: Served, method: str) -> None:
    assert (await ask(weir.url, method, {"taskId": UNKNOWN}))["error"]["code"] == -32601


async def test_a_task_is_cancelled_and_cancelling_again_changes_nothing(weir: Served) -> None:
    await weir.control(latency_ms=300)
    task_id = (await result(weir.url, "tools/call", SUBMIT))["taskId"]
    answered = await result(weir.url, "tasks/update", {"taskId": task_id, "inputResponses": {"nobody": {}}})
    assert answered["resultType"] == "complete"
    for _ in range(2):
        assert (await result(weir.url, "tasks/cancel", {"taskId": task_id}))["resultType"] == "complete"
    task = await ended(weir.url, task_id)
    assert (task["status"], "result" in task) == ("cancelled", False)


async def test_cancelling_a_task_that_ends_meanwhile_is_acknowledged(
    weir: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await weir.control(latency_ms=300)
    task_id = (await result(weir.url, "tools/call", SUBMIT))["taskId"]
    steer = Batches.steer

    async def too_late(batches: Batches, *asked: Any) -> Any:
        await steer(batches, *asked)
        return await steer(batches, *asked)

    monkeypatch.setattr(Batches, "steer", too_late)
    assert (await result(weir.url, "tasks/cancel", {"taskId": task_id}))["resultType"] == "complete"
    assert (await ended(weir.url, task_id))["status"] == "cancelled"


async def test_an_order_that_makes_no_sense_is_refused_at_once(weir: Served) -> None:
    wrong = {"name": SUBMIT["name"], "arguments": {"max_credits": 5, "rows": [{"colour": "red"}]}}
    refused = await result(weir.url, "tools/call", wrong)
    assert (refused["resultType"], refused["isError"]) == ("complete", True)


async def test_a_task_is_its_workspaces_and_needs_its_scopes(acme: Firm) -> None:
    url, bob = acme.url, await acme.text(BOB)
    await acme.served.control(latency_ms=300)
    task_id = (await result(url, "tools/call", SUBMIT, key=bob))["taskId"]
    eve = await acme.text(EVE)
    for method in ("tasks/get", "tasks/update", "tasks/cancel"):
        stranger = await ask(url, method, {"taskId": task_id, "inputResponses": {}}, key=eve)
        assert stranger["error"]["code"] == -32602
    reader = await acme.text(BOB, scopes=[Scope.READ])
    assert (await result(url, "tasks/get", {"taskId": task_id}, key=reader))["status"] == "working"
    assert (await ask(url, "tasks/cancel", {"taskId": task_id}, key=reader))["error"] == "insufficient_scope"
