"""A job whose storage fails after a provider was paid."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from server.domain.batch import RowState, Status
from server.domain.errors import StorageUnavailable
from server.domain.principal import LOCAL
from server.ledger import Ledger
from tests.batches.jobs import addresses, jobs


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first bill cannot be written."""
    capture, failed = Ledger.capture, list[str]()

    def capture_later(self: Ledger, tx: Any, *entry: Any, **more: Any) -> None:
        if not failed:
            failed.append("once")
            raise StorageUnavailable("The disk is full.")
        capture(self, tx, *entry, **more)

    monkeypatch.setattr(Ledger, "capture", capture_later)


@pytest.mark.usefixtures("full_disk")
async def test_a_row_whose_bill_could_not_be_written_is_not_asked_again(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        batch = await bulk.run(addresses(1))
        assert (batch.status, batch.failed) == (Status.COMPLETED, 1)
        (row,) = await bulk.batches.rows(LOCAL, batch.id, 1, 1)
        assert row.state is RowState.FAILED
        assert "could not be written down: The disk is full." in row.reason
        assert await bulk.weir.bill() == {"leadmagic": 0.25}
    async with jobs(tmp_path) as bulk:
        entries = [line async for line in bulk.weir.weir.engine.books.ledger.export("default", batch.created_at)]
        assert [line["kind"] for line in entries] == ["hold", "attempt", "unresolved", "release"]


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("storage", ["sqlite", "postgresql"])
async def test_such_a_row_is_asked_again_as_soon_as_a_person_says_so(
    tmp_path: Path, storage: str, request: pytest.FixtureRequest
):
    settings = {} if storage == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    async with jobs(tmp_path, **settings) as bulk:
        batch = await bulk.run(addresses(3))
        assert (batch.done, batch.failed) == (2, 1)
        await bulk.batches.steer(LOCAL, batch.id, "retry")
        done = await bulk.until(batch, {Status.COMPLETED})
        assert (done.done, done.failed) == (3, 0)
        assert await bulk.weir.bill() == {"leadmagic": 1.0}
        ledger = bulk.weir.weir.engine.books.ledger
        entries = [line async for line in ledger.export("default", batch.created_at)]
        assert Counter(line["kind"] for line in entries) == {
            "hold": 4,
            "attempt": 4,
            "capture": 3,
            "unresolved": 1,
            "release": 4,
        }
