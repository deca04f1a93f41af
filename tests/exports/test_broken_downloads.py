"""A download that breaks off can be repeated or resumed; one that did not is over."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from server.web.downloads import downloads
from server.web.files import Files
from server.web.promises import Make
from tests.databases import Clock

LINES = [f"{number:07}\r\n" for number in range(2_000_000)]
"""18 MB: more than the buffers between server and client hold."""


@asynccontextmanager
async def door(files: Files, make: Make | None = None) -> AsyncGenerator[str]:
    """The links of `files` over real HTTP; yields where they are."""
    application = Starlette(routes=[Route("/files/{token}", downloads(files, make), methods=["GET"])])
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_config=None))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/files"
    finally:
        server.should_exit = True
        await serving


async def broken_off(url: str) -> bytes:
    """Ask for the file, and hang up after the first bytes of it."""
    async with httpx2.AsyncClient() as http, http.stream("GET", url) as response:
        assert response.status_code == 200
        return await anext(response.aiter_bytes())


async def until_it_waits(http: httpx2.AsyncClient, url: str) -> None:
    """Ask until the server has noticed that nobody reads on."""
    while (await http.head(url)).status_code != 200:
        continue


async def test_a_download_that_broke_off_is_repeated_and_then_over(tmp_path: Path, clock: Clock):
    files = Files(tmp_path / "files", clock)
    waiting = await files.put("rows.csv", LINES)
    async with door(files) as url, httpx2.AsyncClient() as http:
        assert (await broken_off(f"{url}/{waiting.token}")).startswith(b"0000000\r\n")
        await until_it_waits(http, f"{url}/{waiting.token}")
        again = await http.get(f"{url}/{waiting.token}")
        assert (again.status_code, again.text) == (200, "".join(LINES))
        assert (await http.get(f"{url}/{waiting.token}")).status_code == 404
    assert list((tmp_path / "files").iterdir()) == []


async def test_the_rest_of_a_file_can_be_fetched_by_itself(tmp_path: Path, clock: Clock):
    files = Files(tmp_path / "files", clock)
    waiting = await files.put("rows.csv", ["0123456789"])
    async with door(files) as url, httpx2.AsyncClient() as http:
        first = await http.get(f"{url}/{waiting.token}", headers={"Range": "bytes=0-3"})
        assert (first.status_code, first.text) == (206, "0123")
        await until_it_waits(http, f"{url}/{waiting.token}")
        wrong = await http.get(f"{url}/{waiting.token}", headers={"Range": "bytes=50-"})
        assert wrong.status_code == 416
        await until_it_waits(http, f"{url}/{waiting.token}")
        rest = await http.get(f"{url}/{waiting.token}", headers={"Range": "bytes=4-"})
        assert (rest.status_code, rest.text) == (206, "456789")
        assert (await http.get(f"{url}/{waiting.token}")).status_code == 404


async def test_ten_minutes_after_its_first_use_a_link_is_dead(tmp_path: Path, clock: Clock):
    files = Files(tmp_path / "files", clock)
    waiting = await files.put("rows.csv", LINES)
    async with door(files) as url, httpx2.AsyncClient() as http:
        for _ in range(2):
            await broken_off(f"{url}/{waiting.token}")
            await until_it_waits(http, f"{url}/{waiting.token}")
            clock.advance(minutes=4)
        assert (await http.head(f"{url}/{waiting.token}")).status_code == 200
        clock.advance(minutes=3)
        assert (await http.get(f"{url}/{waiting.token}")).status_code == 404
