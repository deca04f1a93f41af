"""Rate limits as the provider sees them: real requests, real clocks; of one process, and of several that share them."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from server.domain.errors import RateLimited
from server.storage.database import Database, Statement
from server.upstream.shared import SIGHT
from tests.isolation import clean_environment
from tests.pace import DELAY, reaches
from tests.upstream.arrivals import Caller, Script, Vendor, arriving, prompt
from tests.upstream.vendor import reply, timeout

PER_MINUTE = 3000.0
WINDOW = 2.0
"""Seconds; as much of a minute's limit counts as would fit into it."""
SECONDS = 2.5
FOLDER = Path(__file__).parent
ROWS = Statement(text("SELECT account, operation, configured FROM rate_limits").columns())
SLOW_COMMITS = [
    Statement(text(command))
    for command in (
        "CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.4); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON rate_limits DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION doze()",
    )
]
FORGET = Statement(text("DELETE FROM rate_limits"))


@pytest.fixture
async def databases(postgres_url: str) -> AsyncIterator[list[Database]]:
    """Two doors to one database, as two processes have them."""
    async with AsyncExitStack() as stack:
        opened: list[Database] = []
        for _ in range(2):
            opened.append(await Database.open(postgres_url))
            stack.push_async_callback(opened[-1].close)
        yield opened


@asynccontextmanager
async def calling(arrivals: Vendor, *databases: Database | None, **changes: Any) -> AsyncGenerator[list[Caller]]:
    """One caller for every database; `changes` are `Caller`'s."""
    settings: dict[str, Any] = {"per_minute": PER_MINUTE} | changes
    callers = [Caller(arrivals.port, database=database, **settings) for database in databases]
    try:
        yield callers
    finally:
        for caller in callers:
            await caller.upstream.close()


async def pressed(
    arrivals: Vendor, *databases: Database | None, flow: str = "look", at_once: int = 30, **changes: Any
) -> None:
    """Press the provider through one caller for every database."""
    async with calling(arrivals, *databases, **changes) as callers:
        await asyncio.gather(*(caller.press(SECONDS, flow=flow, at_once=at_once) for caller in callers))


async def pressed_beyond(
    arrivals: Vendor, *databases: Database | None, number: int, seconds: float, at_once: int = 30
) -> float:
    """Press until requests came so many seconds after the one of that `number`, and tell when that one came."""
    async with calling(arrivals, *databases) as callers:
        while len(arrivals.at) <= number or arrivals.at[-1] <= arrivals.at[number] + seconds:
            await asyncio.gather(*(caller.press(SECONDS, at_once=at_once) for caller in callers))
    return arrivals.at[number]


async def kept_and_used(
    script: Script,
    *databases: Database | None,
    limit: float = PER_MINUTE,
    **changes: Any,
) -> None:
    """Press a provider that answers by `script`."""

    async def attempt() -> float:
        async with arriving(script) as arrivals:
            await pressed(arrivals, *databases, **changes)
        assert arrivals.keeps(limit, WINDOW)
        assert arrivals.taken(limit) <= 1.05
        return arrivals.used(limit)

    await reaches(0.95, attempt)


def own_rate(per_minute: float) -> dict[str, Any]:
    """Operations, of which `own_rate` has that limit."""
    changes = timeout("own_rate", 30.0)
    changes["operations"]["own_rate"]["rate"] = {"per_minute": per_minute, "burst": 1}
    return changes


@asynccontextmanager
async def process(*arguments: str) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A process that presses the provider once a line is written to it: what it says, and its input."""
    paths = os.pathsep.join([str(FOLDER.parent.parent), str(FOLDER)])
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        str(FOLDER / "arrivals.py"),
        *arguments,
        env=clean_environment(PYTHONPATH=paths),
        stdin=PIPE,
        stdout=PIPE,
    )
    assert started.stdin is not None
    assert started.stdout is not None
    yield started.stdout, started.stdin
    assert await started.wait() == 0


def slow(number: int) -> tuple[bytes, float]:
    return reply(), (number * 7 % 10) / 20


def failing(number: int) -> tuple[bytes, float]:
    """Every fourth fails, and every tenth is turned away with no silence asked for."""
    if number % 10 == 9:
        return reply({}, 429, Retry_After="0"), 0.05
    return (reply({}, 503) if number % 4 == 3 else reply()), 0.05


def halting(number: int) -> tuple[bytes, float]:
    """The whole process is busy for a second, which is not the machine's fault."""
    if number == 50:
        until = time.thread_time() + 1
        while time.thread_time() < until:
            pass
    return reply(), 0.0


