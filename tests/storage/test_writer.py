"""How units are grouped, and what becomes of them when a connection fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from server.domain.errors import StorageUnavailable
from server.storage.session import Interrupted
from server.storage.statement import Parameters, Row, Statement
from server.storage.writer import Transaction, Writer
from tests.storage.counters import INSERT, inserting, started, waiting


class Recorder:
    """A session that keeps in memory what it was asked to do, and fails where it is told to."""

    def __init__(self) -> None:
        self.number = 1
        self.commits: list[list[str]] = []
        self.uncommitted: list[str] = []
        self.marks: list[int] = []
        self.failures: list[tuple[str, StorageUnavailable]] = []

    def fail(self, at: str, error: StorageUnavailable) -> None:
        self.failures.append((at, error))

    def begin(self) -> None:
        self._step("begin")
        self.uncommitted = []

    def commit(self) -> None:
        self._step("commit")
        self.commits.append(self.uncommitted)

    def rollback(self) -> None:
        self.uncommitted = []

    def savepoint(self) -> None:
        self.marks.append(len(self.uncommitted))

    def release(self) -> None:
        self.marks.pop()

    def undo(self) -> None:
        self._step("undo")
        del self.uncommitted[self.marks.pop() :]

    def execute(self, statement: Statement, params: Parameters) -> Sequence[Row]:
        self._step("execute")
        self.uncommitted.append(str(params["member"]))
        return ()

    def execute_many(self, statement: Statement, batch: Sequence[Parameters]) -> None:
        raise NotImplementedError

    def close(self) -> None:
        pass

    def _step(self, name: str) -> None:
        if self.failures and self.failures[0][0] == name:
            raise self.failures.pop(0)[1]


@pytest.fixture
def session() -> Recorder:
    return Recorder()


@pytest.fixture
async def writer(session: Recorder) -> AsyncIterator[Writer]:
    writer = Writer(session)
    yield writer
    writer.close()


async def in_one_group(writer: Writer, *units: Callable[[Transaction], object]) -> list[object]:
    async with waiting(writer):
        writes = started(writer, *units)
        await asyncio.sleep(0)
    return await asyncio.gather(*writes, return_exceptions=True)


async def test_whatever_waits_is_committed_together_but_never_more_than_sixty_four(writer: Writer, session: Recorder):
    await in_one_group(writer, *(inserting(f"m{number}") for number in range(100)))
    assert [len(group) for group in session.commits] == [0, 64, 36]


async def test_a_unit_that_comes_alone_is_committed_at_once(writer: Writer, session: Recorder):
    await writer.write(inserting("ada"))
    await writer.write(inserting("grace"))
    assert session.commits == [["ada"], ["grace"]]


async def test_a_group_whose_connection_was_lost_before_the_commit_is_run_again(writer: Writer, session: Recorder):
    session.fail("commit", Interrupted("gone"))
    assert await writer.write(inserting("ada")) == "ada"
    assert session.commits == [["ada"]]


async def test_a_connection_lost_inside_a_unit_is_no_failure_of_the_unit(writer: Writer, session: Recorder):
    session.fail("execute", Interrupted("gone"))
    assert await writer.write(inserting("ada")) == "ada"
    assert session.commits == [["ada"]]


async def test_a_connection_lost_inside_one_unit_runs_the_whole_group_again(writer: Writer, session: Recorder):
    def loses(tx: Transaction) -> str:
        if not session.failures and "lost" not in seen:
            seen.append("lost")
            session.fail("execute", Interrupted("gone"))
            session.fail("undo", Interrupted("gone"))
        tx.execute(INSERT, member="grace", used=1)
        return "grace"

    seen: list[str] = []
    assert await in_one_group(writer, inserting("ada"), loses, inserting("mary")) == ["ada", "grace", "mary"]
    assert session.commits[1:] == [["ada", "grace", "mary"]]


async def test_after_three_lost_connections_every_caller_of_the_group_is_told(writer: Writer, session: Recorder):
    for _ in range(3):
        session.fail("begin", Interrupted("gone"))
    with pytest.raises(StorageUnavailable, match="gone"):
        await writer.write(inserting("ada"))
    assert session.commits == []
    assert await writer.write(inserting("grace")) == "grace"


async def test_a_failed_commit_fails_every_unit_of_its_group_and_no_later_one(writer: Writer, session: Recorder):
    def last(tx: Transaction) -> None:
        tx.execute(INSERT, member="grace", used=1)
        session.fail("commit", StorageUnavailable("disk full"))

    outcomes = await in_one_group(writer, inserting("ada"), last)
    assert [str(outcome) for outcome in outcomes] == ["disk full", "disk full"]
    assert session.commits == [[]]
    assert await writer.write(inserting("mary")) == "mary"
    assert session.commits == [[], ["mary"]]
