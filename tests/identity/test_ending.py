"""Whoever is locked out loses what they connected and made keys for, at once and for good; nobody else does."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from server.domain.principal import Scope
from server.identity.identity import Identity
from server.identity.keys import NewKey
from server.oauth.connections import Connection, Connections, add_in
from server.storage.database import Database, Statement
from server.storage.identity import refresh_tokens
from server.storage.instant import to_micros
from tests.databases import Clock

_ADD_TOKEN = Statement(insert(refresh_tokens))
_TOKENS = Statement(select(refresh_tokens.c.grant_id))
NAMES = ("ada", "grace")


@pytest.fixture
async def connections(identity: Identity, database: Database, clock: Clock) -> Connections:
    """Those of Ada and of Grace, each with a refresh token; a connection is called like its person."""
    for name in NAMES:
        user = await identity.people.add(f"{name}@example.com", name)
        await database.write(lambda tx, name=name, user=user: add_in(tx, _connection(name, user.id, clock)))
        await database.write(lambda tx, name=name: tx.execute(_ADD_TOKEN, **_token(name, clock)))
    return Connections(database, clock)


def _connection(name: str, user_id: str, clock: Clock) -> Connection:
    return Connection(
        id=name,
        workspace="default",
        user_id=user_id,
        member=f"{name}@example.com",
        client_id="c",
        client_name="Claude",
        scopes=frozenset({Scope.READ}),
        resource="http://127.0.0.1:8000/mcp",
        created_at=clock(),
    )


def _token(name: str, clock: Clock) -> dict[str, str | int | None]:
    now = to_micros(clock())
    names = {"token_hash": f"hash of {name}", "grant_id": name, "client_id": "c", "scope": "enrich:read"}
    return {
        **names,
        "issued_at": now,
        "expires_at": now + 1,
        "replaced_at": None,
    }


async def test_connections_end_for_good(identity: Identity, connections: Connections, database: Database):
    await identity.people.disable("ada@example.com")
    await identity.people.enable("ada@example.com")
    ended, other = [await connections.find(name) for name in NAMES]
    assert ended is not None
    assert other is not None
    assert (ended.live, other.live) == (False, True)
    assert await database.read(_TOKENS) == [("grace",)]


async def test_keys_end_for_good_and_at_once(identity: Identity, connections: Connections):
    texts = [(await identity.keys.create(NewKey("a key", "default", f"{name}@example.com")))[0] for name in NAMES]
    assert [await identity.keys.holder(text) is not None for text in texts] == [True, True]
    await identity.people.disable("ada@example.com")
    assert [await identity.keys.holder(text) is not None for text in texts] == [False, True]
    await identity.people.enable("ada@example.com")
    assert [await identity.keys.holder(text) is not None for text in texts] == [False, True]
