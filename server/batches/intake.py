"""What can be made of a file: which enrichment, by which columns, and at what cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from server.batches import likely
from server.batches.batches import Batches
from server.batches.detection import Detection, detect
from server.batches.files.facts import FileFacts
from server.batches.kinds import KINDS, Kind, Role, kind_of
from server.batches.mapping import ColumnMapping, resolve
from server.batches.sources import Source
from server.domain.batch import Estimate, Order
from server.domain.bulk_order import BulkOrder
from server.domain.errors import InvalidInput
from server.domain.money import Credits, Micros
from server.domain.principal import Principal

Cells = Sequence[str]

BEGINNING = 20_000
"""Rows that an estimate looks at one by one; it takes a few seconds. Of longer files the rest is only counted."""


@dataclass(frozen=True, slots=True)
class Intake:
    """A file, the enrichment that is wanted of it, and the columns that feed it."""

    kind: Kind
    detection: Detection
    mapping: ColumnMapping | None
    """None where something is missing."""

    @property
    def missing(self) -> tuple[Role, ...]:
        """Inputs that no column is known to hold."""
        return () if self.mapping is not None else self.detection.fit(self.kind).missing

    def confidence(self, role: Role) -> float:
        """That of the column in use for `role`; 1 where somebody said which one it is."""
        detected = self.detection.roles.get(role)
        used = None if self.mapping is None else self.mapping.columns.get(role)
        return round(detected.confidence, 2) if detected is not None and used in (None, detected.number) else 1.0


def take_in(facts: FileFacts, asked: BulkOrder, hint: str = "") -> Intake:
    """Find out what `asked` wants of a file, of which `hint` was said when it was brought.

    `InvalidInput` where no enrichment is meant, or where a correction names a role or column that does not exist.
    """
    detection = detect(facts.columns, facts.sample, asked.enrichment or hint)
    kind = _kind(asked, detection)
    if not asked.mapping and detection.fit(kind).missing:
        return Intake(kind, detection, None)
    return Intake(kind, detection, resolve(kind, facts.columns, asked.mapping, detection))


def meant(enrichment: str) -> Kind:
    """The kind that a name or a request such as "find work emails" means; `InvalidInput` lists them."""
    kind = likely.meant(enrichment)
    if kind is None:
        raise _no_kind(f"enrichment is {enrichment[:80]!r}, and no kind of enrichment is known by that name.")
    return kind


def _kind(asked: BulkOrder, detection: Detection) -> Kind:
    if asked.product or asked.endpoint:
        return kind_of(product=asked.product, endpoint=asked.endpoint)
    if asked.enrichment:
        return meant(asked.enrichment)
    if detection.likely is None:
        raise _no_kind("Nothing in the file's columns says which enrichment is wanted.")
    return detection.likely.kind


def _no_kind(message: str) -> InvalidInput:
    return InvalidInput(message, field="enrichment", fix=f"Use one of: {', '.join(KINDS)}.")


def ordered(asked: BulkOrder, intake: Intake, name: str) -> Order:
    """The order for a batch; `InvalidInput` where something is missing for it."""
    mapping = intake.mapping
    if mapping is None:
        mapping = resolve(intake.kind, [column.header for column in intake.detection.columns], {}, intake.detection)
    intake.kind.check_cap(asked.per_row)
    return Order(
        kind=intake.kind.name,
        columns=mapping.names,
        ceiling=asked.ceiling,
        most=asked.per_row,
        fresh=asked.fresh,
        webhook=asked.webhook,
        name=asked.name or name,
    )


def table(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Header and cells of rows that were sent as objects: every key that occurs, in the order of its first use."""
    header = list(dict.fromkeys(str(key) for row in rows for key in row))
    return header, [[_text(row.get(key)) for key in header] for row in rows]


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


class _Beginning:
    """The first rows of a file; once they have been read, how many there are in all."""

    def __init__(self, rows: Callable[[], Iterator[Cells]], most: int) -> None:
        self._rows = rows
        self._most = most
        self.total = 0

    def __call__(self) -> Iterator[Cells]:
        every = self._rows()
        self.total = 0
        for cells in islice(every, self._most):
            self.total += 1
            yield cells
        self.total += sum(1 for _ in every)


async def estimate(batches: Batches, principal: Principal, order: Order, source: Source) -> tuple[Estimate, bool]:
    """What the order would come to, and whether that was extrapolated from the beginning of a long file."""
    beginning = _Beginning(source.rows, BEGINNING)
    found = await batches.estimate(principal, order, replace(source, rows=beginning))
    if beginning.total <= BEGINNING:
        return found, False
    return _scaled(found, beginning.total), True


def _scaled(found: Estimate, rows: int) -> Estimate:
    def up(amount: int) -> int:
        return -(-amount * rows // found.rows)

    return replace(
        found,
        rows=rows,
        invalid=up(found.invalid),
        duplicates=up(found.duplicates),
        suppressed=up(found.suppressed),
        cached=up(found.cached),
        ragged=up(found.ragged),
        to_ask=up(found.to_ask),
        unlocked=up(found.unlocked),
        expected={name: Credits(up(amount)) for name, amount in found.expected.items()},
        most={name: Credits(up(amount)) for name, amount in found.most.items()},
        usd_expected=Micros(up(found.usd_expected)),
        usd_most=Micros(up(found.usd_most)),
        seconds=found.seconds * rows / found.rows,
    )
