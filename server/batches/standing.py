"""A batch together with what its rows came to, of one moment."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Text, bindparam, func, select, true

from server.batches import records
from server.batches.statements import BATCH
from server.domain.batch import Batch
from server.storage.bulk import batch_results, batches
from server.storage.database import Database
from server.storage.statement import Statement

_r = batch_results.c
_counted = (
    select(_r.outcome, func.count().label("rows"))
    .where(_r.batch == bindparam("batch", type_=Text))
    .group_by(_r.outcome)
    .subquery()
)
_STANDING = Statement(
    select(*BATCH, _counted.c.outcome, _counted.c.rows)
    .select_from(batches.outerjoin(_counted, true()))
    .where(batches.c.id == bindparam("batch"))
    .order_by(_counted.c.rows.desc(), _counted.c.outcome)
)
"""One statement, so that rows which are settled meanwhile count in all of its figures or in none."""


async def standing(database: Database, batch: Batch) -> tuple[Batch, Mapping[str, int]]:
    """`batch` as it is now, and its settled rows by outcome, the most frequent first.

    Where it was forgotten meanwhile, as it was, without outcomes.
    """
    rows = await database.report(_STANDING, batch=batch.id)
    if not rows:
        return batch, {}
    return records.batch(rows[0][:-2]), {outcome: int(count) for *_, outcome, count in rows if outcome is not None}
