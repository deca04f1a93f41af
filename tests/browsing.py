"""A real browser for tests of pages. It is required where WEIR_TEST_REQUIRE=1."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parent / "conformance" / "node_modules" / "axe-core" / "axe.min.js"

expect.set_options(timeout=30_000)
"""Milliseconds that a page may take, as everything else that Playwright waits for; five seconds is its own."""


def missing(what: str) -> None:
    """Skip the test, or fail it where the environment demands everything."""
    (pytest.fail if os.environ.get("WEIR_TEST_REQUIRE") == "1" else pytest.skip)(what)


@pytest.fixture
def chromium() -> str:
    """Where Chromium is."""
    if not CHROMIUM.exists():
        missing(f"there is no {CHROMIUM}")
    return str(CHROMIUM)


@pytest_asyncio.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """Headless Chromium."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        await opened.close()


@pytest.fixture
def axe() -> str:
    """The script of axe-core, which finds what keeps people from using a page."""
    if not AXE.exists():
        missing("axe-core is not installed: npm ci --prefix tests/conformance")
    return AXE.read_text()
