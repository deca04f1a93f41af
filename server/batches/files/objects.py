"""Rows that are JSON objects: in an array, under `rows` of an object, or one in each line.

Objects inside objects become columns such as `company.name`, one level deep; what is deeper, and lists, stay JSON text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TextIO, TypeAlias

from server.batches.files import cells, header
from server.batches.files.facts import FileFacts, Format, Row
from server.batches.files.limits import RECORD, Limits
from server.batches.files.scanner import Malformed, Scanner, Value, compact, parsed
from server.batches.files.table import LOOKED_AT, SAMPLED, Tally
from server.domain.errors import InvalidInput

_FIX = 'Send an array of objects, {"rows": [...]}, or one object in each line.'


@dataclass(frozen=True, slots=True)
class _Broken:
    """A line that is no JSON, and why."""

    text: str
    reason: str


_Entry: TypeAlias = "Value | _Broken"


def kind(file: TextIO) -> Format:
    """JSON for an array, and for an object whose rows stand under `rows`; JSON lines for other objects."""
    scanner = Scanner(file)
    if scanner.next() == "[":
        return Format.JSON
    try:
        for key in scanner.members():
            if key == "rows" and scanner.next() == "[":
                return Format.JSON
            scanner.value()
    except Malformed:
        # The first row says what is wrong, in its own words.
        return Format.JSONL
    return Format.JSONL


class Top:
    """The first rows of a file of objects, and the columns that they have."""

    def __init__(self, file: TextIO, read_as: Format, limits: Limits) -> None:
        keys, first, number = dict[str, None](), list[_Entry](), 0
        self.whole = True
        for number, entry in enumerate(_entries(file, read_as, Tally()), 1):
            if number == 1:
                _must_be_object(entry)
            if number > LOOKED_AT:
                self.whole = False
                break
            if isinstance(entry, dict):
                keys.update(dict.fromkeys(_flat(entry)[0]))
                if len(keys) > limits.columns:
                    raise cells.too_many_columns(limits)
            if number <= SAMPLED:
                first.append(entry)
        self.rows = number if self.whole else None
        self.header = tuple(keys)
        self.columns = header.unique(self.header)
        self.sample = tuple(
            _row(at, entry, self.header, self.columns, limits).cells for at, entry in enumerate(first, 1)
        )
        self.warnings = [] if number else ["There are no rows in the file."]


def _must_be_object(entry: _Entry) -> None:
    if isinstance(entry, _Broken):
        raise InvalidInput(f"Row 1 cannot be read: {entry.reason}.", field="file", fix=_FIX)
    if not isinstance(entry, dict):
        raise InvalidInput("Row 1 is not an object.", field="file", fix=_FIX)


def rows(file: TextIO, facts: FileFacts, limits: Limits, tally: Tally) -> Iterator[Row]:
    """The rows of the file. A broken line of JSON lines is a row with a problem; a broken array is `InvalidInput`."""
    for number, entry in enumerate(_entries(file, facts.format, tally), 1):
        if number > limits.rows:
            raise cells.too_many_rows(limits)
        yield _row(number, entry, facts.header, facts.columns, limits)


def _entries(file: TextIO, read_as: Format, tally: Tally) -> Iterator[_Entry]:
    return _lines(file, tally) if read_as is Format.JSONL else _array(file)


def _lines(file: TextIO, tally: Tally) -> Iterator[_Entry]:
    number = 0
    while line := file.readline(RECORD + 1):
        text = line.strip(" \t\r\n\ufeff\0")
        if not text:
            tally.blank += 1
            continue
        number += 1
        if len(line) > RECORD:
            raise cells.too_long(number)
        try:
            yield parsed(text)
        except Malformed as error:
            yield _Broken(text, str(error))


def _array(file: TextIO) -> Iterator[Value]:
    scanner, number = Scanner(file), 0
    try:
        for _ in _places(scanner):
            for entry, _ in scanner.entries():
                number += 1
                yield entry
        if found := scanner.next():
            raise Malformed(f"there is {found!r} after the end")
    except Malformed as error:
        raise InvalidInput(f"The file cannot be read after row {number:,}: {error}.", field="file", fix=_FIX) from error


def _places(scanner: Scanner) -> Iterator[None]:
    """Stops where the array of rows begins; takes what stands around it."""
    if scanner.next() != "{":
        yield
        return
    for key in scanner.members():
        if key == "rows":
            yield
        else:
            scanner.value()


def _row(number: int, entry: _Entry, names: tuple[str, ...], columns: tuple[str, ...], limits: Limits) -> Row:
    if isinstance(entry, _Broken):
        return cells.row(number, [""] * len(columns), columns, limits, [entry.reason], extra=entry.text)
    if not isinstance(entry, dict):
        return cells.row(number, [""] * len(columns), columns, limits, ["it is not an object"], extra=compact(entry))
    flat, surplus = _flat(entry)
    text = [flat.pop(name, "") for name in names]
    surplus |= flat
    notes = [f"it has {len(surplus)} keys that are no columns"] if surplus else []
    return cells.row(number, text, columns, limits, notes, extra=compact(surplus) if surplus else "")


def _flat(entry: dict[str, Value]) -> tuple[dict[str, str], dict[str, Value]]:
    """Cells by column, and what has the column of something else (`{"a.b": 1, "a": {"b": 2}}`)."""
    flat, twice = dict[str, str](), dict[str, Value]()
    for key, value in entry.items():
        inner = (
            {f"{key}.{name}": each for name, each in value.items()}
            if isinstance(value, dict) and value
            else {key: value}
        )
        for name, each in inner.items():
            if name in flat:
                twice[name] = each
            else:
                flat[name] = _text(each)
    return flat, twice


def _text(value: Value) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case Decimal():
            return str(value)
        case _:
            return compact(value)
