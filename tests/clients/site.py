"""A Weir that people sign in to, whose clock can be moved, and that tells which requests it answered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import app
from server.access import authorization_server
from server.identity.workspaces import Role
from server.oauth.connections import Connection
from server.sandbox import app as sandbox
from server.settings import load
from server.upstream.documents import Documents
from tests.databases import Clock
from tests.pages.forms import PASSWORD
from tests.serving import Served, listening

ADA = "ada@example.com"


@dataclass
class Traffic:
    """Notes what was asked and answered, as in `POST /mcp 401`."""

    seen: list[str] = field(default_factory=list[str])

    def around(self, application: ASGIApp) -> ASGIApp:
        """The application, watched."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self.seen.append(f"{scope['method']} {scope['path']} {message['status']}")
                await send(message)

            await application(scope, receive, noted)

        return watched


@dataclass(frozen=True, slots=True)
class Site:
    """The server, its clock and its traffic."""

    served: Served
    clock: Clock
    traffic: Traffic

    @property
    def endpoint(self) -> str:
        """What people paste into their clients."""
        return f"{self.served.url}/mcp"

    async def connections(self) -> tuple[Connection, ...]:
        """What Ada has let in."""
        ada = await self.served.weir.identity.people.by_email(ADA)
        assert ada is not None
        return await self.served.weir.authorization.connections.of(ada.id)


@asynccontextmanager
async def site(home: Path, documents: Mapping[str, str]) -> AsyncGenerator[Site]:
    """A server with one person, Ada, that reads `documents` of clients from other places than their own."""
    clock, traffic = Clock(), Traffic()
    clock.now = datetime.now(UTC)
    settings = load(home=home, providers="sandbox", auth="builtin")
    allowed = Documents(allow=documents)
    async with sandbox.running() as sandbox_url, app.opened(settings, sandbox_url=sandbox_url) as opened:
        database, identity = opened.engine.books.database, opened.identity
        weir = replace(opened, authorization=authorization_server(settings, database, identity, clock, allowed))
        await identity.people.add(ADA, "Ada", password=PASSWORD, role=Role.ADMIN)
        async with listening(weir, traffic.around) as url:
            yield Site(Served(url, weir, sandbox_url), clock, traffic)