def pausing(number: int) -> tuple[bytes, float]:
    return reply({}, 429, Retry_After="1") if number == 50 else reply(), 0.0


def hanging(number: int) -> tuple[bytes, float]:
    return reply(), 30.0 if number % 5 == 4 else 0.02


SCRIPTS: dict[str, Script] = {"prompt": prompt, "slow": slow, "failing": failing}


@pytest.fixture(params=[False, True], ids=["one process", "two processes"])
def doors(databases: list[Database], request: pytest.FixtureRequest) -> list[Database | None]:
    """For each process its database; None where it is alone and needs none."""
    return [*databases] if request.param else [None]


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
async def test_the_limit_is_kept_and_used(doors: list[Database | None], script: Script):
    await kept_and_used(script, *doors)


async def test_time_outs_change_nothing_about_the_limit(doors: list[Database | None]):
    await kept_and_used(hanging, *doors, **timeout("look", 1.0))


async def test_a_process_that_was_halted_does_not_catch_up(doors: list[Database | None]):
    async with arriving(halting) as arrivals:
        await pressed_beyond(arrivals, *doors, number=50, seconds=1.1)
    assert arrivals.keeps(PER_MINUTE, WINDOW)


async def test_a_pause_that_one_process_was_asked_for_costs_no_more_than_its_time(doors: list[Database | None]):
    """The fiftieth request is turned away for a second, while all have slots in hand."""

    async def attempt() -> float:
        async with arriving(pausing) as arrivals:
            await pressed_beyond(arrivals, *doors, number=50, seconds=2.0)
        assert arrivals.keeps(PER_MINUTE, WINDOW)
        assert arrivals.taken(PER_MINUTE, silence=1.0) <= 1.05
        return arrivals.used(PER_MINUTE, silence=1.0)

    await reaches(0.95, attempt)


async def test_a_process_that_is_asked_for_silence_silences_all(databases: list[Database]):
    async def attempt() -> float:
        """How many requests, as a negative number, came into the silence once all could know of it."""
        async with arriving(pausing) as arrivals:
            asked = await pressed_beyond(arrivals, *databases, number=50, seconds=1.0)
        known = asked + SIGHT + DELAY + arrivals.stalls.between(asked, asked + 1)
        return -len([at for at in arrivals.at if known < at < asked + 1])

    await reaches(0, attempt)


async def test_a_database_that_commits_slowly_gives_slots_that_can_be_used(databases: list[Database]):
    await databases[1].write(lambda tx: [tx.execute(each) for each in SLOW_COMMITS])
    async with arriving() as arrivals, calling(arrivals, databases[0]) as (caller,):
        for _ in range(2):
            assert await caller.ask() is not None
        assert len(arrivals.at) == 2


async def test_a_live_limit_that_one_process_learns_slows_all(databases: list[Database]):
    """Slots that were taken before are used; there is one for each that waits."""
    lower = reply(None, RateLimit_Limit=str(PER_MINUTE / 2))

    async def attempt() -> float:
        """The share of the lower limit that was used once all could know of it."""
        async with arriving(lambda number: (lower if number == 50 else reply(), 0.0)) as arrivals:
            known = await pressed_beyond(arrivals, *databases, number=50, seconds=1.5, at_once=5) + 0.5
        arrivals.at = [at for at in arrivals.at if at > known]
        assert arrivals.taken(0.99 * PER_MINUTE / 2) <= 1.04
        return arrivals.used(0.99 * PER_MINUTE / 2)

    await reaches(0.96, attempt)


async def test_processes_share_the_limit_of_a_single_operation(databases: list[Database]):
    await kept_and_used(prompt, *databases, limit=600, flow="own_rate", **own_rate(600))


async def test_an_operation_that_waits_for_its_own_limit_leaves_the_others_their_slots(databases: list[Database]):
    async def attempt() -> float:
        async with arriving() as arrivals, calling(arrivals, databases[0], **own_rate(120)) as (caller,):
            await asyncio.gather(caller.press(SECONDS, flow="own_rate", text="own"), caller.press(SECONDS))
        assert arrivals.keeps(PER_MINUTE, WINDOW)
        own = len([body for body in arrivals.callers if b"own" in body])
        return arrivals.used(PER_MINUTE) if own >= 4 else 0.0

    await reaches(0.95, attempt)


