"""How much of a rate limit one process uses, and two that share it, and how many slots can be given out at all.

Slots are taken as calls take them: reserved, waited for, and checked when their instant comes. `used` is what was taken
of what the limit permits; `most` is the fullest window of a tenth of the run, beside what the limit permits in it.
The ceiling is what a limit that nobody reaches gives out: on PostgreSQL, 32 callers share each transaction.

    python -m benchmarks.rates [--json] [--per-minute 600] [--seconds 10] [--postgres postgresql://...]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

import uvloop

from benchmarks.storage import schema
from server.domain.errors import RateLimited
from server.storage.database import Database
from server.upstream.pace import Pace, Paces
from server.upstream.shared import SharedSlots
from server.upstream.slots import OwnSlots, Slots

AT_ONCE = 32
UNREACHED = 60_000_000.0
"""Requests per minute that no process makes."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One limit under pressure."""

    home: str
    processes: int
    per_minute: float
    per_second: float
    used: float
    most: int
    permitted: float
    """In the window that `most` counts in."""


async def press(slots: Slots, until: float) -> list[float]:
    """Take slots until the instant `until`, `AT_ONCE` waiting at a time; when each was used."""
    used: list[float] = []

    async def take() -> None:
        with suppress(RateLimited):
            while (slot := await slots.reserve("call", until)).at < until:
                await asyncio.sleep(max(0.0, slot.at - time.monotonic()))
                if slot.taken and await slots.stands("call", slot):
                    used.append(time.monotonic())

    await asyncio.gather(*(take() for _ in range(AT_ONCE)))
    return used


async def work(url: str | None, account: str, per_minute: float, begin: float, seconds: float) -> list[float]:
    """One process's part, from the instant `begin` on the machine's monotonic clock."""
    paces = Paces(Pace(per_minute))
    database = await Database.open(url) if url else None
    slots = SharedSlots(paces, account, database, time.monotonic) if database else OwnSlots(paces, time.monotonic)
    await asyncio.sleep(begin - time.monotonic())
    used = await press(slots, begin + seconds)
    if database:
        await database.close()
    return used


async def measure(url: str | None, processes: int, per_minute: float, seconds: float) -> Measured:
    """Press one limit from `processes` that start together."""
    account, begin = f"bench {processes} {per_minute}", time.monotonic() + 4.0
    arguments = [sys.executable, "-m", "benchmarks.rates", "--part"]
    part = json.dumps([url, account, per_minute, begin, seconds])
    started = [
        await asyncio.create_subprocess_exec(*arguments, part, stdout=asyncio.subprocess.PIPE) for _ in range(processes)
    ]
    parts = [json.loads((await one.communicate())[0]) for one in started]
    used = sorted(instant for each in parts for instant in each)
    window = seconds / 10
    return Measured(
        home="PostgreSQL" if url else "memory",
        processes=processes,
        per_minute=per_minute,
        per_second=len(used) / seconds,
        used=len(used) / (per_minute / 60 * seconds),
        most=fullest(used, window),
        permitted=per_minute / 60 * window,
    )


def fullest(ordered: Sequence[float], window: float) -> int:
    """The most instants in any half-open window of so many seconds."""
    return max((bisect_left(ordered, first + window) - index for index, first in enumerate(ordered)), default=0)


async def run(postgres: str | None, per_minute: float, seconds: float) -> list[Measured]:
    """The given limit and the ceiling: in memory, and on PostgreSQL by one process and by two."""
    limits = (per_minute, UNREACHED)
    measured = [await measure(None, 1, limit, seconds) for limit in limits]
    if postgres is not None:
        async with schema(postgres) as url:
            await (await Database.open(url)).close()
            measured += [await measure(url, processes, limit, seconds) for limit in limits for processes in (1, 2)]
    return measured


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--per-minute", type=float, default=600.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--postgres", help="a database in which a schema may be made")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        print(json.dumps(uvloop.run(work(*json.loads(arguments.part)))))
        return
    measured = uvloop.run(run(arguments.postgres, arguments.per_minute, arguments.seconds))
    if arguments.json:
        print(json.dumps([asdict(each) for each in measured], indent=2))
        return
    print(f"{'home':<12}{'processes':>10}{'limit/min':>12}{'per second':>12}{'used':>9}{'most':>8}{'permitted':>11}")
    for each in measured:
        reached = each.per_minute < UNREACHED
        limit = f"{each.per_minute:,.0f}" if reached else "none"
        share = f"{each.used:>9.1%}{each.most:>8,}{each.permitted:>11,.0f}" if reached else ""
        print(f"{each.home:<12}{each.processes:>10}{limit:>12}{each.per_second:>12,.1f}{share}")


if __name__ == "__main__":
    main()
