"""Rows that wait for a limit have not been asked: when their process dies, or a person pauses the job meanwhile."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.batches.jobs import addresses
from tests.bulk.fleet import books, fleet, submit
from tests.cli.conftest import fetch

ROWS = 120
PATIENCE = 30.0
pytestmark = pytest.mark.usefixtures("isolated")


@pytest.mark.parametrize("storage", ["sqlite", "postgresql"])
async def test_only_what_was_sent_is_unresolved_after_a_crash(
    storage: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
):
    database = {"WEIR_DATABASE_URL": request.getfixturevalue("postgres_url")} if storage == "postgresql" else {}
    with fleet(tmp_path / "fleet", **database) as made:
        job = await submit(made, addresses(ROWS), monkeypatch)
        unlimited = made.environment
        # Two requests a second, none of which is answered: dozens of rows wait for their turn.
        made.environment = {**unlimited, "WEIR_LEADMAGIC_PER_MINUTE": "200"}
        assert (
            fetch(made.sandbox, "POST", "/control", {"provider": "leadmagic", "faults": ["timeout"] * ROWS})[0] == 200
        )
        made.start("server")
        made.await_calls(6, within=PATIENCE)
        made.kill("server")
        sent = made.billed["calls"]
        assert 6 <= sent < ROWS / 2
        assert fetch(made.sandbox, "POST", "/control/reset")[0] == 200
        made.environment = unlimited
        made.start("server")
        ended = made.until(job, "completed", "paused", "failed", "cancelled")
        assert (ended["status"], ended["settled"]) == ("completed", ROWS), ended["reason"]
        made.stop()
        written = await books(made, job)
        unresolved = written.of("unresolved")
        # A few more may have been written down and not sent yet.
        assert sent <= len(unresolved) == ended["failed"] <= sent + 4
        assert {line["note"] for line in unresolved} == {"recovered"}
        assert len(written.of("capture")) == ROWS - len(unresolved)
        assert made.billed["calls"] == sent + ROWS - len(unresolved)


async def test_nothing_leaves_once_a_job_is_paused_but_for_whoever_else_asks_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    rows = 14
    # Two requests a second.
    with fleet(tmp_path / "fleet", WEIR_LEADMAGIC_PER_MINUTE="200") as made, ThreadPoolExecutor(1) as callers:
        job = await submit(made, addresses(rows), monkeypatch)
        made.start("server")
        made.await_calls(2, within=PATIENCE)
        last = {"email": addresses(rows)[-1][0]}
        asked = callers.submit(made.call, "validate_work_email", **last)
        await asyncio.sleep(0.5)
        made.call("control_bulk_job", job_id=job, action="pause")
        assert asked.result()["email"] == last["email"]
        paused = made.call("get_bulk_job_status", job_id=job)
        assert paused["settled"] < rows - 1
        assert made.billed["calls"] <= paused["settled"] + 1
        made.call("control_bulk_job", job_id=job, action="resume")
        ended = made.until(job, "completed", "paused", "failed", "cancelled")
        assert (ended["status"], ended["settled"], ended["failed"]) == ("completed", rows, 0), ended
        assert made.billed["calls"] == rows
