"""One call of one flow: what its requests may risk, what they have cost, and what its failure means for the bill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from server.domain.errors import ProviderError, ProviderOutcomeUnknown
from server.domain.money import FREE, Credits
from server.domain.query import Answer
from server.provider import Offering, Request
from server.upstream.intent import Intent

A_co = TypeVar("A_co", bound=Answer, covariant=True)


@dataclass(frozen=True, slots=True)
class Driven(Generic[A_co]):
    """What a flow came to."""

    answer: A_co | None
    charged: Credits | None
    """The sum of what the provider says its responses cost; None where it said nothing."""
    request_id: str | None
    """Of the last request: the provider's own id, or the one we sent."""


class Call:
    """The money side of one flow under way."""

    def __init__(self, offering: Offering[Any], deadline: float, intent: Intent) -> None:
        self.offering = offering
        self.operation = offering.operation
        self.provider = offering.provider
        self.deadline = deadline
        self.intent = intent
        self.request_id: str | None = None
        self.charged: Credits | None = None
        self._posted = False
        self._silent = False

    def risky(self, request: Request) -> bool:
        """Whether `request` may be charged for. Reading the result of an earlier POST is not."""
        return not self.operation.free and not (request.method == "GET" and self._posted)

    def harmless(self, request: Request) -> bool:
        """Whether sending `request` twice does no harm."""
        return not self.risky(request) and not request.once

    def note_answer(self, request: Request, told: Credits | None) -> None:
        """A response arrived that the flow may read."""
        self._note(told, risky=self.risky(request))
        self._posted |= request.method != "GET"

    def note_failure(self, request: Request, error: ProviderError) -> None:
        """A request ended in `error`."""
        self._note(error.charged, risky=self.risky(request) and error.billed_unknown)

    def settled(self, error: ProviderError) -> ProviderError:
        """`error` with the bill of the whole flow: `charged` is all of it, or None where a part is not known.

        Where an earlier request of the flow may have been charged, a failure that is harmless by itself becomes
        `ProviderOutcomeUnknown`.
        """
        if self._silent and not error.billed_unknown:
            error = ProviderOutcomeUnknown(f"{error.message} Earlier requests of this call may have been charged.")
        error.charged = None if self._silent else self.charged
        if self.operation.free and error.charged is None:
            error.charged = FREE
        error.request_id = self.request_id
        return error

    def _note(self, told: Credits | None, *, risky: bool) -> None:
        if told is not None:
            self.charged = Credits((self.charged or FREE) + told)
        elif risky:
            self._silent = True
