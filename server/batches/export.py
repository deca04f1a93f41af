"""The finished file of a batch: its rows as they came, what was found out beside them, under a link that works once."""

from __future__ import annotations

import asyncio
import re
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from server.batches import records
from server.batches import statements as sql
from server.batches.batches import Batches
from server.batches.files import writing
from server.batches.files.facts import Format
from server.batches.kinds import KINDS
from server.batches.records import Result
from server.batches.withheld import withheld
from server.domain.batch import Batch, Status
from server.domain.download import Download, Export
from server.domain.errors import InvalidInput
from server.domain.outcome import Outcome
from server.domain.principal import Principal
from server.domain.receipt import Receipt
from server.domain.result import Result as Answered
from server.storage.statement import Row, Statement
from server.suppression import Suppression

_AT_ONCE = 2
"""Each export under way keeps a thread; the others are needed for reading what it writes."""

_UNPRINTED = re.compile(r"[^\w.-]+")
_LONGEST_NAME = 80
_PENDING = "pending"
SURPLUS = "weir_surplus"
"""The column of what a row has beyond the columns of its file; only where a row has something."""

_SUPPRESSED: Answered[Any] = Answered(Outcome.SUPPRESSED, None, Receipt())
"""Of somebody who was on the list from the beginning."""


class Waiting(Protocol):
    """A file that waits under its token."""

    @property
    def token(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def expires_at(self) -> datetime: ...


class Files(Protocol):
    """Where finished files wait for whoever has the link."""

    async def make(self, name: str, write: Callable[[Path], None]) -> Waiting:
        """Keep the file that `write` makes in a thread, to be fetched as `name`."""
        ...


class Exports:
    """Writes the results of bulk jobs into files."""

    def __init__(self, batches: Batches, suppression: Suppression, files: Files) -> None:
        self._batches = batches
        self._suppression = suppression
        self._files = files
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def link(self, principal: Principal, batch_id: str, format_name: str, url: str) -> Export:
        """A new file of the job's rows as they stand, with a link below `url` that works once.

        The file's own columns come first and as they were, then those of the kind, and last what a row has beyond its
        columns. A row that is not settled has the outcome `pending`; of somebody who opted out meanwhile, nothing that
        was found is in it. `InvalidInput` for a job of another workspace, one without rows, and for formats that are
        not written.
        """
        batch = await self._batches.get(principal, batch_id)
        written = _format(format_name)
        if not batch.chunks or batch.status in (Status.CHECKING, Status.FAILED):
            raise InvalidInput(
                f"The job is {batch.status.value}, so it has no rows to export.",
                field="job_id",
                fix="Ask get_bulk_job_status where it stands.",
            )
        columns = writing.appended(batch.titles, _new_columns(batch))
        async with self._places:
            await self._suppression.refresh()
            rows = _Rows(self._batches, self._suppression, batch, asyncio.get_running_loop())
            name = _file_name(batch, written)
            waiting = await self._files.make(name, lambda path: writing.write(written, path, columns, rows))
        file = Download(
            name=name,
            size=waiting.size,
            url=f"{url}/files/{waiting.token}",
            expires_at=waiting.expires_at.isoformat(timespec="seconds"),
        )
        pending = batch.rows - batch.settled
        said = (f"{pending} of {batch.rows} rows are not done yet; their outcome is {_PENDING}.",) if pending else ()
        return Export(file=file, rows=batch.rows, columns=columns, warnings=said)


class _Rows:
    """The rows of a file that is being written, one slice of the batch in memory at a time.

    Iterated in a thread; what it reads is asked of the event loop.
    """

    def __init__(self, batches: Batches, suppression: Suppression, batch: Batch, loop: AbstractEventLoop) -> None:
        self._database = batches.store.database
        self._suppression = suppression
        self._batch = batch
        self._loop = loop
        self._kind = KINDS[batch.order.kind]
        self._width = len(batch.header)
        self._ragged = _is_ragged(batch)

    def __iter__(self) -> Iterator[Sequence[str]]:
        for number, first, count in self._report(sql.CHUNKS):
            (stored,) = self._report(sql.CHUNK, chunk=number)
            chunk = records.unpacked(int(number), stored)
            settled = map(records.result, self._report(sql.RESULTS, first=first, end=first + count))
            by_row = {result.row: result for result in settled}
            for row, cells in enumerate(chunk.cells, int(first)):
                yield self._row(cells, by_row.get(row))

    def _row(self, cells: Sequence[str], result: Result | None) -> Sequence[str]:
        own, surplus = cells[: self._width], cells[self._width :] or [""]
        return (*own, *self._appended(cells, result), *(surplus if self._ragged else ()))

    def _report(self, statement: Statement, **params: Any) -> Sequence[Row]:
        asked = self._database.report(statement, batch=self._batch.id, **params)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result()

    def _appended(self, cells: Sequence[str], result: Result | None) -> Sequence[str]:
        columns = self._kind.columns
        if result is None:
            return [_PENDING if name == "weir_outcome" else "" for name in columns]
        if withheld(self._suppression, self._batch.workspace, (*cells, *result.cells)):
            paid = result.cells[columns.index("weir_credits")]
            hidden = self._kind.cells(_SUPPRESSED)
            return [paid if name == "weir_credits" else cell for name, cell in zip(columns, hidden, strict=True)]
        return result.cells


def _is_ragged(batch: Batch) -> bool:
    return batch.estimate is not None and batch.estimate.ragged > 0


def _new_columns(batch: Batch) -> Sequence[str]:
    columns = KINDS[batch.order.kind].columns
    return (*columns, SURPLUS) if _is_ragged(batch) else columns


def _format(name: str) -> Format:
    for written in writing.WRITTEN:
        if name == written.value:
            return written
    raise InvalidInput(
        f"format is {name[:20]!r}, and results are not written as that.",
        field="format",
        fix=f"Name one of: {', '.join(writing.WRITTEN)}.",
    )


def _file_name(batch: Batch, written: Format) -> str:
    """A plain file name on any system, after the file that the rows came in."""
    called = _UNPRINTED.sub("_", Path(batch.order.name).stem).strip("._-")[:_LONGEST_NAME] or "rows"
    return f"{called}-{batch.order.kind}.{written.value}"
