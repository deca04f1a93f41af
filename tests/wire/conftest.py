"""One running Weir for the tests that only look at the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.access.firm import Firm, firm
from tests.isolation import isolated
from tests.serving import Served, served

__all__ = ["isolated"]


@pytest_asyncio.fixture
async def weir(tmp_path: Path) -> AsyncIterator[Served]:
    """A fresh Weir with empty storage and an empty bill."""
    async with served(tmp_path / "home") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """One Weir for a whole module, for tests that leave nothing behind which others could see."""
    async with served(tmp_path_factory.mktemp("shared") / "home") as running:
        yield running


@pytest_asyncio.fixture
async def acme(tmp_path: Path, isolated: None) -> AsyncIterator[Firm]:
    """A Weir that asks who calls."""
    async with firm(tmp_path / "acme") as running:
        yield running
