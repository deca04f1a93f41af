"""What was decided long ago is forgotten, but not while a job waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.approvals import KEPT, REMEMBERED, Approvals
from server.domain.approval import Approval, Proposal
from server.domain.batch import Status
from server.domain.errors import ApprovalRequired
from server.domain.money import Credits
from server.domain.principal import LOCAL
from server.storage.database import Database
from tests.batches.jobs import addresses, jobs
from tests.databases import Clock, clock, database, postgres_url, sqlite_url, storage_url

__all__ = ["clock", "database", "postgres_url", "sqlite_url", "storage_url"]


async def asked(approvals: Approvals, binding: str) -> Approval:
    """A new request."""
    with pytest.raises(ApprovalRequired) as required:
        await approvals.require(Proposal("find_work_email", binding, Credits(100), {}), LOCAL)
    return required.value.approval


async def test_requests_and_decisions_are_forgotten_ninety_days_after_they_expired(
    database: Database, clock: Clock
) -> None:
    approvals = Approvals(database, clock)
    undecided, decided = await asked(approvals, "one"), await asked(approvals, "two")
    await approvals.decide(decided.id, allowed=False, by="local", how="page")
    clock.now += KEPT + REMEMBERED
    later = await asked(approvals, "three")
    await approvals.sweep()
    assert await approvals.get(undecided.id) is not None
    clock.advance(seconds=1)
    await approvals.sweep()
    assert [await approvals.get(one.id) for one in (undecided, decided)] == [None, None]
    assert await approvals.get(later.id) is not None


async def test_a_job_that_waits_learns_that_its_time_is_over_however_late(tmp_path: Path, clock: Clock) -> None:
    async with jobs(tmp_path, approval_above=1) as bulk:
        database = bulk.batches.store.database
        waiting = await bulk.run(addresses(40))
        assert waiting.status is Status.AWAITING_APPROVAL
        clock.now = waiting.created_at + 2 * REMEMBERED
        late = Approvals(database, clock)
        await late.sweep()
        kept = await late.get(waiting.approval)
        assert (kept is not None, await bulk.batches.get(LOCAL, waiting.id)) == (True, waiting)
        await bulk.batches.steer(LOCAL, waiting.id, "cancel")
        await late.sweep()
        assert await late.get(waiting.approval) is None
