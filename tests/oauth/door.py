"""The authorization server's endpoints over real HTTP, with a clock that can be moved, and a client to walk through."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import uvicorn
from starlette.applications import Starlette

from server.domain.principal import Scope
from server.domain.site import Site
from server.identity.identity import Identity
from server.oauth.authorization import Authorization, Decision
from server.oauth.endpoints import Endpoints
from server.oauth.work import Lives
from server.storage.database import Database
from server.upstream.documents import Documents
from tests.databases import Clock

CALLBACK = "http://127.0.0.1:33418/callback"
LIVES = Lives(timedelta(minutes=10), timedelta(days=30))
USUAL_TEXT = "enrich:read enrich:spend bulk:submit account:read"


@dataclass(frozen=True, slots=True)
class Pkce:
    """A verifier and its challenge."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Door:
    """A served authorization server with one person, Ada."""

    url: str
    http: httpx2.AsyncClient
    authorization: Authorization
    identity: Identity
    clock: Clock
    ada: str

    async def register(self, **said: Any) -> dict[str, Any]:
        """Register a client; the answer's body."""
        body = {"redirect_uris": [CALLBACK], "client_name": "Claude", "token_endpoint_auth_method": "none", **said}
        answer = await self.http.post("/register", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def asked(self, client_id: str, pkce: Pkce, /, **params: str | None) -> dict[str, list[str]]:
        """The parameters of an authorization request; None leaves one out."""
        usual: dict[str, str | None] = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": CALLBACK,
            "code_challenge": pkce.challenge,
            "code_challenge_method": "S256",
            "state": "s",
            **params,
        }
        return {name: [value] for name, value in usual.items() if value is not None}

    async def code(self, client_id: str, pkce: Pkce, /, **params: str | None) -> dict[str, str]:
        """Ask, let Ada allow everything, and return what the client's callback receives."""
        asked = await self.authorization.request(self.asked(client_id, pkce, **params), self.url, self.url)
        decision = Decision(self.ada, "ada@example.com", "default", frozenset(Scope))
        return received(await self.authorization.approve(asked, decision))

    async def token(self, **form: str | None) -> httpx2.Response:
        """Ask the token endpoint; None leaves a field out."""
        return await self.http.post("/token", data={name: value for name, value in form.items() if value is not None})

    async def exchange(self, client_id: str, code: str, pkce: Pkce, /, **form: str | None) -> httpx2.Response:
        """Exchange a code as a public client does."""
        usual: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": client_id,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": pkce.verifier,
        }
        return await self.token(**(usual | form))

    async def refresh(self, client_id: str, token: str, /, **form: str | None) -> httpx2.Response:
        """Renew as a public client does."""
        usual: dict[str, str | None] = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": token}
        return await self.token(**(usual | form))

    async def tokens(self, client_id: str, **params: str | None) -> dict[str, Any]:
        """Everything up to the first tokens."""
        pkce = Pkce()
        answer = await self.exchange(client_id, (await self.code(client_id, pkce, **params))["code"], pkce)
        assert answer.status_code == 200, answer.text
        return answer.json()


def received(location: str) -> dict[str, str]:
    """The parameters of a redirect, none of which occurs twice."""
    query = parse_qs(urlsplit(location).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in query.values())
    return {name: values[0] for name, values in query.items()}


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Status and error code of a refusal, which must not be stored."""
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["error"]


@asynccontextmanager
async def door(
    database: Database,
    clock: Clock,
    *,
    documents: Documents | None = None,
    **settings: bool,
) -> AsyncGenerator[Door]:
    """Serve the endpoints over `database` on a free port."""
    identity = Identity(database, clock)
    await identity.prepare()
    ada = await identity.people.add("ada@example.com", "Ada")
    authorization = Authorization(
        database,
        identity.audit,
        identity.throttle,
        clock,
        lives=LIVES,
        documents=documents,
        timer=lambda: clock().timestamp(),
    )
    switches = {"advertise_iss": True, "advertise_client_documents": True, "register_clients": True, **settings}
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    endpoints = Endpoints(authorization, Site(url), lambda request: "203.0.113.7", **switches)
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=endpoints.routes()), log_config=None))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with httpx2.AsyncClient(base_url=url, trust_env=False) as http:
            yield Door(url, http, authorization, identity, clock, ada.id)
    finally:
        server.should_exit = True
        await running
