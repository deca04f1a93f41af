"""From a file to its rows: `inspect` says what it is, `rows` reads it from beginning to end."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from server.batches.files import content, dialect, objects, table, workbook
from server.batches.files.delimited import Delimited
from server.batches.files.encoding import Encoding, detect
from server.batches.files.facts import Dialect, FileFacts, Format, Row
from server.batches.files.limits import Limits
from server.domain.errors import InvalidInput

_SAMPLE = 1 << 16
"""Characters that a dialect is judged by."""

_LIMITS = Limits()


def inspect(
    path: Path,
    *,
    name: str,
    content_type: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    sheet: str | None = None,
    limits: Limits = _LIMITS,
) -> FileFacts:
    """What the file at `path` is. `name` is what its owner calls it.

    The content decides; name and `content_type` only where it leaves a choice. `encoding`, `delimiter`, `sheet` and
    whether there is a `header` may be stated, else they are found out. `InvalidInput` for anything that is no table,
    and for one that its first thousand rows show to be over a limit.
    """
    _must_fit(path, limits)
    with path.open("rb") as file:
        head = file.read(64)
    if content.is_archive(head):
        return _workbook(path, sheet, header, limits)
    found = detect(path, encoding)
    with _text(path, found.name) as file:
        start = file.read(_SAMPLE)
    read_as = content.of_text(start, name, content_type)
    if read_as is not Format.CSV:
        return _objects(path, found, read_as, limits)
    separated = dialect.detect(start, whole=len(start) < _SAMPLE, delimiter=delimiter)
    if separated.delimiter is None and content.is_tab_separated(name, content_type):
        separated = replace(separated, delimiter="\t")
    return _delimited(path, found, separated, header, limits)


class Rows:
    """The rows of a file, once. They are read as they are asked for, so a caller may take them in chunks.

    `InvalidInput` may come at any row, for a limit or for a file that is broken there; the file as a whole is refused
    then. Threads may hand it on, but only one at a time may ask. `close` it if it is not read to its end.
    """

    def __init__(self, path: Path, facts: FileFacts, limits: Limits) -> None:
        self._tally = table.Tally()
        self._rows = _read(path, facts, limits, self._tally)

    def __iter__(self) -> Iterator[Row]:
        return self._rows

    @property
    def blank(self) -> int:
        """Rows without a character in them that were skipped so far."""
        return self._tally.blank

    def close(self) -> None:
        """Let go of the file."""
        self._rows.close()


def rows(path: Path, facts: FileFacts, limits: Limits = _LIMITS) -> Rows:
    """The rows of the file at `path`, of which `inspect` said `facts`."""
    _must_fit(path, limits)
    return Rows(path, facts, limits)


def _must_fit(path: Path, limits: Limits) -> None:
    if path.stat().st_size > limits.bytes:
        raise InvalidInput(
            f"The file has more than {limits.bytes:,} bytes.",
            field="file",
            fix="Split it into several files and send each.",
        )


def _read(path: Path, facts: FileFacts, limits: Limits, tally: table.Tally) -> Generator[Row]:
    if facts.format is Format.XLSX:
        with workbook.opened(path, facts.sheet, limits) as sheet:
            yield from table.rows(sheet, facts, limits, tally)
        return
    with _text(path, facts.encoding or "utf-8") as file:
        if facts.dialect is None:
            yield from objects.rows(file, facts, limits, tally)
        else:
            yield from table.rows(Delimited(file, facts.dialect, limits), facts, limits, tally)


@contextmanager
def _text(path: Path, encoding: str) -> Generator[TextIO]:
    # What cannot be decoded becomes U+FFFD, which readers look for.
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        yield file


def _workbook(path: Path, wanted: str | None, header: bool | None, limits: Limits) -> FileFacts:
    with workbook.opened(path, wanted, limits) as sheet:
        top = table.Top(sheet, limits, named=header)
    others = [name for name in sheet.names if name != sheet.name]
    said = [f"The sheet {sheet.name!r} is read; there are also: {', '.join(others)}."] if others and not wanted else []
    return FileFacts(
        format=Format.XLSX,
        header=top.header,
        columns=top.columns,
        sample=top.sample,
        warnings=(*said, *top.warnings),
        rows=top.rows,
        has_header=top.has_header,
        sheet=sheet.name,
        sheets=sheet.names,
    )


def _delimited(path: Path, encoding: Encoding, read_as: Dialect, header: bool | None, limits: Limits) -> FileFacts:
    with _text(path, encoding.name) as file:
        top = table.Top(Delimited(file, read_as, limits), limits, named=header)
    return FileFacts(
        format=Format.TSV if read_as.delimiter == "\t" else Format.CSV,
        header=top.header,
        columns=top.columns,
        sample=top.sample,
        warnings=(*_doubt(encoding), *top.warnings),
        rows=top.rows,
        encoding=encoding.name,
        certain=encoding.certain,
        dialect=read_as,
        has_header=top.has_header,
    )


def _objects(path: Path, encoding: Encoding, read_as: Format, limits: Limits) -> FileFacts:
    if read_as is Format.JSON:
        with _text(path, encoding.name) as file:
            read_as = objects.kind(file)
    with _text(path, encoding.name) as file:
        top = objects.Top(file, read_as, limits)
    return FileFacts(
        format=read_as,
        header=top.header,
        columns=top.columns,
        sample=top.sample,
        warnings=(*_doubt(encoding), *top.warnings),
        rows=top.rows,
        encoding=encoding.name,
        certain=encoding.certain,
    )


def _doubt(encoding: Encoding) -> tuple[str, ...]:
    return () if encoding.warning is None else (encoding.warning,)
