"""`GET /files/<token>`: files that are handed over once, to whoever has the link.

A file waits in a folder that is named after the SHA-256 of its token, so that nothing on disk opens a link, every
process over the same home can serve it, and taking it is one rename, which succeeds for one request only. A download
that breaks off before its last byte has left is put back for a few minutes, so that it can be repeated or resumed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Awaitable, Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from server.domain.errors import StorageUnavailable

KEPT = timedelta(hours=1)
"""How long a file waits to be fetched."""

REPEATED = timedelta(minutes=10)
"""How long after its first use a download that broke off can be repeated."""

_MEDIA = {
    ".csv": "text/csv; charset=utf-8",
    ".jsonl": "application/x-ndjson",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TAKEN = "taken-"
_UNFINISHED = "new-"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits under its token, which is told nobody else."""

    token: str
    size: int
    expires_at: datetime


class Files:
    """The files of one home folder; readable by the operating system's user of the server alone."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock

    async def put(self, name: str, text: Iterable[str]) -> Waiting:
        """Write `text` as UTF-8 into a file that will be fetched as `name`, a plain file name.

        `StorageUnavailable` where the disk does not take it.
        """
        return await self.make(name, lambda path: _write(path, text))

    async def make(self, name: str, write: Callable[[Path], None]) -> Waiting:
        """The same with a file that `write` makes, in a thread beside the event loop; what it raises is raised."""
        with _on_disk():
            return await asyncio.to_thread(self._make, name, write)

    async def take(self, token: str) -> Path | None:
        """The file behind `token`, for whoever asks first; None where there is none, or not any more.

        The caller removes the file's folder when it is done, else `sweep` does.
        """
        with _on_disk():
            return await asyncio.to_thread(self._take, token)

    def put_back(self, token: str, path: Path) -> None:
        """Let what was taken for `token` wait again, for `REPEATED` after it was taken first and not beyond its hour.

        `path` is what `take` gave. Where the disk does not do it, the link stays used.
        """
        last = (self._clock() - KEPT + REPEATED).timestamp()
        with contextlib.suppress(OSError):
            since = min(path.parent.stat().st_mtime, last)
            os.utime(path.parent, (since, since))
            path.parent.rename(self._place(token))

    async def sweep(self) -> None:
        """Remove what has waited too long, and what was taken and not removed; `StorageUnavailable` if it cannot."""
        with _on_disk():
            await asyncio.to_thread(self._sweep)

    def waits(self, token: str) -> bool:
        """Whether `take` would find a file."""
        return self._fresh(self._place(token))

    def _make(self, name: str, write: Callable[[Path], None]) -> Waiting:
        token = secrets.token_urlsafe(32)
        unfinished = self._folder / f"{_UNFINISHED}{secrets.token_hex(16)}"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)
        path = unfinished / name
        try:
            write(path)
            size = path.stat().st_size
            # A large file takes a while to write; its hour begins when it is there.
            now = self._clock()
            os.utime(unfinished, (now.timestamp(), now.timestamp()))
            unfinished.rename(self._place(token))
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return Waiting(token, size, now + KEPT)

    def _take(self, token: str) -> Path | None:
        place = self._place(token)
        taken = self._folder / f"{_TAKEN}{secrets.token_hex(16)}"
        if not self._fresh(place):
            return None
        with contextlib.suppress(FileNotFoundError):
            place.rename(taken)
            return next(taken.iterdir())
        return None

    def _sweep(self) -> None:
        if not self._folder.exists():
            return
        for folder in self._folder.iterdir():
            if not self._fresh(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _place(self, token: str) -> Path:
        return self._folder / sha256(token.encode()).hexdigest()

    def _fresh(self, folder: Path) -> bool:
        try:
            since = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        except FileNotFoundError:
            return False
        return self._clock() < since + KEPT


def _write(path: Path, text: Iterable[str]) -> None:
    with path.open("x", encoding="utf-8", newline="") as file:
        file.writelines(text)


@contextlib.contextmanager
def _on_disk() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(
            f"The folder of files in the home folder cannot be used: {error.strerror or error}.",
            fix="Make room on the disk, or let the server write into its home folder.",
        ) from error


def downloads(files: Files) -> Callable[[Request], Awaitable[Response]]:
    """Serves each file once, as an attachment, whole or from a byte on; 404 afterwards.

    HEAD tells whether it waits, and takes nothing.
    """

    async def answer(request: Request) -> Response:
        token = str(request.path_params["token"])
        if request.method == "HEAD":
            return Response(status_code=200 if files.waits(token) else 404, headers=_HEADERS)
        try:
            path = await files.take(token)
        except StorageUnavailable as error:
            return PlainTextResponse(f"{error.message} {error.fix}\n", 503, _HEADERS)
        if path is None:
            return PlainTextResponse(_GONE, 404, _HEADERS)
        return _Handover(files, token, path)

    return answer


class _Handover(FileResponse):
    """Sends the file, removes it with its last byte, and puts it back where the connection breaks before that."""

    def __init__(self, files: Files, token: str, taken: Path) -> None:
        super().__init__(taken, media_type=_MEDIA[taken.suffix], filename=taken.name, headers=_HEADERS)
        self._files = files
        self._token = token
        self._taken = taken

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

        try:
            await super().__call__(scope, receive, watched)
        finally:
            if over:
                shutil.rmtree(self._taken.parent, ignore_errors=True)
            else:
                self._files.put_back(self._token, self._taken)


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
