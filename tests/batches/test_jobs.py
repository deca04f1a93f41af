"""A bulk job: checked for nothing, asked row by row, paid once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.batches.batches import Batches
from server.domain.batch import Batch, RowState, Status
from server.domain.errors import InvalidInput
from server.domain.principal import LOCAL
from tests.batches.jobs import addresses, jobs


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings for one database or the other."""
    return {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}


async def test_every_row_is_asked_once_and_the_bill_is_the_ledger(tmp_path: Path, storage: dict[str, str]):
    async with jobs(tmp_path, **storage) as bulk:
        batch = await bulk.run([*addresses(120), ["not an address"]])
        assert (batch.status, batch.rows, batch.done, batch.skipped, batch.failed) == (Status.COMPLETED, 121, 120, 1, 0)
        assert batch.credits == 120 * 25
        assert await bulk.weir.bill() == {"leadmagic": 30.0}
        ledger = bulk.weir.weir.engine.books.ledger
        captured = [line async for line in ledger.export("default", batch.created_at) if line["kind"] == "capture"]
        assert {line["batch"] for line in captured} == {batch.id}
        assert sorted(int(line["batch_row"] or 0) for line in captured) == list(range(1, 121))
        (last,) = await bulk.batches.rows(LOCAL, batch.id, 121, 1)
        assert (last.state, last.outcome, last.credits) == (RowState.SKIPPED, "invalid_input", 0)


