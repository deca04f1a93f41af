"""A member has so many uploads open at a time, and no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.batches.sources import Sources
from server.batches.uploads import Uploads
from server.domain.errors import InvalidInput
from server.domain.principal import LOCAL
from server.storage.database import Database
from tests.databases import Clock, clock, database, postgres_url, sqlite_url, storage_url
from tests.serving import Served, served
from tests.uploads.senders import LEADS, kept

__all__ = ["clock", "database", "postgres_url", "sqlite_url", "storage_url"]


@pytest.fixture
def uploads(database: Database, tmp_path: Path, clock: Clock) -> Uploads:
    return Uploads(database, Sources(tmp_path / "uploads"), clock, 2)


async def test_one_too_many_is_refused_until_another_one_lapses_or_is_used(
    uploads: Uploads, clock: Clock, tmp_path: Path
) -> None:
    waiting = await uploads.open(LOCAL)
    clock.advance(minutes=10)
    brought = await uploads.keep(LOCAL, LEADS)
    with pytest.raises(InvalidInput, match="You have 2 uploads open") as refused:
        await uploads.open(LOCAL)
    assert refused.value.fix is not None
    assert waiting.expires_at.isoformat(timespec="seconds") in refused.value.fix
    with pytest.raises(InvalidInput, match="You have 2 uploads open"):
        await uploads.keep(LOCAL, LEADS)
    assert kept(tmp_path) == sorted([brought.id, "facts.json", "rows"])
    await uploads.use(brought.id, "job_of_this_test")
    assert (await uploads.open(LOCAL)).upload_id
    clock.advance(minutes=50)
    assert (await uploads.open(LOCAL)).upload_id


async def test_members_do_not_stand_in_each_others_way(uploads: Uploads) -> None:
    for _ in range(2):
        await uploads.open(LOCAL)
    for other in (replace(LOCAL, member="eve"), replace(LOCAL, workspace="other")):
        assert (await uploads.open(other)).upload_id
    with pytest.raises(InvalidInput, match="uploads open"):
        await uploads.open(LOCAL)


async def test_the_operator_says_how_many(tmp_path: Path) -> None:
    async def said(weir: Served, tool: str, **arguments: Any) -> dict[str, Any]:
        return await weir.call(tool, arguments)

    async with served(tmp_path / "home", open_uploads=1) as weir:
        brought = await said(weir, "process_attached_csv", rows_text="Email\nada@stripe.com\n")
        refused = await said(weir, "create_bulk_upload_session")
        assert (refused["outcome"], "of at most 1 at a time" in refused["error"]["message"]) == ("invalid_input", True)
        await said(weir, "submit_detected_bulk_job", upload_id=brought["data"]["upload_id"], max_credits=5)
        assert "upload_url" in (await said(weir, "create_bulk_upload_session"))["data"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Email\n" + "".join(f"person{number}@stripe.com\n" for number in range(201)), "more than 200 rows"),
        ("Colour,Size\nred,4\n", "which enrichment is wanted"),
        ("Email\n", "a header and no rows"),
    ],
    ids=["too long", "of no known kind", "none"],
)
async def test_rows_that_are_refused_leave_nothing_behind(tmp_path: Path, text: str, said: str) -> None:
    async with served(tmp_path / "home", open_uploads=1) as weir:
        refused = await weir.call("process_attached_csv", {"rows_text": text})
        assert said in refused["error"]["message"]
        assert kept(tmp_path / "home") == []
        assert "upload_url" in (await weir.call("create_bulk_upload_session"))["data"]
