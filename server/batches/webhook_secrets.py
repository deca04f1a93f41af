"""The secrets that notices are signed with: one for each workspace, in clear, because every notice needs it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from server.storage.bulk import webhook_secrets
from server.storage.database import Database, Statement, Transaction
from server.storage.instant import to_micros

_c = webhook_secrets.c
_OF = Statement(select(_c.secret).where(_c.workspace == bindparam("workspace")))
_ADD = Statement.upsert(
    lambda insert: (
        insert(webhook_secrets)
        .values({column.name: bindparam(column.name) for column in webhook_secrets.columns})
        .on_conflict_do_nothing()
    )
)
_DROP = Statement(delete(webhook_secrets).where(_c.workspace == bindparam("workspace")))


class WebhookSecrets:
    """The secrets of all workspaces, each made when it is first needed."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def of(self, workspace: str) -> str:
        """The workspace's secret: `whsec_` and 43 characters."""
        rows = await self._database.read(_OF, workspace=workspace)
        return rows[0][0] if rows else await self._made(workspace, anew=False)

    async def renew(self, workspace: str) -> str:
        """A new secret, which signs from now on; the old one signs nothing more."""
        return await self._made(workspace, anew=True)

    async def _made(self, workspace: str, *, anew: bool) -> str:
        made, now = f"whsec_{secrets.token_urlsafe(32)}", to_micros(self._clock())

        def unit(tx: Transaction) -> str:
            if anew:
                tx.execute(_DROP, workspace=workspace)
            tx.execute(_ADD, workspace=workspace, secret=made, created_at=now)
            # Another process may have been first.
            return str(tx.execute(_OF, workspace=workspace)[0][0])

        return await self._database.write(unit)
