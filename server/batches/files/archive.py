"""The zip archive that a workbook is: checked before anything is read from it.

What an archive says of its own sizes may be a lie, so everything that will be parsed is decompressed once and counted.
"""

from __future__ import annotations

import copy
import zipfile
import zlib
from pathlib import Path
from typing import Final

from server.batches.files.limits import Limits
from server.domain.errors import InvalidInput

_PARTS: Final = 10_000
_BLOCK: Final = 1 << 20
_RATIO: Final = 200
"""Sheets shrink to a twentieth, long columns of one value to a hundredth; bombs to a thousandth."""
_RATIO_COUNTS: Final = 10_000_000
"""Bytes from which the ratio is looked at."""

_WORKBOOKS = (
    b"spreadsheetml.sheet.main+xml",
    b"ms-excel.sheet.macroEnabled.main+xml",
    b"spreadsheetml.template.main+xml",
)
_FIX = "Save the table as CSV or as an Excel workbook (.xlsx) and send that."


def checked(path: Path, limits: Limits) -> int:
    """Bytes of the workbook's parts once they are decompressed; `InvalidInput` for bombs and for other archives."""
    try:
        with zipfile.ZipFile(path) as archive:
            _is_workbook(archive)
            return _measured(archive, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OverflowError) as error:
        raise InvalidInput(f"The workbook is damaged or encrypted: {error}.", field="file", fix=_FIX) from error


def _is_workbook(archive: zipfile.ZipFile) -> None:
    try:
        with archive.open("[Content_Types].xml") as part:
            types = part.read(_BLOCK)
    except KeyError:
        types = b""
    if not any(each in types for each in _WORKBOOKS):
        raise InvalidInput("The file is a zip archive and no Excel workbook.", field="file", fix=_FIX)
    if len(archive.infolist()) > _PARTS:
        raise InvalidInput(f"The workbook has more than {_PARTS:,} parts.", field="file", fix=_FIX)


def _measured(archive: zipfile.ZipFile, limits: Limits) -> int:
    declared = sum(part.file_size for part in archive.infolist())
    if declared > limits.unpacked:
        raise _bomb(limits)
    counted = 0
    for part in archive.infolist():
        counted += _count(archive, part, limits, limits.unpacked - counted)
    return counted


def _count(archive: zipfile.ZipFile, part: zipfile.ZipInfo, limits: Limits, left: int) -> int:
    # The reader stops at the declared size; this one has to see more than that, if there is more.
    unbelieved = copy.copy(part)
    unbelieved.file_size = left + 1
    most, counted = min(left, max(_RATIO_COUNTS, part.compress_size * _RATIO)), 0
    with archive.open(unbelieved) as stream:
        while block := stream.read(_BLOCK):
            # Drawings may have one, and are not read; UTF-16 is made readable without its zeros.
            if not counted and not part.filename.endswith(".svg") and b"<!DOCTYPE" in block.replace(b"\0", b""):
                raise InvalidInput(
                    "The workbook declares XML entities, which no workbook needs.", field="file", fix=_FIX
                )
            counted += len(block)
            if counted > most:
                raise _bomb(limits)
    return counted


def _bomb(limits: Limits) -> InvalidInput:
    return InvalidInput(
        f"The workbook is too large once it is decompressed: more than {limits.unpacked:,} bytes, or {_RATIO} times"
        " its size in the file.",
        field="file",
        fix="Save the table as CSV and send that.",
    )
