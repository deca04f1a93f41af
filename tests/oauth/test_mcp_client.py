"""The official client walks through everything by itself, on a whole Weir."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from server import app
from server.domain.principal import Scope
from server.oauth.authorization import Decision
from server.sandbox import app as sandbox
from server.settings import load
from server.upstream.documents import Documents
from tests.oauth.door import CALLBACK, received
from tests.oauth.test_documents import CLIENT_ID, SAID, publishing
from tests.serving import Served, listening


@asynccontextmanager
async def weir_with_people(
    home: Path, documents: Mapping[str, str] | None = None, **settings: object
) -> AsyncGenerator[Served]:
    """A whole Weir where people sign in, that may read `documents` from other places than their own."""
    chosen = load(home=home, providers="sandbox", auth="builtin", **settings)
    async with (
        sandbox.running() as sandbox_url,
        app.opened(chosen, sandbox_url=sandbox_url, documents=Documents(allow=documents)) as weir,
        listening(weir) as url,
    ):
        yield Served(url, weir, sandbox_url)


@pytest.fixture
async def weir(tmp_path: Path) -> AsyncIterator[Served]:
    async with weir_with_people(tmp_path / "home") as running:
        yield running


@dataclass
class Keeps:
    """What a client stores of a connection."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@dataclass
class Browser:
    """Stands in for Ada in front of a browser: allows whatever is asked."""

    weir: Served
    callback: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[dict[str, list[str]]] = field(default_factory=list[dict[str, list[str]]])

    async def open(self, url: str) -> None:
        parts = urlsplit(url)
        issuer = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/authorize')}"
        params = parse_qs(parts.query, strict_parsing=True)
        self.asked.append(params)
        people, authorization = self.weir.weir.identity.people, self.weir.weir.authorization
        ada = await people.by_email("ada@example.com") or await people.add("ada@example.com", "Ada")
        asked = await authorization.request(params, issuer, f"{parts.scheme}://{parts.netloc}")
        decision = Decision(ada.id, ada.email, "default", frozenset(Scope))
        self.callback = received(await authorization.approve(asked, decision))

    async def back(self) -> AuthorizationCodeResult:
        return AuthorizationCodeResult(
            code=self.callback["code"], state=self.callback["state"], iss=self.callback.get("iss")
        )


def provider(url: str, browser: Browser, keeps: Keeps, document: str | None = None) -> OAuthClientProvider:
    return OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata(
            client_name="Scripted client", redirect_uris=[AnyUrl(CALLBACK)], token_endpoint_auth_method="none"
        ),
        storage=keeps,
        redirect_handler=browser.open,
        callback_handler=browser.back,
        client_metadata_url=document,
    )


async def tools(url: str, auth: OAuthClientProvider) -> set[str]:
    async with (
        httpx2.AsyncClient(auth=auth, timeout=30, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("path", ["/mcp", "", "/"])
async def test_the_official_client_registers_signs_in_and_calls(weir: Served, host: str, path: str) -> None:
    url, browser, keeps = weir.url.replace("127.0.0.1", host) + path, Browser(weir), Keeps()
    assert "find_work_email" in await tools(url, provider(url, browser, keeps))
    assert keeps.client is not None
    assert keeps.tokens is not None
    assert keeps.tokens.refresh_token is not None
    (asked,) = browser.asked
    assert asked["resource"][0].rstrip("/") == url.rstrip("/")
    # A second run finds the tokens and asks nobody.
    assert "find_work_email" in await tools(url, provider(url, browser, keeps))
    assert len(browser.asked) == 1


async def test_the_official_client_renews_what_has_expired(weir: Served) -> None:
    url, browser, keeps = f"{weir.url}/mcp", Browser(weir), Keeps()
    await tools(url, provider(url, browser, keeps))
    assert keeps.tokens is not None
    first = keeps.tokens
    expired = provider(url, browser, keeps)
    expired.context.token_expiry_time = 1.0
    assert "find_work_email" in await tools(url, expired)
    assert keeps.tokens.access_token != first.access_token
    assert keeps.tokens.refresh_token != first.refresh_token
    assert len(browser.asked) == 1


async def test_the_official_client_comes_by_its_document_where_it_has_one(tmp_path: Path) -> None:
    async with publishing() as publisher:
        publisher.say(SAID | {"redirect_uris": [CALLBACK]})
        async with weir_with_people(tmp_path / "home", {CLIENT_ID: publisher.url}) as weir:
            url, browser, keeps = f"{weir.url}/mcp", Browser(weir), Keeps()
            auth = provider(url, browser, keeps, CLIENT_ID)
            assert "find_work_email" in await tools(url, auth)
            assert browser.asked[0]["client_id"] == [CLIENT_ID]


async def test_it_registers_all_the_same_where_documents_cannot_be_read(tmp_path: Path) -> None:
    async with weir_with_people(tmp_path / "home", advertise_client_documents=False) as weir:
        url, browser, keeps = f"{weir.url}/mcp", Browser(weir), Keeps()
        assert "find_work_email" in await tools(url, provider(url, browser, keeps, CLIENT_ID))
        assert keeps.client is not None
        assert browser.asked[0]["client_id"] == [keeps.client.client_id] != [CLIENT_ID]


async def test_what_a_connection_may_not_do_is_refused_to_its_token(weir: Served) -> None:
    url, browser, keeps = f"{weir.url}/mcp", Browser(weir), Keeps()
    await tools(url, provider(url, browser, keeps))
    assert keeps.tokens is not None
    headers = {"authorization": f"Bearer {keeps.tokens.access_token}"}
    connections = weir.weir.authorization.connections
    ada = await weir.weir.identity.people.by_email("ada@example.com")
    assert ada is not None
    (connection,) = await connections.of(ada.id)
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"accept": "application/json, text/event-stream"}
    async with httpx2.AsyncClient(trust_env=False) as http:
        assert (await http.post(url, json=body, headers=accept)).status_code == 401
        before = await http.post(url, json=body, headers=headers | accept)
        assert before.status_code != 401
        await connections.revoke(connection.id, "by its owner")
        after = await http.post(url, json=body, headers=headers | accept)
    assert after.status_code == 401
    assert 'error="invalid_token"' in after.headers["www-authenticate"]
