"""One running Weir that asks who calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.access.firm import Firm, firm
from tests.isolation import isolated

__all__ = ["isolated"]


@pytest_asyncio.fixture
async def weir(tmp_path: Path, isolated: None) -> AsyncIterator[Firm]:
    """A fresh one."""
    async with firm(tmp_path / "home") as running:
        yield running
