"""One running Weir for the tests that only look at the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.serving import Served, served


@pytest_asyncio.fixture
async def weir(tmp_path: Path) -> AsyncIterator[Served]:
    """A fresh Weir with empty storage and an empty bill."""
    async with served(tmp_path / "home") as running:
        yield running
