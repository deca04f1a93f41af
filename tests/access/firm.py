"""A Weir that asks who calls, with two workspaces, their people and their keys."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from sqlalchemy import bindparam, insert, update

from server.domain.money import Credits
from server.domain.principal import USUAL, Scope
from server.identity.keys import Key, NewKey
from server.storage.database import Database, Statement
from server.storage.identity import memberships, users
from tests.serving import Served, served

ADA = "ada@acme.example"
"""An administrator of `acme`."""
BOB = "bob@acme.example"
"""A member of `acme`."""
EVE = "eve@globex.example"
"""An administrator of `globex`."""
EVERYBODY = ((ADA, "acme", "admin"), (BOB, "acme", "member"), (EVE, "globex", "admin"))

MODERN = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
    "MCP-Protocol-Version": "2026-07-28",
}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}

_ADD_USER = Statement(
    insert(users).values(id=bindparam("id"), email=bindparam("email"), name=bindparam("name"), created_at=0)
)
_JOIN = Statement(
    insert(memberships).values(
        workspace=bindparam("workspace"), user_id=bindparam("user_id"), role=bindparam("role"), created_at=0
    )
)
_DISABLE = Statement(update(users).where(users.c.email == bindparam("who")).values(disabled_at=1))


async def populate(database: Database) -> None:
    """Put everybody into storage; a person's id is the address with `id-` before it."""
    for email, workspace, role in EVERYBODY:
        await database.write(lambda tx, email=email: tx.execute(_ADD_USER, id=f"id-{email}", email=email, name=email))
        await database.write(
            lambda tx, email=email, workspace=workspace, role=role: tx.execute(
                _JOIN, workspace=workspace, user_id=f"id-{email}", role=role
            )
        )


async def disable(database: Database, email: str) -> None:
    """Disable a person behind the server's back, as another process would."""
    await database.write(lambda tx: tx.execute(_DISABLE, who=email))


def message(method: str, **params: Any) -> dict[str, Any]:
    """A request of the 2026-07-28 era."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}


def head(body: dict[str, Any]) -> dict[str, str]:
    """The headers that go with a request of that era."""
    params = body["params"]
    name = params.get("name") or params.get("uri")
    return {**MODERN, "Mcp-Method": body["method"], **({"Mcp-Name": name} if name else {})}


@dataclass(frozen=True, slots=True)
class Firm:
    """The running server, and ways into it."""

    served: Served

    @property
    def url(self) -> str:
        """Where it is."""
        return self.served.url

    @property
    def database(self) -> Database:
        """Its storage."""
        return self.served.weir.engine.books.database

    async def key(
        self,
        email: str = ADA,
        *,
        scopes: Iterable[Scope] = USUAL,
        toolsets: tuple[str, ...] | None = None,
        limit: int | None = None,
        expires_at: datetime | None = None,
        name: str = "laptop",
    ) -> tuple[str, Key]:
        """A key of a person for the workspace that they are in; `limit` in credits."""
        (workspace,) = [workspace for one, workspace, _ in EVERYBODY if one == email]
        credits = None if limit is None else Credits(limit * 100)
        wanted = NewKey(name, workspace, email, frozenset(scopes), toolsets, credits, expires_at)
        return await self.served.weir.identity.keys.create(wanted)

    async def text(self, email: str = ADA, **of: Any) -> str:
        """The text of such a key."""
        return (await self.key(email, **of))[0]

    def http(self, key: str | None = None) -> httpx2.AsyncClient:
        """Plain HTTP, with the key where one is given."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx2.AsyncClient(base_url=self.url, headers=headers)

    @asynccontextmanager
    async def client(self, key: str, mode: str = "2026-07-28") -> AsyncGenerator[Client]:
        """The official client with the key."""
        async with self.http(key) as http:
            transport = streamable_http_client(f"{self.url}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                yield client

    async def call(self, key: str, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """The structured content of a call."""
        async with self.client(key) as client:
            result = await client.call_tool(tool, arguments)
        assert result.structured_content is not None
        return result.structured_content


@asynccontextmanager
async def firm(home: Path, **settings: Any) -> AsyncGenerator[Firm]:
    """A firm over its own sandbox, with empty books."""
    async with served(home, auth="builtin", **settings) as running:
        found = Firm(running)
        await populate(found.database)
        yield found
