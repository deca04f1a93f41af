"""Bulk jobs as an assistant uses them: bring rows, see the cost, submit, follow, steer."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from mcp import Client, MCPError
from mcp_types import TextResourceContents

from server.domain.principal import LOCAL
from tests.serving import Served, served

Body = dict[str, Any]
ROWS = [{"Email": "ada@stripe.com"}, {"Email": "alan@stripe.com"}, {"Email": "nobody"}, {"Email": "ADA@stripe.com"}]
GERMAN = "Vorname;Nachname;Firma;Website\nAda;Lovelace;Stripe;stripe.com\nAlan;Turing;Notion;notion.so\n"
OVER = {"completed", "cancelled", "failed", "paused", "awaiting_approval"}


@pytest_asyncio.fixture
async def weir(tmp_path: Path) -> AsyncGenerator[Served]:
    async with served(tmp_path / "home") as running:
        yield running


async def data(weir: Served, name: str, /, **arguments: Any) -> Body:
    body = await weir.call(name, arguments)
    assert body["outcome"] == "found", body
    return body["data"]


async def refused(weir: Served, name: str, /, **arguments: Any) -> Body:
    return (await weir.call(name, arguments))["error"]


async def ended(weir: Served, job_id: str) -> Body:
    """The job's status once nothing happens any more."""
    return await reached(weir, job_id, *OVER)


async def reached(weir: Served, job_id: str, *statuses: str) -> Body:
    """The job's status once it is one of `statuses`."""
    while True:
        status = await data(weir, "get_bulk_job_status", job_id=job_id)
        if status["status"] in statuses:
            return status
        await asyncio.sleep(0.02)


async def test_a_small_file_is_brought_looked_at_and_carried_out(weir: Served) -> None:
    brought = await data(weir, "process_attached_csv", rows_text=GERMAN, enrichment="find work emails")
    assert brought["file"] == {
        "name": "2 rows",
        "format": "csv",
        "columns": ["Vorname", "Nachname", "Firma", "Website"],
        "rows": 2,
    }
    assert brought["mapping"]["enrichment"] == "work_email_finder"
    assert {one["role"]: one["column"] for one in brought["mapping"]["columns"]} == {
        "first_name": "Vorname",
        "last_name": "Nachname",
        "company_domain": "Website",
        "company_name": "Firma",
    }
    assert brought["sample"][1] == {"Vorname": "Alan", "Nachname": "Turing", "Firma": "Notion", "Website": "notion.so"}
    estimate = brought["estimate"]
    assert (estimate["rows"], estimate["to_ask"], estimate["partial"]) == (2, 2, False)
    assert estimate["expected"]["credits"] == {"leadmagic": 2}
    assert await weir.bill() == {}
    job = await data(weir, "submit_detected_bulk_job", upload_id=brought["upload_id"], max_credits=20)
    assert (job["enrichment"], job["rows"], job["expected_credits"], job["max_credits"]) == (
        "work_email_finder",
        2,
        2,
        20,
    )
    status = await ended(weir, job["job_id"])
    assert (status["status"], status["percent"], status["outcomes"]) == ("completed", 100, {"found": 2})
    assert sum((await weir.bill()).values()) == status["credits"] <= sum(estimate["max"]["credits"].values())
    export = await data(weir, "export_bulk_job", job_id=job["job_id"])
    async with httpx2.AsyncClient() as http:
        file = list(csv.DictReader(io.StringIO((await http.get(export["file"]["url"])).text)))
    assert [row["weir_email"] for row in file] == ["ada.lovelace@stripe.com", "alan.turing@notion.so"]
    assert (export["rows"], export["columns"][:4], file[0]["Firma"]) == (2, brought["file"]["columns"], "Stripe")
    rows = (await data(weir, "get_bulk_job_rows", job_id=job["job_id"]))["rows"]
    assert [row["added"]["weir_email"] for row in rows] == ["ada.lovelace@stripe.com", "alan.turing@notion.so"]
    assert rows[0]["given"] == {"Vorname": "Ada", "Nachname": "Lovelace", "Firma": "Stripe", "Website": "stripe.com"}


