"""How far a job is, as its figures and its chart say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from server.domain.batch import RowState, Settled, Status
from server.storage.database import Database
from tests.batches.jobs import addresses, jobs


@pytest.mark.parametrize("storage", ["sqlite", "postgresql"])
async def test_the_outcomes_add_up_to_the_totals_while_rows_are_settled(
    tmp_path: Path, storage: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {} if storage == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    async with jobs(tmp_path, **settings) as bulk:
        batch = await bulk.run(addresses(200), ceiling=5)
        assert batch.status is Status.PAUSED
        unsettled = iter(range(101, 201))

        def busy(look: Callable[..., Any]) -> Callable[..., Any]:
            """One more row is settled before every look at the database."""

            async def looked(database: Database, *statement: Any, **params: Any) -> Sequence[Any]:
                row = Settled(next(unsettled), RowState.DONE, "found", found=True)
                await bulk.batches.store.settle(batch.id, [row])
                return await look(database, *statement, **params)

            return looked

        with monkeypatch.context() as meanwhile:
            for name in ("read", "report"):
                meanwhile.setattr(Database, name, busy(getattr(Database, name)))
            status = (await bulk.weir.call("get_bulk_job_status", {"job_id": batch.id}))["data"]
        assert status["settled"] > batch.settled
        assert sum(status["outcomes"].values()) == status["settled"]
        assert status["outcomes"]["found"] == status["found"]


async def test_the_most_frequent_outcome_comes_first(tmp_path: Path) -> None:
    async with jobs(tmp_path) as bulk:
        batch = await bulk.run([*addresses(3), *([f"not an address {number}"] for number in range(5))])
        status = (await bulk.weir.call("get_bulk_job_status", {"job_id": batch.id}))["data"]
        assert list(status["outcomes"].items()) == [("invalid_input", 5), ("found", 3)]
