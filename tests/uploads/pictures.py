"""Takes the pictures of uploads in docs/images: `python -m tests.uploads.pictures`."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from tests.browsing import CHROMIUM
from tests.serving import Served, served
from tests.uploads.inspector import inspector, run_app
from tests.uploads.senders import link

IMAGES = Path(__file__).parents[2] / "docs" / "images"
DESKTOP: ViewportSize = {"width": 900, "height": 640}
HOST: ViewportSize = {"width": 1280, "height": 700}
ROWS = 2000
FILE = b"Work Mail,Person\n" + b"".join(
    b"person%d%s,Person %d\n" % (n, b"" if n % 7 == 3 else b"@stripe.com", n) for n in range(ROWS)
)


async def take(folder: Path) -> None:
    """Bring a file on the page, and another in the widget, with pictures on the way."""
    wide = {"limit_per_member_day": "none", "limit_per_workspace_month": "none", "approval_above": "none"}
    async with async_playwright() as playwright, served(folder / "home", **wide) as weir:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        await _page(browser, weir)
        await _widget(browser, weir, folder / "inspector")
        await browser.close()


async def _page(browser: Browser, weir: Served) -> None:
    page = await browser.new_page(viewport=DESKTOP)
    await page.goto(await link(weir, kind="email_validation", name="leads.csv"))
    await _picture(page, "upload")
    file = page.get_by_label("The file, chosen or dropped here")
    await file.set_input_files({"name": "leads.csv", "mimeType": "text/csv", "buffer": FILE})
    await page.get_by_role("button", name="Send the file").click()
    await page.get_by_role("heading", name="The file is there").wait_for()
    await _picture(page, "upload-received")


async def _widget(browser: Browser, weir: Served, folder: Path) -> None:
    node = shutil.which("node")
    assert node is not None
    async with inspector(browser, node, weir, folder, era="auto", viewport=HOST) as page:
        await page.get_by_role("button", name="Close monitoring sidebar").click()
        widget = await run_app(page, "Open a bulk upload")
        # Away from the button that was pressed last, which shows a hint.
        await page.mouse.move(0, 0)
        file = widget.get_by_label("Choose a file")
        await file.set_input_files({"name": "leads.csv", "mimeType": "text/csv", "buffer": FILE})
        await widget.get_by_role("button", name="Start").wait_for()
        await _picture(page, "widget-check")
        await weir.control(latency_ms=300)
        await widget.get_by_role("button", name="Start").click()
        await widget.get_by_text(re.compile(r"[34]\d %")).wait_for(timeout=60_000)
        await _picture(page, "widget-progress")
        await weir.reset_control()
        await widget.get_by_role("heading", name="completed").wait_for(timeout=120_000)
        await widget.get_by_role("button", name="Get the file").click()
        await widget.get_by_role("link", name="Download").wait_for()
        await _picture(page, "widget-completed")


async def _picture(page: Page, name: str) -> None:
    await page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as temporary:
        asyncio.run(take(Path(temporary)))
