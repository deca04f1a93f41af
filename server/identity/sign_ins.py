"""Signed-in browsers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, or_, select, update

from server.identity.people import User
from server.identity.secret import digest, new_secret
from server.storage.database import Database, Statement, Transaction
from server.storage.identity import sign_ins, users
from server.storage.instant import to_micros

IDLE = timedelta(hours=8)
"""How long a browser stays signed in that is not used."""
LONGEST = timedelta(days=7)
"""How long a browser stays signed in at most."""
_SEEN_EVERY = timedelta(minutes=1)
"""How exactly the last use is noted: a write for every page would be waste."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A browser that somebody signed in with."""

    user: User
    method: str
    """`password`, `openid` or `setup`."""


_c = sign_ins.c
_START = Statement(insert(sign_ins).values({column.name: bindparam(column.name) for column in sign_ins.columns}))
_CURRENT = Statement(
    select(_c.user_id, users.c.email, users.c.name, _c.method, _c.seen_at)
    .join(users, users.c.id == _c.user_id)
    .where(
        _c.token_hash == bindparam("token_hash"),
        _c.expires_at > bindparam("now"),
        _c.seen_at > bindparam("idle_since"),
        users.c.disabled_at.is_(None),
    )
)
_SEEN = Statement(update(sign_ins).where(_c.token_hash == bindparam("hashed")).values(seen_at=bindparam("now")))
_END = Statement(delete(sign_ins).where(_c.token_hash == bindparam("token_hash")))
_END_ALL = Statement(delete(sign_ins).where(_c.user_id == bindparam("user_id")))
_SWEEP = Statement(
    delete(sign_ins).where(or_(_c.expires_at <= bindparam("now"), _c.seen_at <= bindparam("idle_since")))
)


class SignIns:
    """The signed-in browsers of everybody."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def start(self, user_id: str, method: str) -> str:
        """Sign a browser in; returns the token for its cookie, which is not kept."""
        token, now = new_secret(), self._clock()
        await self._database.write(
            lambda tx: tx.execute(
                _START,
                token_hash=digest(token),
                user_id=user_id,
                method=method,
                created_at=to_micros(now),
                seen_at=to_micros(now),
                expires_at=to_micros(now + LONGEST),
            )
        )
        return token

    async def current(self, token: str) -> SignIn | None:
        """Who is signed in with the cookie's token; None where it is unknown, over, or the person disabled."""
        now, hashed = self._clock(), digest(token)
        rows = await self._database.read(
            _CURRENT, token_hash=hashed, now=to_micros(now), idle_since=to_micros(now - IDLE)
        )
        for user_id, email, name, method, seen_at in rows:
            if seen_at <= to_micros(now - _SEEN_EVERY):
                await self._database.write(lambda tx: tx.execute(_SEEN, hashed=hashed, now=to_micros(now)))
            return SignIn(User(user_id, email, name, disabled=False), method)
        return None

    async def end(self, token: str) -> None:
        """Sign a browser out."""
        await self._database.write(lambda tx: tx.execute(_END, token_hash=digest(token)))

    async def end_all(self, user_id: str) -> None:
        """Sign a person out everywhere."""
        await self._database.write(lambda tx: self.end_all_in(tx, user_id))

    def end_all_in(self, tx: Transaction, user_id: str) -> None:
        """`end_all` as a part of a unit of work."""
        tx.execute(_END_ALL, user_id=user_id)

    def sweep_in(self, tx: Transaction) -> None:
        """Forget what is over."""
        now = self._clock()
        tx.execute(_SWEEP, now=to_micros(now), idle_since=to_micros(now - IDLE))
