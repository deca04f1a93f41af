"""A link is there before its file: it sends what grows by its end, and asks to wait for the rest."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from openpyxl import load_workbook

from server.domain.errors import InvalidInput, StorageUnavailable
from server.web import promises
from server.web.files import Files
from server.web.promises import Write
from tests.batches.jobs import addresses, jobs
from tests.databases import Clock
from tests.exports.test_broken_downloads import door, until_it_waits

HALF = "a,b\r\n" * 100_000
"""More than the buffers between writer and reader hold."""


@dataclass(slots=True)
class Press:
    """Makes files of two halves; the second one once it is let go."""

    begun: threading.Event = field(default_factory=threading.Event)
    """The first half can be read."""
    go: threading.Event = field(default_factory=threading.Event)
    asked: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    failures: list[Exception] = field(default_factory=list[Exception])
    """What goes wrong after the first half, one after the other."""

    async def make(self, order: Mapping[str, str]) -> Write:
        self.asked.append(order)
        if order["of"] == "nothing":
            raise InvalidInput("It is not kept any more.")
        return self.write

    def write(self, path: Path) -> None:
        with path.open("w", newline="") as file:
            file.write(HALF)
            file.flush()
            self.begun.set()
            assert self.go.wait(60)
            if self.failures:
                raise self.failures.pop(0)
            file.write(HALF)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call waits until its file is there."""
    monkeypatch.setattr(promises, "_PATIENCE", 0.2)


@pytest_asyncio.fixture
async def files(tmp_path: Path, clock: Clock, hasty: None) -> AsyncIterator[Files]:
    files = Files(tmp_path / "files", clock)
    yield files
    await files.promises.close()


@pytest_asyncio.fixture
async def press() -> AsyncIterator[Press]:
    press = Press()
    yield press
    press.go.set()


async def promised(files: Files, press: Press, name: str = "rows.csv", of: str = "job_1") -> str:
    """The token of a file of which the first half is there."""
    waiting = await files.promise(name, {"of": of}, press.make)
    assert waiting.size is None
    assert await asyncio.to_thread(press.begun.wait, 60)
    return waiting.token


async def whole(http: httpx2.AsyncClient, url: str) -> httpx2.Response:
    """The file, for which is asked again as long as it says so."""
    while (response := await http.get(url)).status_code == 503:
        assert response.headers["retry-after"].isdigit()
    return response


async def test_rows_are_sent_while_the_rest_is_written_and_to_nobody_else(
    files: Files, press: Press, tmp_path: Path
) -> None:
    token = await promised(files, press)
    async with door(files, press.make) as url, httpx2.AsyncClient() as http:
        async with http.stream("GET", f"{url}/{token}") as response:
            assert (response.status_code, "content-length" in response.headers) == (200, False)
            assert response.headers["content-disposition"] == 'attachment; filename="rows.csv"'
            blocks = response.aiter_bytes()
            got = await anext(blocks)
            assert (await http.get(f"{url}/{token}")).status_code == 404
            press.go.set()
            async for block in blocks:
                got += block
        assert got.decode() == HALF * 2
        assert (await http.get(f"{url}/{token}")).status_code == 404
    assert list((tmp_path / "files").iterdir()) == []
    assert press.asked == [{"of": "job_1"}]


async def test_a_workbook_asks_to_wait_until_it_is_whole(files: Files, press: Press) -> None:
    token = await promised(files, press, "rows.xlsx")
    async with door(files, press.make) as url, httpx2.AsyncClient() as http:
        for method in ("GET", "HEAD", "GET"):
            response = await http.request(method, f"{url}/{token}")
            assert (response.status_code, response.headers["retry-after"]) == (503, "3")
        press.go.set()
        response = await whole(http, f"{url}/{token}")
        assert (response.status_code, int(response.headers["content-length"])) == (200, 2 * len(HALF))
        assert (await http.get(f"{url}/{token}")).status_code == 404
    assert len(press.asked) == 1


async def test_what_broke_off_while_it_grew_can_be_resumed_once_it_is_whole(files: Files, press: Press) -> None:
    token = await promised(files, press)
    async with door(files, press.make) as url, httpx2.AsyncClient() as http:
        async with http.stream("GET", f"{url}/{token}") as response:
            first = await anext(response.aiter_bytes())
        rest = {"Range": f"bytes={len(first)}-"}
        while (again := await http.get(f"{url}/{token}", headers=rest)).status_code == 404:
            continue  # until the server has noticed that nobody reads on
        assert again.status_code == 503
        press.go.set()
        await until_it_waits(http, f"{url}/{token}")
        resumed = await http.get(f"{url}/{token}", headers=rest)
        assert (resumed.status_code, (first + resumed.content).decode()) == (206, HALF * 2)
        assert (await http.get(f"{url}/{token}")).status_code == 404
    assert len(press.asked) == 1


