"""Workers that die or freeze: how the others find out, and that nothing is asked twice because of it."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from server.batches.lease import ENDED, SILENT
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
    with psycopg.connect(url, autocommit=True) as connection:
        (schema,) = connection.execute("SELECT current_schema() || '_engine'").fetchone() or ("",)
        query = _BEGUN.format(schema=schema).encode()
        while not (connection.execute(query, (str(process),)).fetchone() or (0,))[0]:
            assert time.monotonic() < deadline
            time.sleep(_POLL)


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


async def _settle(made: Fleet, job: str) -> None:
    ended = made.until(job, "completed", "paused", "failed", "cancelled")
    assert (ended["status"], ended["settled"]) == ("completed", ROWS), ended["reason"]
    made.stop()
    written = await books(made, job)
    assert sorted(written.states) == list(range(1, ROWS + 1))
    assert ROWS - ended["failed"] <= made.billed["calls"] <= ROWS, "no row was asked twice"
    asked = Counter(line["batch_row"] for line in written.of("attempt"))
    assert set(asked.values()) == {1}
    assert ended["failed"] == len(written.of("unresolved"))


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
        await _settle(made, job)


def _about(made: Fleet, process: int) -> str:
    """The first line in which the server speaks of a process."""
    lines = (made.folder / "server.log").read_text().splitlines()
    return next(line for line in lines if f"-{process}-" in line)
