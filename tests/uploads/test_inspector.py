"""The widget in the MCP Inspector, from the file to the finished one."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.async_api import Browser, FilePayload, FrameLocator, Page, expect

from tests.serving import CODE, Served, served
from tests.uploads.inspector import downloaded, inspector, run_app
from tests.uploads.senders import LEADS, drop

ROWS = 210
BAD = ROWS // 7
GOOD = ROWS - BAD
FILE = b"Work Mail,Second Mail,Person\n" + b"".join(
    b"first%d@stripe.com,second%d%s,Person %d\n" % (n, n, b"" if n % 7 == 3 else b"@stripe.com", n) for n in range(ROWS)
)


def table(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(file.decode("utf-8-sig").splitlines()))


async def finished(page: Page, widget: FrameLocator) -> list[dict[str, str]]:
    """The rows of the finished file, brought to the disk by way of the host."""
    await widget.get_by_role("heading", name=": completed").wait_for()
    await widget.get_by_role("button", name="Get the file").click()
    name, file = await downloaded(page, widget.get_by_role("link", name="Download"))
    assert name.endswith("-email_validation.csv")
    return table(file)


async def test_a_dropped_file_is_corrected_started_followed_and_comes_back_finished(
    weir: Served, browser: Browser, node: str, tmp_path: Path
) -> None:
    async with inspector(browser, node, weir, tmp_path / "inspector", era="auto") as page:
        refused: list[str] = []
        page.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)
        widget = await run_app(page, "Open a bulk upload", file_name="leads.csv")
        await widget.get_by_role("heading", name="Bring a file").wait_for()
        await drop(page.frames[-1], FILE, "leads.csv")
        await widget.get_by_text(f"{ROWS} rows, {ROWS} to ask.").wait_for()
        await expect(widget.get_by_label("Email", exact=True)).to_have_value("Work Mail")
        await widget.get_by_label("Email", exact=True).select_option("Second Mail")
        await widget.get_by_text(f"{ROWS} rows, {GOOD} to ask ({BAD} invalid: free).").wait_for()
        await expect(widget.get_by_text(f"Most likely {GOOD / 4:g} credits, at most {GOOD * 1.25:g}.")).to_be_visible()
        await widget.get_by_label("Most credits that may be spent").fill("60")
        # So slow that it cannot be done before it was seen on its way.
        await weir.control(latency_ms=1500)
        await widget.get_by_role("button", name="Start").click()
        await widget.get_by_text(re.compile(rf"^[1-9]\d* of {ROWS} \([1-9]\d? %\)$")).wait_for()
        await expect(widget.get_by_role("img", name=re.compile(r"Waiting: [1-9]"))).to_be_visible()
        await weir.reset_control()
        rows = await finished(page, widget)
        await expect(widget.get_by_role("img", name=f"Found: {GOOD}, Invalid input: {BAD}")).to_be_visible()
        await expect(widget.get_by_text(f"{GOOD / 4:g} of at most 60 credits")).to_be_visible()
        assert refused == []
    assert await weir.bill() == {"leadmagic": GOOD / 4}
    brought = table(FILE)
    assert [{name: row[name] for name in brought[0]} for row in rows] == brought
    outcomes = ["invalid_input" if number % 7 == 3 else "found" for number in range(ROWS)]
    assert [row["weir_outcome"] for row in rows] == outcomes
    told = await weir.call("validate_work_email", {"email": rows[0]["Second Mail"]})
    assert (rows[0]["weir_email_status"], told["receipt"]["cached"]) == (told["data"]["status"], True)


async def test_a_file_that_is_brought_by_the_signed_link_goes_on_in_the_widget(
    weir: Served, browser: Browser, node: str, tmp_path: Path
) -> None:
    async with inspector(browser, node, weir, tmp_path / "inspector", era="auto") as page:
        widget = await run_app(page, "Open a bulk upload", enrichment="email_validation")
        async with page.context.expect_page() as opened:
            await widget.get_by_role("link", name="the upload page").click()
        upload = await opened.value
        file: FilePayload = {"name": "leads.csv", "mimeType": "text/csv", "buffer": LEADS}
        await upload.get_by_label("The file, chosen or dropped here").set_input_files(file)
        await upload.get_by_role("button", name="Send the file").click()
        await upload.get_by_text("Go back to your assistant").wait_for()
        await widget.get_by_role("button", name="go on here").click()
        await widget.get_by_text("2 rows, 2 to ask.").wait_for()
        await widget.get_by_role("button", name="Start").click()
        assert len(await finished(page, widget)) == 2
    assert await weir.bill() == {"leadmagic": 0.5}


async def test_a_costly_attachment_begins_once_a_person_has_approved_it_on_the_page_that_the_widget_opens(
    tmp_path: Path, isolated: None, browser: Browser, node: str
) -> None:
    async with (
        served(tmp_path / "home", approval_above=1) as weir,
        inspector(browser, node, weir, tmp_path / "inspector", era="legacy") as page,
    ):
        widget = await run_app(page, "Process an attached file", rows_text=LEADS.decode())
        await widget.get_by_text("A person has to approve it.").wait_for()
        await widget.get_by_role("button", name="Start").click()
        async with page.context.expect_page() as opened:
            await widget.get_by_role("link", name="Approve or refuse").click()
        approval = await opened.value
        assert await weir.bill() == {}
        await approval.get_by_label("Code").fill(CODE)
        await approval.get_by_role("button", name="Approve").click()
        await approval.get_by_role("heading", name="Approved").wait_for()
        rows = await finished(page, widget)
        assert await weir.bill() == {"leadmagic": 0.5}
    assert [(row["Email"], row["weir_outcome"]) for row in rows] == [
        ("ada@stripe.com", "found"),
        ("alan@stripe.com", "found"),
    ]
