"""A bulk job under a provider's limit: no window holds too much, whatever goes wrong, and little of it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import pytest

from server import app
from server.batches.batches import Batches
from server.domain.batch import Batch, Order
from server.domain.money import credits
from server.domain.principal import LOCAL
from server.settings import load
from tests.batches.jobs import addresses
from tests.bulk.fleet import Fleet, submit
from tests.bulk.vendor import recorded
from tests.pace import reaches

PLAN = 1000.0
PER_MINUTE = 600.0
"""What such a plan allows for validating addresses: this limit of a single operation scales along with the plan.
Slow enough for the job to wait for the limit and never for the processor."""
ROWS = 270
WINDOW = 3.0
"""Seconds that stand for the provider's minute."""
FAULTS = {
    **dict.fromkeys((8, 14, 20), "timeout"),
    **dict.fromkeys((30, 45, 60, 75, 90, 105, 120, 135), "server-error"),
    **dict.fromkeys((52, 97, 142, 187), "hang-up"),
    **dict.fromkeys((70, 170), "rate-limited"),
}
"""What becomes of which request. Time-outs first, because the job lasts as long as they do."""
UNKNOWN = 7
"""Those that broke off or never came: what the provider did is not known, so a person decides about them."""
SILENCE = 1.0
"""Seconds for which the sandbox asks with a 429."""

pytestmark = [pytest.mark.usefixtures("isolated"), pytest.mark.timeout(600)]


def environment(url: str) -> dict[str, str]:
    """The settings of a Weir whose LeadMagic is at `url`."""
    return {
        "LEADMAGIC_API_KEY": "sandbox",
        "WEIR_LEADMAGIC_BASE_URL": f"{url}/leadmagic",
        "WEIR_LEADMAGIC_PER_MINUTE": str(PLAN),
        "WEIR_APPROVAL_ABOVE": "none",
    }


def strangers(number: int) -> list[list[str]]:
    """Rows that no earlier attempt has asked for."""
    return addresses(ROWS, f"company{number}.com")


async def ended(batches: Batches, batch: Batch) -> Batch:
    """The job once it is over."""
    while True:
        now = await batches.get(LOCAL, batch.id)
        if now.status.over:
            return now
        await asyncio.sleep(0.05)


async def kept_and_used(job: Callable[[str, int], Awaitable[None]], processes: int = 1) -> None:
    """A job, by URL and number, over a provider with all kinds of faults: its limit is kept, and 95 % of it used."""
    numbers = count()

    async def attempt() -> float:
        async with recorded([FAULTS.get(number, "valid") for number in range(max(FAULTS) + 1)]) as (arrivals, url):
            await job(url, next(numbers))
        assert len(arrivals.at) >= ROWS
        assert arrivals.keeps(PER_MINUTE, WINDOW)
        return arrivals.used(PER_MINUTE, SILENCE * arrivals.statuses.count(429), processes)

    await reaches(0.95, attempt)


async def test_a_bulk_job_keeps_the_limit_and_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def job(url: str, number: int) -> None:
        for name, value in environment(url).items():
            monkeypatch.setenv(name, value)
        async with app.opened(load(home=tmp_path / str(number))) as weir:
            sources = weir.batches.sources
            source = await sources.open(await sources.keep(["Email"], strangers(number)))
            order = Order("email_validation", {"email": "Email"}, credits(1000))
            batch = await ended(weir.batches, await weir.batches.submit(LOCAL, order, source))
        assert (batch.settled, batch.skipped, batch.failed) == (ROWS, 0, UNKNOWN)

    await kept_and_used(job)


async def test_two_processes_keep_one_limit_and_use_it(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    async def job(url: str, number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        made = Fleet(folder, 0, {"WEIR_DATABASE_URL": postgres_url, **environment(url)})
        try:
            batch = await submit(made, strangers(number), monkeypatch)
            for name in ("server", "ann"):
                await asyncio.to_thread(made.start, name)
            standing = await asyncio.to_thread(made.until, batch, "completed", "paused")
            assert (standing["status"], standing["settled"], standing["skipped"], standing["failed"]) == (
                ("completed", ROWS, 0, UNKNOWN)
            )
        finally:
            await asyncio.to_thread(made.stop)

    await kept_and_used(job, processes=3)  # a worker, the database, and the provider here
