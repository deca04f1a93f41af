"""The audit trail: who was let in, who was turned away, and who changed what anybody may do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from server.storage.database import Database, Statement, Transaction
from server.storage.identity import audit
from server.storage.instant import from_micros, to_micros

_LONGEST = 500
"""Characters kept of one detail; some of them come from strangers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    at: datetime
    event: str
    """Such as `sign_in.failed`."""
    workspace: str
    """Empty where it concerns no workspace in particular."""
    member: str
    """Whom it is about, and empty where nobody knows."""
    client: str
    detail: Mapping[str, str | int]


_c = audit.c
_ADD = Statement(
    insert(audit).values({column.name: bindparam(column.name) for column in audit.columns if column.name != "id"})
)
_SINCE = Statement(
    select(_c.at, _c.event, _c.workspace, _c.member, _c.client, _c.detail)
    .where(_c.at >= bindparam("since"))
    .order_by(_c.at, _c.id)
)


class Audit:
    """The trail of all workspaces; entries are only ever added. Details carry no secrets."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def record(
        self, event: str, *, workspace: str = "", member: str = "", client: str = "", **detail: str | int
    ) -> None:
        """Add an entry; durable when this returns."""
        await self._database.write(
            lambda tx: self.record_in(tx, event, workspace=workspace, member=member, client=client, **detail)
        )

    def record_in(
        self,
        tx: Transaction,
        event: str,
        *,
        workspace: str = "",
        member: str = "",
        client: str = "",
        **detail: str | int,
    ) -> None:
        """Add an entry as a part of the unit of work that it tells of."""
        kept = {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in detail.items()}
        tx.execute(
            _ADD,
            at=to_micros(self._clock()),
            workspace=workspace,
            member=member[:_LONGEST],
            client=client[:_LONGEST],
            event=event,
            detail=json.dumps(kept, ensure_ascii=False),
        )

    async def since(self, at: datetime) -> tuple[Entry, ...]:
        """Everything from `at` on, oldest first."""
        rows = await self._database.report(_SINCE, since=to_micros(at))
        return tuple(
            Entry(from_micros(when), event, workspace, member, client, json.loads(detail))
            for when, event, workspace, member, client, detail in rows
        )
