"""Personal keys: what command lines and scripts present instead of signing in.

A key opens one workspace for one person, with scopes, toolsets and a monthly limit of its own. Its text is shown once;
storage holds its hash. It is worth nothing while its owner is disabled or is no member of its workspace.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, update

from server.domain.errors import InvalidInput, StorageUnavailable
from server.domain.money import Credits
from server.domain.principal import USUAL, Scope, scope_text, scopes_of
from server.identity.audit import Audit
from server.identity.fresh import Fresh
from server.identity.secret import digest, new_secret
from server.identity.workspaces import Role, shown
from server.storage.database import Database, Statement, Transaction
from server.storage.identity import memberships, personal_keys, users
from server.storage.instant import from_micros, to_micros
from server.storage.statement import Row

PREFIX = "weir_"
_USE_NOTED = timedelta(minutes=10)
"""How exactly the last use of a key is noted."""
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class NewKey:
    """What somebody wants a key for."""

    name: str
    workspace: str
    email: str
    """The member's address, who answers for the key."""
    scopes: frozenset[Scope] = frozenset(USUAL)
    toolsets: tuple[str, ...] | None = None
    monthly_limit: Credits | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its text."""

    id: str
    name: str
    workspace: str
    user_id: str | None
    member: str
    scopes: frozenset[Scope]
    toolsets: tuple[str, ...] | None
    """None for all that the operator serves."""
    monthly_limit: Credits | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None = None
    revoked_at: datetime | None = None


_k = personal_keys.c
_COLUMNS = (
    _k.id,
    _k.name,
    _k.workspace,
    _k.user_id,
    _k.member,
    _k.scope,
    _k.toolsets,
    _k.monthly_limit,
    _k.created_at,
    _k.expires_at,
    _k.used_at,
    _k.revoked_at,
)
_OWNED = personal_keys.join(users, users.c.id == _k.user_id).join(
    memberships, (memberships.c.user_id == _k.user_id) & (memberships.c.workspace == _k.workspace)
)
_HELD = Statement(
    select(*_COLUMNS, memberships.c.role)
    .select_from(_OWNED)
    .where(_k.key_hash == bindparam("key_hash"), _k.revoked_at.is_(None), users.c.disabled_at.is_(None))
)
_STANDING = Statement(
    select(*_COLUMNS, memberships.c.role)
    .select_from(_OWNED)
    .where(_k.id == bindparam("key"), _k.revoked_at.is_(None), users.c.disabled_at.is_(None))
)
_OWNER = Statement(
    select(users.c.id, memberships.c.role)
    .select_from(users.join(memberships, memberships.c.user_id == users.c.id))
    .where(
        users.c.email == bindparam("email"),
        users.c.disabled_at.is_(None),
        memberships.c.workspace == bindparam("workspace"),
    )
)
_ADD = Statement(
    insert(personal_keys).values(
        **{
            column.name: bindparam(column.name)
            for column in personal_keys.c
            if column.name not in ("used_at", "revoked_at")
        }
    )
)
_IN_WORKSPACE = Statement(
    select(*_COLUMNS).where(_k.workspace == bindparam("workspace")).order_by(_k.created_at, _k.id)
)
_OF_USER = Statement(select(*_COLUMNS).where(_k.user_id == bindparam("user_id")).order_by(_k.created_at, _k.id))
_EVERY = Statement(select(*_COLUMNS).order_by(_k.created_at, _k.id))
_REVOKE = Statement(
    update(personal_keys)
    .where(_k.id == bindparam("key"), _k.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
    .returning(_k.workspace, _k.member)
)
_USED = Statement(update(personal_keys).where(_k.id == bindparam("key")).values(used_at=bindparam("at")))


class Keys:
    """The keys of all workspaces. One per process. `timer` counts seconds that do not jump."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], audit: Audit, timer: Callable[[], float]
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._held = Fresh(self._look_up, timer)
        self._noting: set[str] = set()

    async def create(self, wanted: NewKey) -> tuple[str, Key]:
        """A new key: its text, which is not kept, and what is.

        `InvalidInput` where the address is no active member of the workspace, or may not grant `admin`.
        """
        text, id_ = PREFIX + new_secret(), f"key-{secrets.token_hex(8)}"
        name = shown(wanted.name, "name", _LONGEST_NAME)
        return text, await self._database.write(
            lambda tx: self._create(tx, replace(wanted, name=name), id_, digest(text))
        )

    async def of_workspace(self, workspace: str) -> tuple[Key, ...]:
        """Every key of the workspace, the revoked and expired ones as well, oldest first."""
        return tuple(map(_key, await self._database.report(_IN_WORKSPACE, workspace=workspace)))

    async def of(self, user_id: str) -> tuple[Key, ...]:
        """The person's keys in all workspaces, oldest first."""
        return tuple(map(_key, await self._database.report(_OF_USER, user_id=user_id)))

    async def everywhere(self) -> tuple[Key, ...]:
        """Every key, oldest first."""
        return tuple(map(_key, await self._database.report(_EVERY)))

    async def revoke(self, key: str, *, by: str) -> bool:
        """Make the key of that id worthless, here at once and elsewhere within two seconds; `by` is for the audit.

        False where there is none, or it was revoked before.
        """
        revoked = await self._database.write(lambda tx: self._revoke(tx, key, by))
        self.forget()
        return revoked

    def forget(self) -> None:
        """Look every key up again, because people or memberships changed."""
        self._held.forget()

    async def holder(self, text: str) -> Key | None:
        """The key that `text` is, with the scopes that its owner may still use; None where it opens nothing."""
        key = await self._held.get(digest(text))
        return None if key is None or _expired(key, self._clock()) else key

    async def standing(self, key: str) -> Key | None:
        """The key of that id, as `holder` tells it; None where it opens nothing any more."""
        rows = await self._database.read(_STANDING, key=key)
        found = _held(rows[0]) if rows else None
        return None if found is None or _expired(found, self._clock()) else found

    async def _look_up(self, key_hash: str) -> Key | None:
        """The key of that hash as storage has it, whose use is noted."""
        rows = await self._database.read(_HELD, key_hash=key_hash)
        key = _held(rows[0]) if rows else None
        if key is not None and key.id not in self._noting:
            await self._note_use(key, self._clock())
        return key

    async def _note_use(self, key: Key, now: datetime) -> None:
        if key.used_at is not None and now - key.used_at < _USE_NOTED:
            return
        # A burst of calls is one use.
        self._noting.add(key.id)
        try:
            # Whoever only asks what is free may do so while nothing can be written.
            with contextlib.suppress(StorageUnavailable):
                await self._database.write(lambda tx: tx.execute(_USED, key=key.id, at=to_micros(now)))
        finally:
            self._noting.discard(key.id)

    def _revoke(self, tx: Transaction, key: str, by: str) -> bool:
        rows = tx.execute(_REVOKE, key=key, at=to_micros(self._clock()))
        for workspace, member in rows:
            self._audit.record_in(tx, "key.revoked", workspace=workspace, member=member, client=key, by=by)
        return bool(rows)

    def _create(self, tx: Transaction, wanted: NewKey, id_: str, key_hash: str) -> Key:
        owner = tx.execute(_OWNER, email=wanted.email.strip().lower(), workspace=wanted.workspace)
        if not owner:
            raise InvalidInput(
                f"{wanted.email!r} is no active member of the workspace {wanted.workspace!r}.",
                field="member",
                fix="Add the person first: weir users add",
            )
        user_id, role = owner[0]
        if Scope.ADMIN in wanted.scopes and role != Role.ADMIN:
            raise InvalidInput(
                "Only an administrator of the workspace can have a key with the scope admin.",
                field="scopes",
                fix="Leave admin out, or name an administrator.",
            )
        key = Key(
            id_,
            wanted.name,
            wanted.workspace,
            user_id,
            wanted.email.strip().lower(),
            wanted.scopes,
            wanted.toolsets,
            wanted.monthly_limit,
            self._clock(),
            wanted.expires_at,
        )
        tx.execute(_ADD, key_hash=key_hash, **_columns(key))
        scopes = scope_text(key.scopes)
        self._audit.record_in(
            tx, "key.created", workspace=key.workspace, member=key.member, client=id_, name=key.name, scopes=scopes
        )
        return key


