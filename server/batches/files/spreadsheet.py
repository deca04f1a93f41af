"""Workbooks with one sheet, written row by row into the archive, so that no more than one row is in memory.

Text is written inline and as text, so nothing in it is ever a formula. openpyxl's own writer keeps an unpacked copy in
the system's temporary folder. Source: ECMA-376, part 1, 18.3.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Final
from xml.sax.saxutils import escape

from server.domain import shorten
from server.domain.csv_text import Cell
from server.domain.errors import InvalidInput

MOST_ROWS: Final = 1_048_575
"""Rows under the header; Excel has no more."""
MOST_TEXT: Final = 32_767
"""Characters of a cell, likewise."""

_EMPTY_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
        ' Target="worksheets/sheet1.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Rows" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
}
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_BEGIN = f'{_XML}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_END = "</sheetData></worksheet>"

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UNCHANGED = re.compile("[ -%'-;=?-^`-~]*")
"""Nothing but printable ASCII without `&`, `<`, `>` and `_`: most cells, told from the others at once."""
_BREAKS = re.compile("\r\n?")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a workbook to `path`.

    Text loses characters that XML cannot hold, and its end where a cell is longer than `MOST_TEXT`; line breaks become
    those of Excel. `InvalidInput` for more than `MOST_ROWS` rows.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, xml in _EMPTY_PARTS.items():
            archive.writestr(name, _XML + xml)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            _sheet(sheet, header, rows)


def _sheet(sheet: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    sheet.write(f"{_BEGIN}<row>{''.join(map(_cell, header))}</row>".encode())
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise InvalidInput(
                f"A workbook takes no more than {MOST_ROWS:,} rows.", field="format", fix="Take the result as CSV."
            )
        sheet.write(f"<row>{''.join(map(_cell, row))}</row>".encode())
    sheet.write(_END.encode())


def _cell(value: Cell) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    # Excel keeps 15 digits of a number, and knows neither infinity nor what is not one.
    if not isinstance(value, str) and abs(value) < 1e15:
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{_text(str(value))}</t></is></c>'


def _text(value: str) -> str:
    if len(value) <= MOST_TEXT and _UNCHANGED.fullmatch(value):
        return value
    # `_x0041_` stands for a character by its number, so one that is meant literally has its first sign written so.
    plain = _ESCAPED.sub("_x005F_", _BREAKS.sub("\n", _NO_XML.sub("", value)))
    return escape(shorten.text(plain, MOST_TEXT) or "")
