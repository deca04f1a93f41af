"""The widget in a host of MCP Apps, from the file to the finished job."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from mcp import Client
from mcp_types import Implementation
from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.approvals.rounds import FORMS, send
from tests.approvals.spending import addresses
from tests.serving import Served, served
from tests.uploads.hosting import hosting
from tests.uploads.senders import LEADS

TOOL = "create_bulk_upload_session"
ROWS = 40
FILE = b"Work Mail,Person\n" + b"".join(b"person%d@stripe.com,Person %d\n" % (n, n) for n in range(ROWS))


@pytest_asyncio.fixture
async def page(browser: Browser, node: str) -> AsyncIterator[Page]:
    """A host with nothing in it."""
    async with hosting() as port:
        opened = await browser.new_page(viewport={"width": 760, "height": 700})
        await opened.goto(f"http://127.0.0.1:{port}/host.html")
        yield opened
        await opened.close()


async def presented(
    page: Page, weir: Served, tool: str = TOOL, *, text_only: bool = False, **arguments: Any
) -> tuple[FrameLocator, dict[str, Any]]:
    """The widget in its sandbox after a call of the tool, and what the host was told."""
    port = page.url.split(":")[2].split("/")[0]
    told = await page.evaluate(
        "asked => window.present(asked)",
        {
            "url": f"{weir.url}/mcp",
            "sandbox": f"http://localhost:{port}/sandbox.html",
            "tool": tool,
            "input": arguments,
            "theme": "light",
            "textOnly": text_only,
        },
    )
    return page.frame_locator("main iframe").frame_locator("iframe"), told


async def brought(widget: FrameLocator, file: bytes = FILE, name: str = "leads.csv") -> None:
    """Choose a file, and wait for what was found."""
    await widget.get_by_label("Choose a file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": file})


async def log(page: Page, name: str) -> list[Any]:
    return await page.evaluate("name => window.log[name]", name)


async def test_a_person_brings_a_file_starts_the_job_and_gets_the_result(weir: Served, page: Page) -> None:
    widget, told = await presented(page, weir)
    assert (told["uri"], told["mimeType"]) == ("ui://weir/upload", "text/html;profile=mcp-app")
    assert told["meta"]["ui"]["csp"]["connectDomains"] == [weir.url]
    assert "domain" not in told["meta"]["ui"], "this host has no origin of Claude's"
    assert told["size"] < 130_000
    await brought(widget)
    await expect(widget.get_by_role("heading", name="leads.csv")).to_be_visible()
    await expect(widget.get_by_label("Enrichment")).to_have_value("email_validation")
    await expect(widget.get_by_label("Email", exact=True)).to_have_value("Work Mail")
    await expect(widget.get_by_text(f"{ROWS} rows, {ROWS} to ask")).to_be_visible()
    await widget.get_by_label("Most credits that may be spent").fill("60")
    await widget.get_by_label("Most credits that may be spent").press("Enter")
    await expect(widget.get_by_role("heading", name="leads.csv: completed")).to_be_visible(timeout=40_000)
    await expect(widget.get_by_text(f"{ROWS} of {ROWS} (100 %)")).to_be_visible()
    await expect(widget.get_by_role("img", name=f"Found: {ROWS}")).to_be_visible()
    await widget.get_by_role("button", name="Get the file").press("Enter")
    await expect(widget.get_by_role("link", name="Download")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_function("window.log.links.length == 1")
    (url,) = await log(page, "links")
    assert url.startswith(f"{weir.url}/files/")
    await expect(widget.get_by_role("button", name="Get the file")).to_be_focused()
    answer = await page.request.get(url)
    assert len((await answer.text()).strip().splitlines()) == ROWS + 1
    assert [call["name"] for call in await log(page, "calls")][:2] == [
        "resolve_bulk_upload_mapping",
        "submit_detected_bulk_job",
    ]
    submitted = (await log(page, "calls"))[1]["arguments"]
    assert (submitted["enrichment"], submitted["max_credits"]) == ("email_validation", 60)
    assert "submitted bulk job job_" in (await log(page, "told"))[-1]
    assert max(await log(page, "sizes")) <= 500
    assert await log(page, "errors") == []


async def test_kind_and_columns_can_be_corrected(weir: Served, page: Page) -> None:
    widget, _ = await presented(page, weir)
    await brought(widget, b"Mail,Second Mail\nada@stripe.com,alan@stripe.com\n")
    await widget.get_by_label("Email", exact=True).select_option("Second Mail")
    await expect(widget.get_by_label("Email", exact=True)).to_have_value("Second Mail")
    await widget.get_by_label("Enrichment").select_option("company_jobs")
    await expect(widget.get_by_text("Most answers per row")).to_be_visible()
    await expect(widget.get_by_role("status")).to_contain_text("per_row_limit")
    await widget.get_by_label("Most answers per row").fill("3")
    await widget.get_by_label("Most answers per row").press("Tab")
    await expect(widget.get_by_role("button", name="Start")).to_be_enabled()
    last = (await log(page, "calls"))[-1]["arguments"]
    assert (last["enrichment"], last["per_row_limit"]) == ("company_jobs", 3)
    corrected = [call["arguments"].get("mapping") for call in await log(page, "calls")]
    assert {"email": "Second Mail"} in corrected


async def test_a_file_that_is_no_table_is_refused_and_another_can_be_chosen(weir: Served, page: Page) -> None:
    widget, _ = await presented(page, weir, enrichment="email_validation")
    await brought(widget, b"%PDF-1.7 nothing", "leads.pdf")
    await expect(widget.get_by_role("status")).to_contain_text("The file is not a table: it is a PDF.")
    await brought(widget, LEADS)
    await expect(widget.get_by_role("heading", name="leads.csv")).to_be_visible()


async def test_a_file_without_rows_starts_nothing_and_another_can_be_chosen(weir: Served, page: Page) -> None:
    widget, _ = await presented(page, weir, enrichment="email_validation")
    await brought(widget, b"Name,Email\n")
    await expect(widget.get_by_role("status")).to_contain_text("The file has a header and no rows.")
    await expect(widget.get_by_role("button", name="Start")).to_be_hidden()
    await brought(widget, LEADS)
    await expect(widget.get_by_role("button", name="Start")).to_be_enabled()


async def test_where_nothing_tells_what_is_wanted_the_person_says_it(weir: Served, page: Page) -> None:
    widget, _ = await presented(page, weir)
    await brought(widget, b"Colour,Size\nred,4\nblue,5\n")
    await widget.get_by_label("What is to be found for each row?").fill("email validation")
    await widget.get_by_label("What is to be found for each row?").press("Enter")
    await expect(widget.get_by_role("status")).to_contain_text("No column is known to hold email")
    await expect(widget.get_by_label("Email", exact=True)).to_have_value("")


async def test_a_small_attachment_goes_straight_to_the_check(weir: Served, page: Page) -> None:
    widget, _ = await presented(page, weir, "process_attached_csv", rows_text="Email\nada@stripe.com\n")
    await expect(widget.get_by_text("1 rows, 1 to ask")).to_be_visible()


async def test_a_person_is_told_which_rows_are_unlocked_already(tmp_path: Path, isolated: None, page: Page) -> None:
    jane = {"first_name": "Jane", "last_name": "Doe", "company_domain": "acmecorp.com"}
    rows = ",".join(jane) + "\n" + ",".join(jane.values()) + "\n"
    async with served(tmp_path / "home", order="leadiq") as weir:
        await weir.call("find_work_email", jane)
        await weir.expire_answers()
        widget, _ = await presented(page, weir, "process_attached_csv", rows_text=rows, enrichment="work_email_finder")
        await expect(widget.get_by_text("1 rows, 1 to ask, 1 of them unlocked already.")).to_be_visible()
        await expect(widget.get_by_text("Most likely 0 credits, at most 4.1.")).to_be_visible()


async def test_a_host_that_hands_on_only_text_is_enough(weir: Served, page: Page) -> None:
    widget, _ = await presented(page, weir, text_only=True)
    await brought(widget)
    await expect(widget.get_by_text(f"{ROWS} rows, {ROWS} to ask")).to_be_visible()
    await expect(widget.get_by_label("Email", exact=True)).to_have_value("Work Mail")


async def test_where_the_host_opens_no_links_the_person_is_told_what_to_open(weir: Served, page: Page) -> None:
    widget, _ = await presented(page, weir)
    await page.evaluate("window.refusesLinks = true")
    await widget.get_by_role("link", name="the upload page").click()
    await expect(widget.get_by_role("status")).to_contain_text(f"does not open the link: {weir.url}/uploads/")


async def test_a_costly_job_leads_to_its_approval_and_can_be_cancelled(
    tmp_path: Path, isolated: None, page: Page
) -> None:
    async with served(tmp_path / "home", approval_above=5) as weir:
        widget, _ = await presented(page, weir)
        await brought(widget)
        await expect(widget.get_by_text("A person has to approve it.")).to_be_visible()
        await widget.get_by_role("button", name="Start").click()
        await widget.get_by_role("link", name="Approve or refuse").click()
        await page.wait_for_function("window.log.links.length == 1")
        assert (await log(page, "links"))[0].startswith(f"{weir.url}/approvals/")
        await widget.get_by_role("button", name="Cancel the job").click()
        await expect(widget.get_by_role("heading", name="leads.csv: cancelled")).to_be_visible()
        assert await weir.bill() == {}


async def test_new_input_clears_what_was_shown(weir: Served, page: Page) -> None:
    widget, _ = await presented(page, weir)
    await brought(widget)
    await expect(widget.get_by_role("heading", name="leads.csv")).to_be_visible()
    await page.evaluate("window.again({})")
    await expect(widget.get_by_role("heading", name="Bring a file")).to_be_visible()
    await expect(widget.get_by_role("heading", name="leads.csv")).to_have_count(0)


GROUNDS = {"light": "#ffffff", "dark": "#1f1f1f"}


@pytest.mark.parametrize("theme", GROUNDS)
async def test_every_step_passes_axe_and_takes_on_the_hosts_theme(
    weir: Served, page: Page, axe: str, theme: str
) -> None:
    widget, _ = await presented(page, weir)
    await page.evaluate("theme => window.dress({ theme })", theme)
    await expect(widget.locator("html")).to_have_attribute("data-theme", theme)
    inner = page.frames[-1]
    # The widget has no ground of its own; axe does not see the host's below it.
    await inner.evaluate("ground => document.body.style.background = ground", GROUNDS[theme])
    problems: list[str] = []

    async def look(step: str) -> None:
        await inner.evaluate(axe)
        found = await inner.evaluate("axe.run().then(result => result.violations)")
        problems.extend(f"{step}: {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found)

    await look("bring")
    await brought(widget)
    await expect(widget.get_by_role("heading", name="leads.csv")).to_be_visible()
    await look("check")
    await widget.get_by_role("button", name="Start").click()
    await expect(widget.get_by_role("heading", name="leads.csv: completed")).to_be_visible(timeout=40_000)
    await look("follow")
    assert problems == []


@pytest.mark.parametrize(("above", "otherwise"), [("none", "task"), (5, "input_required")])
async def test_a_widgets_call_has_a_plain_answer_where_the_hosts_own_has_another(
    tmp_path: Path, isolated: None, above: Any, otherwise: str
) -> None:
    order = {"rows": addresses(30), "enrichment": "email_validation", "max_credits": 40}
    declared: dict[str, Any] = {**FORMS, "extensions": {"io.modelcontextprotocol/tasks": {}}}
    async with served(tmp_path / "home", approval_above=above) as weir:
        await weir.control(latency_ms=500)
        submit = partial(send, weir.url, order, tool="submit_detected_bulk_job", capabilities=declared)
        assert (await submit())["result"]["resultType"] == otherwise
        plain = (await submit(meta={"weir/widget": True}))["result"]
    assert (plain["resultType"], plain["isError"]) == ("complete", False)
    assert plain["structuredContent"]["data"]["rows"] == 30


async def test_claude_is_told_the_origin_that_it_shows_the_widget_from(weir: Served) -> None:
    async with Client(f"{weir.url}/mcp", client_info=Implementation(name="claude-ai", version="1")) as client:
        (content,) = (await client.read_resource("ui://weir/upload")).contents
    assert content.meta is not None
    digest = sha256(f"{weir.url}/mcp".encode()).hexdigest()[:32]
    assert content.meta["ui"]["domain"] == f"{digest}.claudemcpcontent.com"
