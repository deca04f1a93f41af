"""A worker on another host, which sees nothing of the server's disk."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from server.batches.leftovers import LEFT
from server.domain.batch import Status
from server.domain.principal import LOCAL
from tests.batches.jobs import addresses, jobs
from tests.bulk.fleet import Fleet, fleet
from tests.cli.conftest import PATIENCE

pytestmark = pytest.mark.usefixtures("isolated")


def test_it_carries_out_jobs_whose_files_lie_elsewhere(tmp_path: Path, postgres_url: str):
    with fleet(tmp_path / "here", WEIR_DATABASE_URL=postgres_url) as here:
        (tmp_path / "elsewhere").mkdir()
        elsewhere = Fleet(tmp_path / "elsewhere", here.sandbox, here.environment)
        try:
            elsewhere.start("ann")
            elsewhere.await_words("ann", "Carrying out bulk jobs.")
            here.start("server")
            ids: list[str] = []
            for number in range(8):
                rows = [{"Email": f"person{n}@company{number}.com"} for n in range(60)]
                order = {"rows": rows, "enrichment": "email_validation", "max_credits": 50}
                ids.append(here.call("submit_detected_bulk_job", **order)["job_id"])
            assert {here.until(job, "completed", "failed")["status"] for job in ids} == {"completed"}
        finally:
            for process in elsewhere.processes.values():
                process.kill()
                process.join(PATIENCE)


async def test_files_that_nobody_needs_are_removed_after_two_days(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        sources = bulk.batches.sources
        paused = await bulk.run(addresses(40), ceiling=1)
        assert paused.status is Status.PAUSED
        left = [await sources.keep(["Email"], addresses(1)) for _ in range(2)]
        folder = bulk.weir.weir.settings.home / "uploads"
        old = time.time() - LEFT.total_seconds() - 60
        for name, since in ((paused.order.source, old), (left[0], old), (left[1], old + 3600)):
            os.utime(folder / name, (since, since))
        await bulk.batches.sweep()
        assert sorted(path.name for path in folder.iterdir()) == sorted([paused.order.source, left[1]])
        await bulk.batches.steer(LOCAL, paused.id, "cancel")
