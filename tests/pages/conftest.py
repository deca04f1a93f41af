"""A Weir that people sign in to, two of them, and their browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest_asyncio

from server.identity.workspaces import Role
from tests.browsing import axe, browser, chromium
from tests.databases import postgres_url
from tests.isolation import isolated
from tests.pages.client import Program, program
from tests.pages.forms import PASSWORD
from tests.serving import Served, served

__all__ = ["axe", "browser", "chromium", "isolated", "postgres_url"]


@pytest_asyncio.fixture
async def weir(tmp_path: Path, isolated: None) -> AsyncIterator[Served]:
    """Ada administers `default`; Bob is a member of it and of `sales`."""
    async with served(tmp_path / "home", auth="builtin") as running:
        identity = running.weir.identity
        await identity.people.add("ada@example.com", "Ada", password=PASSWORD, role=Role.ADMIN)
        bob = await identity.people.add("bob@example.com", "Bob", password=PASSWORD)
        await identity.workspaces.create("sales", "Sales")
        await identity.workspaces.join("sales", bob.id, Role.MEMBER)
        yield running


@pytest_asyncio.fixture
async def http(weir: Served) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser without a window: it keeps cookies and follows nothing."""
    async with httpx2.AsyncClient(base_url=weir.url) as client:
        yield client


@pytest_asyncio.fixture
async def claude(weir: Served) -> AsyncIterator[Program]:
    """A program that wants to be connected."""
    async with program(weir.url) as made:
        yield made