async def test_blank_rows_are_no_job(weir: Served) -> None:
    order = {"rows": [{"Email": "  "}, {"Email": ""}], "enrichment": "email_validation", "max_credits": 5}
    error = await refused(weir, "submit_detected_bulk_job", **order)
    assert (error["field"], error["message"]) == ("rows", "All rows are blank.")


async def test_what_is_missing_and_what_else_would_do_is_said_without_an_estimate(weir: Served) -> None:
    upload = (await data(weir, "process_attached_csv", rows_text=GERMAN))["upload_id"]
    looked = await data(weir, "resolve_bulk_upload_mapping", upload_id=upload, enrichment="linkedin_to_email")
    assert looked["mapping"]["missing"] == ["profile_url"]
    assert {"work_email_finder", "company_firmographics"} <= {one["enrichment"] for one in looked["mapping"]["others"]}
    assert "estimate" not in looked
    assert (await refused(weir, "submit_detected_bulk_job", upload_id=upload, enrichment="mobile", max_credits=5))[
        "field"
    ] == "profile_url"
    many = await data(weir, "resolve_bulk_upload_mapping", upload_id=upload, enrichment="company_jobs")
    assert many["mapping"]["needs_per_row_limit"] is True
    assert "per_row_limit" in many["next"]
    capped = await data(
        weir, "resolve_bulk_upload_mapping", upload_id=upload, enrichment="company_jobs", per_row_limit=3
    )
    assert capped["estimate"]["max"]["credits"] == {"leadmagic": 6}


async def test_a_wrong_column_is_corrected_by_name(weir: Served) -> None:
    text = "Kontakt;Privat\nada@stripe.com;ada@gmail.com\n"
    upload = (await data(weir, "process_attached_csv", rows_text=text, enrichment="email_validation"))["upload_id"]
    error = await refused(weir, "resolve_bulk_upload_mapping", upload_id=upload, mapping={"email": "Privatt"})
    assert (error["field"], error["fix"]) == ("mapping", "Did you mean 'Privat'?")
    looked = await data(weir, "resolve_bulk_upload_mapping", upload_id=upload, mapping={"email": "Privat"})
    (column,) = looked["mapping"]["columns"]
    assert column == {"role": "email", "column": "Privat", "confidence": 1}


async def test_an_upload_waits_for_its_file_under_a_link_of_its_own(weir: Served) -> None:
    opened = await data(weir, "create_bulk_upload_session", file_name="my leads.csv")
    assert opened["upload_url"].startswith(f"{weir.url}/uploads/")
    assert opened["curl"] == f"curl -T 'my leads.csv' {opened['upload_url']}"
    assert opened["max_bytes"] == 500_000_000
    waiting = await data(weir, "resolve_bulk_upload_mapping", upload_id=opened["upload_id"])
    assert "not arrived" in waiting["next"]
    error = await refused(weir, "submit_detected_bulk_job", upload_id=opened["upload_id"], max_credits=5)
    assert (error["field"], "not arrived" in error["message"]) == ("upload_id", True)


async def test_the_same_order_sent_again_is_the_same_job_even_at_the_same_time(weir: Served) -> None:
    order: Body = {"rows": ROWS, "enrichment": "email_validation", "max_credits": 5}
    first, second = await asyncio.gather(*(weir.call("submit_detected_bulk_job", order) for _ in range(2)))
    third = await weir.call("submit_detected_bulk_job", order)
    assert len({body["data"]["job_id"] for body in (first, second, third)}) == 1
    assert sum("warnings" in body for body in (first, second, third)) == 2
    other = await data(weir, "submit_detected_bulk_job", **{**order, "max_credits": 6})
    assert other["job_id"] != first["data"]["job_id"]
    for body in (first["data"], other):
        await ended(weir, body["job_id"])
    assert await weir.bill() == {"leadmagic": 0.5}


