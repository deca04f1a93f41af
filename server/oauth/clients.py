"""Which clients are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import bindparam, delete, select, update

from server.domain.errors import InvalidInput
from server.domain.money import Credits
from server.domain.principal import Scope, scope_text, scopes_of
from server.identity.secret import digest, new_secret
from server.oauth.client import CREDENTIALS, Client, ClientKind
from server.oauth.client_documents import ClientDocuments, UnknownClient, is_document
from server.oauth.connections import Connection, add_in, revoke_in
from server.oauth.metadata import ClientMetadata
from server.storage.database import Database, Statement, Transaction
from server.storage.identity import oauth_clients, oauth_grants
from server.storage.instant import from_micros, to_micros
from server.storage.statement import Row

_UNUSED = timedelta(days=1)
_IDLE = timedelta(days=90)
_LONGEST_ID = 2048
_ANY_RESOURCE = ""
"""Machines are not bound to one name of the server."""

_c = oauth_clients.c
_FIND = Statement(
    select(_c.client_id, _c.kind, _c.name, _c.secret_hash, _c.metadata, _c.workspace).where(
        _c.client_id == bindparam("client_id")
    )
)
_ADD = Statement.upsert(
    lambda insert: (
        insert(oauth_clients)
        .values({column.name: bindparam(column.name) for column in oauth_clients.columns})
        .on_conflict_do_nothing()
    )
)
_USED = Statement(
    update(oauth_clients)
    .where(_c.client_id == bindparam("key"))
    .values(used_at=bindparam("now"), expires_at=bindparam("until"))
)
_DESCRIBE = Statement(
    update(oauth_clients)
    .where(_c.client_id == bindparam("key"))
    .values(name=bindparam("called"), metadata=bindparam("said"))
)
_EXPIRE = Statement(delete(oauth_clients).where(_c.expires_at < bindparam("now")))
_MACHINES = Statement(
    select(_c.client_id, _c.name, _c.workspace, _c.scope)
    .where(_c.kind == ClientKind.MACHINE.value)
    .order_by(_c.workspace, _c.name)
)
_NAMED = Statement(
    select(_c.client_id).where(
        _c.kind == ClientKind.MACHINE.value, _c.workspace == bindparam("workspace"), _c.name == bindparam("name")
    )
)
_REMOVE = Statement(delete(oauth_clients).where(_c.client_id == bindparam("client_id")))
_GRANTS = Statement(select(oauth_grants.c.id).where(oauth_grants.c.client_id == bindparam("client_id")))


@dataclass(frozen=True, slots=True)
class Machine:
    """A program that acts for nobody in particular, in one workspace."""

    client_id: str
    name: str
    workspace: str
    scopes: frozenset[Scope]


class Clients:
    """All clients of this server. A client that is used is kept for at least `keep`."""

    def __init__(
        self, database: Database, documents: ClientDocuments, clock: Callable[[], datetime], keep: timedelta = _IDLE
    ) -> None:
        self._database = database
        self._documents = documents
        self._clock = clock
        self._idle = max(keep, _IDLE)

    async def find(self, client_id: str) -> Client:
        """The client of this identifier, from its document where it is the URL of one. Raises `UnknownClient`."""
        if is_document(client_id):
            return await self._documents.find(client_id)
        rows = await self._database.read(_FIND, client_id=client_id) if _storable(client_id) else ()
        if not rows:
            raise UnknownClient("The client is not known here. It may have to register again.")
        return _client(rows[0])

    async def register(self, said: ClientMetadata, *, confidential: bool) -> tuple[Client, str | None]:
        """A new client, and its secret if it is to have one."""
        secret = new_secret() if confidential else None
        client = Client(
            uuid4().hex,
            ClientKind.REGISTERED,
            said.name,
            said.client_uri,
            tuple(said.redirect_uris),
            frozenset(said.grants),
            secret_hash=None if secret is None else digest(secret),
        )
        now = to_micros(self._clock())
        await self._database.write(lambda tx: _add(tx, client, now, now + _micros(_UNUSED)))
        return client, secret

    def remember_in(self, tx: Transaction, client: Client, now: int) -> None:
        """Note that a person let the client in; that makes a client known that a document describes."""
        _add(tx, client, now, now + _micros(self._idle))
        if client.kind is ClientKind.DOCUMENT:
            tx.execute(_DESCRIBE, key=client.client_id, called=client.name, said=_said(client))
        self.used_in(tx, client, now)

    def used_in(self, tx: Transaction, client: Client, now: int) -> None:
        """Note that the client was used; machines do not expire."""
        until = None if client.kind is ClientKind.MACHINE else now + _micros(self._idle)
        tx.execute(_USED, key=client.client_id, now=now, until=until)

    async def add_machine(
        self, name: str, workspace: str, scopes: frozenset[Scope], monthly_limit: Credits | None = None
    ) -> tuple[Machine, str]:
        """A new machine and its secret, which is not shown again; `InvalidInput` where the name is taken.

        `monthly_limit` is the most that it may spend, in hundredths; None for no limit of its own.
        """
        secret = new_secret()
        machine = Machine(uuid4().hex, name, workspace, scopes)
        now = to_micros(self._clock())
        await self._database.write(lambda tx: _add_machine(tx, machine, secret, monthly_limit, now))
        return machine, secret

    async def machines(self) -> tuple[Machine, ...]:
        """All machines, by workspace and name."""
        rows = await self._database.report(_MACHINES)
        return tuple(Machine(id_, name, where, scopes_of(scope)) for id_, name, where, scope in rows)

    async def remove_machine(self, client_id: str) -> tuple[str, ...]:
        """Forget a machine and end its connections, whose ids are returned."""
        now = to_micros(self._clock())
        return await self._database.write(lambda tx: _remove(tx, client_id, now))

    async def sweep(self) -> None:
        """Forget clients that nobody used in time."""
        now = to_micros(self._clock())
        await self._database.write(lambda tx: tx.execute(_EXPIRE, now=now))


def client_in(tx: Transaction, client_id: str) -> Client | None:
    """A client that is known, within a unit of work; documents are not fetched."""
    rows = tx.execute(_FIND, client_id=client_id) if _storable(client_id) else ()
    return _client(rows[0]) if rows else None


def _storable(text: str) -> bool:
    """PostgreSQL takes no NUL in a text."""
    return len(text) <= _LONGEST_ID and text.isprintable()


def _add(tx: Transaction, client: Client, now: int, until: int | None, scope: str | None = None) -> None:
    tx.execute(
        _ADD,
        client_id=client.client_id,
        kind=client.kind.value,
        name=client.name,
        secret_hash=client.secret_hash,
        metadata=_said(client),
        workspace=client.workspace,
        scope=scope,
        created_at=now,
        used_at=None,
        expires_at=until,
    )


def _add_machine(tx: Transaction, machine: Machine, secret: str, monthly_limit: Credits | None, now: int) -> None:
    if tx.execute(_NAMED, workspace=machine.workspace, name=machine.name):
        raise InvalidInput(
            f"The workspace {machine.workspace} has a machine named {machine.name!r} already.",
            field="name",
            fix="Choose another name, or remove that machine.",
        )
    client = Client(
        machine.client_id,
        ClientKind.MACHINE,
        machine.name,
        grant_types=frozenset({CREDENTIALS}),
        secret_hash=digest(secret),
        workspace=machine.workspace,
    )
    _add(tx, client, now, None, scope_text(machine.scopes))
    add_in(
        tx,
        Connection(
            id=uuid4().hex,
            workspace=machine.workspace,
            user_id=None,
            member=f"machine:{machine.name}",
            client_id=machine.client_id,
            client_name=machine.name,
            scopes=machine.scopes,
            resource=_ANY_RESOURCE,
            created_at=from_micros(now),
            monthly_limit=monthly_limit,
        ),
    )


def _remove(tx: Transaction, client_id: str, now: int) -> tuple[str, ...]:
    ids = tuple(id_ for (id_,) in tx.execute(_GRANTS, client_id=client_id))
    for id_ in ids:
        revoke_in(tx, id_, "client removed", now)
    tx.execute(_REMOVE, client_id=client_id)
    return ids


def _said(client: Client) -> str:
    return json.dumps(
        {
            "client_uri": client.uri,
            "redirect_uris": client.redirect_uris,
            "grant_types": sorted(client.grant_types),
            "domain": client.domain,
        }
    )


def _client(row: Row) -> Client:
    client_id, kind, name, secret_hash, said, workspace = row
    facts = json.loads(said)
    return Client(
        client_id,
        ClientKind(kind),
        name,
        facts["client_uri"],
        tuple(facts["redirect_uris"]),
        frozenset(facts["grant_types"]),
        secret_hash,
        facts["domain"],
        workspace,
    )


def _micros(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)
