"""From the cells of a row to its question, and from what came of it to the cells that are appended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.batches.kinds import KINDS, Kind, refused
from server.batches.mapping import ColumnMapping, inputs_of, resolve
from server.domain.batch import Batch, RowState, Settled
from server.domain.errors import InvalidInput, Suppressed, WeirError
from server.domain.money import Credits, Micros
from server.domain.outcome import Outcome
from server.domain.plan import Plan
from server.domain.result import Result

_FAILURES = frozenset({Outcome.PROVIDER_ERROR, Outcome.RATE_LIMITED, Outcome.OUT_OF_BUDGET})


@dataclass(frozen=True, slots=True)
class Asking:
    """What a batch asks of each of its rows."""

    mapping: ColumnMapping
    most: int | None
    fresh: bool

    @classmethod
    def of(cls, batch: Batch) -> Asking:
        """What `batch` asks."""
        kind = KINDS[batch.order.kind]
        mapping = resolve(kind, batch.header, batch.order.columns)
        return cls(mapping, batch.order.most, batch.order.fresh)

    @property
    def kind(self) -> Kind:
        """The kind of enrichment."""
        return self.mapping.kind

    def plan(self, cells: Sequence[str]) -> Plan[Any]:
        """What is asked for a row; `InvalidInput` where its cells make no question."""
        plan = self.kind.plan(inputs_of(cells, self.mapping), most=self.most)
        if not self.fresh:
            return plan
        steps = (replace(step, query=step.query.model_copy(update={"fresh": True})) for step in plan.steps)
        return replace(plan, steps=tuple(steps))

    def settled(self, row: int, result: Result[Any]) -> Settled:
        """What came of a row."""
        state = RowState.FAILED if result.answer is None and result.outcome in _FAILURES else RowState.DONE
        if result.outcome in (Outcome.SUPPRESSED, Outcome.INVALID_INPUT):
            state = RowState.SKIPPED
        cost = result.receipt.cost
        return Settled(
            row,
            state,
            result.outcome.value,
            reason=result.error.message if result.error else "",
            credits=cost.total,
            usd=cost.usd,
            found=result.outcome is Outcome.FOUND,
            cached=result.receipt.cached,
            cells=self.kind.cells(result),
        )

    def refused(self, row: int, error: WeirError) -> Settled:
        """A row for which nobody was asked, or that nobody could answer."""
        settled = self.settled(row, refused(error))
        return replace(settled, state=RowState.SKIPPED) if isinstance(error, InvalidInput | Suppressed) else settled

    def copies(self, settled: Settled, rows: Sequence[int]) -> list[Settled]:
        """The same answer for `rows` that asked the same: it costs nothing more, and their cells say so."""
        if not rows:
            return []
        told = {"weir_credits": "0", "weir_cached": "true"}
        named = zip(self.kind.columns, settled.cells, strict=True)
        cells = tuple(told.get(name, cell) for name, cell in named)
        return [replace(settled, row=row, credits=Credits(0), usd=Micros(0), cached=True, cells=cells) for row in rows]