async def test_the_preview_of_a_job_bounds_its_bill_within_the_ceiling(weir: Served) -> None:
    arguments = {"rows": ROWS, "enrichment": "email_validation", "max_credits": 2}
    preview = await data(weir, "preview_cost", tool="submit_detected_bulk_job", arguments=arguments)
    assert preview["expected"]["credits"] == {"leadmagic": 0.5}
    assert preview["max"]["credits"] == {"leadmagic": 0.5, "xmagnet": 2}
    assert preview["needs_approval"] is False
    job = await data(weir, "submit_detected_bulk_job", **arguments)
    status = await ended(weir, job["job_id"])
    assert status["credits"] == 0.5
    assert (status["found"], status["skipped"], status["cached"]) == (3, 1, 1)


async def test_rows_that_were_not_answered_are_listed_with_their_reason(weir: Served) -> None:
    rows = [{"Email": f"nobody {number}"} for number in range(30)] + [{"Email": "ada@stripe.com"}]
    order: Body = {"rows": rows, "enrichment": "email_validation", "mapping": {"email": "Email"}, "max_credits": 5}
    job = await data(weir, "submit_detected_bulk_job", **order)
    await ended(weir, job["job_id"])
    page = await data(weir, "get_bulk_job_errors", job_id=job["job_id"])
    assert ([one["row"] for one in page["errors"]], page["next_row"]) == (list(range(1, 26)), 25)
    assert {one["state"] for one in page["errors"]} == {"skipped"}
    assert "email" in page["errors"][0]["reason"]
    last = await data(weir, "get_bulk_job_errors", job_id=job["job_id"], after_row=page["next_row"])
    assert ([one["row"] for one in last["errors"]], "next_row" in last) == ([26, 27, 28, 29, 30], False)
    shown = await data(weir, "get_bulk_job_rows", job_id=job["job_id"], from_row=26, limit=25)
    assert ([row["row"] for row in shown["rows"]], "next_row" in shown) == ([26, 27, 28, 29, 30, 31], False)


async def test_failed_rows_are_asked_again_when_somebody_says_so(weir: Served) -> None:
    await weir.control(faults=["truncated"] * 2)
    job = await data(weir, "submit_detected_bulk_job", rows=ROWS, enrichment="email_validation", max_credits=5)
    failed = await ended(weir, job["job_id"])
    assert (failed["failed"], failed["found"], "retry_failed" in failed["next"]) == (3, 0, True)
    errors = (await data(weir, "get_bulk_job_errors", job_id=job["job_id"]))["errors"]
    assert [one["state"] for one in errors] == ["failed", "failed", "skipped", "failed"]
    assert errors[0]["reason"] == "The provider's answer is not JSON."
    await data(weir, "control_bulk_job", job_id=job["job_id"], action="retry_failed")
    done = await ended(weir, job["job_id"])
    assert (done["status"], done["failed"], done["found"]) == ("completed", 0, 3)
    events = (await data(weir, "get_bulk_job_events", job_id=job["job_id"]))["events"]
    assert [one["event"] for one in events] == ["submitted", "checked", "completed", "retry", "completed"]
    assert (await data(weir, "get_bulk_job_logs", job_id=job["job_id"]))["events"][0] == events[0]


async def test_a_costly_job_waits_for_a_person_and_says_where(tmp_path: Path) -> None:
    async with served(tmp_path, approval_above=1) as weir:
        arguments = {"rows": ROWS, "enrichment": "email_validation", "max_credits": 5}
        preview = await data(weir, "preview_cost", tool="submit_detected_bulk_job", arguments=arguments)
        assert preview["needs_approval"] is True
        job = await data(weir, "submit_detected_bulk_job", **arguments)
        batch = await weir.weir.batches.get(LOCAL, job["job_id"])
        assert (job["status"], job["approval_url"]) == ("awaiting_approval", f"{weir.url}/approvals/{batch.approval}")
        error = await refused(weir, "control_bulk_job", job_id=job["job_id"], action="resume")
        assert error["message"] == "The job is awaiting_approval, so there is nothing to resume."
        assert await weir.bill() == {}
        await weir.weir.engine.books.approvals.decide(batch.approval, allowed=True, by="local", how="page")
        status = await reached(weir, job["job_id"], "completed")
        assert (status["found"], "approval_url" in status) == (3, False)


