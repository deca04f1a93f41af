"""Ends whatever a person can come in by."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import bindparam, delete, select, update

from server.storage.database import Statement, Transaction
from server.storage.identity import invitations, oauth_grants, personal_keys, refresh_tokens, sign_ins

_SIGN_INS = Statement(delete(sign_ins).where(sign_ins.c.user_id == bindparam("user_id")))
_LINKS = Statement(delete(invitations).where(invitations.c.user_id == bindparam("user_id")))
_TOKENS = Statement(
    delete(refresh_tokens).where(
        refresh_tokens.c.grant_id.in_(select(oauth_grants.c.id).where(oauth_grants.c.user_id == bindparam("user_id")))
    )
)
_GRANTS = Statement(
    update(oauth_grants)
    .where(oauth_grants.c.user_id == bindparam("user_id"), oauth_grants.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"), revoked_why=bindparam("why"))
)
_KEYS = Statement(
    update(personal_keys)
    .where(personal_keys.c.user_id == bindparam("user_id"), personal_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)


class Watchers:
    """Those who keep in memory who may come in: told as soon as somebody in this process takes access away."""

    def __init__(self) -> None:
        self._forget: list[Callable[[], None]] = []

    def add(self, forget: Callable[[], None]) -> None:
        """Have `forget` called from now on."""
        self._forget.append(forget)

    def tell(self) -> None:
        """Access was taken from somebody."""
        for forget in self._forget:
            forget()


def end_access(tx: Transaction, user_id: str, at: int, why: str) -> None:
    """End a person's signed-in browsers and links, and revoke their connections and keys; `at` in microseconds."""
    tx.execute(_SIGN_INS, user_id=user_id)
    tx.execute(_LINKS, user_id=user_id)
    tx.execute(_TOKENS, user_id=user_id)
    tx.execute(_GRANTS, user_id=user_id, at=at, why=why)
    tx.execute(_KEYS, user_id=user_id, at=at)
