"""Single-use links: the first person sets Weir up, others choose their password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import bindparam, delete, insert, select, update

from server.domain.errors import InvalidInput
from server.domain.principal import LOCAL
from server.identity.audit import Audit
from server.identity.people import People, User, new_user
from server.identity.secret import digest, new_secret
from server.identity.sign_ins import SignIns
from server.identity.workspaces import Role
from server.storage.database import Database, Statement, Transaction
from server.storage.identity import invitations
from server.storage.instant import from_micros, to_micros

SETUP_VALID = timedelta(hours=24)
PASSWORD_VALID = timedelta(days=3)


class Purpose(StrEnum):
    """What a link is for."""

    SETUP = "setup"
    """Become the first person."""
    PASSWORD = "password"  # noqa: S105 - the name of a purpose
    """Choose a password."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that can be used."""

    purpose: Purpose
    user: User | None
    """Whose password is to be chosen; None for the set-up."""
    expires_at: datetime


_c = invitations.c
_ADD = Statement(
    insert(invitations).values(
        {name: bindparam(name) for name in ("token_hash", "purpose", "user_id", "created_at", "expires_at")}
    )
)
_LOOK = Statement(
    select(_c.purpose, _c.user_id, _c.expires_at).where(
        _c.token_hash == bindparam("token_hash"), _c.used_at.is_(None), _c.expires_at > bindparam("now")
    )
)
_USE = Statement(
    update(invitations)
    .where(
        _c.token_hash == bindparam("hashed"),
        _c.purpose == bindparam("wanted"),
        _c.used_at.is_(None),
        _c.expires_at > bindparam("now"),
    )
    .values(used_at=bindparam("now"))
    .returning(_c.user_id)
)
_VOID_SETUP = Statement(delete(invitations).where(_c.purpose == Purpose.SETUP.value, _c.used_at.is_(None)))
_VOID_OF = Statement(delete(invitations).where(_c.user_id == bindparam("user_id"), _c.used_at.is_(None)))
_SWEEP = Statement(delete(invitations).where(_c.expires_at <= bindparam("now")))


class Invitations:
    """All links. Only their hashes are stored."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], audit: Audit, people: People, sign_ins: SignIns
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._people = people
        self._sign_ins = sign_ins

    async def setup(self) -> str | None:
        """The token of a new set-up link, which voids older ones; None once there is anybody. Valid for a day."""
        token = new_secret()
        return token if await self._database.write(lambda tx: self._setup(tx, token)) else None

    def _setup(self, tx: Transaction, token: str) -> bool:
        tx.execute(_VOID_SETUP)
        if not self._people.nobody_in(tx):
            return False
        self._add(tx, token, Purpose.SETUP, None, SETUP_VALID)
        return True

    async def invite(self, user_id: str) -> str:
        """The token of a link to choose a password, which voids the person's older ones. Valid for three days."""
        token = new_secret()
        await self._database.write(lambda tx: self._invite(tx, user_id, token))
        return token

    def _invite(self, tx: Transaction, user_id: str, token: str) -> None:
        tx.execute(_VOID_OF, user_id=user_id)
        self._add(tx, token, Purpose.PASSWORD, user_id, PASSWORD_VALID)
        self._audit.record_in(tx, "password.link_made", user_id=user_id)

    def _add(self, tx: Transaction, token: str, purpose: Purpose, user_id: str | None, valid: timedelta) -> None:
        now = self._clock()
        tx.execute(
            _ADD,
            token_hash=digest(token),
            purpose=purpose,
            user_id=user_id,
            created_at=to_micros(now),
            expires_at=to_micros(now + valid),
        )

    async def look(self, token: str) -> Invitation | None:
        """What a link is for; None where it is unknown, used, void or over."""
        rows = await self._database.read(_LOOK, token_hash=digest(token), now=to_micros(self._clock()))
        for purpose, user_id, expires_at in rows:
            user = await self._people.get(user_id) if user_id else None
            if user_id and (user is None or user.disabled):
                return None
            return Invitation(Purpose(purpose), user, from_micros(expires_at))
        return None

    async def use_setup(self, token: str, email: str, name: str, password: str) -> User:
        """Use a set-up link: its bearer becomes an administrator of `default`.

        `InvalidInput` where the link cannot be used (field `token`; whoever is first wins), the address is none or
        the password weak; the link can be used again after the latter two.
        """
        # Hashing takes much memory and time, so it is done for nobody without a link.
        if await self.look(token) is None:
            raise unusable()
        user = new_user(email, name)
        hashed = await self._people.hashed(password, user.email)
        await self._database.write(lambda tx: self._use_setup(tx, token, user, hashed))
        return user

    def _use_setup(self, tx: Transaction, token: str, user: User, hashed: str) -> None:
        self._use(tx, token, Purpose.SETUP)
        if not self._people.nobody_in(tx):
            raise unusable()
        self._people.add_in(tx, user, hashed, LOCAL.workspace, Role.ADMIN)
        self._audit.record_in(tx, "setup.done", workspace=LOCAL.workspace, member=user.email)

    async def use_password(self, token: str, password: str) -> User:
        """Use a link to choose a password; signs the person out everywhere.

        `InvalidInput` where the link cannot be used (field `token`) or the password is weak (field `password`).
        """
        invitation = await self.look(token)
        if invitation is None or invitation.user is None:
            raise unusable()
        user = invitation.user
        hashed = await self._people.hashed(password, user.email)
        await self._database.write(lambda tx: self._use_password(tx, token, user.id, hashed))
        return user

    def _use_password(self, tx: Transaction, token: str, user_id: str, hashed: str) -> None:
        self._use(tx, token, Purpose.PASSWORD)
        self._people.set_password_in(tx, user_id, hashed)
        self._sign_ins.end_all_in(tx, user_id)
        tx.execute(_VOID_OF, user_id=user_id)

    def _use(self, tx: Transaction, token: str, purpose: Purpose) -> None:
        used = tx.execute(_USE, hashed=digest(token), wanted=purpose, now=to_micros(self._clock()))
        if not used:
            raise unusable()

    def sweep_in(self, tx: Transaction) -> None:
        """Forget what is over."""
        tx.execute(_SWEEP, now=to_micros(self._clock()))


def unusable() -> InvalidInput:
    """What is said of a link that does nothing, whatever the reason."""
    return InvalidInput(
        "This link has been used, is too old, or never was one.",
        field="token",
        fix="Ask your administrator for a new one; for the first set-up, restart Weir, which prints one.",
    )
