"""Ada in front of her browser, who lets programs in and ends what she let in."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page

from tests.clients.site import ADA
from tests.pages.forms import PASSWORD


@dataclass
class Person:
    """She signs in when she is asked to, and stays signed in."""

    context: BrowserContext
    server: str
    asked: list[str] = field(default_factory=list[str])
    """The names of the programs that she was asked to let in."""

    async def allow(self, url: str) -> None:
        """Open what a program wants opened, and let it in; returns once the program has its answer."""
        page = await self.context.new_page()
        await page.goto(url)
        if urlsplit(page.url).path == "/sign-in":
            await self._sign_in(page)
        heading = await page.get_by_role("heading", level=1).inner_text()
        self.asked.append(heading.removeprefix("Connect ").removesuffix("?"))
        async with page.expect_request(lambda request: "code=" in urlsplit(request.url).query) as back:
            await page.get_by_role("button", name="Allow").click()
        answer = await (await back.value).response()
        assert answer is not None
        assert answer.ok
        await page.close()

    async def end(self, program: str) -> None:
        """End the connection of a program on the page that lists them."""
        page = await self.context.new_page()
        await page.goto(f"{self.server}/connections")
        await page.get_by_role("button", name=f"End {program}", exact=True).click()
        await page.get_by_role("status").get_by_text("The connection has ended.").wait_for()
        await page.close()

    async def _sign_in(self, page: Page) -> None:
        await page.get_by_label("E-mail").fill(ADA)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.get_by_role("button", name="Allow").wait_for()
