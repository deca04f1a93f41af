"""A database that is away in the middle of a job: the job goes on by itself, and no row is asked twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batches.jobs import addresses
from tests.bulk.fleet import books, fleet, submit
from tests.storage.proxy import Proxy

ROWS = 600

pytestmark = pytest.mark.usefixtures("isolated")


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[Proxy]:
    with Proxy(postgres_url) as relay:
        yield relay


def _outage(proxy: Proxy, seconds: float) -> None:
    proxy.refusing = True
    proxy.cut()
    time.sleep(seconds)
    proxy.refusing = False


@pytest.mark.parametrize(("outages", "seconds"), [(8, 0.0), (4, 1.0), (1, 9.0)])
async def test_a_job_outlives_the_database_going_away(
    tmp_path: Path, proxy: Proxy, outages: int, seconds: float, monkeypatch: pytest.MonkeyPatch
):
    """For no longer than it takes to connect again, for longer than a call waits, and longer than a silent process
    counts as alive."""
    with fleet(tmp_path / "fleet", WEIR_DATABASE_URL=proxy.url) as made:
        job = await submit(made, addresses(ROWS), monkeypatch)
        made.start("server")
        made.start("ann")
        for _ in range(outages):
            made.await_calls(40, within=3.0)
            _outage(proxy, seconds)
        ended = made.until(job, "completed", "paused", "failed", "cancelled")
        assert (ended["status"], ended["settled"]) == ("completed", ROWS), ended["reason"]
        made.stop()
        written = await books(made, job)
        asked = Counter(line["batch_row"] for line in written.of("attempt"))
        assert set(asked.values()) == {1}
        unresolved = written.credits("unresolved") + written.credits("resolved")
        charged = written.credits("capture")
        assert charged <= made.billed["charged"] <= charged + unresolved
        assert ended["failed"] <= len(written.of("unresolved"))
