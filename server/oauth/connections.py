"""Connections: what people let clients do. The tokens of a connection are worth what its row says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, exists, func, insert, select, update

from server.domain.errors import InvalidInput
from server.domain.money import Credits
from server.domain.principal import Grant, Principal, Scope, scope_text, scopes_of
from server.identity.fresh import Fresh
from server.storage.database import Database, Statement, Transaction
from server.storage.identity import memberships, oauth_codes, oauth_grants, refresh_tokens, users
from server.storage.instant import from_micros, to_micros
from server.storage.statement import Row


@dataclass(frozen=True, slots=True)
class Connection:
    """One authorization that a person gave, or the standing one of a machine."""

    id: str
    workspace: str
    user_id: str | None
    member: str
    client_id: str
    client_name: str
    """What the client calls itself: untrusted text."""
    scopes: frozenset[Scope]
    """As far as the person may still give them."""
    resource: str
    created_at: datetime
    toolsets: tuple[str, ...] | None = None
    monthly_limit: Credits | None = None
    used_at: datetime | None = None
    live: bool = True
    """Whether it opens anything: not revoked, and the person is still there and in the workspace."""

    @property
    def subject(self) -> str:
        """Who the tokens are about."""
        return self.user_id or self.client_id

    def principal(self, scopes: frozenset[Scope]) -> Principal:
        """Who calls with a token for `scopes`."""
        grant = Grant(self.id, scopes & self.scopes, self.toolsets, self.monthly_limit)
        return Principal(self.workspace, self.member, self.client_name, grant)


_g = oauth_grants.c


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            _g.id,
            _g.workspace,
            _g.user_id,
            _g.member,
            _g.client_id,
            _g.client_name,
            _g.scope,
            _g.resource,
            _g.toolsets,
            _g.monthly_limit,
            _g.created_at,
            _g.used_at,
            _g.revoked_at,
            users.c.id,
            users.c.disabled_at,
            memberships.c.role,
        )
        .select_from(oauth_grants)
        .outerjoin(users, users.c.id == _g.user_id)
        .outerjoin(memberships, and_(memberships.c.user_id == _g.user_id, memberships.c.workspace == _g.workspace))
    )


_ADD = Statement(insert(oauth_grants).values({column.name: bindparam(column.name) for column in oauth_grants.columns}))
_BY_ID = Statement(_rows().where(_g.id == bindparam("id")))
_OF_CLIENT = Statement(
    _rows().where(_g.client_id == bindparam("client_id"), _g.user_id.is_(None), _g.revoked_at.is_(None))
)
_OF_PERSON = Statement(
    _rows().where(_g.user_id == bindparam("user_id"), _g.revoked_at.is_(None)).order_by(_g.created_at.desc(), _g.id)
)
_IN_WORKSPACE = Statement(
    _rows().where(_g.workspace == bindparam("workspace"), _g.revoked_at.is_(None)).order_by(_g.created_at.desc(), _g.id)
)
_CHANGE = Statement(
    update(oauth_grants)
    .where(_g.id == bindparam("key"), _g.revoked_at.is_(None))
    .values(toolsets=bindparam("toolsets"), monthly_limit=bindparam("monthly_limit"))
    .returning(_g.id)
)
_REVOKE = Statement(
    update(oauth_grants)
    .where(_g.id == bindparam("key"), _g.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), revoked_why=bindparam("why"))
    .returning(_g.workspace, _g.member, _g.client_name)
)
_DROP_REFRESH = Statement(delete(refresh_tokens).where(refresh_tokens.c.grant_id == bindparam("key")))
_DROP_CODES = Statement(delete(oauth_codes).where(oauth_codes.c.grant_id == bindparam("key")))
_USED = Statement(
    update(oauth_grants)
    .where(_g.id == bindparam("key"), func.coalesce(_g.used_at, 0) < bindparam("now"))
    .values(used_at=bindparam("now"))
)
_EXPIRE = Statement(
    update(oauth_grants)
    .where(
        _g.revoked_at.is_(None),
        _g.user_id.is_not(None),
        func.coalesce(_g.used_at, _g.created_at) < bindparam("before"),
        ~exists().where(refresh_tokens.c.grant_id == _g.id, refresh_tokens.c.expires_at > bindparam("now")),
        ~exists().where(oauth_codes.c.grant_id == _g.id, oauth_codes.c.expires_at > bindparam("now")),
    )
    .values(revoked_at=bindparam("now"), revoked_why="expired")
)


class Connections:
    """All connections of this server. `timer` counts seconds that do not jump."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._clock = clock
        self._kept = Fresh(self.find, timer)
        self._used: dict[str, int] = {}

    async def of(self, user_id: str) -> tuple[Connection, ...]:
        """The connections of a person, the latest first; not those that ended."""
        return _live(await self._database.report(_OF_PERSON, user_id=user_id))

    async def in_workspace(self, workspace: str) -> tuple[Connection, ...]:
        """Everybody's connections to a workspace, machines included, the latest first."""
        return _live(await self._database.report(_IN_WORKSPACE, workspace=workspace))

    async def find(self, grant_id: str) -> Connection | None:
        """One connection, ended or not, as storage has it now."""
        rows = await self._database.read(_BY_ID, id=grant_id)
        return _connection(rows[0]) if rows else None

    async def change(
        self,
        grant_id: str,
        *,
        toolsets: tuple[str, ...] | None,
        monthly_limit: Credits | None,
    ) -> None:
        """Set which toolsets the connection sees and what it may spend in a month, both None for no bounds of its own.

        `InvalidInput` where there is no such connection any more.
        """
        text = None if toolsets is None else " ".join(toolsets)
        changed = await self._database.write(
            lambda tx: tx.execute(_CHANGE, key=grant_id, toolsets=text, monthly_limit=monthly_limit)
        )
        self.forget(grant_id)
        if not changed:
            raise InvalidInput("That connection has ended.", field="id", fix="Look at the list again.")

    async def revoke(self, grant_id: str, why: str) -> bool:
        """End a connection, its tokens at once; False where it had ended before. `why` is a word for the audit."""
        now = to_micros(self._clock())
        ended = await self._database.write(lambda tx: revoke_in(tx, grant_id, why, now))
        self.forget(grant_id)
        return ended

    async def state(self, grant_id: str) -> Connection | None:
        """A connection as it was at most two seconds ago."""
        return await self._kept.get(grant_id)

    def forget(self, grant_id: str) -> None:
        """Read the connection again when it is next needed."""
        self._kept.forget(grant_id)

    def forget_all(self) -> None:
        """Read every connection again, because people or memberships changed."""
        self._kept.forget()

    def note_use(self, grant_id: str) -> None:
        """The connection was used now; `sweep` writes it down, so that no call waits for it."""
        self._used[grant_id] = to_micros(self._clock())

    async def sweep(self) -> None:
        """Write down which connections were used, and end those that nothing can renew any more."""
        used, self._used = self._used, {}
        now = to_micros(self._clock())
        idle = now - _IDLE_MICROS
        await self._database.write(lambda tx: _write_down(tx, used, now, idle))


