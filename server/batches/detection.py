"""What a file can be used for: which column plays which role, and which kinds of enrichment that suffices for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.batches import header as headers
from server.batches import likely
from server.batches.claim import claims
from server.batches.content import look
from server.batches.kinds import KINDS, Kind, Role

USABLE_FROM = 0.5
"""The confidence from which a detected column is used without anybody's confirmation."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column and the role that it probably plays; `confidence` is from 0 to 1."""

    number: int
    """Position in the file, from 0."""
    header: str
    role: Role | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether the detected columns suffice for a kind."""

    kind: Kind
    missing: tuple[Role, ...]
    """What would have to be added; empty where the columns suffice."""
    confidence: float
    """That of the weakest column that is needed; 0 where something is missing."""

    @property
    def suffices(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class Detection:
    """What is known of a file's columns."""

    columns: tuple[Column, ...]
    fits: tuple[Fit, ...]
    """One for every kind, in the order of the kinds."""
    likely: Fit | None
    """The kind that was asked for, else the one that such a file is usually brought for."""

    @property
    def roles(self) -> Mapping[Role, Column]:
        """The columns that are sure enough to be used, by role."""
        return {one.role: one for one in self.columns if one.role is not None and one.confidence >= USABLE_FROM}

    def fit(self, kind: Kind) -> Fit:
        """Whether the columns suffice for `kind`."""
        return next(fit for fit in self.fits if fit.kind is kind)


def detect(header: Sequence[str], sample: Sequence[Sequence[str]], hint: str = "") -> Detection:
    """What each column probably is, by its header and by the values in `sample`; never raises.

    `header` may be empty where the file has none, and rows may be of any length. `hint` is a kind or what somebody
    said they want, such as "find work emails".
    """
    width = max((len(header), *(len(row) for row in sample)))
    names = [*header, *("" for _ in range(width - len(header)))]
    values = [[row[number] for row in sample if number < len(row)] for number in range(width)]
    claimed = claims([headers.read(name) for name in names], [look(column) for column in values])
    by_column = {number: (role, confidence) for role, (number, confidence) in claimed.items()}
    columns = tuple(Column(number, name, *by_column.get(number, (None, 0.0))) for number, name in enumerate(names))
    sure = {role: confidence for role, (_, confidence) in claimed.items() if confidence >= USABLE_FROM}
    fits = tuple(_fit(kind, sure) for kind in KINDS.values())
    wanted = likely.meant(hint) or likely.usual(sure.keys())
    return Detection(columns, fits, next((fit for fit in fits if fit.kind is wanted), None))


def _fit(kind: Kind, sure: Mapping[Role, float]) -> Fit:
    missing = kind.missing(sure)
    if missing:
        return Fit(kind, missing, 0.0)
    known = {Role.COMPANY_DOMAIN: sure.get(Role.EMAIL, 0.0), **sure} if kind.domain_from_email else sure
    return Fit(kind, (), max(min(known.get(role, 0.0) for role in group) for group in kind.needs))
