"""Values of an answer as the text of one cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from server.domain import shorten
from server.domain.csv_text import Cell
from server.domain.person import Part
from server.domain.query import Answer

A = TypeVar("A", bound=Answer)
P = TypeVar("P")

Read = Callable[[Any], Cell]

LONGEST = 32_000
"""Characters; a workbook's cell holds 32,767."""

PREFIX = "weir_"
"""What the name of every appended column starts with."""

_LISTED = 25


def columns(_: type[A], read: Mapping[str, Callable[[A], Cell]]) -> Mapping[str, Read]:
    """Columns of an answer by name, without the prefix; the answer's type is there for the type checker."""
    return read


def of_part(part: P | None, read: Callable[[P], Cell]) -> Cell:
    """What is read of a part of the answer; nothing where the part is not there."""
    return None if part is None else read(part)


def text(cell: Cell) -> str:
    """The cell as it is written: empty where there is nothing, `true` or `false`, numbers without padding."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float():
            return f"{cell:.4f}".rstrip("0").rstrip(".")
        case int():
            return str(cell)
        case str():
            return shorten.text(cell, LONGEST) or ""


def joined(values: Iterable[str | None]) -> str:
    """The first 25 different values, separated by semicolons; an ellipsis stands for the rest."""
    known = list(dict.fromkeys(value.replace(";", ",") for value in values if value))
    return "; ".join(known[:_LISTED]) + ("; \u2026" if len(known) > _LISTED else "")


def json(parts: Iterable[Part]) -> str:
    """A JSON array of the parts without what is absent; those at the end that a cell cannot hold are left out."""
    entries: list[str] = []
    room = LONGEST
    for part in parts:
        entry = part.model_dump_json(exclude_none=True, exclude_defaults=True)
        room -= len(entry) + 1
        if room < 2:
            break
        entries.append(entry)
    return f"[{','.join(entries)}]"
