"""Which workspace made which prospect list: the provider keeps the lists of all of them in one account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import bindparam, select

from server.domain.lists import AddProspect, ExportList, ShowList
from server.domain.query import AnyQuery
from server.storage.database import Database, Statement
from server.storage.instant import to_micros
from server.storage.tables import prospect_lists

_c = prospect_lists.c
_OWNER = Statement(select(_c.workspace).where(_c.list_id == bindparam("list_id")))
_NOTE = Statement.upsert(
    lambda insert: (
        insert(prospect_lists)
        .values({column.name: bindparam(column.name) for column in prospect_lists.columns})
        .on_conflict_do_update(index_elements=[_c.list_id], set_={"workspace": bindparam("workspace")})
    )
)


class ListOwners:
    """Keeps apart what the provider does not."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def may_ask(self, workspace: str, query: AnyQuery) -> bool:
        """Whether the query is about no list of another workspace; lists that nobody made here are everybody's."""
        if not isinstance(query, AddProspect | ShowList | ExportList):
            return True
        rows = await self._database.read(_OWNER, list_id=query.list_id)
        return not rows or rows[0][0] == workspace

    async def note(self, workspace: str, list_id: str) -> None:
        """The workspace has made a list."""
        at = to_micros(self._clock())
        await self._database.write(lambda tx: tx.execute(_NOTE, list_id=list_id, workspace=workspace, created_at=at))