async def test_what_cannot_be_finished_is_broken_off_and_begun_anew(files: Files, press: Press) -> None:
    press.failures = [StorageUnavailable("The database is away.")]
    token = await promised(files, press)
    async with door(files, press.make) as url, httpx2.AsyncClient() as http:
        async with http.stream("GET", f"{url}/{token}") as response:
            assert response.status_code == 200
            press.go.set()
            with pytest.raises(httpx2.RemoteProtocolError):
                await response.aread()
        response = await whole(http, f"{url}/{token}")
        assert (response.status_code, response.text) == (200, HALF * 2)
    assert len(press.asked) == 2


async def test_a_link_to_what_is_not_kept_any_more_is_dead(files: Files, press: Press, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not kept"):
        await files.promise("rows.csv", {"of": "nothing"}, press.make)
    waiting = await files.promise("rows.csv", {"of": "nothing"}, press.make, at_once=False)
    async with door(files, press.make) as url, httpx2.AsyncClient() as http:
        assert (await http.get(f"{url}/{waiting.token}")).status_code == 404
    assert list((tmp_path / "files").iterdir()) == []


async def test_a_file_that_nobody_wants_is_not_written(files: Files, press: Press) -> None:
    press.go.set()
    waiting = await files.promise("rows.csv", {"of": "job_1"}, press.make, at_once=False)
    assert (waiting.size, press.asked) == (None, [])
    async with door(files, press.make) as url, httpx2.AsyncClient() as http:
        assert (await http.head(f"{url}/{waiting.token}")).status_code == 503
        assert press.asked == []
        assert (await whole(http, f"{url}/{waiting.token}")).text == HALF * 2


async def test_what_one_process_promised_another_one_writes(
    files: Files, press: Press, tmp_path: Path, clock: Clock
) -> None:
    token = await promised(files, press)
    after = Files(tmp_path / "files", clock)
    async with door(after, press.make) as url, httpx2.AsyncClient() as http:
        # As long as the first one is at it, it is left to it.
        assert (await http.get(f"{url}/{token}")).status_code == 503
        await files.promises.close()
        press.go.set()
        response = await whole(http, f"{url}/{token}")
        assert (response.status_code, response.text) == (200, HALF * 2)
    assert press.asked == [{"of": "job_1"}] * 2


async def test_a_file_of_nobody_is_swept_with_what_there_is_of_it(
    files: Files, press: Press, tmp_path: Path, clock: Clock
) -> None:
    await promised(files, press)
    clock.advance(minutes=61)
    await files.sweep()
    assert list((tmp_path / "files").iterdir()) == []


async def test_a_file_that_is_finished_while_it_is_looked_for_is_not_missed(
    files: Files, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, looked_for, look = await promised(files, press, "rows.xlsx"), list[str](), files.take
    writing = await files.promises.find(token, press.make)

    async def finished_after(token: str) -> Path | None:
        found = await look(token)
        looked_for.append(token)
        if len(looked_for) == 2:
            press.go.set()
            assert writing is not None
            await writing.task
        return found

    monkeypatch.setattr(files, "take", finished_after)
    async with door(files, press.make) as url, httpx2.AsyncClient() as http:
        response = await whole(http, f"{url}/{token}")
    assert (response.status_code, len(response.content)) == (200, 2 * len(HALF))


@pytest.mark.parametrize("written_as", ["csv", "jsonl", "xlsx"])
async def test_an_export_hands_out_its_link_while_the_file_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written_as: str
) -> None:
    monkeypatch.setattr(promises, "_PATIENCE", 0.0)
    async with jobs(tmp_path) as bulk, httpx2.AsyncClient() as http:
        batch = await bulk.run(addresses(3))
        said = await bulk.weir.call("export_bulk_job", {"job_id": batch.id, "format": written_as})
        assert ("size" in said["data"]["file"], len(said["warnings"])) == (False, 1)
        response = await whole(http, said["data"]["file"]["url"])
        assert response.status_code == 200
        if written_as == "xlsx":
            assert load_workbook(io.BytesIO(response.content)).worksheets[0].max_row == 4
        else:
            assert [f"person{number}@stripe.com" in response.text for number in range(3)] == [True] * 3
