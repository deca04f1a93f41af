"""Workspaces and who belongs to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam, delete, exists, select

from server.domain.errors import InvalidInput
from server.domain.normalise import text
from server.domain.principal import LOCAL
from server.identity.audit import Audit
from server.identity.ending import Watchers
from server.storage.database import Database, Statement, Transaction
from server.storage.identity import memberships, users, workspaces
from server.storage.instant import from_micros, to_micros

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_NAME = 100


class Role(StrEnum):
    """What a person is in a workspace."""

    ADMIN = "admin"
    """Sees and ends everybody's connections and keys, decides on approvals, and can let a client steer all jobs."""
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A tenant: stored answers, budgets, opt-outs and the ledger are its own."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """What one person is in one workspace."""

    workspace: str
    name: str
    """The workspace's."""
    role: Role


_w, _m = workspaces.c, memberships.c
_CREATE = Statement.upsert(
    lambda insert: (
        insert(workspaces)
        .values(id=bindparam("id"), name=bindparam("name"), created_at=bindparam("created_at"))
        .on_conflict_do_nothing()
        .returning(_w.id)
    )
)
_ALL = Statement(select(_w.id, _w.name, _w.created_at).order_by(_w.id))
_KNOWN = Statement(select(_w.id).where(_w.id == bindparam("id")))
_OF = Statement(
    select(_m.workspace, _w.name, _m.role)
    .join(workspaces, _w.id == _m.workspace)
    .where(_m.user_id == bindparam("user_id"))
    .order_by(_m.created_at, _m.workspace)
)
_JOIN = Statement.upsert(
    lambda insert: (
        insert(memberships)
        .values({column.name: bindparam(column.name) for column in memberships.columns})
        .on_conflict_do_update(index_elements=[_m.workspace, _m.user_id], set_={"role": bindparam("role")})
    )
)
_LEAVE = Statement(
    delete(memberships)
    .where(_m.workspace == bindparam("workspace"), _m.user_id == bindparam("user_id"))
    .returning(_m.role)
)
_others = memberships.alias()
_LEFT_ALONE = Statement(
    select(_m.workspace)
    .where(
        _m.user_id == bindparam("user_id"),
        _m.role == Role.ADMIN.value,
        ~exists(
            select(1)
            .select_from(_others.join(users, users.c.id == _others.c.user_id))
            .where(
                _others.c.workspace == _m.workspace,
                _others.c.user_id != _m.user_id,
                _others.c.role == Role.ADMIN.value,
                users.c.disabled_at.is_(None),
            )
        ),
    )
    .order_by(_m.workspace)
)


class Workspaces:
    """All workspaces. Units of work are serial, so what one of them checks holds until it is done."""

    def __init__(self, database: Database, clock: Callable[[], datetime], audit: Audit, watchers: Watchers) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._watchers = watchers

    async def prepare(self) -> None:
        """See to it that the workspace `default` is there."""
        now = to_micros(self._clock())
        await self._database.write(lambda tx: tx.execute(_CREATE, id=LOCAL.workspace, name="Default", created_at=now))

    async def create(self, id: str, name: str) -> Workspace:  # noqa: A002 - the caller's word for it
        """A new workspace; `id` is short, lower case, and what the ledger carries.

        `InvalidInput` where the id is taken or cannot be one.
        """
        if not _ID.fullmatch(id):
            raise InvalidInput(
                f"{id!r} cannot be the id of a workspace.",
                field="workspace",
                fix="Use up to 63 lower-case letters, digits and hyphens, such as acme-sales.",
            )
        created = Workspace(id, shown(name, "name", _LONGEST_NAME) or id, self._clock())
        await self._database.write(lambda tx: self._create(tx, created))
        return created

    def _create(self, tx: Transaction, new: Workspace) -> None:
        if not tx.execute(_CREATE, id=new.id, name=new.name, created_at=to_micros(new.created_at)):
            raise InvalidInput(f"There is a workspace {new.id} already.", field="workspace", fix="Choose another id.")
        self._audit.record_in(tx, "workspace.added", workspace=new.id, name=new.name)

    async def all(self) -> tuple[Workspace, ...]:
        """Every workspace, by id."""
        return tuple(Workspace(id_, name, from_micros(at)) for id_, name, at in await self._database.report(_ALL))

    async def of(self, user_id: str) -> tuple[Membership, ...]:
        """The workspaces of a person, the one they joined first leading."""
        rows = await self._database.read(_OF, user_id=user_id)
        return tuple(Membership(workspace, name, Role(role)) for workspace, name, role in rows)

    async def administered(self, user_id: str) -> tuple[str, ...]:
        """The ids of the workspaces that a person administers."""
        return tuple(one.workspace for one in await self.of(user_id) if one.role is Role.ADMIN)

    async def join(self, workspace: str, user_id: str, role: Role) -> None:
        """Make a person a member, or change what they are.

        `InvalidInput` where the workspace is unknown, or would be left without an administrator.
        """
        await self._database.write(lambda tx: self.join_in(tx, workspace, user_id, role))
        self._watchers.tell()

    def join_in(self, tx: Transaction, workspace: str, user_id: str, role: Role) -> None:
        """`join` as a part of a unit of work."""
        if not tx.execute(_KNOWN, id=workspace):
            raise InvalidInput(
                f"There is no workspace {workspace!r}.", field="workspace", fix="See: weir workspaces list"
            )
        if role is not Role.ADMIN:
            self.keep_administered(tx, user_id, workspace)
        tx.execute(_JOIN, workspace=workspace, user_id=user_id, role=role, created_at=to_micros(self._clock()))
        self._audit.record_in(tx, "workspace.joined", workspace=workspace, user_id=user_id, role=role)

    async def leave(self, workspace: str, user_id: str) -> bool:
        """Take a person out; False where they were no member.

        What they connected for the workspace goes no further. `InvalidInput` where the workspace would be left
        without an administrator.
        """
        left = await self._database.write(lambda tx: self._leave(tx, workspace, user_id))
        self._watchers.tell()
        return left

    def _leave(self, tx: Transaction, workspace: str, user_id: str) -> bool:
        self.keep_administered(tx, user_id, workspace)
        left = bool(tx.execute(_LEAVE, workspace=workspace, user_id=user_id))
        if left:
            self._audit.record_in(tx, "workspace.left", workspace=workspace, user_id=user_id)
        return left

    def keep_administered(self, tx: Transaction, user_id: str, workspace: str | None = None) -> None:
        """`InvalidInput` where a workspace (any, or the given one) has no other active administrator."""
        alone = [found for (found,) in tx.execute(_LEFT_ALONE, user_id=user_id)]
        for found in alone:
            if workspace in (None, found):
                raise InvalidInput(
                    f"This is the last administrator of the workspace {found}.",
                    field="email",
                    fix=f"Make somebody else one first: weir workspaces join EMAIL {found} --admin",
                )


def shown(value: str, field: str, longest: int) -> str:
    """A name as it may be shown to people; `InvalidInput` where it is too long or hides characters."""
    try:
        return text(value, longest)
    except ValueError as error:
        raise InvalidInput(
            f"{field} {error}.", field=field, fix=f"Use up to {longest} characters that can be seen."
        ) from error
