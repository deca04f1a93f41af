"""People: who may sign in, and how they prove who they are."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import bindparam, func, select, update

from server.domain import normalise
from server.domain.errors import InvalidInput
from server.identity.audit import Audit
from server.identity.ending import Watchers, end_access
from server.identity.password import Passwords, refuse_weak
from server.identity.workspaces import Role, Workspaces, shown
from server.storage.database import Database, Statement, Transaction
from server.storage.identity import external_identities, users
from server.storage.instant import to_micros
from server.storage.statement import Row

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class User:
    """A person. The ledger calls them by their address."""

    id: str
    email: str
    """In lower case."""
    name: str
    disabled: bool


_c, _x = users.c, external_identities.c
_FACTS = (_c.id, _c.email, _c.name, _c.disabled_at)
_GET = Statement(select(*_FACTS).where(_c.id == bindparam("id")))
_BY_EMAIL = Statement(select(*_FACTS).where(_c.email == bindparam("email")))
_ALL = Statement(select(*_FACTS).order_by(_c.email))
_COUNT = Statement(select(func.count()).select_from(users))
_ADD = Statement.upsert(
    lambda insert: (
        insert(users)
        .values({name: bindparam(name) for name in ("id", "email", "name", "password", "created_at")})
        .on_conflict_do_nothing(index_elements=[_c.email])
        .returning(_c.id)
    )
)
_PASSWORD = Statement(select(_c.password).where(_c.id == bindparam("id")))
_SET_PASSWORD = Statement(
    update(users).where(_c.id == bindparam("user_id")).values(password=bindparam("password")).returning(_c.email)
)
_REHASH = Statement(
    update(users)
    .where(_c.id == bindparam("user_id"), _c.password == bindparam("old"))
    .values(password=bindparam("password"))
)
_SET_DISABLED = Statement(update(users).where(_c.id == bindparam("user_id")).values(disabled_at=bindparam("at")))
_LINKED = Statement(
    select(*_FACTS)
    .join(external_identities, _x.user_id == _c.id)
    .where(_x.issuer == bindparam("issuer"), _x.subject == bindparam("subject"))
)
_LINKS = Statement(
    select(_x.subject).where(_x.issuer == bindparam("issuer"), _x.user_id == bindparam("user_id")).limit(1)
)
_LINK = Statement.upsert(
    lambda insert: (
        insert(external_identities)
        .values(issuer=bindparam("issuer"), subject=bindparam("subject"), user_id=bindparam("user_id"))
        .on_conflict_do_nothing()
    )
)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What an OpenID provider says of a person who signed in there."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str


class People:
    """Everybody who may sign in. `domains` are those of people who need not be added first."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        audit: Audit,
        workspaces: Workspaces,
        passwords: Passwords,
        *,
        watchers: Watchers,
        domains: Collection[str] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._workspaces = workspaces
        self._passwords = passwords
        self._watchers = watchers
        self._domains = frozenset(domain.lower() for domain in domains)

    async def add(
        self,
        email: str,
        name: str,
        *,
        password: str | None = None,
        workspace: str = "default",
        role: Role = Role.MEMBER,
    ) -> User:
        """A new person in a workspace; without a password they sign in elsewhere, or choose one by a link.

        `InvalidInput` where the address is none or is taken, the password weak, or the workspace unknown.
        """
        user = new_user(email, name)
        hashed = None if password is None else await self.hashed(password, user.email)
        await self._database.write(lambda tx: self.add_in(tx, user, hashed, workspace, role))
        return user

    def add_in(self, tx: Transaction, user: User, password: str | None, workspace: str, role: Role) -> None:
        """`add` as a part of a unit of work, with the password's hash."""
        now = to_micros(self._clock())
        if not tx.execute(_ADD, id=user.id, email=user.email, name=user.name, password=password, created_at=now):
            raise InvalidInput(
                f"There is somebody with the address {user.email} already.",
                field="email",
                fix=f"To let them into another workspace: weir workspaces join {user.email} WORKSPACE",
            )
        self._audit.record_in(tx, "user.added", workspace=workspace, member=user.email, user_id=user.id)
        self._workspaces.join_in(tx, workspace, user.id, role)

    async def hashed(self, password: str, email: str) -> str:
        """What is stored of a password of whoever has the address; `InvalidInput` where it is weak."""
        refuse_weak(password, email)
        return await self._passwords.hashed(password)

    async def get(self, user_id: str) -> User | None:
        """A person by id."""
        return _one(await self._database.read(_GET, id=user_id))

    async def by_email(self, email: str) -> User | None:
        """A person by address, however it is written."""
        return _one(await self._database.read(_BY_EMAIL, email=email.strip().lower()))

    async def everybody(self) -> tuple[User, ...]:
        """All people, by address, including who is disabled."""
        return tuple(_user(row) for row in await self._database.report(_ALL))

    def nobody_in(self, tx: Transaction) -> bool:
        """Whether there is nobody at all, asked within a unit of work."""
        return tx.execute(_COUNT)[0][0] == 0

    async def check_password(self, email: str, password: str) -> User | None:
        """The active person whose address and password these are; takes as long where there is none."""
        user = await self.by_email(email)
        ((stored,),) = (await self._database.read(_PASSWORD, id=user.id if user else "")) or ((None,),)
        matches = await self._passwords.matches(password, stored)
        if not matches or stored is None or user is None or user.disabled:
            return None
        if self._passwords.outdated(stored):
            fresh = await self._passwords.hashed(password)
            await self._database.write(lambda tx: tx.execute(_REHASH, user_id=user.id, old=stored, password=fresh))
        return user

    async def set_password(self, user_id: str, password: str) -> None:
        """Give a person another password; their signed-in browsers stay. `InvalidInput` where it is weak."""
        user = await self.get(user_id)
        hashed = await self.hashed(password, user.email if user else "")
        await self._database.write(lambda tx: self.set_password_in(tx, user_id, hashed))

    def set_password_in(self, tx: Transaction, user_id: str, hashed: str) -> None:
        """`set_password` as a part of a unit of work, with the hash."""
        for (email,) in tx.execute(_SET_PASSWORD, user_id=user_id, password=hashed):
            self._audit.record_in(tx, "password.changed", member=email, user_id=user_id)

    async def disable(self, email: str) -> User:
        """Lock a person out: ends what they signed in to, connected and made keys for, for good.

        `InvalidInput` where nobody has the address, or a workspace would be left without an administrator.
        """
        user = await self.known(email)
        disabled = await self._database.write(lambda tx: self._disable(tx, user))
        self._watchers.tell()
        return disabled

    def _disable(self, tx: Transaction, user: User) -> User:
        self._workspaces.keep_administered(tx, user.id)
        now = to_micros(self._clock())
        tx.execute(_SET_DISABLED, user_id=user.id, at=now)
        end_access(tx, user.id, now, "disabled")
        self._audit.record_in(tx, "user.disabled", member=user.email, user_id=user.id)
        return User(user.id, user.email, user.name, disabled=True)

    async def enable(self, email: str) -> User:
        """Let a person in again; they connect their clients anew. `InvalidInput` where nobody has the address."""
        user = await self.known(email)
        return await self._database.write(lambda tx: self._enable(tx, user))

    def _enable(self, tx: Transaction, user: User) -> User:
        tx.execute(_SET_DISABLED, user_id=user.id, at=None)
        self._audit.record_in(tx, "user.enabled", member=user.email, user_id=user.id)
        return User(user.id, user.email, user.name, disabled=False)

    async def signed_in_elsewhere(
        self, issuer: str, subject: str, email: str, email_verified: bool, name: str
    ) -> User | None:
        """The active person whom an OpenID provider vouches for, by issuer and subject; None where nobody is.

        The first time, the verified address tells who they are. Who is not known yet becomes a member of `default`
        where their domain is among those that need no adding, once there is anybody at all.
        """
        said = Elsewhere(issuer, subject, email.strip().lower(), email_verified, name)
        return await self._database.write(lambda tx: self._signed_in_elsewhere(tx, said))

    def _signed_in_elsewhere(self, tx: Transaction, said: Elsewhere) -> User | None:
        user = _one(tx.execute(_LINKED, issuer=said.issuer, subject=said.subject))
        if user is None and said.email_verified:
            user = self._linked_by_email(tx, said)
        return None if user is None or user.disabled else user

    def _linked_by_email(self, tx: Transaction, said: Elsewhere) -> User | None:
        user = _one(tx.execute(_BY_EMAIL, email=said.email)) or self._welcomed(tx, said)
        # A provider that gives an address to somebody else must not give them the person's account with it.
        if user is None or user.disabled or tx.execute(_LINKS, issuer=said.issuer, user_id=user.id):
            return None
        tx.execute(_LINK, issuer=said.issuer, subject=said.subject, user_id=user.id)
        self._audit.record_in(tx, "user.linked", member=user.email, issuer=said.issuer, subject=said.subject)
        return user

    def _welcomed(self, tx: Transaction, said: Elsewhere) -> User | None:
        if said.email.rpartition("@")[2] not in self._domains or self.nobody_in(tx):
            return None
        user = new_user(said.email, normalise.clean(said.name)[:_LONGEST_NAME])
        self.add_in(tx, user, None, "default", Role.MEMBER)
        return user

    async def known(self, email: str) -> User:
        """The person who has the address; `InvalidInput` where nobody has."""
        user = await self.by_email(email)
        if user is None:
            raise InvalidInput(
                f"There is nobody with the address {email!r}.", field="email", fix="See: weir users list"
            )
        return user


def new_user(email: str, name: str) -> User:
    """A person who is not stored yet; `InvalidInput` where the address is none."""
    try:
        address = normalise.email(email)
    except ValueError as error:
        raise InvalidInput(f"email {error}.", field="email", fix="Write it as ada@example.com.") from error
    return User(uuid4().hex, address, shown(name, "name", _LONGEST_NAME) or address.partition("@")[0], disabled=False)


def _one(rows: Collection[Row]) -> User | None:
    return next((_user(row) for row in rows), None)


def _user(row: Row) -> User:
    id_, email, name, disabled_at = row
    return User(id_, email, name, disabled_at is not None)
