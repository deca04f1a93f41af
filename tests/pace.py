"""When requests came to a provider, and whether its limit was kept and used, on a machine however busy."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import inf

from server.upstream.pace import LATE, SLACK
from tests.stalls import Stalls

DELAY = 0.2 + LATE
"""Seconds by which a request may arrive after its slot, with a network's jitter; a minute's margin covers them."""
TRIES = 4
"""A limit has to hold in every one and be used in one: disks and databases stand still too, and nobody measures it."""


@dataclass
class Arrivals:
    """Instants on the machine's monotonic clock, and what the machine took of the time between them."""

    stalls: Stalls = field(default_factory=Stalls)
    at: list[float] = field(default_factory=list[float])

    def used(self, per_minute: float, silence: float = 0.0, processes: int = 1) -> float:
        """The share used of what was permitted: by the limit, by `silence` that was asked for, and by the machine.

        What the machine takes in small pieces costs nothing, because slots may be used a little late. A request that
        goes through several `processes` is held up in each of them, and each is stopped about as often as this one.
        """
        first, last = self.at[0], self.at[-1]
        return self._share(per_minute, last - first - silence - processes * self.stalls.felt(first, last, SLACK))

    def taken(self, per_minute: float, silence: float = 0.0) -> float:
        """The share taken of the limit from the first request to the last, though these be the ones that were late."""
        first, last = self.at[0], self.at[-1]
        return self._share(per_minute, last - first - silence + self._late())

    def most_within(self, seconds: float) -> int:
        """The most arrivals in any half-open window of `seconds`."""
        at = self.at
        return max(bisect_left(at, first + seconds) - index for index, first in enumerate(at))

    def keeps(self, per_minute: float, window: float) -> bool:
        """Whether no `window` holds more than its share.

        What was sent in time arrives together where it was late: in the network, or because the machine was with
        somebody else. Neither scales with the window, so it is shorter by both.
        """
        seconds = window - DELAY - self._late()
        return self.most_within(seconds) <= per_minute * window / 60

    def _late(self) -> float:
        return self.stalls.most_in_a_second(self.at[0], self.at[-1])

    def _share(self, per_minute: float, seconds: float) -> float:
        return (len(self.at) - 1) / (per_minute / 60 * seconds) if seconds > 0 else inf


async def reaches(least: float, attempt: Callable[[], Awaitable[float]]) -> None:
    """What the program can do, it does in one of a few attempts; what it must not do, `attempt` itself has to deny."""
    seen: list[float] = []
    while not seen or seen[-1] < least:
        assert len(seen) < TRIES, f"{least} was to be reached, and there was {seen}"
        seen.append(await attempt())