async def test_rows_that_ask_the_same_are_paid_once(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        rows = [[f"Ada{n % 7}@Stripe.com" if n % 2 else f" ada{n % 7}@stripe.com "] for n in range(200)]
        batch = await bulk.run(rows)
        assert batch.estimate is not None
        assert (batch.estimate.to_ask, batch.estimate.duplicates, batch.done) == (7, 193, 200)
        assert await bulk.weir.bill() == {"leadmagic": 1.75}
        first, copy = await bulk.batches.rows(LOCAL, batch.id, 1, 1), await bulk.batches.rows(LOCAL, batch.id, 8, 1)
        assert first[0].cells[:-4] == copy[0].cells[:-4]
        assert (first[0].credits, copy[0].credits, copy[0].cells[-4:-2]) == (25, 0, ("0", "true"))


async def test_what_is_stored_already_costs_nothing(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        first, second = await bulk.run(addresses(30)), await bulk.run(addresses(40))
        assert second.estimate is not None
        assert (first.credits, second.credits, second.cached, second.estimate.cached) == (750, 250, 30, 30)


async def test_the_estimate_bounds_the_bill(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        header = ("First", "Last", "Domain")
        rows = [(f"Ada{n}", "Lovelace", f"company{n}.example.com") for n in range(60)]
        columns = {"first_name": "First", "last_name": "Last", "company_domain": "Domain"}
        batch = await bulk.run(rows, header=header, kind="work_email_finder", columns=columns)
        assert batch.estimate is not None
        assert 0 <= batch.credits <= batch.estimate.total_most
        assert round(sum((await bulk.weir.bill()).values()) * 100) == batch.credits


async def test_a_job_that_meets_its_ceiling_pauses_and_says_so(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        batch = await bulk.run(addresses(100), ceiling=5)
        assert batch.status is Status.PAUSED
        assert "credits_per_bulk_job" in batch.reason
        assert batch.credits <= 500
        assert await bulk.weir.bill() == {"leadmagic": batch.credits / 100}


async def test_a_suppressed_person_in_a_file_is_not_asked_for(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        await bulk.weir.weir.engine.suppression.add("default", "person3@stripe.com", "asked us to", "test")
        batch = await bulk.run(addresses(10))
        assert batch.estimate is not None
        assert (batch.estimate.suppressed, batch.skipped, batch.done) == (1, 1, 9)
        (row,) = await bulk.batches.rows(LOCAL, batch.id, 4, 1)
        assert row.outcome == "suppressed"


async def test_above_the_operators_limit_a_job_waits_for_a_person(tmp_path: Path):
    async with jobs(tmp_path, approval_above=10) as bulk:
        approvals = bulk.weir.weir.engine.books.approvals
        refused, allowed = await bulk.run(addresses(50)), await bulk.run(addresses(60))
        assert [one.status for one in (refused, allowed)] == [Status.AWAITING_APPROVAL] * 2
        await approvals.decide(refused.approval, allowed=False, by="local", how="page")
        await approvals.decide(allowed.approval, allowed=True, by="local", how="page")
        assert (await bulk.until(refused, {Status.CANCELLED})).credits == 0
        done = await bulk.until(allowed, {Status.COMPLETED})
        assert (done.done, done.credits) == (60, 1500)
        entries = [line async for line in bulk.weir.weir.engine.books.ledger.export("default", done.created_at)]
        assert {line["approval"] for line in entries} == {allowed.approval}


async def test_many_small_jobs_count_as_a_large_one(tmp_path: Path):
    async with jobs(tmp_path, approval_above=10) as bulk:
        statuses = [(await bulk.run(addresses(8, f"company{n}.com"), ceiling=4)).status for n in range(4)]
        assert statuses == [Status.COMPLETED] * 2 + [Status.AWAITING_APPROVAL] * 2


async def test_a_job_is_paused_resumed_and_cancelled(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        await bulk.weir.control(latency_ms=200)
        batch = await bulk.submit(addresses(300))
        await bulk.until(batch, {Status.RUNNING})
        assert (await bulk.batches.steer(LOCAL, batch.id, "pause")).status is Status.PAUSED
        with pytest.raises(InvalidInput, match="nothing to pause"):
            await bulk.batches.steer(LOCAL, batch.id, "pause")
        await bulk.batches.steer(LOCAL, batch.id, "resume")
        await bulk.weir.reset_control()
        done = await bulk.until(batch, {Status.COMPLETED})
        assert (done.done, await bulk.weir.bill()) == (300, {"leadmagic": 75.0})
        await bulk.weir.control(latency_ms=200)
        other = await bulk.submit(addresses(300, "airbnb.com"))
        await bulk.until(other, {Status.RUNNING})
        assert (await bulk.batches.steer(LOCAL, other.id, "cancel")).status is Status.CANCELLED


async def test_a_job_that_is_resumed_while_its_rows_are_still_asked_asks_none_again(tmp_path: Path):
    """Rows that the earlier run begins until it notices are its own, and settled by it."""
    async with jobs(tmp_path) as bulk:
        await bulk.weir.control(latency_ms=1500)
        batch = await bulk.submit(addresses(100))
        for _ in range(2):
            await bulk.until(batch, {Status.RUNNING})
            await bulk.batches.steer(LOCAL, batch.id, "pause")
            await bulk.batches.steer(LOCAL, batch.id, "resume")
        done = await bulk.until(batch, {Status.COMPLETED})
        assert (done.done, done.failed, await bulk.weir.bill()) == (100, 0, {"leadmagic": 25.0})


async def test_a_job_is_cancelled_while_its_rows_are_looked_at(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        batch = await bulk.submit(addresses(5000))
        assert batch.status is Status.CHECKING
        assert (await bulk.batches.steer(LOCAL, batch.id, "cancel")).status is Status.CANCELLED
        # Whatever the look would have begun has begun by the time that another job is done.
        await bulk.run(addresses(1, "airbnb.com"))
        assert (await bulk.batches.get(LOCAL, batch.id)).status is Status.CANCELLED
        assert await bulk.weir.bill() == {"leadmagic": 0.25}


@pytest.mark.parametrize(("action", "status"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])
async def test_a_job_that_begins_while_it_is_stopped_is_stopped_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, status: Status
):
    async with jobs(tmp_path) as bulk:
        await bulk.weir.control(latency_ms=1000)
        batch = await bulk.submit(addresses(300))
        seen = [replace(await bulk.until(batch, {Status.RUNNING}), status=Status.QUEUED)]
        get = Batches.get

        async def lagging(batches: Batches, *asked: Any) -> Batch:
            return seen.pop() if seen else await get(batches, *asked)

        monkeypatch.setattr(Batches, "get", lagging)
        assert (await bulk.batches.steer(LOCAL, batch.id, action)).status is status


async def test_failed_rows_are_asked_again_when_a_person_says_so(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        await bulk.weir.control(faults=["truncated"] * 2)
        failed = await bulk.run(addresses(20))
        assert (failed.status, failed.done + failed.failed) == (Status.COMPLETED, 20)
        assert failed.failed in (1, 2)
        (first, *_) = await bulk.batches.failures(LOCAL, failed.id, 0, 10)
        assert first.state is RowState.FAILED
        await bulk.batches.steer(LOCAL, failed.id, "retry")
        done = await bulk.until(failed, {Status.COMPLETED})
        assert (done.failed, done.done) == (0, 20)
        with pytest.raises(InvalidInput, match="no failed rows"):
            await bulk.batches.steer(LOCAL, failed.id, "retry")


async def test_a_job_pauses_where_a_provider_refuses_the_key(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        await bulk.weir.control(faults=["forbidden"] * 200)
        batch = await bulk.run(addresses(40))
        assert (batch.status, batch.credits) == (Status.PAUSED, 0)
        assert "key" in batch.reason
        await bulk.weir.reset_control()


async def test_another_workspace_knows_nothing_of_a_job(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        batch = await bulk.run(addresses(3))
        stranger = replace(LOCAL, workspace="other")
        for ask in (
            bulk.batches.get(stranger, batch.id),
            bulk.batches.rows(stranger, batch.id, 1, 5),
            bulk.batches.events(stranger, batch.id),
            bulk.batches.steer(stranger, batch.id, "cancel"),
        ):
            with pytest.raises(InvalidInput, match="There is no bulk job"):
                await ask
        assert await bulk.batches.list(stranger) == ()


async def test_a_job_needs_a_ceiling(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        with pytest.raises(InvalidInput, match="max_credits"):
            await bulk.submit(addresses(1), ceiling=0)


async def test_rows_whose_price_is_not_known_any_more_keep_a_job_from_running(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        await bulk.weir.call("find_personal_email", {"profile_url": "magic-over-charge"})
        before = await bulk.weir.bill()
        kind: dict[str, Any] = {
            "header": ("Profile",),
            "kind": "personal_email_finder",
            "columns": {"profile_url": "Profile"},
        }
        batch = await bulk.run([["ada-lovelace"], ["grace-hopper"]], **kind)
        assert (batch.status, batch.credits) == (Status.FAILED, 0)
        assert batch.reason.startswith("LeadMagic charged more for find_personal_email than its price list says")
        assert "weir prices confirm leadmagic personal_email_finder" in batch.reason
        assert await bulk.weir.bill() == before
