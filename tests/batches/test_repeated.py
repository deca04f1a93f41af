"""The same request within ten minutes is the same job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, update

from server.domain.principal import LOCAL
from server.storage.bulk import batch_requests
from server.storage.database import Statement
from tests.batches.jobs import Jobs, jobs
from tests.serving import Served

BACKDATE = Statement(update(batch_requests).values(at=batch_requests.c.at - bindparam("micros")))
MINUTE = 60_000_000
ORDER: Mapping[str, Any] = {
    "rows": [{"Email": "ada@stripe.com"}, {"Email": "alan@stripe.com"}],
    "enrichment": "email_validation",
    "max_credits": 5,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings for one database or the other."""
    return {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}


async def submitted(weir: Served, **change: Any) -> str:
    """The job that an order leads to."""
    body = await weir.call("submit_detected_bulk_job", {**ORDER, **change})
    assert body["outcome"] == "found", body
    return body["data"]["job_id"]


async def later(bulk: Jobs, minutes: float) -> None:
    """Make the requests so far as old as that."""
    await bulk.batches.store.database.write(lambda tx: tx.execute(BACKDATE, micros=round(minutes * MINUTE)))


async def test_after_ten_minutes_the_same_request_is_another_job(tmp_path: Path, storage: dict[str, str]):
    async with jobs(tmp_path, **storage) as bulk:
        first = await submitted(bulk.weir)
        await later(bulk, 9)
        assert await submitted(bulk.weir) == first
        await later(bulk, 2)
        second = await submitted(bulk.weir)
        assert second != first
        await bulk.batches.sweep()
        assert await submitted(bulk.weir) == second


async def test_a_job_that_came_to_nothing_does_not_stand_in_the_way(tmp_path: Path, storage: dict[str, str]):
    async with jobs(tmp_path, approval_above=0.1, **storage) as bulk:
        first = await submitted(bulk.weir)
        await bulk.batches.steer(LOCAL, first, "cancel")
        second = await submitted(bulk.weir)
        assert (second != first, await submitted(bulk.weir)) == (True, second)


async def test_members_and_orders_are_kept_apart(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        mine = await submitted(bulk.weir)
        batch = await bulk.batches.get(LOCAL, mine)
        request = batch.order.request
        assert await bulk.batches.repeated(LOCAL, request) is not None
        assert await bulk.batches.repeated(replace(LOCAL, member="eve"), request) is None
        assert await bulk.batches.repeated(replace(LOCAL, workspace="other"), request) is None
        assert await submitted(bulk.weir, max_credits=6) != mine
