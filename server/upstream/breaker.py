"""When not to ask at all: a circuit breaker over a provider's failures, and a memory of its refusals. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.errors import ProviderError, ProviderOutOfCredits, ProviderRejectedKey

THRESHOLD = 5
"""Failures in a row that open the breaker."""
FIRST_REST = 30.0
LONGEST_REST = 300.0
PROBE_PATIENCE = 1.0
"""Seconds after which a caller may ask again whether the running probe came back."""
REFUSAL_REST = 60.0


class BreakerState(StrEnum):
    """Whether requests go to the provider."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    """One probe may go, or is under way."""


@dataclass(slots=True)
class Breaker:
    """Opens after `THRESHOLD` failures in a row; a single probe then decides, after 30 s, 60 s, ... at most 5 min."""

    failures: int = 0
    rest: float = FIRST_REST
    _until: float | None = None
    _probing: bool = False

    def state(self, now: float) -> BreakerState:
        """Where it stands."""
        if self._until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self._until else BreakerState.HALF_OPEN

    def closed(self) -> bool:
        """True where requests go freely."""
        return self._until is None

    def wait(self, now: float) -> float:
        """Seconds until a request may go; 0 where it may go now."""
        if self._until is None:
            return 0.0
        if now < self._until:
            return self._until - now
        return PROBE_PATIENCE if self._probing else 0.0

    def enter(self) -> bool:
        """Note that a request goes; True where it is the probe, which must be followed by `leave`."""
        self._probing = self._until is not None
        return self._probing

    def leave(self) -> None:
        """The probe ended; if neither success nor failure was noted, the next request is a probe again."""
        self._probing = False

    def succeeded(self) -> None:
        """The provider answered something that could be understood."""
        self.failures, self.rest, self._until, self._probing = 0, FIRST_REST, None, False

    def failed(self, now: float) -> None:
        """The provider failed: 5xx, time-out, lost connection or nonsense."""
        if self._until is None:
            self.failures += 1
            if self.failures >= THRESHOLD:
                self._until = now + self.rest
        elif self._probing:
            self.rest = min(2 * self.rest, LONGEST_REST)
            self._until, self._probing = now + self.rest, False


@dataclass(slots=True)
class Refusals:
    """Keeps a dead key or an empty account from being hammered: the same error is given back for a minute.

    A rejected key concerns every operation. A missing scope (403) or too few credits (402) concern the operation that
    asked: another may be within the scope, cheaper or free.
    """

    _standing: dict[str, tuple[float, ProviderError]] = field(default_factory=dict[str, tuple[float, ProviderError]])

    def note(self, error: ProviderError, operation: str, status: int, now: float) -> None:
        """Remember `error` if it is a refusal."""
        if isinstance(error, ProviderRejectedKey | ProviderOutOfCredits):
            scope = "" if isinstance(error, ProviderRejectedKey) and status != 403 else operation
            self._standing[scope] = (now + REFUSAL_REST, type(error)(error.message, fix=error.fix))

    def standing(self, operation: str, now: float) -> ProviderError | None:
        """A fresh copy of the refusal that still concerns `operation`."""
        for scope in ("", operation) if self._standing else ():
            until, error = self._standing.get(scope, (now, None))
            if error is not None and now < until:
                return type(error)(error.message, fix=error.fix)
        return None
