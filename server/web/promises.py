"""Files whose links are handed out before they are written.

What a file is made of is noted in the folder that its link leads to. So whichever process is asked for it can write it,
also after the one that promised it has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from server.domain.errors import InvalidInput

HIDDEN = "."
"""How the names of files begin that are not handed over."""

Write = Callable[[Path], None]
"""Writes a file to a path, in a thread."""

Make = Callable[[Mapping[str, str]], Awaitable[Write]]
"""Finds out from an order how to write its file; `InvalidInput` where that cannot be any more."""

_ORDER = f"{HIDDEN}order"
_PART = f"{HIDDEN}part"
_AT_ONCE = 2
"""Each file that is being written keeps a thread; the others are needed for reading what goes into it."""

_PATIENCE = 2.0
"""Seconds that a call waits for its file, so that small ones are there with their links."""

_LOOK_AGAIN = 0.05

_SILENT = 15.0
"""Seconds without a byte after which another process that writes a file is taken to be gone."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """A file that is to be made."""

    name: str
    """A plain file name."""
    order: Mapping[str, str]
    """What it is made of."""
    make: Make

    def note(self, folder: Path) -> None:
        """Keep in `folder` what has to be known to make it."""
        (folder / _ORDER).write_text(json.dumps({"name": self.name, "order": dict(self.order)}), encoding="utf-8")

    @classmethod
    def noted(cls, folder: Path, make: Make) -> Made | None:
        """What was kept in `folder`; None where nothing is to be made there."""
        try:
            kept = json.loads((folder / _ORDER).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(kept["name"], kept["order"], make)


@dataclass(slots=True)
class Writing:
    """A file that is being written in this process."""

    made: Made
    folder: Path
    """Where it is now: that of its link, or of whoever has taken it."""
    task: asyncio.Task[int] = field(init=False)
    """Its size, once it is there."""
    taken: bool = False
    """Whether somebody has begun to fetch it."""

    @property
    def part(self) -> Path:
        """What there is of it."""
        return self.folder / _PART

    @property
    def path(self) -> Path:
        """The file, once it is there."""
        return self.folder / self.made.name

    @property
    def there(self) -> bool:
        """Whether it is whole."""
        return self.task.done() and not self.task.cancelled() and self.task.exception() is None

    @property
    def part_or_whole(self) -> Path:
        """What there is of it, whatever it is called by now."""
        return self.path if self.there else self.part

    def took(self, folder: Path) -> Writing:
        """Somebody fetches it, and it goes on in `folder`."""
        self.folder, self.taken = folder, True
        return self

    async def under_way(self) -> bool:
        """Wait a moment for its first bytes; whether they are there.

        Before that it must not be moved: who writes it may not have opened it.
        """
        until = time.monotonic() + _PATIENCE
        while not (begun := _size(self.part_or_whole)) and time.monotonic() < until:
            if await self.over(within=_LOOK_AGAIN):
                return self.there
        return begun > 0

    async def over(self, within: float | None = None) -> bool:
        """Wait for it to be there, or to fail; whether either has happened within so many seconds, or a moment."""
        await asyncio.wait({self.task}, timeout=_PATIENCE if within is None else within)
        return self.task.done()


class Promises:
    """The files that this process is writing.

    `place` says which folder a token leads to, and `settle` since when the file in a folder waits, None for now.
    """

    def __init__(self, place: Callable[[str], Path], settle: Callable[[Path, float | None], datetime]) -> None:
        self._place = place
        self._settle = settle
        self._writing: dict[Path, Writing] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def begin(self, token: str, made: Made) -> int | None:
        """Begin to write a file whose folder is there; its size, or None where it takes more than a moment.

        What goes wrong in that moment is raised.
        """
        writing = self._begin(token, made)
        return await writing.task if await writing.over() else None

    async def find(self, token: str, make: Make) -> Writing | None:
        """The file of a link on its way; None where nothing is on its way there, or another process writes it."""
        place = self._place(token)
        if place in self._writing:
            return self._writing[place]
        made = await asyncio.to_thread(Made.noted, place, make)
        if made is None or await asyncio.to_thread(_written_elsewhere, place):
            return None
        return self._writing.get(place) or self._begin(token, made)

    def promised(self, token: str) -> bool:
        """Whether a file is to be made behind a link."""
        return (self._place(token) / _ORDER).exists()

    async def close(self) -> None:
        """Stop writing; whoever is asked next begins anew."""
        tasks = [writing.task for writing in self._writing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, token: str, made: Made) -> Writing:
        place = self._place(token)
        writing = self._writing[place] = Writing(made, place)
        writing.task = asyncio.create_task(self._carry_out(writing))
        writing.task.add_done_callback(lambda task: self._over(place, task))
        return writing

    def _over(self, place: Path, task: asyncio.Task[int]) -> None:
        del self._writing[place]
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.warning("a file that was promised could not be written: %s", error)

    async def _carry_out(self, writing: Writing) -> int:
        try:
            async with self._places:
                write = await writing.made.make(writing.made.order)
                with self._waiting_as_long(writing.folder):
                    writing.part.touch()
                await asyncio.to_thread(write, writing.part)
            return self._finish(writing)
        except InvalidInput:
            # Nothing will ever come of it.
            shutil.rmtree(writing.folder, ignore_errors=True)
            raise
        finally:
            if writing.part.exists():
                with self._waiting_as_long(writing.folder):
                    writing.part.unlink()

    def _finish(self, writing: Writing) -> int:
        """Put the file where it belongs; its hour begins now, unless somebody has begun to fetch it before."""
        size = writing.part.stat().st_size
        with self._waiting_as_long(writing.folder, anew=not writing.taken):
            # In this order, so that whoever looks always finds one of them.
            writing.part.rename(writing.path)
            (writing.folder / _ORDER).unlink(missing_ok=True)
        return size

    @contextlib.contextmanager
    def _waiting_as_long(self, folder: Path, *, anew: bool = False) -> Generator[None]:
        """What is done to a folder does not change since when it waits, unless it is to wait `anew`."""
        since = None if anew else folder.stat().st_mtime
        yield
        with contextlib.suppress(FileNotFoundError):  # fetched in between
            self._settle(folder, since)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _written_elsewhere(place: Path) -> bool:
    try:
        return time.time() - (place / _PART).stat().st_mtime < _SILENT
    except FileNotFoundError:
        return False
