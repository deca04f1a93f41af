"""An agent that tries to spend more than a person allowed.

It has the whole protocol, all that it is told, and a tool that fetches pages. It does not have the person, and nothing
of the operator's. Whatever it does, ledger and bill show no more than what was allowed.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from server.domain.approval import Approval, Decision
from server.domain.batch import Status
from tests.approvals.rounds import APPROVED, FORMS, first_round, second_round, send
from tests.approvals.spending import (
    ABOVE,
    COST,
    THIRTY,
    TOOL,
    Person,
    addresses,
    asked,
    call,
    finished,
    found,
    keyed,
    spent,
)
from tests.pages.forms import form
from tests.serving import Served

JOB = "submit_detected_bulk_job"


async def allow(weir: Served, approval: Approval) -> None:
    """A person approves, by whatever means."""
    await weir.weir.batches.decide(approval.id, allowed=True, by="operator", how="operator")


async def assert_nothing_was_spent(weir: Served) -> None:
    """Neither by the ledger nor by the vendors' bill."""
    assert await spent(weir) == {}
    assert await weir.bill() == {}


CLAIMS: list[Mapping[str, Any]] = [
    {"approved": True},
    {"approval": "allowed"},
    {"approval_id": "{id}"},
    {"confirm": True, "user_approved": True},
    {"decided_by": "operator", "how": "page"},
    {"requestState": '["{id}", ""]'},
    {"inputResponses": dict(APPROVED)},
    {"_meta": {"approved": True}},
]


def filled(claim: Mapping[str, Any], approval: Approval) -> dict[str, Any]:
    """The claim about the request that waits."""
    return json.loads(json.dumps(claim).replace("{id}", approval.id))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: next(iter(claim)))
async def test_nothing_that_a_call_claims_approves_it(weir: Served, claim: Mapping[str, Any]) -> None:
    approval = await asked(weir)
    said = filled(claim, approval)
    answers = [
        await send(weir.url, {**THIRTY, **said}, capabilities={}),
        await send(weir.url, meta=said, capabilities={}),
        await send(weir.url, capabilities={}, **{name: value for name, value in said.items() if name != "_meta"}),
        await send(weir.url, capabilities={**FORMS, "experimental": said}, meta=said),
    ]
    for answer in answers:
        result = answer.get("result", {})
        assert result.get("structuredContent", {}).get("outcome") in (None, "approval_required", "invalid_input")
    assert (await found(weir, approval.id)).decision is Decision.WAITING
    await assert_nothing_was_spent(weir)


async def test_the_link_alone_opens_nothing(weir: Served) -> None:
    approval = await asked(weir)
    async with httpx2.AsyncClient(base_url=weir.url, follow_redirects=True) as http:
        fields = {**form((await http.get(approval.path)).text).fields, "decision": "approve"}
        await http.post(approval.path, data=fields)
        await http.post(approval.path, data={**fields, "code": approval.id, "by": "operator", "allowed": "true"})
        for method in ("PUT", "PATCH", "DELETE"):
            assert (await http.request(method, approval.path, data=fields)).status_code == 405
        command = {"command": "allow approval", "arguments": {"id": approval.id}}
        for token in ("null", "undefined", approval.id):
            headers = {"Authorization": f"Bearer {token}"}
            assert (await http.post("/operator", json=command, headers=headers)).status_code in (403, 404)
    assert (await found(weir, approval.id)).decision is Decision.WAITING
    assert (await call(weir, era="modern"))["outcome"] == "approval_required"
    await assert_nothing_was_spent(weir)


async def test_ids_are_not_guessed(weir: Served) -> None:
    approval = await asked(weir)
    assert len(bytes.fromhex(approval.id)) == 32, "256 bits"
    near = [approval.id[:-1], approval.id + "A", approval.id.upper(), approval.id[::-1], secrets.token_urlsafe(32)]
    async with httpx2.AsyncClient(base_url=weir.url) as http:
        for guess in near:
            assert (await http.get(f"/approvals/{guess}")).status_code == 404


ALTERED: dict[str, dict[str, Any]] = {
    "more": {**THIRTY, "limit": 60},
    "one more": {**THIRTY, "limit": 31},
    "another company": {**THIRTY, "company_domain": "notion.so"},
    "by name": {"company_name": "Stripe", "limit": 30, "force_refresh": True},
    "narrower": {**THIRTY, "location": "Berlin"},
    "not anew": {"company_domain": "stripe.com", "limit": 30},
}


