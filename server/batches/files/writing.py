"""From rows to a finished file."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from server.batches.files import header as names
from server.batches.files import spreadsheet
from server.batches.files.facts import Format
from server.batches.files.scanner import compact
from server.domain import csv_text
from server.domain.csv_text import Cell
from server.domain.errors import InvalidInput

WRITTEN = (Format.CSV, Format.JSONL, Format.XLSX)


def appended(header: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """The header as it was, and after it the new names, with a number where one of them is taken."""
    return (*header, *names.unique(new, taken=header))


def write(
    format: Format,  # noqa: A002 - it is what people call it
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    mark: bool = False,
    growing: bool = False,
) -> None:
    """Write the table to `path`, of which nothing is left if that fails; an older file there is replaced at the end.

    With `growing`, whoever reads `path` meanwhile sees what there is of the table, and what is left if that fails.
    CSV is UTF-8 as in RFC 4180, with a byte order mark if `mark` says so, and has no cell that a spreadsheet runs. JSON
    lines have the names of the header as keys, made different where they are not. A workbook has one sheet of text and
    numbers, see `spreadsheet.write`. `InvalidInput` for other formats, and for more rows than the format takes.
    """
    with nullcontext(path) if growing else _replacing(path) as unfinished:
        match format:
            case Format.CSV:
                _write(unfinished, csv_text.lines(header, rows), "utf-8-sig" if mark else "utf-8")
            case Format.JSONL:
                _write(unfinished, _objects(header, rows), "utf-8")
            case Format.XLSX:
                spreadsheet.write(unfinished, header, rows)
            case _:
                raise InvalidInput(
                    f"Results are not written as {format}.", field="format", fix=f"Name one of: {', '.join(WRITTEN)}."
                )


def _write(path: Path, lines: Iterable[str], encoding: str) -> None:
    # What comes from providers may have halves of characters in it, which UTF-8 has no place for.
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        file.writelines(lines)


def _objects(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterable[str]:
    keys = names.unique(header)
    return (compact(dict(zip(keys, row, strict=True))) + "\n" for row in rows)


@contextmanager
def _replacing(path: Path) -> Generator[Path]:
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
