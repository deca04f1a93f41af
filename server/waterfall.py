"""Offers tried in order until an answer settles the query."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
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


async def descend(query: AnyQuery, offers: Sequence[O], ask: Callable[[O, O | None], Awaitable[Tried]]) -> Landing[O]:
    """Ask the offers in order and stop at the first answer that settles `query`; without one, the best answer wins.

    `ask` gets an offer and the one that would follow it.
    """
    seen: list[tuple[Answer, O]] = []
    failures: list[ProviderError] = []
    for offer, following in zip(offers, (*offers[1:], None), strict=True):
        tried = await ask(offer, following)
        if tried.error is not None:
            failures.append(tried.error)
        elif tried.answer is not None and tried.answer.units:
            if query.settles(tried.answer):
                return Landing(tried.answer, offer, tuple(failures))
            seen.append((tried.answer, offer))
    answer, offer = min(seen, key=lambda pair: pair[0].quality.order, default=(None, None))
    return Landing(answer, offer, tuple(failures))
