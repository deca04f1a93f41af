"""How many rows a process asks at once: as many as it can without keeping its other callers waiting.

Rows that wait for a provider cost nothing, so many may wait. Rows whose answers come at once fill every round of the
event loop, and whoever else is served by it waits for all of them in each of the rounds that its own call takes.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from types import TracebackType

_LEAST = 4
_LOOK_SECONDS = 0.01
_ROUND_SECONDS = 0.0015
"""Processor time that one round of the event loop may take. A call that needs no provider takes about six rounds."""
_SHRINK = 0.8


class AdaptiveLimit:
    """An asynchronous context manager that lets in a number of tasks at once, in the order in which they came.

    The number follows the processor time that a round of the event loop takes, which other processes on the same
    machine do not change: it grows by one while all places are taken, and shrinks by a fifth after a long round.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._allowed = float(min(most, _LEAST))
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        if not self._free or self._waiting:
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            try:
                await place
            except asyncio.CancelledError:
                if place.cancelled():
                    self._waiting.remove(place)
                else:
                    self._leave()
                raise
        else:
            self._inside += 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    @property
    def _free(self) -> bool:
        return self._inside < int(self._allowed)

    def _leave(self) -> None:
        self._inside -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._free:
            self._inside += 1
            self._waiting.popleft().set_result(None)

    async def _watch(self) -> None:
        """Adapt while anybody is inside."""
        while self._inside or self._waiting:
            before = time.thread_time()
            await asyncio.sleep(0)
            self._adapt(time.thread_time() - before)
            await asyncio.sleep(_LOOK_SECONDS)
        self._watching = None

    def _adapt(self, round_seconds: float) -> None:
        if round_seconds > _ROUND_SECONDS:
            self._allowed = max(float(min(self._most, _LEAST)), self._allowed * _SHRINK)
        elif not self._free:
            self._allowed = min(float(self._most), self._allowed + 1)
            self._let_in()
