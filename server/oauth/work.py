"""One request to the token endpoint or one of its neighbours, within its unit of work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.identity.audit import Audit
from server.oauth.clients import Clients
from server.oauth.connections import Connection, revoke_in
from server.oauth.signing import SigningKey
from server.storage.database import Transaction
from server.storage.instant import to_micros


@dataclass(frozen=True, slots=True)
class Lives:
    """How long tokens are good for."""

    access: timedelta
    refresh: timedelta


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a request needs beside its transaction."""

    clients: Clients
    audit: Audit
    lives: Lives
    key: SigningKey
    now: datetime


@dataclass(slots=True)
class Work:
    """One request in its unit of work."""

    tx: Transaction
    around: Surroundings
    ended: list[str] = field(default_factory=list[str])
    """Connections that the request put an end to."""

    @property
    def now(self) -> int:
        """Microseconds since 1970."""
        return to_micros(self.around.now)

    def end(self, connection: Connection, why: str) -> None:
        """A secret of the connection is in two hands, and nobody knows which are the right ones: end it."""
        revoke_in(self.tx, connection.id, why, self.now)
        self.around.audit.record_in(
            self.tx,
            "connection.revoked",
            workspace=connection.workspace,
            member=connection.member,
            client=connection.client_name,
            connection=connection.id,
            why=why,
        )
        self.ended.append(connection.id)
