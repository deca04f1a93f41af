"""Which encoding a text file is in: its byte order mark, else UTF-8 if that fits, else a guess that says it is one."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes
from charset_normalizer.constant import IANA_SUPPORTED

from server.domain.errors import InvalidInput

_BLOCK = 1 << 20
_SAMPLE = 1 << 16

_MARKS = (
    # UTF-32 first: its mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_LATIN = ["cp1252", "cp1250", "cp1254", "cp1257", "mac_roman"]
_OTHER = [
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
    *("cp1251", "cp1253", "cp1255", "cp1256", "cp874", "koi8_r"),
]
"""Encodings that exports are found in; the rarer ones only ever win by mistake."""

_ALONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec's name, whether it is certain, and what to tell where it is not."""

    name: str
    certain: bool = True
    warning: str | None = None


def detect(path: Path, stated: str | None = None) -> Encoding:
    """The encoding of the whole file. `stated` decides unless a byte order mark contradicts it.

    `InvalidInput` where nobody knows `stated`.
    """
    known = None if stated is None else _known(stated)
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name)
    if known is not None:
        return Encoding(known)
    if wide := _wide(head):
        return Encoding(wide, certain=False, warning=f"The file has no byte order mark and was read as {wide}.")
    return _utf8_or_guess(path)


def _known(stated: str) -> str:
    try:
        name = codecs.lookup(stated).name
    except LookupError:
        name = ""
    if name not in _KNOWN:
        raise InvalidInput(
            f"The encoding {stated!r} is not known.",
            field="encoding",
            fix="Name one such as utf-8, cp1252 or shift_jis.",
        )
    return "utf-8" if name == "utf-8-sig" else name


# UTF-7 can spell what no other encoding can, such as halves of characters.
_KNOWN = frozenset({"utf-8-sig", *(codecs.lookup(each).name for each in IANA_SUPPORTED)} - {"utf-7"})


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark, told by the zero half of Latin letters."""
    even, odd, half = head[::2].count(0), head[1::2].count(0), len(head) // 2
    if half and odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if half and even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return None


def _utf8_or_guess(path: Path) -> Encoding:
    broken, continued, first = _read_as_utf8(path)
    if not broken:
        return Encoding("utf-8")
    # Text in another encoding is hardly ever valid UTF-8 by chance, so a few broken places do not make it one.
    if continued > 4 * broken:
        return Encoding(
            "utf-8",
            certain=False,
            warning=f"The file is UTF-8 except in {broken:,} or more places; their rows are noted.",
        )
    guess = _guess(path, first)
    return Encoding(
        guess,
        certain=False,
        warning=f"The file is not UTF-8; it was read as {guess}. State the encoding if that is wrong.",
    )


def _read_as_utf8(path: Path) -> tuple[int, int, int]:
    """How many places are not UTF-8, how many bytes continue characters, and where the first such place is.

    Counting ends after a thousand places: the verdict would not change.
    """
    broken = continued = first = start = 0
    rest = b""
    with path.open("rb") as file:
        while broken < 1_000 and (block := rest + file.read(_BLOCK)) != rest:
            at, rest = 0, b""
            while at < len(block) and broken < 1_000:
                try:
                    continued += len(block) - at - len(block[at:].decode())
                    break
                except UnicodeDecodeError as error:
                    bad, end = at + error.start, at + error.end
                    continued += bad - at - len(block[at:bad].decode())
                    if end == len(block) and error.reason == "unexpected end of data":
                        rest = block[bad:]
                        break
                    first = first if broken else start + bad
                    broken, at = broken + 1, end
            start += len(block) - len(rest)
    if rest:
        first, broken = first if broken else start, broken + 1
    return broken, continued, first


def _guess(path: Path, first: int) -> str:
    """The likeliest encoding of the lines after the first place that is not ASCII."""
    with path.open("rb") as file:
        file.seek(max(0, first - _SAMPLE // 4))
        sample = file.read(_SAMPLE)
    # A line that was cut may be cut inside a character.
    lines = sample.splitlines(keepends=True)[first > _SAMPLE // 4 : None if len(sample) < _SAMPLE else -1]
    telling = b"".join(line for line in lines if not line.isascii()) or sample
    # Accents stand alone between letters; other scripts and characters of two bytes do not.
    alone, all_ = len(_ALONE.findall(telling)), sum(byte >= 0x80 for byte in telling)
    candidates = _LATIN if alone > 0.8 * all_ else _LATIN + _OTHER
    matches = list(from_bytes(telling, cp_isolation=candidates))
    # Of those that fit alike the most common is first.
    matches.sort(key=lambda match: (match.chaos, -match.coherence, candidates.index(match.encoding)))
    return matches[0].encoding if matches else "cp1252"
