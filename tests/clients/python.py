"""The official Python client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata
from pydantic import AnyUrl

from tests.clients.person import Person
from tests.clients.program import NAME, Json, Setup
from tests.oauth.test_mcp_client import Keeps
from tests.pages.client import Program as Listener

MODES = {"modern": "2026-07-28", "legacy": "legacy"}


@dataclass(frozen=True, slots=True)
class Python:
    """The client, with what authorizes its requests."""

    client: Client
    auth: OAuthClientProvider

    async def call(self, tool: str, arguments: Json) -> Json:
        """The structured content that the client saw of a call."""
        said = await self.client.call_tool(tool, arguments)
        assert said.structured_content is not None
        return said.structured_content

    def age(self) -> None:
        """It renews a token whose time is over by its own clock; a 401 makes it ask its person again."""
        self.auth.context.token_expiry_time = 1.0


@asynccontextmanager
async def python(setup: Setup, person: Person) -> AsyncGenerator[Python]:
    """The client. In the modern era it connects by its first request."""
    heard = Listener(setup.endpoint, "")
    listener = await asyncio.start_server(heard.hear, "127.0.0.1", 0)
    heard.redirect_uri = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/callback"
    auth = _provider(setup, person, heard)
    async with (
        listener,
        httpx2.AsyncClient(auth=auth, timeout=60, trust_env=False) as http,
        Client(streamable_http_client(setup.endpoint, http_client=http), mode=MODES[setup.era]) as client,
    ):
        yield Python(client, auth)


def _provider(setup: Setup, person: Person, heard: Listener) -> OAuthClientProvider:
    async def back() -> AuthorizationCodeResult:
        return AuthorizationCodeResult.model_validate(await heard.answers.get())

    return OAuthClientProvider(
        server_url=setup.endpoint,
        client_metadata=OAuthClientMetadata(
            client_name=NAME, redirect_uris=[AnyUrl(heard.redirect_uri)], token_endpoint_auth_method="none"
        ),
        storage=Keeps(),
        redirect_handler=person.allow,
        callback_handler=back,
        client_metadata_url=setup.document,
    )
