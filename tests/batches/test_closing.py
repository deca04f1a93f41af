"""A Weir that closes while bulk jobs are under way leaves them to whoever opens next, without a word of trouble."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Generator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from server.batches.check import Check, Checker
from server.batches.durable import Durable
from server.batches.runner import Runner
from server.domain.batch import Status
from server.domain.principal import LOCAL
from tests.batches.jobs import addresses, jobs


class _Listener(logging.Handler):
    """Keeps what is said."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"{record.getMessage()} {record.exc_info and record.exc_info[1]!r}")


@pytest.fixture
def trouble() -> Generator[list[str]]:
    """What DBOS and the event loop complain of."""
    listener = _Listener()
    loggers = [logging.getLogger(name) for name in ("dbos", "asyncio")]
    for logger in loggers:
        logger.addHandler(listener)
    yield listener.said
    for logger in loggers:
        logger.removeHandler(listener)


async def test_a_look_at_rows_is_left_to_whoever_opens_next(
    tmp_path: Path, trouble: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, check = asyncio.Event(), Checker.check

    async def watched(checker: Checker, rows: Any) -> Check:
        looking.set()
        return await check(checker, rows)

    monkeypatch.setattr(Checker, "check", watched)
    async with jobs(tmp_path) as bulk:
        batch = await bulk.submit(addresses(3_000))
        await looking.wait()
    async with jobs(tmp_path) as bulk:
        assert (await bulk.until(batch, {Status.RUNNING, Status.COMPLETED})).rows == 3_000
        await bulk.batches.steer(LOCAL, batch.id, "cancel")
    assert trouble == []


async def test_a_look_that_came_to_its_end_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked, check, over = list[Checker](), Checker.check, asyncio.Event()

    async def watched(checker: Checker, rows: Any) -> Check:
        looked.append(checker)
        return await check(checker, rows)

    async def dies(*_: object) -> None:
        over.set()
        raise asyncio.CancelledError

    monkeypatch.setattr(Checker, "check", watched)
    with monkeypatch.context() as dying:
        dying.setattr(Runner, "_decide", dies)
        async with jobs(tmp_path) as bulk:
            batch = await bulk.submit(addresses(30))
            await over.wait()
    async with jobs(tmp_path) as bulk:
        done = await bulk.until(batch, {Status.COMPLETED})
        assert (done.rows, done.done, len(looked)) == (30, 30, 1)


async def test_what_needs_a_thread_gets_one_while_bulk_jobs_close(
    tmp_path: Path, trouble: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[int] = []
    close = Durable.close

    async def watched(durable: Durable) -> None:
        closing = asyncio.create_task(close(durable))
        while not closing.done():
            got.append(await asyncio.to_thread(int))
        await closing

    monkeypatch.setattr(Durable, "close", watched)
    async with jobs(tmp_path) as bulk:
        await bulk.run(addresses(10))
    assert len(got) > 10
    assert trouble == []


def test_what_begins_while_the_loop_stands_still_is_done_in_it_afterwards(tmp_path: Path, trouble: list[str]) -> None:
    """DBOS has a loop of its own for that, where neither our connections nor our locks belong."""
    opened = AsyncExitStack()
    with asyncio.Runner() as runner:
        bulk = runner.run(opened.enter_async_context(jobs(tmp_path)))
        batch = runner.run(bulk.submit(addresses(20)))
        runner.run(bulk.until(batch, {Status.QUEUED, Status.RUNNING, Status.COMPLETED}))
        # DBOS looks for work ten times a second.
        time.sleep(1.0)
        done = runner.run(bulk.until(batch))
        assert (done.status, done.settled, done.failed) == (Status.COMPLETED, 20, 0)
        runner.run(opened.aclose())
    assert trouble == []
