"""Takes the pictures of uploads in docs/images: `python -m tests.uploads.pictures`."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from tests.browsing import CHROMIUM
from tests.serving import Served, served
from tests.uploads.hosting import hosting
from tests.uploads.senders import link
from tests.uploads.test_widget import brought, presented

IMAGES = Path(__file__).parents[2] / "docs" / "images"
DESKTOP: ViewportSize = {"width": 900, "height": 640}
HOST: ViewportSize = {"width": 760, "height": 440}
ROWS = 2000
FILE = b"Work Mail,Person\n" + b"".join(
    b"person%d%s,Person %d\n" % (n, b"" if n % 7 == 3 else b"@stripe.com", n) for n in range(ROWS)
)


async def take(folder: Path) -> None:
    """Bring a file on the page, and another in the widget, with pictures on the way."""
    wide = {"limit_per_member_day": "none", "limit_per_workspace_month": "none", "approval_above": "none"}
    async with async_playwright() as playwright, served(folder / "home", **wide) as weir, hosting() as port:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        await _page(browser, weir)
        await _widget(browser, weir, port)
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


async def _widget(browser: Browser, weir: Served, port: int) -> None:
    page = await browser.new_page(viewport=HOST)
    await page.goto(f"http://127.0.0.1:{port}/host.html")
    widget, _ = await presented(page, weir)
    await brought(widget, FILE)
    await widget.get_by_role("button", name="Start").wait_for()
    await _picture(page, "widget-check")
    await widget.get_by_role("button", name="Start").click()
    await widget.get_by_text(re.compile(r"[34]\d %")).wait_for(timeout=60_000)
    await _picture(page, "widget-progress")
    await widget.get_by_role("heading", name="completed").wait_for(timeout=120_000)


async def _picture(page: Page, name: str) -> None:
    await page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as temporary:
        asyncio.run(take(Path(temporary)))
