"""Takes the pictures of the pages in docs/images: `python -m tests.pages.pictures`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from server.identity.workspaces import Role
from tests.browsing import CHROMIUM
from tests.pages.client import Program, program
from tests.pages.forms import PASSWORD, sign_in_with
from tests.serving import Served, served

IMAGES = Path(__file__).parents[2] / "docs" / "images"
DESKTOP: ViewportSize = {"width": 900, "height": 640}
PHONE: ViewportSize = {"width": 390, "height": 640}


async def take(folder: Path) -> None:
    """Sign in, decide and look at the result, with a picture of each."""
    async with async_playwright() as playwright, served(folder / "home", auth="builtin") as weir:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        await weir.weir.identity.people.add("ada@example.com", "Ada", password=PASSWORD, role=Role.ADMIN)
        async with program(weir.url) as claude:
            await _decide(browser, weir, claude)
        await browser.close()


async def _decide(browser: Browser, weir: Served, claude: Program) -> None:
    page = await browser.new_page(viewport=DESKTOP)
    await page.goto(claude.url())
    await _picture(page, "sign-in")
    await sign_in_with(page, claude.url(), "ada@example.com")
    await _picture(page, "consent")
    await page.set_viewport_size(PHONE)
    await _picture(page, "consent-phone")
    await page.set_viewport_size(DESKTOP)
    await page.get_by_role("button", name="Allow").click()
    await page.wait_for_url(f"{claude.redirect_uri}?*")
    await claude.tokens((await claude.heard())["code"])
    await page.goto(f"{weir.url}/connections")
    await _picture(page, "connections")


async def _picture(page: Page, name: str) -> None:
    await page.screenshot(path=IMAGES / f"{name}.png", full_page=True)


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as temporary:
        asyncio.run(take(Path(temporary)))
