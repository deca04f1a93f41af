"""What a call came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from server.domain.errors import WeirError
from server.domain.outcome import Outcome
from server.domain.query import Answer
from server.domain.receipt import Provenance, Receipt

A_co = TypeVar("A_co", bound=Answer, covariant=True)


@dataclass(frozen=True, slots=True)
class Part:
    """What came of one step of a plan of several."""

    name: str
    outcome: Outcome
    error: WeirError | None = None


@dataclass(frozen=True, slots=True)
class Result(Generic[A_co]):
    """What a call came to. `error` is there where nothing could be answered because providers failed."""

    outcome: Outcome
    answer: A_co | None
    receipt: Receipt
    provenance: Provenance | None = None
    error: WeirError | None = None
    parts: tuple[Part, ...] = ()
    """The steps of a plan of several, those that failed among them."""
