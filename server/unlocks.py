"""What a provider was paid for and does not charge again for a while, by workspace and question.

Only the provider knows it for certain, so this lowers what is expected and never what is held. It names nobody: the
question, the provider's account and its record are hashes, and nothing of an answer is kept. So it outlives the
answer, and an opt-out leaves it alone: a suppressed question is refused before anybody looks here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import BigInteger, bindparam, select

from server.domain.money import Credits
from server.storage.database import Database, Statement, Transaction
from server.storage.instant import from_micros, to_micros
from server.storage.sweep import expired, sweep
from server.storage.tables import unlocks

_u = unlocks.c
_KNOWN = Statement.listed(
    "keys",
    lambda keys: select(_u.key, _u.record, _u.credits, _u.expires_at).where(
        _u.workspace == bindparam("workspace"),
        _u.key.in_(select(keys.c.value)),
        _u.account == bindparam("account"),
        _u.expires_at > bindparam("now", type_=BigInteger),
    ),
)
_PUT = Statement.upsert(
    lambda insert: (
        insert(unlocks)
        .values({column.name: bindparam(column.name) for column in unlocks.columns})
        .on_conflict_do_update(
            index_elements=[_u.workspace, _u.key, _u.account],
            set_={name: bindparam(name) for name in ("record", "credits", "expires_at")},
        )
    )
)
_SWEEP = expired(unlocks)


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What a provider was paid for the answer to one question."""

    key: str
    """The question's."""
    provider: str
    record: str
    """Stands for the provider's record that answered; another one is charged anew."""
    credits: Credits
    """What the record was worth by the price list; as much of its price is not charged again."""
    expires_at: datetime

    def left(self, price: Credits) -> Credits:
        """What of `price` is still to be paid."""
        return Credits(max(0, price - self.credits))

    def after(self, before: Unlocked | None) -> tuple[Credits, Unlocked]:
        """What is charged for this where `before` was paid already, and what is unlocked from then on.

        The time of a record counts from when it was first paid for, also where it was worth less then.
        """
        if before is None or before.record != self.record:
            return self.credits, self
        return before.left(self.credits), replace(self, expires_at=before.expires_at)


def record_of(record_id: str | None) -> str:
    """What stands for a provider's record."""
    return sha256((record_id or "").encode()).hexdigest()[:32]


class Unlocks:
    """What is unlocked for all workspaces. `accounts` names the account at each provider: a new key begins anew."""

    def __init__(self, database: Database, clock: Callable[[], datetime], accounts: Mapping[str, str]) -> None:
        self._database = database
        self._clock = clock
        self._accounts = accounts

    async def known(self, workspace: str, provider: str, keys: Collection[str]) -> Mapping[str, Unlocked]:
        """What `provider` has unlocked of the questions `keys`, by key."""
        rows = await self._database.report(
            _KNOWN,
            workspace=workspace,
            account=self._accounts[provider],
            keys=json.dumps(list(keys)),
            now=to_micros(self._clock()),
        )
        return {
            key: Unlocked(key, provider, record, Credits(credits), from_micros(expires_at))
            for key, record, credits, expires_at in rows
        }

    def put(self, tx: Transaction, workspace: str, one: Unlocked) -> None:
        """Remember in the caller's transaction what was paid for, over what was known of the question."""
        tx.execute(
            _PUT,
            workspace=workspace,
            key=one.key,
            account=self._accounts[one.provider],
            record=one.record,
            credits=one.credits,
            expires_at=to_micros(one.expires_at),
        )

    async def sweep(self) -> None:
        """Forget what is not unlocked any more."""
        await sweep(self._database, _SWEEP, to_micros(self._clock()))
