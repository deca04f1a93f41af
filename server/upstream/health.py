"""How a provider has been doing lately."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median

from server.domain.errors import ProviderError
from server.upstream.breaker import BreakerState

RECENT = 100
"""Requests that the counts and the latency look back on."""


@dataclass(frozen=True, slots=True)
class Health:
    """A provider's state and its last requests, for operators; durations in seconds unless the name says otherwise."""

    provider: str
    state: BreakerState = BreakerState.CLOSED
    retry_in: float = 0.0
    """Until the open breaker lets a probe through."""
    paused_for: float = 0.0
    """Until the provider's rate limit lets the next request through."""
    refused: str | None = None
    """The refusal of the key that is being given back without asking."""
    succeeded: int = 0
    failed: int = 0
    latency_ms: float | None = None
    """Median."""
    last_error: str | None = None
    last_error_ago: float | None = None


@dataclass(slots=True)
class Recent:
    """The last requests to one provider."""

    _requests: deque[tuple[bool, float]] = field(default_factory=lambda: deque[tuple[bool, float]](maxlen=RECENT))
    last_error: str | None = None
    last_error_at: float = 0.0

    def note(self, error: ProviderError | None, milliseconds: float, now: float) -> None:
        """One request ended."""
        self._requests.append((error is None, milliseconds))
        if error is not None:
            self.blame(error, now)

    def blame(self, error: ProviderError, now: float) -> None:
        """Remember what went wrong last."""
        self.last_error, self.last_error_at = f"{error.code}: {error.message}", now

    def counts(self) -> tuple[int, int]:
        """How many succeeded and how many failed."""
        succeeded = sum(good for good, _ in self._requests)
        return succeeded, len(self._requests) - succeeded

    def latency_ms(self) -> float | None:
        """Median over all requests; None before the first."""
        return median(ms for _, ms in self._requests) if self._requests else None
