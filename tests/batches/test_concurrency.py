"""How many rows one process asks at once."""

from __future__ import annotations

import asyncio
import time

from server.batches.concurrency import AdaptiveLimit

MOST = 12
FEW = 6
"""It begins with four, and a round between two long ones adds one."""
ROUNDS = 30
LONG = 0.002
"""Processor seconds: more than a round may take."""


class Inside:
    """Tasks that enter a limit, and how many were inside at once."""

    def __init__(self, limit: AdaptiveLimit) -> None:
        self.limit = limit
        self.now = 0
        self.highest = 0

    async def wait(self) -> None:
        """As a row whose provider takes its time."""
        async with self.limit:
            self._count()
            for _ in range(ROUNDS):
                await asyncio.sleep(0.01)
            self.now -= 1

    async def compute(self) -> None:
        """As a row whose answer is there at once, and makes long rounds."""
        async with self.limit:
            self._count()
            for _ in range(5):
                until = time.thread_time() + LONG
                while time.thread_time() < until:
                    pass
                await asyncio.sleep(0)
            self.now -= 1

    def _count(self) -> None:
        self.now += 1
        self.highest = max(self.highest, self.now)


async def test_rows_that_wait_for_a_provider_are_as_many_as_allowed():
    inside = Inside(AdaptiveLimit(MOST))
    await asyncio.gather(*(inside.wait() for _ in range(5 * MOST)))
    assert (inside.highest, inside.now) == (MOST, 0)


async def test_rows_that_fill_the_event_loop_are_few():
    inside = Inside(AdaptiveLimit(MOST))
    await asyncio.gather(*(inside.compute() for _ in range(5 * MOST)))
    assert inside.highest <= FEW
    assert inside.now == 0


async def test_rows_become_few_once_they_fill_the_event_loop():
    limit = AdaptiveLimit(MOST)
    waiting, computing = Inside(limit), Inside(limit)
    await asyncio.gather(*(waiting.wait() for _ in range(2 * MOST)))
    await asyncio.gather(*(computing.compute() for _ in range(4 * MOST)))
    later = Inside(limit)
    await asyncio.gather(*(later.compute() for _ in range(4 * MOST)))
    assert waiting.highest == MOST
    assert later.highest <= FEW


async def test_a_limit_below_the_least_is_kept():
    inside = Inside(AdaptiveLimit(2))
    await asyncio.gather(*(inside.wait() for _ in range(6)))
    assert (inside.highest, inside.now) == (2, 0)


async def test_places_are_given_in_order():
    limit, order = AdaptiveLimit(1), list[int]()

    async def enter(number: int) -> None:
        async with limit:
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(enter(number) for number in range(20)))
    assert order == list(range(20))


async def test_who_gives_up_leaves_no_place_taken():
    limit = AdaptiveLimit(1)
    entered = asyncio.Event()

    async def hold(leave: asyncio.Event) -> None:
        async with limit:
            entered.set()
            await leave.wait()

    leave = asyncio.Event()
    holding = asyncio.create_task(hold(leave))
    await entered.wait()
    impatient = [asyncio.create_task(hold(leave)) for _ in range(3)]
    await asyncio.sleep(0)
    impatient[0].cancel()
    leave.set()
    await asyncio.sleep(0)
    impatient[1].cancel()  # the place may have been given already
    ended = await asyncio.gather(holding, *impatient, return_exceptions=True)
    assert [type(one) for one in ended] == [type(None), asyncio.CancelledError, asyncio.CancelledError, type(None)]
    async with asyncio.timeout(10), limit:
        pass
