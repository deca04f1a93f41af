"""JSON text taken value by value, with one value and one block of text in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TextIO, TypeAlias, cast

from server.batches.files.limits import RECORD

Value: TypeAlias = "str | bool | int | Decimal | list[Value] | dict[str, Value] | None"
"""JSON; fractions keep the digits that they are written with."""

_BLOCK = 1 << 16
_LONGEST_WORD = len("-Infinity")
_BLANK = re.compile(r"[ \t\r\n\ufeff]*")


class Malformed(Exception):
    """The text is not what was expected; the sentence says how."""


class _Unfinished(Malformed):
    """It might be, with more text."""


def _too_long() -> Malformed:
    return Malformed(f"it has more than {RECORD:,} characters")


def _missing(_: str) -> None:
    """NaN and Infinity, which are not JSON: programs write them where a number is missing."""


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_missing)


def parsed(text: str) -> Value:
    """One value that is all of `text`; `Malformed` otherwise. Fractions are `Decimal`, as they are written."""
    value, end = _decoded(text, _blank(text, 0))
    if _blank(text, end) < len(text):
        raise Malformed("there is more after its end")
    return value


def compact(value: object) -> str:
    """What `parsed` gave, or is made of the same, as JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float)


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _decoded(text: str, at: int) -> tuple[Value, int]:
    try:
        return cast("tuple[Value, int]", _DECODER.raw_decode(text, at))
    except json.JSONDecodeError as error:
        said = f"it is not JSON: {error.msg} at character {error.pos - at + 1}"
        # The text may end inside a string, which is reported where it begins, or inside a word, a number or an escape.
        cut = error.msg.startswith("Unterminated") or error.pos >= len(text) - _LONGEST_WORD
        raise (_Unfinished if cut else Malformed)(said) from error
    except RecursionError as error:
        raise Malformed("it is nested too deeply") from error
    except ValueError as error:
        raise Malformed("it has a number with too many digits") from error


class Scanner:
    """A position in a file that is open as text."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._ended = False

    def next(self) -> str:
        """The next character that is not blank, which stays; empty at the end."""
        while True:
            self._at = _blank(self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """The next character that is not blank, if it is one of `wanted`; `Malformed` if not."""
        found = self.next()
        if not found or found not in wanted:
            shown = repr(found) if found else "the end"
            raise Malformed(f"there is {shown} where {' or '.join(map(repr, wanted))} is expected")
        self._at += 1
        return found

    def value(self) -> tuple[Value, int]:
        """The next value and its length in characters; `Malformed` if it is none or longer than a row may be."""
        self.next()
        while True:
            try:
                value, end = _decoded(self._text, self._at)
                # A number may go on in the next block.
                if end < len(self._text) or self._ended or not self._more():
                    return self._taken(value, end)
            except _Unfinished:
                if len(self._text) - self._at > RECORD:
                    raise _too_long() from None
                if not self._more():
                    raise

    def _taken(self, value: Value, end: int) -> tuple[Value, int]:
        length, self._at = end - self._at, end
        if length > RECORD:
            raise _too_long()
        return value, length

    def _more(self) -> bool:
        block = self._file.read(_BLOCK)
        self._text, self._at = self._text[self._at :] + block, 0
        self._ended = not block
        return bool(block)

    def entries(self) -> Iterator[tuple[Value, int]]:
        """The values of an array, and their lengths."""
        self.take("[")
        if self.next() == "]":
            self.take("]")
            return
        while True:
            yield self.value()
            if self.take(",]") == "]":
                return

    def members(self) -> Iterator[str]:
        """The keys of an object. Whoever takes them takes the value of each before the next."""
        self.take("{")
        if self.next() == "}":
            self.take("}")
            return
        while True:
            key, _ = self.value()
            if not isinstance(key, str):
                raise Malformed("a key is not a string")
            self.take(":")
            yield key
            if self.take(",}") == "}":
                return
