"""How long the machine kept an event loop from running, so that no test blames the program for a busy machine.

A ticker sleeps a few milliseconds at a time. Where it comes back late, either the loop was at work, which is the
program's own time, or the processor was with somebody else. The thread's processor time tells the two apart: what it
did not use of the time that passed is the machine's.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from math import ceil

TICK = 0.004
SLOP = 0.003
"""Seconds by which a timer may be late on an idle machine; less than this is no stall."""


@dataclass
class Stalls:
    """Instants on the machine's monotonic clock at which the loop ran again, and the seconds lost before each."""

    ended: list[float] = field(default_factory=list[float])
    seconds: list[float] = field(default_factory=list[float])

    def between(self, start: float, end: float) -> float:
        """The seconds lost in stalls that ended in this time."""
        return sum(self.seconds[bisect_left(self.ended, start) : bisect_left(self.ended, end)])

    def felt(self, start: float, end: float, slack: float) -> float:
        """The seconds lost in this time, without those of seconds of which no more than `slack` was lost."""
        seconds = [start + number for number in range(ceil(end - start))]
        parts = [self.between(second, min(second + 1, end)) for second in seconds]
        return sum(lost for lost in parts if lost > slack)

    def most_in_a_second(self, start: float, end: float) -> float:
        """The most that was lost in any second of this time: by so much can what was sent in time arrive too late."""
        within = self.ended[bisect_left(self.ended, start) : bisect_left(self.ended, end)]
        return max((self.between(max(start, last - 1), last + TICK) for last in within), default=0.0)

    def note(self, now: float, passed: float, used: float) -> None:
        """A tick that is over after so many seconds, in which the thread had the processor for `used` of them."""
        lost = passed - max(TICK, used)
        if lost > SLOP:
            self.ended.append(now)
            self.seconds.append(lost)


async def _tick(stalls: Stalls) -> None:
    began, used = time.monotonic(), time.thread_time()
    while True:
        await asyncio.sleep(TICK)
        now, spent = time.monotonic(), time.thread_time()
        stalls.note(now, now - began, spent - used)
        began, used = now, spent


@asynccontextmanager
async def watched() -> AsyncGenerator[Stalls]:
    """The stalls of the running loop, for as long as this is open."""
    stalls = Stalls()
    ticking = asyncio.create_task(_tick(stalls))
    try:
        yield stalls
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
