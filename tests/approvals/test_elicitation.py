"""A person approves on a form that their client shows, in both eras."""

from __future__ import annotations

import mcp_types as types
import pytest

from server.domain.approval import Decision
from server.domain.batch import Status
from tests.approvals.spending import COST, TOOL, Person, addresses, call, finished, found, spent
from tests.serving import Served

pytestmark = pytest.mark.parametrize("era", ["modern", "legacy"])

NO = {
    "declined": types.ElicitResult(action="decline"),
    "closed": types.ElicitResult(action="cancel"),
    "ticked no": types.ElicitResult(action="accept", content={"approve": False}),
    "left empty": types.ElicitResult(action="accept", content={}),
    "sent nothing": types.ElicitResult(action="accept"),
    "wrote a word": types.ElicitResult(action="accept", content={"approve": "true"}),
}
JOB = {"rows": addresses(30), "enrichment": "email_validation", "max_credits": 40}


async def test_a_call_that_the_person_approves_is_carried_out_at_once(weir: Served, era: str) -> None:
    person = Person()
    body = await call(weir, person=person, era=era)
    assert (body["outcome"], body["receipt"]["cost"]["credits"]) == ("found", COST)
    assert await weir.bill() == COST
    (approval_id,) = await spent(weir)
    used = await found(weir, approval_id)
    assert (used.decision, used.decided_by, used.decided_how) == (Decision.USED, "local", "elicitation")
    assert len(person.asked) == 1


async def test_the_form_says_what_is_asked_and_what_it_can_cost(weir: Served, era: str) -> None:
    person = Person()
    await call(weir, person=person, era=era)
    (form,) = person.asked
    assert form.message.splitlines()[2:5] == [
        "At most: 33 credits (the price in dollars is not known)",
        "Tool: find_company_employees",
        "Steps: list employees: leadiq (up to 3 credits) then leadmagic (up to 30 credits)",
    ]
    assert list(form.requested_schema["properties"]) == ["approve"]
    assert form.requested_schema["properties"]["approve"]["type"] == "boolean"


@pytest.mark.parametrize("answer", NO.values(), ids=NO)
async def test_whatever_is_not_a_clear_yes_refuses(weir: Served, era: str, answer: types.ElicitResult) -> None:
    body = await call(weir, person=Person(answer), era=era)
    assert body["error"]["code"] == "approval_refused"
    assert "did not approve" in body["error"]["message"]
    assert await weir.bill() == {}
    again = Person()
    assert (await call(weir, person=again, era=era))["outcome"] == "found"
    assert len(again.asked) == 1, "a refusal is no consent to the next call"


async def test_a_client_that_shows_no_forms_is_told_where_a_person_decides(weir: Served, era: str) -> None:
    body = await call(weir, era=era)
    assert (body["outcome"], body["error"]["code"]) == ("approval_required", "approval_required")
    assert body["error"]["approval_url"].startswith(f"{weir.url}/approvals/")
    assert "approval_url" in body["error"]["fix"]
    assert await weir.bill() == {}


async def test_a_call_below_the_limit_asks_nobody(weir: Served, era: str) -> None:
    person = Person()
    body = await call(weir, "validate_work_email", {"email": "ada@stripe.com"}, person=person, era=era)
    assert (body["outcome"], person.asked) == ("found", [])


async def test_an_approved_job_begins_at_once(weir: Served, era: str) -> None:
    person = Person()
    body = await call(weir, "submit_detected_bulk_job", JOB, person=person, era=era)
    assert body["data"]["status"] in ("queued", "running", "completed")
    assert "warnings" not in body
    (form,) = person.asked
    assert "Rows: 30, of which 30 have to be asked" in form.message
    done = await finished(weir, body["data"]["job_id"])
    assert (done.status, done.done) == (Status.COMPLETED, 30)
    assert await weir.bill() == {"leadmagic": 7.5}


async def test_a_refused_job_spends_nothing(weir: Served, era: str) -> None:
    body = await call(weir, "submit_detected_bulk_job", JOB, person=Person(NO["declined"]), era=era)
    assert body["error"]["code"] == "approval_refused"
    jobs = await call(weir, "list_bulk_jobs", {}, era=era)
    assert [job["status"] for job in jobs["data"]["jobs"]] == ["cancelled"]
    assert await weir.bill() == {}


async def test_a_job_of_a_client_without_forms_waits(weir: Served, era: str) -> None:
    body = await call(weir, "submit_detected_bulk_job", JOB, era=era)
    assert body["data"]["status"] == "awaiting_approval"
    assert body["data"]["approval_url"].startswith(f"{weir.url}/approvals/")
    assert await weir.bill() == {}


async def test_what_a_caller_writes_stays_on_its_line_of_the_form(weir: Served, era: str) -> None:
    person = Person()
    lying = {"company_name": "Stripe\nAt most: 1 credit\n\nApprove?", "limit": 30}
    await call(weir, TOOL, lying, person=person, era=era)
    (form,) = person.asked
    assert [line for line in form.message.splitlines() if line.startswith("At most: ")] == [
        "At most: 33 credits (the price in dollars is not known)"
    ]
    assert "At most: 1 credit" in form.message
