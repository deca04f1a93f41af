"""What a file's first bytes say it is, whatever it is called."""

from __future__ import annotations

import re
from pathlib import Path

from server.batches.files import cells
from server.batches.files.facts import Format
from server.domain.errors import InvalidInput

_FOREIGN = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or password-protected Office document"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"RIFF", "an image, a sound or a film"),
    (b"II*\0", "an image"),
    (b"MM\0*", "an image"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\0", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "a Rich Text document"),
    (b"PK\x05\x06", "an empty archive"),
)

_MARKUP = re.compile(r"\ufeff?\s*<(!doctype|!--|\?xml|html|head|body|table|svg)\b|\ufeff?\s*<!--", re.IGNORECASE)
_ARRAY = re.compile(r'\ufeff?\s*\[\s*(?:[\[{\]"0-9-]|\Z)')
_OBJECT = re.compile(r'\ufeff?\s*\{\s*["}]')
_LINES = (".jsonl", ".ndjson", ".jsonlines")
_FIX = "Save the table as CSV, XLSX, JSON or JSON lines and send that."


def is_archive(head: bytes) -> bool:
    """Whether the file is a zip archive, as workbooks are; `InvalidInput` where it is something else than text."""
    for mark, what in _FOREIGN:
        if head.startswith(mark):
            raise InvalidInput(f"The file is not a table: it is {what}.", field="file", fix=_FIX)
    return head.startswith(b"PK\x03\x04")


def of_text(text: str, name: str, content_type: str | None) -> Format:
    """CSV, JSON or JSON lines, by the beginning of the text; `InvalidInput` for markup and noise.

    An object may open either kind of JSON; JSON is what it is called then until its keys are known. The file's name
    and declared type only decide between kinds that the text leaves open.
    """
    if not text.strip("\ufeff\0 \t\r\n"):
        raise cells.empty()
    if _MARKUP.match(text):
        raise InvalidInput("The file is not a table: it is HTML or XML.", field="file", fix=_FIX)
    if _noise(text):
        raise InvalidInput("The file is not a table: it is not text in a known encoding.", field="file", fix=_FIX)
    if _ARRAY.match(text):
        return Format.JSON
    if _OBJECT.match(text):
        lines = (
            Path(name).suffix.lower() in _LINES or "ndjson" in (content_type or "") or "jsonl" in (content_type or "")
        )
        return Format.JSONL if lines else Format.JSON
    return Format.CSV


def is_tab_separated(name: str, content_type: str | None) -> bool:
    """Whether a file is called tab-separated, for when its text does not tell."""
    return Path(name).suffix.lower() in {".tsv", ".tab"} or content_type == "text/tab-separated-values"


def _noise(text: str) -> bool:
    """Whether control characters are more than an accident; a file padded with zeros still is text."""
    controls = len(_CONTROL.findall(text))
    lost = text.count("\ufffd")
    return controls > max(3, len(text) * 0.01) or text.count("\0") > len(text) * 0.3 or lost > len(text) * 0.1


_CONTROL = re.compile("[\x01-\x08\x0e-\x19\x1c-\x1f\x7f]")
