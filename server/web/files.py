"""`GET /files/<token>`: files that are handed over once, to whoever has the link.

A file waits in a folder that is named after the SHA-256 of its token, so that nothing on disk opens a link, every
process over the same home can serve it, and taking it is one rename, which succeeds for one request only.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
from collections.abc import Awaitable, Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from server.domain.errors import StorageUnavailable

KEPT = timedelta(hours=1)
"""How long a file waits to be fetched."""

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
        with _on_disk():
            return await asyncio.to_thread(self._put, name, text)

    async def take(self, token: str) -> Path | None:
        """The file behind `token`, for whoever asks first; None where there is none, or not any more.

        The caller removes the file's folder when it is done, else `sweep` does.
        """
        with _on_disk():
            return await asyncio.to_thread(self._take, token)

    async def sweep(self) -> None:
        """Remove what has waited too long, and what was taken and not removed; `StorageUnavailable` if it cannot."""
        with _on_disk():
            await asyncio.to_thread(self._sweep)

    def waits(self, token: str) -> bool:
        """Whether `take` would find a file."""
        return self._fresh(self._place(token))

    def _put(self, name: str, text: Iterable[str]) -> Waiting:
        token, now = secrets.token_urlsafe(32), self._clock()
        unfinished = self._folder / f"{_UNFINISHED}{secrets.token_hex(16)}"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)
        path = unfinished / name
        with path.open("x", encoding="utf-8", newline="") as file:
            file.writelines(text)
        size = path.stat().st_size
        os.utime(unfinished, (now.timestamp(), now.timestamp()))
        unfinished.rename(self._place(token))
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
    """Serves each file once, as an attachment; 404 afterwards. HEAD tells whether it waits, and takes nothing."""

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
        return FileResponse(
            path,
            media_type="text/csv; charset=utf-8",
            filename=path.name,
            headers=_HEADERS,
            background=BackgroundTask(shutil.rmtree, path.parent, ignore_errors=True),
        )

    return answer


_GONE = "There is no file behind this link: it was fetched already, or it has expired. Export again for a new link.\n"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
