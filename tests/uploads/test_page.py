"""The upload page in a real browser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Browser, FilePayload, Page, Route, expect

from server.domain.principal import Grant, Principal
from server.identity.keys import NewKey
from server.identity.workspaces import Role
from tests.pages.forms import PASSWORD, sign_in_with
from tests.serving import Served, served
from tests.uploads.senders import LEADS, drop, kept, link

FILE: FilePayload = {"name": "leads.csv", "mimeType": "text/csv", "buffer": LEADS}
PDF: FilePayload = {"name": "leads.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 nothing"}
PHONE = {"width": 360, "height": 740}


async def _choose_and_send(page: Page, file: FilePayload) -> None:
    await page.get_by_label("The file, chosen or dropped here").set_input_files(file)
    await page.get_by_role("button", name="Send the file").click()


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_file_is_brought_with_scripts_and_without(weir: Served, browser: Browser, scripts: bool) -> None:
    context = await browser.new_context(java_script_enabled=scripts)
    page = await context.new_page()
    await page.goto(await link(weir, kind="email_validation", name="leads.csv"))
    await _choose_and_send(page, PDF)
    await expect(page.get_by_role("alert")).to_contain_text("The file is not a table: it is a PDF.")
    await _choose_and_send(page, {**FILE, "buffer": b"Name,Email\n"})
    await expect(page.get_by_role("alert")).to_contain_text("The file has a header and no rows.")
    await _choose_and_send(page, FILE)
    await expect(page.get_by_role("heading", name="The file is there")).to_be_visible()
    await expect(page.get_by_text("Go back to your assistant")).to_be_visible()
    await expect(page.get_by_role("cell", name="Ada Lovelace")).to_be_visible()
    await context.close()


async def test_a_file_can_be_dropped(weir: Served, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(await link(weir))
    await drop(page, LEADS, "dropped.csv")
    await expect(page.get_by_role("heading", name="The file is there")).to_be_focused()
    await expect(page.get_by_text("dropped.csv (CSV, 1 kB)")).to_be_visible()
    await page.close()


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        ("a proxy answers", "The server did not take the file (status 413). Send it again, or tell whoever runs it."),
        ("the connection is lost", "The connection was lost before the file was there. Send it again."),
    ],
)
async def test_a_file_that_did_not_get_through_can_be_sent_again(
    weir: Served, browser: Browser, happens: str, said: str
) -> None:
    page = await browser.new_page()
    url = await link(weir)
    await page.goto(url)

    async def in_between(route: Route) -> None:
        if happens == "a proxy answers":
            await route.fulfill(status=413, content_type="text/html", body="<center><h1>Too Large</h1></center>")
        else:
            await route.abort("connectionreset")

    await page.route(url, in_between)
    await _choose_and_send(page, FILE)
    await expect(page.get_by_text(said)).to_be_visible()
    await page.unroute(url)
    await page.get_by_role("button", name="Send the file").click()
    await expect(page.get_by_role("heading", name="The file is there")).to_be_visible()
    await page.close()


async def test_signed_links_take_a_file_there_and_bring_it_back_finished(weir: Served, browser: Browser) -> None:
    opened = (await weir.call("create_bulk_upload_session", {"enrichment": "email_validation"}))["data"]
    page = await browser.new_page()
    await page.goto(opened["upload_url"])
    await _choose_and_send(page, FILE)
    await page.get_by_role("heading", name="The file is there").wait_for()
    order = {"upload_id": opened["upload_id"], "max_credits": 5}
    job = {"job_id": (await weir.call("submit_detected_bulk_job", order))["data"]["job_id"]}
    status = await weir.call("get_bulk_job_status", {**job, "wait_seconds": 50})
    assert status["data"]["status"] == "completed"
    file = (await weir.call("export_bulk_job", {**job, "format": "csv"}))["data"]["file"]
    async with page.expect_download() as arriving:
        await page.evaluate("url => { location.href = url }", file["url"])
    download = await arriving.value
    assert download.suggested_filename == file["name"] == "leads-email_validation.csv"
    header, *rows = (await asyncio.to_thread((await download.path()).read_text)).splitlines()
    assert header.startswith("Email,Full Name,weir_email,")
    assert [row.split(",")[:3] for row in rows] == [
        ["ada@stripe.com", "Ada Lovelace", "ada@stripe.com"],
        ["alan@stripe.com", "Alan Turing", "alan@stripe.com"],
    ]
    await page.close()


async def test_no_other_script_runs_on_the_page(weir: Served, browser: Browser) -> None:
    page = await browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    await page.goto(await link(weir, name="<img src=x onerror=alert(1)>.csv"))
    await expect(page.get_by_text("<img src=x onerror=alert(1)>.csv")).to_be_visible()
    await page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'var ran = 1'}))")
    assert await page.evaluate("typeof ran") == "undefined"
    assert any("script-src" in line for line in refused)
    hostile: FilePayload = {**FILE, "buffer": b"Email,<script>alert(1)</script>\na@stripe.com,<b>x</b>\n"}
    await _choose_and_send(page, hostile)
    await expect(page.get_by_role("cell", name="<b>x</b>")).to_be_visible()
    await page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_fit_a_phone_and_pass_axe(weir: Served, browser: Browser, axe: str, scheme: str) -> None:
    context = await browser.new_context(viewport=PHONE, color_scheme=scheme)  # pyright: ignore[reportArgumentType] - literals, from above
    page = await context.new_page()
    problems: list[str] = []

    async def look(step: str) -> None:
        if await page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            problems.append(f"{step}: wider than the screen")
        await page.evaluate(axe)
        found = await page.evaluate("axe.run().then(result => result.violations)")
        problems.extend(f"{step}: {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found)

    await page.goto(await link(weir))
    await look("form")
    await _choose_and_send(page, PDF)
    await page.get_by_role("alert").wait_for()
    await look("after a mistake")
    wide = b"Email," + b",".join(b"A long column %d" % n for n in range(12)) + b"\nada@stripe.com" + b",x" * 12 + b"\n"
    await _choose_and_send(page, {**FILE, "buffer": wide})
    await page.get_by_role("heading", name="The file is there").wait_for()
    await look("received")
    await page.reload()
    await page.get_by_text("A file was brought by this link already").wait_for()
    await look("used")
    assert problems == []
    await context.close()


async def test_a_link_is_of_no_use_to_another_member_who_has_signed_in(
    tmp_path: Path, isolated: None, browser: Browser
) -> None:
    async with served(tmp_path / "home", auth="builtin") as weir, httpx2.AsyncClient() as http:
        people = weir.weir.identity.people
        await people.add("ada@example.com", "Ada", password=PASSWORD, role=Role.ADMIN)
        await people.add("bob@example.com", "Bob", password=PASSWORD)
        _, key = await weir.weir.identity.keys.create(NewKey("terminal", "default", "ada@example.com"))
        url = await link(weir, Principal("default", "ada@example.com", grant=Grant(key.id)))
        for email, said in [("bob@example.com", "made for somebody else"), ("ada@example.com", "Bring a file")]:
            context = await browser.new_context()
            page = await context.new_page()
            await sign_in_with(page, f"{weir.url}/sign-in", email)
            await page.goto(url)
            await expect(page.locator("main")).to_contain_text(said)
            if email.startswith("bob"):
                sent = await page.request.put(url, data=LEADS)
                assert sent.status == 403
                assert kept(tmp_path / "home") == []
            await context.close()
        assert (await http.put(url, content=LEADS)).status_code == 201, "a terminal has not signed in"
        later = await link(weir, Principal("default", "ada@example.com", grant=Grant(key.id)))
        await weir.weir.identity.keys.revoke(key.id, by="test")
        assert (await http.put(later, content=LEADS)).status_code == 403