async def test_keys_of_one_provider_have_limits_of_their_own(databases: list[Database]):
    async with arriving() as arrivals:
        for database, key in zip(databases, ("secret-1", "secret-2"), strict=True):
            async with calling(arrivals, database, per_minute=6, key=key) as (caller,):
                await asyncio.gather(*(caller.ask(within=8) for _ in range(5)))
        rows = await databases[0].read(ROWS)
        assert len(arrivals.at) == 10
        assert [(account.split()[0], *limit) for account, *limit in rows] == [("acme", "*", 6_000)] * 2
        assert "secret" not in str(rows)


async def test_a_burst_that_one_process_used_is_used_up_for_all(databases: list[Database]):
    async with arriving() as arrivals, calling(arrivals, *databases, per_minute=6) as (first, second):
        started = time.monotonic()
        await asyncio.gather(*(first.ask() for _ in range(5)))
        with pytest.raises(RateLimited, match="no place before this call's deadline; nothing was sent") as refused:
            await second.ask(within=2)
        passed = time.monotonic() - started
        assert refused.value.retry_after is not None
        assert 50.5 - passed - 0.5 <= refused.value.retry_after <= 50.5 + 0.5
        assert len(arrivals.at) == 5


async def test_calls_that_are_given_up_leave_the_others_their_turn(databases: list[Database]):
    async with arriving() as arrivals, calling(arrivals, databases[0], per_minute=300) as (caller,):
        asking = [asyncio.create_task(caller.ask()) for _ in range(20)]
        await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        # Their turns come in a second at the earliest: none of them can have been sent.
        given_up = asking[10::2]
        for ask in given_up:
            ask.cancel()
        await asyncio.wait(asking)
        assert {ask.cancelled() for ask in given_up} == {True}
        others = [ask for ask in asking if ask not in given_up]
        assert [ask.exception() for ask in others] == [None] * 15
        assert len(arrivals.at) == 15


async def test_nothing_is_sent_where_the_database_does_not_answer(databases: list[Database]):
    async with arriving() as arrivals, calling(arrivals, databases[0]) as (caller,):
        await caller.ask()
        await databases[0].close()
        with pytest.raises(RateLimited, match="it could not be asked, so nothing was sent") as refused:
            await caller.ask()
        assert (len(arrivals.at), refused.value.charged, refused.value.billed_unknown) == (1, None, False)


async def test_limits_that_somebody_deletes_begin_anew(databases: list[Database]):
    async with arriving() as arrivals, calling(arrivals, databases[0]) as (caller,):
        await caller.ask()
        await databases[1].write(lambda tx: tx.execute(FORGET))
        await caller.ask()
        assert len(arrivals.at) == 2
        assert len(await databases[1].read(ROWS)) == 1


async def test_what_was_learned_is_forgotten_when_the_plan_changes(databases: list[Database]):
    """A response speaks of 12 a minute; the operator then sets 6000."""
    told = reply(None, RateLimit_Limit="12")
    async with arriving(lambda number: (told if number == 0 else reply(), 0.0)) as arrivals:
        async with calling(arrivals, databases[0], per_minute=600, burst=1) as (before,):
            await before.ask()
            await before.ask()
            with pytest.raises(RateLimited):
                await before.ask(within=1)
        async with calling(arrivals, databases[1], per_minute=6000, burst=1) as (after,):
            while len(arrivals.at) <= 20:
                assert await after.press(6) > 6, "at the pace that was learned there would be one or two"


async def test_processes_of_their_own_keep_one_limit(postgres_url: str):
    async def attempt() -> float:
        """The share of the process that got less."""
        async with arriving() as arrivals, AsyncExitStack() as stack:
            parts = [postgres_url, str(arrivals.port), str(PER_MINUTE), str(SECONDS)]
            started = [await stack.enter_async_context(process(*parts, name)) for name in ("ada", "bob")]
            for said, _ in started:
                assert await said.readline() == b"ready\n"
            for _, told in started:
                told.write(b"go\n")
            answered = [int(await said.readline()) for said, _ in started]
        assert arrivals.keeps(PER_MINUTE, WINDOW)
        assert arrivals.taken(PER_MINUTE) <= 1.05
        return min(answered) / sum(answered)

    await reaches(0.2, attempt)
