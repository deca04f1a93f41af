"""Workers that die or freeze: how the others find out, and that nothing is asked twice because of it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dbos import DBOSClient

from server.batches.lease import ENDED, SILENT, TTL
from tests.batches.jobs import addresses
from tests.bulk.fleet import Fleet, books, fleet, submit
from tests.cli.conftest import fetch

ROWS = 900
LATENCY = 4000
"""Milliseconds that a request takes while workers are stopped: they all wait for answers, and seldom write."""
_BEGUN = """
    SELECT count(*) FROM {schema}.workflow_status
    WHERE status = 'PENDING' AND executor_id LIKE '%%-' || %s || '-%%'
"""
_STATE = """
    SELECT state FROM pg_stat_activity JOIN pg_locks USING (pid) JOIN workers
    ON classid = hashtext('weir worker')::oid AND objid = hashtext(current_schema() || ' ' || executor)::oid
    WHERE locktype = 'advisory' AND executor LIKE '%%-' || %s || '-%%'
"""
"""What the writing session of a process does."""
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
_POLL = 0.02
_LOOKS = 50
PATIENCE = 60.0

pytestmark = pytest.mark.usefixtures("isolated")


def _process(made: Fleet, name: str) -> int:
    process = made.processes[name].pid
    assert process is not None
    return process


def _await_slices(url: str, process: int) -> None:
    """Wait until a process has begun slices."""
    deadline = time.monotonic() + PATIENCE
    schema = _engine(url)
    with psycopg.connect(url, autocommit=True) as connection:
        query = _BEGUN.format(schema=schema).encode()
        while not (connection.execute(query, (str(process),)).fetchone() or (0,))[0]:
            assert time.monotonic() < deadline
            time.sleep(_POLL)


def _engine(url: str) -> str:
    """The schema of DBOS's tables."""
    with psycopg.connect(url) as connection:
        (schema,) = connection.execute("SELECT current_schema() || '_engine'").fetchone() or ("",)
    return schema


def _stays_idle(connection: psycopg.Connection[Any], process: int) -> bool:
    """What a process sent before it stopped may reach the database a moment later."""
    for _ in range(_LOOKS):
        if connection.execute(_STATE, (str(process),)).fetchall() != [("idle",)]:
            return False
        time.sleep(_POLL)
    return True


@contextmanager
def _frozen(url: str, process: int) -> Generator[None]:
    """Stop a process between two transactions: the database ends sessions that stand still in one."""
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(url, autocommit=True) as connection:
        os.kill(process, signal.SIGSTOP)
        while not _stays_idle(connection, process):
            os.kill(process, signal.SIGCONT)
            assert time.monotonic() < deadline
            time.sleep(_POLL)
            os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def _latency(made: Fleet, milliseconds: int) -> None:
    assert fetch(made.sandbox, "POST", "/control", {"latency_ms": milliseconds})[0] == 200


async def _under_way(made: Fleet, url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, int]:
    """A job that a server and Ann work on; its id, and Ann's process."""
    _latency(made, LATENCY)
    job = await submit(made, addresses(ROWS), monkeypatch)
    made.start("server")
    made.start("ann")
    process = _process(made, "ann")
    _await_slices(url, process)
    return job, process


async def _settle(made: Fleet, job: str, *, late: bool = False) -> None:
    """`late` where what was given up may be answered after all."""
    ended = made.until(job, "completed", "paused", "failed", "cancelled")
    assert (ended["status"], ended["settled"]) == ("completed", ROWS), ended["reason"]
    made.stop()
    written = await books(made, job)
    assert sorted(written.states) == list(range(1, ROWS + 1))
    assert ROWS - ended["failed"] <= made.billed["calls"] <= ROWS, "no row was asked twice"
    asked = Counter(line["batch_row"] for line in written.of("attempt"))
    assert set(asked.values()) == {1}
    unresolved = len(written.of("unresolved"))
    assert ended["failed"] <= unresolved if late else ended["failed"] == unresolved


