"""The MCP Inspector as a host of MCP Apps that is not ours: its own server, and its page in a browser."""

from __future__ import annotations

import asyncio
import re
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Download, FrameLocator, Locator, Page, ViewportSize

from tests.isolation import clean_environment
from tests.nodejs import MODULES
from tests.ports import free_port
from tests.serving import Served

_PROGRAM = MODULES / ".bin" / "mcp-inspector"
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+\?MCP_INSPECTOR_API_TOKEN=\w+")
_SECONDS = 30
"""Until a download begins; as long as Playwright waits for anything else."""


@asynccontextmanager
async def inspector(
    browser: Browser, node: str, weir: Served, folder: Path, *, era: str, viewport: ViewportSize | None = None
) -> AsyncGenerator[Page]:
    """The Inspector's page, connected to `weir` in that era (`legacy`, `modern`, `auto`) and listing its apps."""
    async with _running(node, f"{weir.url}/mcp", folder, era) as address:
        context = await browser.new_context(viewport=viewport or {"width": 1280, "height": 760})
        # The host, its proxy and the server start together, which takes a while on a machine with much else to do.
        context.set_default_timeout(90_000)
        page = await context.new_page()
        # It asks for fonts of the public web.
        await page.route(lambda url: not url.startswith("http://127.0.0.1:"), lambda route: route.abort())
        await page.goto(address)
        await page.get_by_role("switch", name="Connect or disconnect").press("Space")
        await page.get_by_text("Apps", exact=True).click()
        yield page
        await context.close()


@asynccontextmanager
async def _running(node: str, endpoint: str, folder: Path, era: str) -> AsyncGenerator[str]:
    """Its server in a process of its own, with what it keeps in `folder`; yields the address that it prints."""
    environment = clean_environment(
        HOME=str(folder),
        MCP_STORAGE_DIR=str(folder),
        MCP_INSPECTOR_SECRET_STORE="memory",
        MCP_AUTO_OPEN_ENABLED="false",
        CLIENT_PORT=str(free_port()),
        MCP_SANDBOX_PORT="0",
        MCP_APP_ORIGIN_PORT="0",
    )
    words = ("--web", "--server-url", endpoint, "--transport", "http", "--protocol-era", era)
    process = await asyncio.create_subprocess_exec(
        node, str(_PROGRAM), *words, env=environment, stdout=PIPE, stderr=PIPE
    )
    try:
        yield await _address(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    async for line in process.stdout:
        if found := _ADDRESS.search(line.decode()):
            return found[0]
    raise AssertionError((await process.stderr.read()).decode())


async def run_app(page: Page, title: str, **arguments: str) -> FrameLocator:
    """Call a tool by its form as the Inspector draws it; its widget, in the sandbox that the Inspector puts it in."""
    await page.get_by_role("button", name=title).click()
    for name, value in arguments.items():
        # To more than one line.
        await page.get_by_role("button", name=f"Enlarge {name}").click()
        await page.get_by_role("textbox", name=name, exact=True).fill(value)
    await page.get_by_role("button", name="Open App").click()
    await page.get_by_role("button", name="Maximize").click()
    return page.frame_locator("main iframe").frame_locator("iframe")


async def downloaded(page: Page, link: Locator) -> tuple[str, bytes]:
    """Name and content of the file behind a link of a widget, which the Inspector opens in a window of its own."""
    arrived: asyncio.Future[Download] = asyncio.get_running_loop().create_future()

    def arrive(download: Download) -> None:
        # Which of the two it counts as depends on whether the browser had already made the window.
        if not arrived.done():
            arrived.set_result(download)

    page.on("download", arrive)
    page.context.on("page", lambda window: window.on("download", arrive))
    await link.click()
    async with asyncio.timeout(_SECONDS):
        download = await arrived
    path = await download.path()
    return download.suggested_filename, await asyncio.to_thread(path.read_bytes)
