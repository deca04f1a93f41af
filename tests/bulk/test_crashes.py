"""Processes that die at any moment lose no row, and make nobody pay twice for one that is recorded."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.batches.jobs import addresses
from tests.bulk.fleet import Fleet, books, fleet, submit

KILLS = 20
ROWS = 2000
pytestmark = pytest.mark.usefixtures("isolated")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("storage", ["sqlite", "postgresql"])
async def test_no_row_is_lost_and_none_paid_twice_when_processes_are_killed(
    storage: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
):
    shared = storage == "postgresql"
    database = {"WEIR_DATABASE_URL": str(request.getfixturevalue("postgres_url"))} if shared else {}
    names = ("server", "ann", "bob") if shared else ("server",)
    with fleet(tmp_path / "fleet", **database) as made:
        job = await submit(made, addresses(ROWS), monkeypatch)
        for name in names:
            made.start(name)
        killed = made.crash(KILLS, Random(7))
        assert killed.total() == KILLS
        await _settle(made, job)


async def _settle(made: Fleet, job: str) -> None:
    """Whatever was under way at a crash failed, with its reason; asked again, all is well, and the bill says so too."""
    ended = made.until(job, "completed", "paused", "failed", "cancelled")
    assert (ended["status"], ended["settled"], ended["skipped"]) == ("completed", ROWS, 0), ended["reason"]
    interrupted = ended["failed"]
    assert interrupted > 0
    assert made.call("get_bulk_job_errors", job_id=job)["errors"][0]["outcome"] == "provider_error"
    made.call("control_bulk_job", job_id=job, action="retry_failed")
    done = made.until(job, "completed", "paused")
    assert (done["status"], done["settled"], done["failed"]) == ("completed", ROWS, 0), done
    made.stop()
    written = await books(made, job)
    assert written.states == dict.fromkeys(range(1, ROWS + 1), "done")
    paid = [int(line["batch_row"] or 0) for line in written.of("capture")]
    assert sorted(paid) == list(range(1, ROWS + 1)), "a row that has an answer was paid for once"
    unresolved = written.of("unresolved")
    assert len({line["batch_row"] for line in unresolved}) == len(unresolved) == interrupted
    assert all(line["note"] == "recovered" for line in unresolved)
    billed = made.billed
    assert ROWS <= billed["calls"] <= ROWS + interrupted
    assert written.credits("capture") <= billed["charged"] <= written.credits("capture") + written.credits("unresolved")
