"""The finished file of a batch: its rows as they came, what was found out beside them, under a link that works once."""

from __future__ import annotations

import asyncio
import re
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
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

_UNPRINTED = re.compile(r"[^\w.-]+")
_LONGEST_NAME = 80
_PENDING = "pending"
SURPLUS = "weir_surplus"
"""The column of what a row has beyond the columns of its file; only where a row has something."""

_SUPPRESSED: Answered[Any] = Answered(Outcome.SUPPRESSED, None, Receipt())
"""Of somebody who was on the list from the beginning."""


Write = Callable[[Path], None]
Make = Callable[[Mapping[str, str]], Awaitable[Write]]


class Waiting(Protocol):
    """A file that waits under its token."""

    @property
    def token(self) -> str: ...
    @property
    def size(self) -> int | None:
        """Bytes; None while it is being written."""
        ...

    @property
    def expires_at(self) -> datetime: ...


class Keep(Protocol):
    """Keeps files for whoever has the link."""

    async def __call__(self, name: str, order: Mapping[str, str], make: Make, *, at_once: bool) -> Waiting:
        """A link to the file `name`, which is written beside this call, or once it is asked for.

        `make` gets `order` and returns what writes the file in a thread.
        """
        ...


class Exports:
    """Writes the results of bulk jobs into files."""

    def __init__(self, batches: Batches, suppression: Suppression, keep: Keep) -> None:
        self._batches = batches
        self._suppression = suppression
        self._keep = keep

    async def link(
        self, principal: Principal, batch_id: str, format_name: str, url: str, *, at_once: bool = True
    ) -> Export:
        """A link below `url` that works once, to a new file of the job's rows as they stand when it is written.

        The file's own columns come first and as they were, then those of the kind, and last what a row has beyond its
        columns. A row that is not settled has the outcome `pending`; of somebody who opted out meanwhile, nothing that
        was found is in it. A large file is still being written when this returns, and without `at_once` any file is
        written when it is fetched. `InvalidInput` for a job of another workspace, one without rows, and for formats
        that are not written.
        """
        batch = await self._batches.get(principal, batch_id)
        written = _format(format_name)
        if not has_rows(batch):
            raise InvalidInput(
                f"The job is {batch.status.value}, so it has no rows to export.",
                field="job_id",
                fix="Ask get_bulk_job_status where it stands.",
            )
        name, order = _file_name(batch, written), {"batch": batch.id, "format": written.value}
        waiting = await self._keep(name, order, self.make, at_once=at_once)
        file = Download(
            name=name,
            size=waiting.size,
            url=f"{url}/files/{waiting.token}",
            expires_at=waiting.expires_at.isoformat(timespec="seconds"),
        )
        return Export(
            file=file,
            rows=batch.rows,
            columns=_columns(batch),
            warnings=(*_pending(batch), *(_being_written(written) if waiting.size is None else ())),
        )

    async def make(self, order: Mapping[str, str]) -> Write:
        """What writes the file of an order of `link`, in a thread; `InvalidInput` where the job is gone."""
        batch = await self._batches.store.get(order["batch"])
        if batch is None:
            raise InvalidInput("The job is not kept any more.", field="job_id")
        await self._suppression.refresh()
        rows = _Rows(self._batches, self._suppression, batch, asyncio.get_running_loop())
        return lambda path: writing.write(Format(order["format"]), path, _columns(batch), rows, growing=True)


def has_rows(batch: Batch) -> bool:
    """Whether there is something to export."""
    return batch.chunks > 0 and batch.status not in (Status.CHECKING, Status.FAILED)


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


def _columns(batch: Batch) -> tuple[str, ...]:
    new = KINDS[batch.order.kind].columns
    return writing.appended(batch.titles, (*new, SURPLUS) if _is_ragged(batch) else new)


def _pending(batch: Batch) -> tuple[str, ...]:
    pending = batch.rows - batch.settled
    return (f"{pending} of {batch.rows} rows are not done yet; their outcome is {_PENDING}.",) if pending else ()


def _being_written(written: Format) -> tuple[str, ...]:
    if written is Format.XLSX:
        return ("The file is written when the link is opened or before; until it is there, the link asks to wait.",)
    return ("The file may still be being written; the link works already, and sends it as it grows.",)


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
