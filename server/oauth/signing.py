"""The keys that sign access tokens. They live in the database, so that replicas agree."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from joserfc.jwk import ECKey
from sqlalchemy import bindparam, delete, insert, select, update

from server.storage.database import Database, Statement, Transaction
from server.storage.identity import signing_keys
from server.storage.instant import from_micros, to_micros
from server.storage.statement import Row

ALGORITHM = "ES256"
_AGE = timedelta(days=30)
_VERIFIES = timedelta(hours=2)
"""How long a retired key stays: longer than any access token lives."""

_c = signing_keys.c
_ALL = Statement(select(_c.kid, _c.private_key, _c.created_at, _c.retired_at).order_by(_c.created_at.desc(), _c.kid))
_ADD = Statement(insert(signing_keys).values({column.name: bindparam(column.name) for column in signing_keys.columns}))
_RETIRE = Statement(
    update(signing_keys).where(_c.kid != bindparam("key"), _c.retired_at.is_(None)).values(retired_at=bindparam("now"))
)
_DROP = Statement(delete(signing_keys).where(_c.retired_at < bindparam("before")))


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key pair."""

    kid: str
    key: ECKey
    created_at: datetime
    retired: bool

    @property
    def public(self) -> Mapping[str, Any]:
        """The half that others may see, as a JSON Web Key."""
        return {**self.key.as_dict(private=False), "kid": self.kid, "use": "sig", "alg": ALGORITHM}


class SigningKeys:
    """Gives the key to sign with, making a new one every thirty days, and finds those to verify with."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}

    async def current(self) -> SigningKey:
        """The key to sign with now."""
        now = self._clock()
        newest = next((key for key in self._keys.values() if not key.retired), None)
        if newest is None or now - newest.created_at >= _AGE:
            self._keep(await self._database.write(lambda tx: _rotated(tx, now)))
            newest = next(key for key in self._keys.values() if not key.retired)
        return newest

    async def find(self, kid: str) -> ECKey | None:
        """The key of this name, which another process may have made."""
        if kid not in self._keys:
            await self._read()
        found = self._keys.get(kid)
        return None if found is None else found.key

    async def public(self) -> list[Mapping[str, Any]]:
        """The public halves of all keys that verify, the current one first."""
        await self.current()
        await self._read()
        return [key.public for key in self._keys.values()]

    async def secrets(self, purpose: str) -> tuple[bytes, ...]:
        """Secrets of 32 bytes for another purpose that all replicas derive from the keys, the current one first."""
        await self.current()
        await self._read()
        return tuple(_derived(key, purpose) for key in self._keys.values())

    async def sweep(self) -> None:
        """Forget keys whose last token has expired."""
        before = to_micros(self._clock() - _VERIFIES)
        await self._database.write(lambda tx: tx.execute(_DROP, before=before))
        await self._read()

    async def _read(self) -> None:
        self._keep(_keys(await self._database.read(_ALL)))

    def _keep(self, keys: tuple[SigningKey, ...]) -> None:
        self._keys = {key.kid: key for key in keys}


def _derived(key: SigningKey, purpose: str) -> bytes:
    private = str(key.key.as_dict(private=True)["d"])
    return hmac.digest(private.encode(), f"weir: {purpose}".encode(), hashlib.sha256)


def _rotated(tx: Transaction, now: datetime) -> tuple[SigningKey, ...]:
    """All keys, after a new one was made where the newest is too old."""
    rows = tx.execute(_ALL)
    if not any(retired is None and now - from_micros(created) < _AGE for _, _, created, retired in rows):
        at, kid = to_micros(now), uuid4().hex
        private = json.dumps(ECKey.generate_key("P-256").as_dict(private=True))
        tx.execute(_ADD, kid=kid, private_key=private, created_at=at, retired_at=None)
        tx.execute(_RETIRE, key=kid, now=at)
        rows = tx.execute(_ALL)
    return _keys(rows)


def _keys(rows: Sequence[Row]) -> tuple[SigningKey, ...]:
    return tuple(_key(row) for row in rows)


def _key(row: Row) -> SigningKey:
    kid, private, created_at, retired_at = row
    return SigningKey(kid, ECKey.import_key(json.loads(private)), from_micros(created_at), retired_at is not None)
