"""Rounds and pieces that fail in the middle of a job: the next ones go on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.batches.store import Store
from server.domain.batch import Status
from server.domain.errors import StorageUnavailable
from tests.batches.jobs import addresses, jobs

ROWS = 300


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings for one database or the other."""
    return {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}


def _failing_once(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, error: Exception) -> Callable[[], bool]:
    """Have a method fail the first time; whether it has."""
    method, failed = getattr(owner, name), list[Exception]()

    async def fails_once(self: Any, *args: Any, **more: Any) -> Any:
        if not failed:
            failed.append(error)
            raise error
        return await method(self, *args, **more)

    monkeypatch.setattr(owner, name, fails_once)
    return lambda: bool(failed)


@pytest.mark.parametrize("reading", ["chunk", "settled_rows", "attempt", "open_holds", "look", "add_chunk"])
async def test_a_piece_that_finds_no_storage_is_begun_again(
    tmp_path: Path,
    storage: dict[str, str],
    reading: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    failed = _failing_once(monkeypatch, Store, reading, StorageUnavailable("The database is away."))
    async with jobs(tmp_path, **storage) as bulk:
        batch = await bulk.run(addresses(ROWS))
        assert failed()
        assert (batch.status, batch.done, batch.failed) == (Status.COMPLETED, ROWS, 0)
        assert await bulk.weir.bill() == {"leadmagic": ROWS / 4}
    assert "begun again, because storage failed: The database is away." in caplog.text
    assert "stalled" not in caplog.text


async def test_a_job_that_cannot_be_queued_is_queued_by_a_later_round(
    tmp_path: Path, storage: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    failed = _failing_once(monkeypatch, Store, "chunks", StorageUnavailable("The database is away."))
    async with jobs(tmp_path, **storage) as bulk:
        batch = await bulk.run(addresses(ROWS))
        assert failed()
        assert (batch.status, batch.done, batch.failed) == (Status.COMPLETED, ROWS, 0)
        assert await bulk.weir.bill() == {"leadmagic": ROWS / 4}
    assert f"bulk job {batch.id} is queued later: The database is away." in caplog.text


@pytest.mark.parametrize("error", [StorageUnavailable("The database is away."), KeyError("a defect")])
async def test_a_round_that_fails_does_not_end_the_others(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    failed = _failing_once(monkeypatch, Store, "awaiting", error)
    async with jobs(tmp_path, approval_above=10) as bulk:
        batch = await bulk.run(addresses(ROWS))
        assert failed()
        # As by another process: only a round sees it.
        await bulk.weir.weir.engine.books.approvals.decide(batch.approval, allowed=False, by="local", how="page")
        assert (await bulk.until(batch, {Status.CANCELLED})).credits == 0
    levels = {record.levelno for record in caplog.records if record.name == "server.storage.rounds"}
    assert levels == {logging.WARNING if isinstance(error, StorageUnavailable) else logging.ERROR}
