"""Offers tried in order until an answer settles the query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from server.domain.errors import ProviderError
from server.domain.outcome import Outcome
from server.domain.quality import QualityStatus
from server.domain.query import Answer, AnyQuery


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of asking one offer: an answer, nothing (not found), or the provider's failure."""

    answer: Answer | None = None
    error: ProviderError | None = None

    @property
    def outcome(self) -> Outcome:
        """The attempt's outcome."""
        if self.error is not None:
            return self.error.outcome
        return outcome_of(self.answer)


def outcome_of(answer: Answer | None) -> Outcome:
    """The outcome that an answer stands for."""
    if answer is None or answer.units == 0:
        return Outcome.NOT_FOUND
    match answer.quality.status:
        case QualityStatus.UNKNOWN:
            return Outcome.UNKNOWN
        case QualityStatus.SUPPRESSED:
            return Outcome.SUPPRESSED
        case _:
            return Outcome.FOUND


O = TypeVar("O")  # noqa: E741 - O for offer


@dataclass(frozen=True, slots=True)
class Landing(Generic[O]):
    """Where a descent ended."""

    answer: Answer | None
    """The settling answer, else the best that was seen."""
    offer: O | None
    """Whose answer it is."""
    failures: tuple[ProviderError, ...]
    """Providers that failed on the way: without an answer, nothing proves that there is none to be found."""


class Descent(Generic[O]):
    """Offers asked in order: the first answer that settles the query ends it; without one, the best answer wins."""

    def __init__(self, query: AnyQuery) -> None:
        self._query = query
        self._seen: list[tuple[Answer, O]] = []
        self._failures: list[ProviderError] = []
        self.answered: list[O] = []
        """Who answered, be it that there is nothing to be found."""
        self.settled = False
        """Whether nobody else has to be asked."""

    def note(self, offer: O, tried: Tried) -> None:
        """What came of the next offer."""
        if tried.error is not None:
            self._failures.append(tried.error)
            return
        self.answered.append(offer)
        if tried.answer is not None and tried.answer.units:
            self._seen.append((tried.answer, offer))
            self.settled = self._query.settles(tried.answer)

    def landing(self) -> Landing[O]:
        """Where it ends after what was tried so far."""
        best = self._seen[-1:] if self.settled else self._seen
        answer, offer = min(best, key=lambda pair: pair[0].quality.order, default=(None, None))
        return Landing(answer, offer, tuple(self._failures))
