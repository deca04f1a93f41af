"""A Weir that files are brought to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest_asyncio

from tests.browsing import axe, browser, chromium
from tests.isolation import isolated
from tests.nodejs import node
from tests.serving import Served, served

__all__ = ["axe", "browser", "chromium", "isolated", "node"]


@pytest_asyncio.fixture
async def weir(tmp_path: Path, isolated: None) -> AsyncIterator[Served]:
    """Open access, with its files under `home`."""
    async with served(tmp_path / "home") as running:
        yield running


@pytest_asyncio.fixture
async def http(weir: Served) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=weir.url, timeout=60) as client:
        yield client
