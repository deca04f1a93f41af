"""Whose bulk job and upload it is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.domain.principal import USUAL, Scope
from tests.access.firm import ADA, BOB, EVE, Firm

ORDER: dict[str, Any] = {"rows": [{"Email": "ada@stripe.com"}], "enrichment": "email_validation", "max_credits": 0.01}
READING = (
    "get_bulk_job_status",
    "get_bulk_job_rows",
    "get_bulk_job_errors",
    "get_bulk_job_logs",
    "get_bulk_job_events",
)


async def paused_job(weir: Firm, key: str) -> str:
    """A job at its ceiling."""
    job = await weir.call(key, "submit_detected_bulk_job", **ORDER)
    job_id = job["data"]["job_id"]
    while (await weir.call(key, "get_bulk_job_status", job_id=job_id))["data"]["status"] != "paused":  # noqa: ASYNC110 - over HTTP nothing else tells
        await asyncio.sleep(0.02)
    return job_id


async def test_members_of_a_workspace_see_each_others_jobs_and_only_administrators_steer_them(weir: Firm) -> None:
    bob, ada = await weir.text(BOB), await weir.text(ADA)
    job_id = await paused_job(weir, bob)
    status = (await weir.call(ada, "get_bulk_job_status", job_id=job_id))["data"]
    assert status["submitted_by"] == BOB
    refused = await weir.call(ada, "control_bulk_job", job_id=job_id, action="cancel")
    assert (refused["error"]["code"], refused["error"]["field"]) == ("insufficient_scope", "job_id")
    administrator = await weir.text(ADA, scopes=(*USUAL, Scope.ADMIN))
    done = await weir.call(administrator, "control_bulk_job", job_id=job_id, action="cancel")
    assert done["data"]["status"] == "cancelled"


async def test_a_submitter_steers_a_job_of_their_own(weir: Firm) -> None:
    bob = await weir.text(BOB)
    job_id = await paused_job(weir, bob)
    assert (await weir.call(bob, "control_bulk_job", job_id=job_id, action="cancel"))["data"]["status"] == "cancelled"


@pytest.mark.parametrize("tool", [*READING, "control_bulk_job"])
async def test_another_workspace_knows_nothing_of_a_job(weir: Firm, tool: str) -> None:
    job_id = await paused_job(weir, await weir.text(BOB))
    eve = await weir.text(EVE, scopes=(*USUAL, Scope.ADMIN))
    more = {"action": "cancel"} if tool == "control_bulk_job" else {}
    body = await weir.call(eve, tool, job_id=job_id, **more)
    assert (body["outcome"], body["error"]["field"]) == ("invalid_input", "job_id")
    assert BOB not in str(body)
    assert (await weir.call(eve, "list_bulk_jobs"))["data"] == {"jobs": []}


async def test_an_upload_is_its_members_alone_even_within_a_workspace(weir: Firm) -> None:
    brought = await weir.call(await weir.text(BOB), "process_attached_csv", rows_text="Email\nada@stripe.com\n")
    upload_id = brought["data"]["upload_id"]
    for other in (ADA, EVE):
        key = await weir.text(other)
        looked = await weir.call(key, "resolve_bulk_upload_mapping", upload_id=upload_id)
        begun = await weir.call(key, "submit_detected_bulk_job", upload_id=upload_id, max_credits=5)
        assert [body["error"]["field"] for body in (looked, begun)] == ["upload_id"] * 2
    assert await weir.served.bill() == {}


async def test_the_same_order_of_two_members_is_two_jobs(weir: Firm) -> None:
    one = await weir.call(await weir.text(BOB), "submit_detected_bulk_job", **ORDER)
    other = await weir.call(await weir.text(ADA), "submit_detected_bulk_job", **ORDER)
    assert one["data"]["job_id"] != other["data"]["job_id"]
