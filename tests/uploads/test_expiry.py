"""Uploads end: their links after an hour, their files after a day, and with whoever asked for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import select
from starlette.applications import Starlette

from server.batches.sources import Sources
from server.batches.uploads import Uploads, UploadStatus
from server.domain.errors import InvalidInput
from server.domain.principal import EVERYTHING, LOCAL, Grant, Principal
from server.domain.site import Site
from server.storage.bulk import uploads as table
from server.storage.database import Database, Statement
from server.web.uploads import UploadPages
from tests.databases import Clock, clock, database, postgres_url, sqlite_url, storage_url
from tests.uploads.senders import LEADS, kept

__all__ = ["clock", "database", "postgres_url", "sqlite_url", "storage_url"]

ENDED = Grant("grant-ended")


@pytest.fixture
def uploads(database: Database, tmp_path: Path, clock: Clock) -> Uploads:
    return Uploads(database, Sources(tmp_path / "uploads"), clock)


@pytest_asyncio.fixture
async def door(uploads: Uploads) -> AsyncIterator[httpx2.AsyncClient]:
    async def grants(name: str) -> Grant | None:
        return None if name == ENDED.id else EVERYTHING

    app = Starlette(routes=[*UploadPages(uploads, Site("http://weir.example"), grants, None).routes()])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://weir.example") as client:
        yield client


async def test_a_link_lasts_an_hour(uploads: Uploads, door: httpx2.AsyncClient, clock: Clock) -> None:
    opened = await uploads.open(LOCAL)
    url = f"/uploads/{opened.ticket}"
    clock.advance(minutes=59, seconds=59)
    assert (await door.get(url)).status_code == 200
    clock.advance(seconds=1)
    for response in (await door.get(url), await door.put(url, content=LEADS)):
        assert response.status_code == 410
        assert response.json()["error"]["message"] == "This upload link has expired."
    with pytest.raises(InvalidInput, match="there is no upload of that id"):
        await uploads.get(LOCAL, opened.upload_id)


async def test_a_file_that_nobody_uses_is_gone_after_a_day(
    uploads: Uploads, door: httpx2.AsyncClient, clock: Clock, tmp_path: Path
) -> None:
    opened = await uploads.open(LOCAL)
    used = await uploads.open(LOCAL)
    for one in (opened, used):
        assert (await door.put(f"/uploads/{one.ticket}", content=LEADS)).status_code == 201
    await uploads.use(used.upload_id, "job_of_this_test")
    clock.advance(hours=23)
    await uploads.sweep()
    assert (await uploads.get(LOCAL, opened.upload_id)).status is UploadStatus.RECEIVED
    clock.advance(hours=1)
    await uploads.sweep()
    assert kept(tmp_path) == sorted([used.upload_id, "facts.json", "rows"]), "a batch has the other file"
    assert (await door.get(f"/uploads/{opened.ticket}")).status_code == 404
    assert (await uploads.get(LOCAL, used.upload_id)).status is UploadStatus.USED
    clock.advance(days=30)
    await uploads.sweep()
    assert await uploads.find(used.ticket) is None


async def test_a_link_ends_with_the_connection_that_asked_for_it(
    uploads: Uploads, door: httpx2.AsyncClient, tmp_path: Path
) -> None:
    opened = await uploads.open(Principal("default", "ada@example.com", grant=ENDED))
    response = await door.put(f"/uploads/{opened.ticket}", content=LEADS)
    assert response.status_code == 403
    assert response.json()["error"]["message"] == "The connection that asked for this upload was ended."
    assert kept(tmp_path) == []


async def test_of_a_ticket_only_the_hash_is_stored(uploads: Uploads, database: Database) -> None:
    opened = await uploads.open(LOCAL)
    (row,) = await database.read(Statement(select(*table.columns)))
    assert opened.ticket not in str(row)
    assert len(opened.ticket) == 43
