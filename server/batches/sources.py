"""The files that batches are made of: in the home folder, each with what was found out about it."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

from pydantic import TypeAdapter

from server.batches.files import reading
from server.batches.files.facts import FileFacts
from server.domain.errors import InvalidInput

Cells = Sequence[str]

_FACTS: TypeAdapter[FileFacts] = TypeAdapter(FileFacts)
_DATA = "rows"
_KNOWN = "facts.json"
_STAGED = "new-"


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one file."""

    id: str
    facts: FileFacts
    sha256: str
    rows: Callable[[], Iterator[Cells]]
    """May be called again for a new look at all of them.

    A cell for each column of a row, and where the columns have no place for something, one more that holds that.
    """


class Sources:
    """One folder with a folder for each file, named after its id, which nobody can guess."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def name(self) -> str:
        """An id for a file that is not there yet."""
        return secrets.token_urlsafe(24)

    def new(self) -> tuple[str, Path]:
        """An id, and where its file belongs; the folder is there, the file is not."""
        source = self.name()
        place = self._folder / source
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.mkdir(mode=0o700)
        return source, place / _DATA

    def stage(self, source: str) -> Path:
        """Where a file on its way to the id `source` can be written. `take` makes it the source's, `drop` removes it.

        Several may be on their way to one id.
        """
        place = self._folder / source
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.mkdir(mode=0o700, exist_ok=True)
        return place / f"{_STAGED}{secrets.token_hex(8)}"

    def note(self, staged: Path, facts: FileFacts) -> None:
        """Keep beside a staged file what was found out about it."""
        _noted(staged).write_bytes(_FACTS.dump_json(facts))

    def take(self, staged: Path) -> None:
        """Make a staged file, which was noted, that of its source."""
        _noted(staged).replace(staged.parent / _KNOWN)
        staged.replace(staged.parent / _DATA)

    def drop(self, staged: Path) -> None:
        """Remove a staged file, if it is still one, and the folder where nothing else is in it."""
        for path in (staged, _noted(staged)):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            staged.parent.rmdir()

    async def examine(
        self,
        source: str,
        *,
        name: str,
        content_type: str | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        header: bool | None = None,
        sheet: str | None = None,
    ) -> FileFacts:
        """Find out what the file is, and keep that; `InvalidInput` where it is of no use, and then it is gone."""
        path = self._folder / source / _DATA
        try:
            facts = await asyncio.to_thread(
                reading.inspect,
                path,
                name=name,
                content_type=content_type,
                encoding=encoding,
                delimiter=delimiter,
                header=header,
                sheet=sheet,
            )
        except InvalidInput:
            self.forget(source)
            raise
        (path.parent / _KNOWN).write_bytes(_FACTS.dump_json(facts))
        return facts

    async def keep(self, header: Sequence[str], rows: Iterable[Cells]) -> str:
        """Rows that came without a file, kept as though they had come as one; their id."""
        source, path = self.new()
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        await self.examine(source, name="rows.csv", encoding="utf-8", delimiter=",", header=True)
        return source

    async def open(self, source: str) -> Source:
        """The file of that id; `InvalidInput` where it is not there any more."""
        place = self._folder / source
        try:
            facts = _FACTS.validate_json((place / _KNOWN).read_bytes())
            digest = await asyncio.to_thread(_digest, place / _DATA)
        except FileNotFoundError:
            raise InvalidInput(
                "The file of this upload is not there any more.", field="upload_id", fix="Upload it again."
            ) from None
        return Source(source, facts, digest, lambda: _cells(place / _DATA, facts))

    def older_than(self, instant: datetime) -> frozenset[str]:
        """Ids of files to which nothing was done since then."""
        found, before = set[str](), instant.timestamp()
        with contextlib.suppress(FileNotFoundError):  # where there is none yet, or one goes at this moment
            found.update(place.name for place in self._folder.iterdir() if place.stat().st_mtime < before)
        return frozenset(found)

    def forget(self, source: str) -> None:
        """Remove the file."""
        shutil.rmtree(self._folder / source, ignore_errors=True)


def _cells(path: Path, facts: FileFacts) -> Iterator[Cells]:
    return ((*row.cells, row.extra) if row.extra else row.cells for row in reading.rows(path, facts))


def _noted(staged: Path) -> Path:
    return staged.with_suffix(".json")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
