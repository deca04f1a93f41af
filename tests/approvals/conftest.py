"""Weirs whose operator wants to be asked about calls of more than 20 credits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from server.identity.workspaces import Role
from tests.approvals.spending import ABOVE
from tests.browsing import axe, browser, chromium
from tests.isolation import isolated
from tests.pages.forms import PASSWORD
from tests.serving import Served, served

__all__ = ["axe", "browser", "chromium", "isolated"]


@pytest_asyncio.fixture
async def weir(tmp_path: Path, isolated: None) -> AsyncIterator[Served]:
    """Open access on loopback, for one member."""
    async with served(tmp_path / "home", approval_above=ABOVE) as running:
        yield running


@pytest_asyncio.fixture
async def firm(tmp_path: Path, isolated: None) -> AsyncIterator[Served]:
    """Ada administers `default`, Bob and Eve are members of it, and Carl administers another workspace."""
    async with served(tmp_path / "home", auth="builtin", approval_above=ABOVE) as running:
        identity = running.weir.identity
        await identity.people.add("ada@example.com", "Ada", password=PASSWORD, role=Role.ADMIN)
        await identity.people.add("bob@example.com", "Bob", password=PASSWORD)
        await identity.people.add("eve@example.com", "Eve", password=PASSWORD)
        await identity.workspaces.create("sales", "Sales")
        await identity.people.add("carl@example.com", "Carl", password=PASSWORD, workspace="sales", role=Role.ADMIN)
        yield running
