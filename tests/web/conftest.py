"""One running Weir, seen as an HTTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from tests.isolation import isolated
from tests.serving import Served, served

__all__ = ["isolated"]


@pytest_asyncio.fixture
async def weir(tmp_path: Path, isolated: None) -> AsyncIterator[Served]:
    """A fresh Weir on the sandbox."""
    async with served(tmp_path / "home") as running:
        yield running


@pytest_asyncio.fixture
async def http(weir: Served) -> AsyncIterator[httpx2.AsyncClient]:
    """Plain HTTP to it."""
    async with httpx2.AsyncClient(base_url=weir.url) as client:
        yield client


@pytest.fixture
def modern() -> dict[str, str]:
    """Headers of a request for `server/discover` in the 2026-07-28 era."""
    return {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "server/discover",
    }
