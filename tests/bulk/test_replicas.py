"""Two servers over one database are one Weir."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.bulk.fleet import Fleet, fleet
from tests.cli.conftest import PATIENCE

pytestmark = pytest.mark.usefixtures("isolated")

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
