"""Files are handed over once, to whoever has the link, and for an hour at most."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Route

from server.domain.errors import StorageUnavailable
from server.web.downloads import downloads
from server.web.files import Files


class Clock:
    """A clock that stands still until it is set forward."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def files(tmp_path: Path, clock: Clock) -> Files:
    return Files(tmp_path / "files", clock)


@pytest_asyncio.fixture
async def door(files: Files) -> AsyncIterator[httpx2.AsyncClient]:
    app = Starlette(routes=[Route("/files/{token}", downloads(files), methods=["GET"])])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://weir.example") as client:
        yield client


async def test_a_file_comes_as_an_attachment_that_nobody_keeps_or_guesses_at(
    files: Files, door: httpx2.AsyncClient
) -> None:
    waiting = await files.put("prospects.csv", ["name\r\n", "José\r\n"])
    assert waiting.size == 13
    assert waiting.expires_at == datetime(2026, 11, 1, 13, tzinfo=UTC)
    response = await door.get(f"/files/{waiting.token}")
    assert response.content == "name\r\nJosé\r\n".encode()
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="prospects.csv"'
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_link_works_once_and_leaves_nothing_behind(
    files: Files, door: httpx2.AsyncClient, tmp_path: Path
) -> None:
    waiting = await files.put("prospects.csv", ["name\r\n"])
    assert (await door.get(f"/files/{waiting.token}")).status_code == 200
    second = await door.get(f"/files/{waiting.token}")
    assert second.status_code == 404
    assert "fetched already, or it has expired" in second.text
    assert list((tmp_path / "files").iterdir()) == []


async def test_looking_at_a_link_does_not_use_it_up(files: Files, door: httpx2.AsyncClient) -> None:
    waiting = await files.put("prospects.csv", ["name\r\n"])
    assert [(await door.head(f"/files/{waiting.token}")).status_code for _ in range(2)] == [200, 200]
    assert (await door.get(f"/files/{waiting.token}")).text == "name\r\n"
    assert (await door.head(f"/files/{waiting.token}")).status_code == 404


async def test_of_many_at_once_one_gets_the_file(files: Files, door: httpx2.AsyncClient) -> None:
    waiting = await files.put("prospects.csv", ["name\r\n"])
    replies = await asyncio.gather(*(door.get(f"/files/{waiting.token}") for _ in range(20)))
    assert sorted(reply.status_code for reply in replies) == [200, *[404] * 19]


async def test_another_process_over_the_same_home_serves_the_link(files: Files, tmp_path: Path, clock: Clock) -> None:
    waiting = await files.put("prospects.csv", ["name\r\n"])
    taken = await Files(tmp_path / "files", clock).take(waiting.token)
    assert taken is not None
    assert taken.read_text() == "name\n"
    assert await files.take(waiting.token) is None


async def test_after_an_hour_a_link_is_dead_and_its_file_is_swept(
    files: Files, door: httpx2.AsyncClient, clock: Clock, tmp_path: Path
) -> None:
    waiting = await files.put("prospects.csv", ["name\r\n"])
    clock.now += timedelta(minutes=59)
    later = await files.put("others.csv", ["name\r\n"])
    await files.sweep()
    assert files.waits(waiting.token)
    clock.now += timedelta(minutes=1)
    assert (await door.get(f"/files/{waiting.token}")).status_code == 404
    await files.sweep()
    assert files.waits(later.token)
    assert len(list((tmp_path / "files").iterdir())) == 1


async def test_nothing_on_disk_opens_a_link(files: Files, tmp_path: Path, door: httpx2.AsyncClient) -> None:
    waiting = await files.put("prospects.csv", ["name\r\n"])
    (folder,) = (tmp_path / "files").iterdir()
    assert waiting.token not in str(list((tmp_path / "files").rglob("*")))
    assert len(waiting.token) == 43
    assert (tmp_path / "files").stat().st_mode & 0o777 == folder.stat().st_mode & 0o777 == 0o700
    assert (await door.get(f"/files/{folder.name}")).status_code == 404
    assert (await door.get("/files/..%2Fweir.db")).status_code == 404


async def test_a_folder_that_takes_no_file_is_said_to_be_the_trouble(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(StorageUnavailable, match="folder of files"):
        await Files(tmp_path / "files", clock).put("prospects.csv", ["name\r\n"])
