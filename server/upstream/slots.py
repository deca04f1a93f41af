"""Slots within one provider's rate limits, and their home where this process is the only one that asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from server.upstream.limits import Limits
from server.upstream.pace import Paces, Slot


class Slots(Protocol):
    """The home of one provider's paces."""

    @property
    def paces(self) -> Paces:
        """What is known of them here, for estimates; its instants are on the clock of the process."""
        ...

    def reserve(self, operation: str, deadline: float) -> Awaitable[Slot]:
        """The next slot for `operation`, not taken where it would be after the `deadline`.

        `RateLimited` where that cannot be found out.
        """
        ...

    def stands(self, operation: str, slot: Slot) -> Awaitable[bool]:
        """Whether `slot`, whose instant has come, may be used: not too late, nor in a pause asked for meanwhile.

        `RateLimited` where that cannot be found out.
        """
        ...

    def pause(self, operation: str, seconds: float) -> None:
        """The provider asked for silence."""
        ...

    def learn(self, operation: str, limits: Limits) -> None:
        """A response told of the limit."""
        ...


class OwnSlots:
    """Slots that nobody else takes, in memory."""

    def __init__(self, paces: Paces, clock: Callable[[], float]) -> None:
        self.paces = paces
        self._clock = clock

    async def reserve(self, operation: str, deadline: float) -> Slot:
        """As of now."""
        return self.paces.reserve(operation, self._clock(), deadline)

    async def stands(self, operation: str, slot: Slot) -> bool:
        """As of now."""
        now = self._clock()
        return now <= slot.lapses and not self.paces.paused(operation, now)

    def pause(self, operation: str, seconds: float) -> None:
        """From now on."""
        self.paces.of(operation).pause(self._clock(), seconds)

    def learn(self, operation: str, limits: Limits) -> None:
        """From now on."""
        self.paces.of(operation).learn(self._clock(), limits)
