"""Batches, chunks, results and events as rows of their tables, and back."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from server.batches import statements as sql
from server.domain.batch import Batch, Chunk, Estimate, Event, Order, RowState, Settled, Status
from server.domain.money import Credits, Micros
from server.storage.instant import from_micros, to_micros
from server.storage.statement import Parameters, Row


@dataclass(frozen=True, slots=True)
class Result:
    """A settled row as it is shown."""

    row: int
    state: RowState
    outcome: str
    reason: str
    credits: Credits
    cells: tuple[str, ...]


def written(batch: Batch) -> Parameters:
    """The row that a batch is kept in."""
    order = asdict(batch.order)
    columns = order.pop("columns")
    return {
        "id": batch.id,
        "workspace": batch.workspace,
        "member": batch.member,
        "client": batch.client,
        "connection": batch.connection,
        "kind": order.pop("kind"),
        "name": order.pop("name"),
        "header": json.dumps(batch.header, ensure_ascii=False),
        "titles": json.dumps(batch.titles, ensure_ascii=False),
        "mapping": json.dumps(columns, ensure_ascii=False),
        "ceiling": order.pop("ceiling"),
        "options": json.dumps(order),
        "status": batch.status.value,
        "reason": batch.reason,
        "approval": batch.approval,
        "estimate": "" if batch.estimate is None else json.dumps(asdict(batch.estimate)),
        "rows": batch.rows,
        "chunks": batch.chunks,
        "done": batch.done,
        "found": batch.found,
        "failed": batch.failed,
        "skipped": batch.skipped,
        "cached": batch.cached,
        "credits": batch.credits,
        "usd_micros": batch.usd,
        "run": batch.run,
        "looks": 0,
        "created_at": to_micros(batch.created_at),
        "started_at": _micros(batch.started_at),
        "finished_at": _micros(batch.finished_at),
        "expires_at": _micros(batch.expires_at),
    }


def batch(row: Row) -> Batch:
    """The batch that a row describes."""
    named = dict(zip((column.name for column in sql.BATCH), row, strict=True))
    options: dict[str, Any] = json.loads(named["options"])
    order = Order(
        kind=named["kind"],
        columns=json.loads(named["mapping"]),
        ceiling=Credits(named["ceiling"]),
        name=named["name"],
        **options,
    )
    return Batch(
        **{name: named[name] for name in ("id", "workspace", "member", "client", "connection", "reason", "approval")},
        **{name: named[name] for name in ("rows", "chunks", "done", "found", "failed", "skipped", "cached", "run")},
        order=order,
        header=tuple(json.loads(named["header"])),
        titles=tuple(json.loads(named["titles"]) or json.loads(named["header"])),
        status=Status(named["status"]),
        estimate=_estimate(named["estimate"]),
        credits=Credits(named["credits"]),
        usd=Micros(named["usd_micros"]),
        created_at=from_micros(named["created_at"]),
        started_at=_instant(named["started_at"]),
        finished_at=_instant(named["finished_at"]),
        expires_at=_instant(named["expires_at"]),
    )


def packed(chunk: Chunk) -> str:
    """The cells of a chunk, and what it knows of duplicates, as text."""
    body = {
        "cells": [list(cells) for cells in chunk.cells],
        "duplicates": {str(row): list(others) for row, others in chunk.duplicates.items()},
        "waiting": sorted(chunk.waiting),
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"), 3)).decode()


def unpacked(number: int, row: Row) -> Chunk:
    """The chunk of that number."""
    first, _, data = row
    body = json.loads(zlib.decompress(b64decode(data)).decode("utf-8", "surrogatepass"))
    duplicates = {int(row): tuple(others) for row, others in body["duplicates"].items()}
    return Chunk(number, int(first), body["cells"], duplicates, frozenset(body["waiting"]))


def settlement(batch_id: str, one: Settled, now: int) -> Parameters:
    """The row that a result is kept in."""
    return {
        "batch": batch_id,
        "row": one.row,
        "state": one.state.value,
        "outcome": one.outcome,
        "reason": one.reason,
        "credits": one.credits,
        "cells": json.dumps(one.cells, ensure_ascii=False, separators=(",", ":")),
        "at": now,
    }


def result(row: Row) -> Result:
    """The result that a row describes."""
    number, state, outcome, reason, credits, cells = row
    return Result(int(number), RowState(state), outcome, reason, Credits(credits), tuple(json.loads(cells)))


def event(row: Row) -> Event:
    """The event that a row describes."""
    event_id, at, level, event, message, detail = row
    return Event(int(event_id), from_micros(at), level, event, message, json.loads(detail))


def _estimate(text: str) -> Estimate | None:
    return Estimate(**json.loads(text)) if text else None


def _micros(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
