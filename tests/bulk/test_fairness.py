"""Jobs side by side: a small one does not wait for a big one, and who submits many gets the turns of one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from server.domain.batch import Status
from server.domain.principal import LOCAL
from tests.batches.jobs import addresses, jobs

BOB = replace(LOCAL, member="bob")
BIG = 3000


async def test_a_small_job_of_another_member_is_done_long_before_a_big_one(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        await bulk.weir.control(latency_ms=50)
        big = await bulk.submit(addresses(BIG))
        await bulk.until(big, {Status.RUNNING})
        small = await bulk.submit(addresses(30, "airbnb.com"), principal=BOB)
        assert (await bulk.until(small)).status is Status.COMPLETED
        standing = await bulk.batches.get(LOCAL, big.id)
        assert standing.status is Status.RUNNING
        assert standing.settled < BIG / 2
        await bulk.batches.steer(LOCAL, big.id, "cancel")


async def test_a_newcomer_takes_turns_with_a_job_that_is_half_done(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        await bulk.weir.control(latency_ms=100)
        old = await bulk.submit(addresses(1500))
        while (standing := await bulk.batches.get(LOCAL, old.id)).settled < 400:
            assert not standing.status.over
            await asyncio.sleep(0.02)
        new = await bulk.submit(addresses(1500, "airbnb.com"), principal=BOB)
        assert (await bulk.until(old)).status is Status.COMPLETED
        standing = await bulk.batches.get(LOCAL, new.id)
        assert 300 <= standing.settled < 1500
        await bulk.batches.steer(LOCAL, new.id, "cancel")


async def test_many_jobs_of_one_member_do_not_hold_up_another_member(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        await bulk.weir.control(latency_ms=50)
        many = [await bulk.submit(addresses(600, f"company{number}.com")) for number in range(3)]
        for one in many:
            await bulk.until(one, {Status.QUEUED, Status.RUNNING})
        single = await bulk.submit(addresses(600, "airbnb.com"), principal=BOB)
        assert (await bulk.until(single)).status is Status.COMPLETED
        last = await bulk.batches.get(LOCAL, many[-1].id)
        assert last.settled < 600
        await bulk.batches.steer(LOCAL, last.id, "cancel")