async def test_a_job_at_its_ceiling_says_so_and_can_be_cancelled(weir: Served) -> None:
    job = await data(weir, "submit_detected_bulk_job", rows=ROWS, enrichment="email_validation", max_credits=0.3)
    paused = await ended(weir, job["job_id"])
    assert (paused["status"], paused["credits"] <= 0.3) == ("paused", True)
    assert "credits_per_bulk_job" in paused["reason"]
    cancelled = await data(weir, "control_bulk_job", job_id=job["job_id"], action="cancel")
    assert cancelled["status"] == "cancelled"
    error = await refused(weir, "control_bulk_job", job_id=job["job_id"], action="resume")
    assert (error["field"], error["fix"]) == ("action", "It can be resumed while it is paused.")


async def test_who_opts_out_after_a_job_is_not_shown_in_its_rows(weir: Served) -> None:
    rows = [{"Name": "Ada Lovelace", "Domain": "stripe.com"}, {"Name": "Alan Turing", "Domain": "notion.so"}]
    job = await data(weir, "submit_detected_bulk_job", rows=rows, enrichment="work_email_finder", max_credits=20)
    await ended(weir, job["job_id"])
    await weir.weir.engine.suppression.add("default", "ada.lovelace@stripe.com", "asked us to", "test")
    hidden, shown = (await data(weir, "get_bulk_job_rows", job_id=job["job_id"]))["rows"]
    assert (hidden["outcome"], hidden["given"], hidden["added"]) == ("suppressed", {}, {})
    assert shown["added"]["weir_email"] == "alan.turing@notion.so"


async def test_jobs_are_listed_newest_first_by_status_and_product(weir: Served) -> None:
    jobs = [
        await data(weir, "submit_detected_bulk_job", rows=[{"Email": f"a{n}@b{n}.com"}], max_credits=2, name=f"n{n}")
        for n in range(22)
    ]
    company = await data(weir, "submit_company_firmographics_bulk", domains=["stripe.com"], max_credits=0.01)
    statuses = [(await ended(weir, job["job_id"]))["status"] for job in (*jobs, company)]
    assert statuses == ["completed"] * 22 + ["paused"]
    page = await data(weir, "list_bulk_jobs")
    assert [one["name"] for one in page["jobs"]] == ["1 row", *(f"n{n}" for n in reversed(range(3, 22)))]
    rest = await data(weir, "list_bulk_jobs", cursor=page["next_cursor"])
    assert ([one["name"] for one in rest["jobs"]], "next_cursor" in rest) == (["n2", "n1", "n0"], False)
    (paused,) = (await data(weir, "list_bulk_jobs", status="paused"))["jobs"]
    (only,) = (await data(weir, "list_bulk_jobs", product="company_finder"))["jobs"]
    assert paused["job_id"] == only["job_id"] == company["job_id"]


async def test_a_job_is_a_resource_that_says_the_same(weir: Served) -> None:
    job = await data(weir, "submit_detected_bulk_job", rows=ROWS, enrichment="email_validation", max_credits=5)
    status = await ended(weir, job["job_id"])
    async with Client(f"{weir.url}/mcp") as client:
        (contents,) = (await client.read_resource(status["resource"])).contents
    assert isinstance(contents, TextResourceContents)
    assert json.loads(contents.text) == status


async def test_what_came_of_a_job_is_a_resource_with_its_first_rows_and_a_link_to_all(weir: Served) -> None:
    rows = [{"Email": f"person{number}@stripe.com"} for number in range(30)]
    job = await data(weir, "submit_detected_bulk_job", rows=rows, enrichment="email_validation", max_credits=20)
    status = await ended(weir, job["job_id"])
    assert status["result_resource"] == f"weir://bulk-jobs/{job['job_id']}/result"
    async with Client(f"{weir.url}/mcp", cache=None) as client:
        first, again = [
            json.loads(contents.text)
            for _ in range(2)
            for contents in (await client.read_resource(status["result_resource"])).contents
            if isinstance(contents, TextResourceContents)
        ]
    assert (first["status"], first["rows"], first["settled"], first["found"]) == ("completed", 30, 30, 30)
    assert (len(first["first"]), first["next_row"]) == (25, 26)
    shown = await data(weir, "get_bulk_job_rows", job_id=job["job_id"])
    assert first["first"] == shown["rows"]
    assert first["file"]["url"] != again["file"]["url"]
    async with httpx2.AsyncClient() as http:
        while (response := await http.get(first["file"]["url"])).status_code == 503:
            continue
        assert (await http.get(first["file"]["url"])).status_code == 404
    table = list(csv.DictReader(io.StringIO(response.text)))
    assert (list(table[0]), len(table)) == (first["columns"], 30)