async def test_a_worker_that_is_killed_is_missed_because_its_session_ended(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    with fleet(tmp_path / "fleet", WEIR_DATABASE_URL=postgres_url) as made:
        job, process = await _under_way(made, postgres_url, monkeypatch)
        made.kill("ann")
        _latency(made, 0)
        made.await_words("server", f"-{process}-")
        assert ENDED in _about(made, process)
        await _settle(made, job)


async def test_a_worker_that_froze_is_missed_for_its_silence_and_leaves_the_rows_to_others_when_it_wakes(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    with fleet(tmp_path / "fleet", WEIR_DATABASE_URL=postgres_url) as made:
        job, process = await _under_way(made, postgres_url, monkeypatch)
        with _frozen(postgres_url, process):
            _latency(made, 0)
            made.await_words("server", f"-{process}-")
        assert SILENT in _about(made, process)
        made.await_words("ann", "counted as dead")
        await _settle(made, job, late=True)


async def test_a_server_that_froze_while_it_looked_at_the_rows_leaves_them_to_the_other_when_it_wakes(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    rows = 60_000
    with fleet(tmp_path / "fleet", WEIR_DATABASE_URL=postgres_url) as made:
        job = await submit(made, addresses(1) * rows, monkeypatch)
        made.start("server")
        process = _process(made, "server")
        _await_slices_kept(postgres_url, lambda kept: kept >= 5)
        other = Fleet(made.folder, made.sandbox, made.environment)
        with _frozen(postgres_url, process):
            other.start("server")
            other.await_words("server", f"-{process}-")
            _await_slices_kept(postgres_url, lambda kept: kept < 5)
        try:
            ended = other.until(job, "completed", "paused", "failed", "cancelled")
            assert (ended["status"], ended["settled"], ended["failed"]) == ("completed", rows, 0), ended
            assert made.billed["calls"] == 1
            said = made.said("server")
            assert ("duplicate key" in said, "stalled" in said) == (False, False), said
        finally:
            other.kill("server")


async def test_rows_that_two_living_processes_have_begun_are_asked_once(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    """As where a process slept after it had seen who is alive, and takes from the living when it wakes."""
    with fleet(tmp_path / "fleet", WEIR_DATABASE_URL=postgres_url) as made:
        _latency(made, 300)
        job = await submit(made, addresses(ROWS), monkeypatch)
        made.start("server")
        made.start("ann")
        _await_slices(postgres_url, _process(made, "ann"))
        # Who has room takes what the others are still at.
        made.start("bob")
        _begin_again(postgres_url)
        _await_slices(postgres_url, _process(made, "bob"))
        _begin_again(postgres_url)
        _latency(made, 0)
        ended = made.until(job, "completed", "paused", "failed", "cancelled")
        assert (ended["status"], ended["settled"]) == ("completed", ROWS), ended["reason"]
        made.stop()
        written = await books(made, job)
        assert ROWS - ended["failed"] <= made.billed["calls"] <= ROWS
        assert set(Counter(line["batch_row"] for line in written.of("attempt")).values()) == {1}
        # What was under way with the one may have been answered after the other had given it up.
        assert ended["failed"] <= len(written.of("unresolved"))


async def test_of_two_looks_at_the_same_rows_the_later_one_counts(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    rows = 60_000
    with fleet(tmp_path / "fleet", WEIR_DATABASE_URL=postgres_url) as made:
        job = await submit(made, addresses(1) * rows, monkeypatch)
        other = Fleet(made.folder, made.sandbox, made.environment)
        made.start("server")
        other.start("server")
        try:
            _await_slices_kept(postgres_url, lambda kept: kept >= 5)
            assert _begin_again(postgres_url) == 1
            ended = made.until(job, "completed", "paused", "failed", "cancelled")
            assert (ended["status"], ended["settled"], ended["failed"]) == ("completed", rows, 0), ended
            assert made.billed["calls"] == 1
            assert "duplicate key" not in (said := made.said("server")), said
        finally:
            other.kill("server")


async def test_a_worker_whose_durable_work_cannot_be_opened_tries_again(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    with fleet(tmp_path / "fleet", WEIR_DATABASE_URL=postgres_url) as made:
        first = await submit(made, addresses(1), monkeypatch)
        made.start("server")
        made.until(first, "completed")
        made.stop()
        _latency(made, LATENCY)
        job = await submit(made, addresses(ROWS, "airbnb.com"), monkeypatch)
        with _queues_out_of_reach(postgres_url) as cut:
            made.start("ann")
            while "queued later" not in made.said("ann"):
                cut()
        made.start("server")
        # She takes part, and gives signs of life for longer than others would wait for one.
        process = _process(made, "ann")
        _await_slices(postgres_url, process)
        await asyncio.sleep(TTL.total_seconds() + 2)
        _latency(made, 0)
        ended = made.until(job, "completed", "paused", "failed", "cancelled")
        assert (ended["status"], ended["settled"], ended["failed"]) == ("completed", ROWS, 0), ended["reason"]
        assert made.billed["calls"] == ROWS + 1
        assert f"-{process}-" not in made.said("server")


@contextmanager
def _queues_out_of_reach(url: str) -> Generator[Callable[[], None]]:
    """Whoever wants the table of DBOS's queues has to wait, and loses the session by what this yields."""
    table = f"{_engine(url)}.queues"
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as other:
        holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())

        def cut() -> None:
            other.execute(_CUT, (table,))
            time.sleep(_POLL)

        yield cut


def _begin_again(url: str) -> int:
    """Have everything begun anew that is under way; how much that is."""
    client = DBOSClient(system_database_url=url, dbos_system_schema=_engine(url))
    try:
        begun = client.list_workflows(status="PENDING")
        for one in begun:
            client.resume_workflows([one.workflow_id], queue_name=one.queue_name)
        return len(begun)
    finally:
        client.destroy()


def _await_slices_kept(url: str, enough: Callable[[int], bool]) -> None:
    """Wait until so many slices of the rows have been kept."""
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(url, autocommit=True) as connection:
        while not enough((connection.execute("SELECT count(*) FROM batch_chunks").fetchone() or (0,))[0]):
            assert time.monotonic() < deadline
            time.sleep(_POLL)


def _about(made: Fleet, process: int) -> str:
    """The first line in which the server speaks of a process."""
    return next(line for line in made.said("server").splitlines() if f"-{process}-" in line)