_IDLE_MICROS = 2 * 3600 * 1_000_000
"""Longer than an access token lives, so that nobody is cut off who has no refresh token."""


def add_in(tx: Transaction, connection: Connection) -> None:
    """Store a new connection within a unit of work."""
    toolsets = connection.toolsets
    tx.execute(
        _ADD,
        id=connection.id,
        workspace=connection.workspace,
        user_id=connection.user_id,
        member=connection.member,
        client_id=connection.client_id,
        client_name=connection.client_name,
        scope=scope_text(connection.scopes),
        resource=connection.resource,
        toolsets=None if toolsets is None else " ".join(toolsets),
        monthly_limit=connection.monthly_limit,
        created_at=to_micros(connection.created_at),
        used_at=None,
        revoked_at=None,
        revoked_why=None,
    )


def connection_in(tx: Transaction, grant_id: str) -> Connection | None:
    """One connection, within a unit of work."""
    rows = tx.execute(_BY_ID, id=grant_id)
    return _connection(rows[0]) if rows else None


def machine_connection_in(tx: Transaction, client_id: str) -> Connection | None:
    """The standing connection of a machine, within a unit of work."""
    rows = tx.execute(_OF_CLIENT, client_id=client_id)
    return _connection(rows[0]) if rows else None


def revoke_in(tx: Transaction, grant_id: str, why: str, now: int) -> bool:
    """End a connection within a unit of work; whoever keeps it in memory has to `forget` it."""
    ended = bool(tx.execute(_REVOKE, key=grant_id, why=why, now=now))
    tx.execute(_DROP_REFRESH, key=grant_id)
    tx.execute(_DROP_CODES, key=grant_id)
    return ended


def used_in(tx: Transaction, grant_id: str, now: int) -> None:
    """Note within a unit of work that a connection was used."""
    tx.execute(_USED, key=grant_id, now=now)


def _write_down(tx: Transaction, used: dict[str, int], now: int, idle: int) -> None:
    if used:
        tx.execute_many(_USED, [{"key": id_, "now": at} for id_, at in used.items()])
    tx.execute(_EXPIRE, now=now, before=idle)


def _live(rows: Sequence[Row]) -> tuple[Connection, ...]:
    return tuple(connection for row in rows if (connection := _connection(row)).live)


def _connection(row: Row) -> Connection:
    (
        id_,
        workspace,
        user_id,
        member,
        client_id,
        client_name,
        scope,
        resource,
        toolsets,
        limit,
        created_at,
        used_at,
        revoked_at,
        known,
        disabled_at,
        role,
    ) = row
    present = user_id is None or (known is not None and disabled_at is None and role is not None)
    scopes = scopes_of(scope)
    return Connection(
        id=id_,
        workspace=workspace,
        user_id=user_id,
        member=member,
        client_id=client_id,
        client_name=client_name,
        scopes=scopes if user_id is None or role == "admin" else scopes - {Scope.ADMIN},
        resource=resource,
        toolsets=None if toolsets is None else tuple(toolsets.split()),
        monthly_limit=None if limit is None else Credits(limit),
        created_at=from_micros(created_at),
        used_at=None if used_at is None else from_micros(used_at),
        live=revoked_at is None and present,
    )