async def test_a_job_whose_rows_nobody_has_looked_at_has_no_result(weir: Served) -> None:
    async with Client(f"{weir.url}/mcp", cache=None) as client:
        for uri in ("job_8Zk3vTq0LxW5mYb2nRcd/result", "job_8Zk3vTq0LxW5mYb2nRcd/rows", "a/b/result"):
            with pytest.raises(MCPError) as refused:
                await client.read_resource(f"weir://bulk-jobs/{uri}")
            assert refused.value.code == -32602


async def test_a_long_file_is_judged_by_its_beginning_and_its_length(weir: Served) -> None:
    text = "Email\n" + "".join(f"person{number}@stripe.com\n" for number in range(25_000))
    upload = await weir.weir.uploads.keep(LOCAL, text.encode(), "email_validation", "many.csv")
    looked = await data(weir, "resolve_bulk_upload_mapping", upload_id=upload.id)
    estimate = looked["estimate"]
    assert (estimate["rows"], estimate["to_ask"], estimate["partial"]) == (25_000, 25_000, True)
    assert estimate["expected"]["credits"] == {"leadmagic": 6250}
    assert estimate["needs_approval"] is True
    arguments = {"upload_id": upload.id, "max_credits": 90}
    preview = await data(weir, "preview_cost", tool="submit_detected_bulk_job", arguments=arguments)
    assert preview["max"]["credits"] == {"leadmagic": 90, "xmagnet": 90}


WIDE = {"approval_above": "none", "limit_per_member_day": "none", "limit_per_workspace_month": "none"}


async def test_a_job_under_way_says_how_far_it_is_what_holds_it_up_and_who_is_before_whom(tmp_path: Path) -> None:
    async with served(tmp_path / "home", **WIDE) as weir, asyncio.timeout(120):
        await weir.control(provider="leadmagic", latency_ms=3000)
        # More than are asked at once, so that there is something left to ask whenever one looks.
        first, second = [await submitted(weir, domain, 600) for domain in ("stripe.com", "notion.so")]
        running = await reached(weir, first, "running")
        assert (await reached(weir, second, "queued"))["queue_position"] == 1
        while not running["settled"]:
            running = await reached(weir, first, "running")
        assert (running["rows"], 0 < running["percent"] < 100, "queue_position" in running) == (600, True, False)
        assert sum(running["outcomes"].values()) > 0
        assert 0 < running["credits"] <= 0.25 * 600
        assert running["rows_per_minute"] > 0
        assert running["seconds_left"] > 0
        await weir.control(provider="leadmagic", faults=["rate-limited"] * 5)
        while not paces(running)["leadmagic"]["waits_seconds"]:
            running = await reached(weir, first, "running")
        assert paces(running)["leadmagic"]["last_error"] == "rate_limited"
        for job in (first, second):
            await data(weir, "control_bulk_job", job_id=job, action="cancel")


async def submitted(weir: Served, domain: str, count: int) -> str:
    """A job of so many addresses that nobody has asked about; its id."""
    text = "Email\n" + "".join(f"person{number}@{domain}\n" for number in range(count))
    upload = await weir.weir.uploads.keep(LOCAL, text.encode(), "email_validation", f"{domain}.csv")
    order = {"upload_id": upload.id, "enrichment": "email_validation", "max_credits": 500}
    return (await data(weir, "submit_detected_bulk_job", **order))["job_id"]


def paces(status: Body) -> dict[str, Body]:
    """How the providers of a job keep up, by name."""
    return {one["provider"]: one for one in status["providers"]}
