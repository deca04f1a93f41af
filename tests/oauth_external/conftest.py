"""A Weir that accepts the tokens of a provider."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from server.oauth.external import External, Rules
from server.oauth.provider_keys import ProviderKeys
from server.upstream.documents import Documents
from tests.databases import Clock
from tests.isolation import isolated
from tests.oauth_external.issuer import Issuer, issuing
from tests.serving import Served, served

__all__ = ["isolated"]


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """A fresh provider."""
    async with issuing() as running:
        yield running


@pytest_asyncio.fixture
async def weir(tmp_path: Path, isolated: None, issuer: Issuer) -> AsyncIterator[Served]:
    """A fresh Weir."""
    async with trusting(issuer, tmp_path / "home") as running:
        yield running


@asynccontextmanager
async def trusting(issuer: Issuer, home: Path) -> AsyncGenerator[Served]:
    """A Weir that accepts the provider's tokens."""
    settings = {
        "external_issuer": issuer.url,
        "external_audiences": ["api://weir"],
        "external_scopes": ["sales=enrich:spend", "sales=enrich:read", "weir-admins=admin"],
        "external_workspace_claim": "team",
    }
    async with served(home, auth="external", **settings) as running:
        yield running


class Ticks:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    """The clock that the age of keys goes by."""
    return Ticks()


@pytest.fixture
def external(issuer: Issuer, clock: Clock, ticks: Ticks) -> External:
    """The verifier by itself, with clocks that stand still."""
    keys = ProviderKeys(issuer.url, Documents(private=True), ticks)
    return External(keys, Rules(), clock)