def _expired(key: Key, now: datetime) -> bool:
    return key.expires_at is not None and now >= key.expires_at


def _columns(key: Key) -> dict[str, str | int | None]:
    return {
        "id": key.id,
        "name": key.name,
        "workspace": key.workspace,
        "user_id": key.user_id,
        "member": key.member,
        "scope": scope_text(key.scopes),
        "toolsets": None if key.toolsets is None else " ".join(key.toolsets),
        "monthly_limit": key.monthly_limit,
        "created_at": to_micros(key.created_at),
        "expires_at": None if key.expires_at is None else to_micros(key.expires_at),
    }


def _key(row: Row) -> Key:
    identity, name, workspace, user_id, member, scope, toolsets, limit, created, expires, used, revoked = row
    return Key(
        id=identity,
        name=name,
        workspace=workspace,
        user_id=user_id,
        member=member,
        scopes=scopes_of(scope),
        toolsets=None if toolsets is None else tuple(toolsets.split()),
        monthly_limit=None if limit is None else Credits(limit),
        created_at=from_micros(created),
        expires_at=_instant(expires),
        used_at=_instant(used),
        revoked_at=_instant(revoked),
    )


def _held(row: Row) -> Key:
    """The key of a row that ends in its owner's role."""
    *columns, role = row
    key = _key(tuple(columns))
    return key if role == Role.ADMIN else replace(key, scopes=key.scopes - {Scope.ADMIN})


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
