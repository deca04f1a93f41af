"""Cells of a row fitted to a file's columns, and what is said about a row that does not fit."""

from __future__ import annotations

import json
from collections.abc import Sequence

from server.batches.files.facts import Row
from server.batches.files.limits import RECORD, Limits
from server.domain.errors import InvalidInput

_NUL = "zero characters in it were removed"
_LOST = "characters in it could not be decoded and stand as \ufffd"
_HALVES = "halves of characters in it were replaced by \ufffd"


def empty() -> InvalidInput:
    """The error for a file without a character in it."""
    return InvalidInput("The file is empty.", field="file", fix="Send a file with a header and at least one row.")


def too_many_columns(limits: Limits) -> InvalidInput:
    """The error for a file with more columns than `limits` allow."""
    return InvalidInput(
        f"The file has more than {limits.columns:,} columns.", field="file", fix="Leave out what is not needed."
    )


def too_many_rows(limits: Limits) -> InvalidInput:
    """The error for a file with more rows than `limits` allow."""
    return InvalidInput(
        f"The file has more than {limits.rows:,} rows.", field="file", fix="Split it into several files and send each."
    )


def too_long(number: int) -> InvalidInput:
    """The error for a row with more characters than are ever held at once."""
    return InvalidInput(
        f"Row {number:,} has more than {RECORD:,} characters.",
        field="file",
        fix="Shorten the row. A quotation mark that is never closed also joins rows into one.",
    )


def fitted(number: int, cells: Sequence[str], columns: Sequence[str], limits: Limits, notes: Sequence[str] = ()) -> Row:
    """The row with one cell for each column: short ones are filled up, surplus cells become `extra`.

    `notes` are added to what is found here. `InvalidInput` where a cell is longer than `limits` allow.
    """
    wide = list(cells)
    while len(wide) > len(columns) and not wide[-1]:
        wide.pop()
    said, kept = list(notes), [*wide[: len(columns)], *[""] * (len(columns) - len(wide))]
    surplus = wide[len(columns) :]
    if len(wide) < len(columns):
        said.append(f"it has {len(wide)} of {len(columns)} cells")
    if surplus:
        said.append(f"it has {len(surplus)} more cells than there are columns")
    extra = json.dumps(surplus, ensure_ascii=False, separators=(",", ":")) if surplus else ""
    return row(number, kept, columns, limits, said, extra=extra)


def row(
    number: int,
    cells: Sequence[str],
    columns: Sequence[str],
    limits: Limits,
    notes: Sequence[str] = (),
    *,
    extra: str = "",
) -> Row:
    """The row with cells that any database and any file can hold; `InvalidInput` where one of them is too long."""
    said = list(notes)
    text = [_clean(cell, said) for cell in (*cells, extra)]
    for name, cell in zip((*columns, "surplus cells"), text, strict=True):
        if len(cell) > limits.cell:
            raise InvalidInput(
                f"Row {number:,}, column {name!r} has more than {limits.cell:,} characters.",
                field="file",
                fix="Shorten the cell. A quotation mark that is never closed also makes one cell of all that follows.",
            )
    problem = f"Row {number:,}: {'; '.join(dict.fromkeys(said))}." if said else None
    return Row(number, tuple(text[:-1]), problem, text[-1])


def _clean(cell: str, said: list[str]) -> str:
    if cell.isascii() and "\0" not in cell:
        return cell
    if "\0" in cell:
        said.append(_NUL)
        cell = cell.replace("\0", "")
    if "\ufffd" in cell:
        said.append(_LOST)
    try:
        cell.encode()
    except UnicodeEncodeError:
        said.append(_HALVES)
        return cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return cell
