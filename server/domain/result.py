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
class Result(Generic[A_co]):
    """What a call came to. `error` is there where nothing could be answered because providers failed."""

    outcome: Outcome
    answer: A_co | None
    receipt: Receipt
    provenance: Provenance | None = None
    error: WeirError | None = None
    notes: tuple[str, ...] = ()
    """Steps that failed without sinking the call, in plain words."""
