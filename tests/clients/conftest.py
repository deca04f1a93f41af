"""A Weir that people sign in to, a document that a client has published, and a person with a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from tests.browsing import browser, chromium
from tests.clients.person import Person
from tests.clients.program import DOCUMENT, NAME
from tests.clients.site import Site, site
from tests.isolation import isolated
from tests.nodejs import node
from tests.oauth.test_documents import publishing

__all__ = ["browser", "chromium", "isolated", "node"]


@pytest_asyncio.fixture
async def weir(tmp_path: Path, isolated: None) -> AsyncIterator[Site]:
    """Reads the document of the scripted client, which names no port for its answers."""
    async with publishing() as publisher:
        said = {"client_id": DOCUMENT, "client_name": NAME, "token_endpoint_auth_method": "none"}
        publisher.say({**said, "redirect_uris": ["http://127.0.0.1/callback"]})
        async with site(tmp_path / "home", {DOCUMENT: publisher.url}) as running:
            yield running


@pytest_asyncio.fixture
async def ada(weir: Site, browser: Browser) -> AsyncIterator[Person]:
    """The person, not signed in yet."""
    context = await browser.new_context()
    yield Person(context, weir.served.url)
    await context.close()
