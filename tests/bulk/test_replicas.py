"""Two servers over one database are one Weir."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.batches.jobs import addresses
from tests.bulk.fleet import Fleet, fleet, submit
from tests.cli.conftest import PATIENCE, fetch

pytestmark = pytest.mark.usefixtures("isolated")

ROWS = 600

Pair = tuple[Fleet, Fleet]


@pytest.fixture
def servers(tmp_path: Path, postgres_url: str) -> Generator[Pair]:
    """Two servers that share a database and a home folder."""
    with fleet(tmp_path / "fleet", WEIR_DATABASE_URL=postgres_url) as first:
        second = Fleet(first.folder, first.sandbox, first.environment)
        try:
            for one in (first, second):
                one.start("server")
            yield first, second
        finally:
            for process in second.processes.values():
                process.kill()
                process.join(PATIENCE)


def test_a_request_that_reaches_both_at_once_is_one_job(servers: Pair):
    def submitted(server: Fleet, number: int) -> str:
        rows = [{"Email": f"person{number}@stripe.com"}]
        return server.call("submit_detected_bulk_job", rows=rows, enrichment="email_validation", max_credits=5)[
            "job_id"
        ]

    with ThreadPoolExecutor(6) as callers:
        for number in range(5):
            assert len(set(callers.map(submitted, servers * 3, [number] * 6))) == 1
    first, _ = servers
    jobs = first.call("list_bulk_jobs")["jobs"]
    assert len(jobs) == 5
    assert {first.until(job["job_id"], "completed")["settled"] for job in jobs} == {1}
    assert first.billed["charged"] == 1.25


async def test_a_job_that_is_resumed_while_either_still_asks_its_rows_asks_none_again(
    servers: Pair, monkeypatch: pytest.MonkeyPatch
):
    """Slices change hands: what the earlier run began is waited for, and it begins nothing more."""
    first, second = servers
    assert fetch(first.sandbox, "POST", "/control", {"latency_ms": 1500})[0] == 200
    job = await submit(first, addresses(ROWS), monkeypatch)
    for server in (second, first, second):
        server.until(job, "running")
        server.call("control_bulk_job", job_id=job, action="pause")
        first.call("control_bulk_job", job_id=job, action="resume")
    ended = first.until(job, "completed", "paused", "failed")
    assert (ended["status"], ended["settled"], ended["failed"]) == ("completed", ROWS, 0), ended
    assert first.billed["calls"] == ROWS
