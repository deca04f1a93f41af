"""Files that are handed over once, to whoever has the link.

A file waits in a folder that is named after the SHA-256 of its token, so that nothing on disk opens a link, every
process over the same home can serve it, and taking it is one rename, which succeeds for one request only. A download
that breaks off before its last byte has left is put back for a few minutes, so that it can be repeated or resumed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from server.domain.errors import StorageUnavailable
from server.web.promises import HIDDEN, Made, Make, Promises

KEPT = timedelta(hours=1)
"""How long a file waits to be fetched."""

REPEATED = timedelta(minutes=10)
"""How long after its first use a download that broke off can be repeated."""

_TAKEN = "taken-"
_UNFINISHED = "new-"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits under its token, which is told nobody else."""

    token: str
    size: int | None
    """Bytes; None while the file is being written."""
    expires_at: datetime


class Files:
    """The files of one home folder; readable by the operating system's user of the server alone."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock
        self.promises = Promises(self._place, self._settle)

    async def put(self, name: str, text: Iterable[str]) -> Waiting:
        """Write `text` as UTF-8 into a file that will be fetched as `name`, a plain file name.

        `StorageUnavailable` where the disk does not take it.
        """
        with on_disk():
            return await asyncio.to_thread(self._put, name, text)

    async def promise(self, name: str, order: Mapping[str, str], make: Make, *, at_once: bool = True) -> Waiting:
        """A link to the file `name`, which is written beside this call, or without `at_once` when it is fetched.

        `make` gets `order` and says how to write the file. One that takes no more than a moment is there when this
        returns, and what goes wrong in that moment is raised; `StorageUnavailable` where the disk does not take it.
        """
        token, made = secrets.token_urlsafe(32), Made(name, order, make)
        with on_disk():
            await asyncio.to_thread(self._reserve, token, made)
            size = await self.promises.begin(token, made) if at_once else None
        return Waiting(token, size, self._clock() + KEPT)

    async def take(self, token: str) -> Path | None:
        """The file behind `token`, for whoever asks first; None where there is none, or not any more.

        The caller removes the file's folder when it is done, else `sweep` does.
        """
        with on_disk():
            return await asyncio.to_thread(self._take, token)

    def claim(self, token: str) -> Path | None:
        """The folder behind `token`, for whoever asks first, whether or not its file is there; as for `take`."""
        place = self._place(token)
        taken = self._folder / f"{_TAKEN}{secrets.token_hex(16)}"
        with contextlib.suppress(FileNotFoundError):
            if self._fresh(place):
                place.rename(taken)
                return taken
        return None

    def put_back(self, token: str, folder: Path) -> Path:
        """Let what was taken for `token` wait again, for `REPEATED` after it was taken first and not beyond its hour.

        `folder` is what `claim` gave, or that of what `take` gave; where it is now. Where the disk does not do it, the
        link stays used.
        """
        last = (self._clock() - KEPT + REPEATED).timestamp()
        with contextlib.suppress(OSError):
            since = min(folder.stat().st_mtime, last)
            os.utime(folder, (since, since))
            return folder.rename(self._place(token))
        return folder

    async def sweep(self) -> None:
        """Remove what has waited too long, and what was taken and not removed; `StorageUnavailable` if it cannot."""
        with on_disk():
            await asyncio.to_thread(self._sweep)

    def waits(self, token: str) -> bool:
        """Whether `take` would find a file."""
        place = self._place(token)
        return self._fresh(place) and _file_in(place) is not None

    def _put(self, name: str, text: Iterable[str]) -> Waiting:
        token = secrets.token_urlsafe(32)
        with self._new(token) as folder:
            _write(folder / name, text)
            size = (folder / name).stat().st_size
            # A large file takes a while to write; its hour begins when it is there.
            now = self._settle(folder, None)
        return Waiting(token, size, now + KEPT)

    def _reserve(self, token: str, made: Made) -> None:
        with self._new(token) as folder:
            made.note(folder)
            self._settle(folder, None)

    @contextlib.contextmanager
    def _new(self, token: str) -> Generator[Path]:
        """A folder that becomes that of `token` once it has in it what belongs there."""
        unfinished = self._folder / f"{_UNFINISHED}{secrets.token_hex(16)}"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)
        try:
            yield unfinished
            unfinished.rename(self._place(token))
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _settle(self, folder: Path, since: float | None) -> datetime:
        """Have what is in a folder wait since then, by default since now."""
        now = self._clock()
        since = now.timestamp() if since is None else since
        os.utime(folder, (since, since))
        return now

    def _take(self, token: str) -> Path | None:
        taken = self.claim(token) if self.waits(token) else None
        return None if taken is None else _file_in(taken)

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


def _file_in(folder: Path) -> Path | None:
    """The finished file."""
    with contextlib.suppress(FileNotFoundError):
        return next((path for path in folder.iterdir() if not path.name.startswith(HIDDEN)), None)
    return None


@contextlib.contextmanager
def on_disk() -> Generator[None]:
    """Raises `StorageUnavailable` in place of what the disk says."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(
            f"The folder of files in the home folder cannot be used: {error.strerror or error}.",
            fix="Make room on the disk, or let the server write into its home folder.",
        ) from error
