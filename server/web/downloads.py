"""`GET /files/<token>`: hands a file over once, whole or from a byte on.

A file that is still being written is handed over as it grows, where its format allows that; else the answer says when
to ask again.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import IO

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from server.domain.errors import StorageUnavailable
from server.web.files import Files, on_disk
from server.web.promises import Make, Writing

_MEDIA = {
    ".csv": "text/csv; charset=utf-8",
    ".jsonl": "application/x-ndjson",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_GROWING = frozenset({".csv", ".jsonl"})
"""Formats of which nothing changes that was written before."""
_AGAIN = "3"
"""Seconds until a file that is being written is asked for again."""
_BLOCK = 256 * 1024
_LOOK_AGAIN = 0.1


def downloads(files: Files, make: Make | None = None) -> Callable[[Request], Awaitable[Response]]:
    """Serves each file once, as an attachment, whole or from a byte on; 404 afterwards.

    503 with Retry-After while a file is being written that cannot be handed over yet; `make` goes on with what another
    process has promised. HEAD tells whether the file is there, and takes nothing.
    """

    async def answer(request: Request) -> Response:
        token = str(request.path_params["token"])
        if request.method == "HEAD":
            return _state(files, token)
        try:
            return await _handed_over(files, make, request, token)
        except StorageUnavailable as error:
            return PlainTextResponse(f"{error.message} {error.fix}\n", 503, _HEADERS)

    return answer


def _state(files: Files, token: str) -> Response:
    promised = files.promises.promised(token)
    if files.waits(token):
        return Response(headers=_HEADERS)
    return _later() if promised else Response(status_code=404, headers=_HEADERS)


async def _handed_over(files: Files, make: Make | None, request: Request, token: str) -> Response:
    if (path := await files.take(token)) is not None:
        return _Handover(files, token, path)
    with on_disk():
        writing = await files.promises.find(token, make) if make is not None else None
    if writing is not None and await _can_be_sent(writing, request) and not writing.task.done():
        folder = files.claim(token)
        return _gone() if folder is None else _Growing(files, token, writing.took(folder))
    # It may have been finished in between, or be finished while it is looked for.
    promised = files.promises.promised(token)
    if (path := await files.take(token)) is not None:
        return _Handover(files, token, path)
    return _later() if promised else _gone()


async def _can_be_sent(writing: Writing, request: Request) -> bool:
    """Wait a moment until a file is there, or begins to be there and grows by its end; whether either is so."""
    if writing.path.suffix in _GROWING and "range" not in request.headers:
        return await writing.under_way()
    return await writing.over()


def _later() -> Response:
    # Browsers follow the second header, and programs the first.
    headers = {**_HEADERS, "Retry-After": _AGAIN, "Refresh": _AGAIN}
    return PlainTextResponse("The file is being written. Ask again in a few seconds.\n", 503, headers)


def _gone() -> Response:
    return PlainTextResponse(_GONE, 404, _HEADERS)


class _Attachment(FileResponse):
    """Sends what is in a folder that was taken; it is removed with its last byte, else put back."""

    def __init__(self, files: Files, token: str, path: Path) -> None:
        super().__init__(path, media_type=_MEDIA[path.suffix], filename=path.name, headers=_HEADERS)
        self.files = files
        self.token = token


class _Handover(_Attachment):
    """Sends a file."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request that took the file."""
        to_the_end = over = False

        async def watched(message: Message) -> None:
            nonlocal to_the_end, over
            if message["type"] == "http.response.start":
                to_the_end = _to_the_end(message["status"], Headers(raw=message["headers"]))
            elif to_the_end and not message.get("more_body"):
                # The server takes what it is given for a connection that is gone, and says nothing.
                over = not await Request(scope, receive).is_disconnected()
            await send(message)

        folder = Path(self.path).parent
        try:
            await super().__call__(scope, receive, watched)
        finally:
            if over:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                self.files.put_back(self.token, folder)


class _Growing(_Attachment):
    """Sends a file while it is being written: how long it will be, nobody knows.

    Where it comes to nothing the connection is broken, so that nobody takes what came for the whole.
    """

    def __init__(self, files: Files, token: str, writing: Writing) -> None:
        super().__init__(files, token, writing.path)
        self._writing = writing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request that took the file."""
        writing, request, over = self._writing, Request(scope, receive), False
        try:
            with writing.part_or_whole.open("rb") as file:
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                async for block in _blocks(file, writing):
                    if await request.is_disconnected():
                        return
                    if block:
                        await send({"type": "http.response.body", "body": block, "more_body": True})
            if writing.there and not await request.is_disconnected():
                over = True
                await send({"type": "http.response.body", "body": b""})
        finally:
            if over:
                shutil.rmtree(writing.folder, ignore_errors=True)
            else:
                writing.folder = self.files.put_back(self.token, writing.folder)


async def _blocks(file: IO[bytes], writing: Writing) -> AsyncGenerator[bytes]:
    """What is in a file and comes into it, until nothing more does; nothing now and then while one waits for it."""
    while True:
        ended = writing.task.done()
        block = await asyncio.to_thread(file.read, _BLOCK)
        if ended and not block:
            return
        yield block
        if not block:
            await writing.over(within=_LOOK_AGAIN)


def _to_the_end(status: int, headers: Headers) -> bool:
    """Whether a response has the file's last byte in it; one with several ranges counts as though it had."""
    sent = _RANGE.fullmatch(headers.get("content-range", ""))
    return status == 200 or (status == 206 and (sent is None or int(sent["last"]) + 1 == int(sent["size"])))


_RANGE = re.compile(r"bytes \d+-(?P<last>\d+)/(?P<size>\d+)")
_GONE = "There is no file behind this link: it was fetched already, or it has expired. Export again for a new link.\n"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