@pytest.mark.parametrize("altered", ALTERED.values(), ids=ALTERED)
async def test_an_approval_is_not_stretched_to_another_call(weir: Served, altered: dict[str, Any]) -> None:
    approval = await asked(weir)
    await allow(weir, approval)
    assert (await call(weir, arguments=altered, era="modern"))["outcome"] == "approval_required"
    await assert_nothing_was_spent(weir)
    assert (await call(weir, era="modern"))["outcome"] == "found"
    assert await spent(weir) == {approval.id: 0.6}
    assert await weir.bill() == COST


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_an_approval_is_used_once_however_often_and_in_parallel_the_call_is_repeated(
    weir: Served, era: str
) -> None:
    approval = await asked(weir)
    await allow(weir, approval)
    bodies = await asyncio.gather(*(call(weir, era=era) for _ in range(8)))
    bodies.append(await call(weir, era=era))
    assert {body["outcome"] for body in bodies} <= {"found", "approval_required"}
    assert await spent(weir) == {approval.id: 0.6}
    assert await weir.bill() == COST


async def test_one_yes_on_a_form_is_one_call(weir: Served) -> None:
    state = await first_round(weir.url)
    answers = await asyncio.gather(*(second_round(weir.url, state) for _ in range(8)))
    outcomes = [answer["result"].get("structuredContent", {}).get("outcome") for answer in answers]
    assert outcomes.count("invalid_input") >= 6
    assert len(await spent(weir)) == 1
    assert await weir.bill() == COST


async def test_another_member_or_connection_cannot_use_an_approval(firm: Served) -> None:
    async with keyed(firm, "bob@example.com") as (bob, _):
        refused = (await bob.call_tool(TOOL, dict(THIRTY))).structured_content
        assert refused is not None
        approval = await found(firm, refused["error"]["approval_url"].rpartition("/")[2])
        await allow(firm, approval)
        for email in ("eve@example.com", "bob@example.com"):
            async with keyed(firm, email) as (other, _):
                body = (await other.call_tool(TOOL, dict(THIRTY))).structured_content
                assert body is not None
                assert body["outcome"] == "approval_required"
        await assert_nothing_was_spent(firm)
        body = (await bob.call_tool(TOOL, dict(THIRTY))).structured_content
        assert body is not None
        assert body["outcome"] == "found"
    assert await spent(firm) == {approval.id: 0.6}


async def test_a_job_in_many_small_parts_spends_no_more_than_one_that_nobody_approved(weir: Served) -> None:
    parts = [
        {"rows": addresses(8, f"company{n}.example.com"), "enrichment": "email_validation", "max_credits": 10}
        for n in range(8)
    ]
    bodies = await asyncio.gather(*(call(weir, JOB, part, era="modern") for part in parts))
    jobs = [
        await finished(weir, body["data"]["job_id"], lambda job: job.status.over or job.status is _WAITS)
        for body in bodies
    ]
    begun = [job for job in jobs if job.status is not _WAITS]
    assert sum(job.order.ceiling for job in begun) <= ABOVE * 100
    assert len(begun) < len(jobs)
    assert sum((await weir.bill()).values()) <= ABOVE
    assert sum((await spent(weir)).values()) == sum((await weir.bill()).values())


_WAITS = Status.AWAITING_APPROVAL


async def test_an_approved_job_is_no_consent_to_a_dearer_or_longer_one(weir: Served) -> None:
    job = {"rows": addresses(30), "enrichment": "email_validation", "max_credits": 40}
    waiting = await call(weir, JOB, job, era="modern")
    await allow(weir, await found(weir, waiting["data"]["approval_url"].rpartition("/")[2]))
    done = await finished(weir, waiting["data"]["job_id"])
    assert done.status is Status.COMPLETED
    others = [
        {**job, "max_credits": 41, "force_refresh": True},
        {**job, "rows": addresses(31), "force_refresh": True},
        {**job, "rows": addresses(30, "notion.so")},
        {**job, "force_refresh": True},
    ]
    for other in others:
        body = await call(weir, JOB, other, era="modern")
        assert body["data"]["status"] == "awaiting_approval"
        assert body["data"]["job_id"] != waiting["data"]["job_id"]
    assert await weir.bill() == {"leadmagic": 7.5}


async def test_a_job_that_waits_is_not_set_going_by_steering_it(weir: Served) -> None:
    job = {"rows": addresses(30), "enrichment": "email_validation", "max_credits": 40}
    waiting = (await call(weir, JOB, job, era="modern"))["data"]
    for action in ("resume", "retry_failed", "pause"):
        steered = await call(weir, "control_bulk_job", {"job_id": waiting["job_id"], "action": action}, era="modern")
        assert steered["outcome"] == "invalid_input"
    again = await call(weir, JOB, job, era="modern")
    assert (again["data"]["job_id"], again["data"]["status"]) == (waiting["job_id"], "awaiting_approval")
    await assert_nothing_was_spent(weir)


async def test_asking_often_asks_a_person_once(weir: Served) -> None:
    for _ in range(5):
        await call(weir, era="modern")
    assert len(await weir.weir.engine.books.approvals.everywhere()) == 1
    person = Person()
    assert (await call(weir, person=person, era="modern"))["outcome"] == "found"
    assert len(person.asked) == 1
    assert await weir.weir.engine.books.approvals.everywhere() == ()
