"""Excel workbooks, honest ones and others."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from server.batches.files import sheets
from server.batches.files.facts import Format
from server.batches.files.limits import Limits
from server.batches.files.reading import inspect, rows
from server.domain.errors import InvalidInput


def filled(path: Path, *lines: list[Any], also: Callable[[Workbook], object] | None = None) -> None:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for line in lines:
        sheet.append(line)
    if also is not None:
        also(book)
    book.save(path)


def altered(path: Path, part: str, change: Callable[[str], str]) -> None:
    """Rewrite one part of the archive."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


SHEET = "xl/worksheets/sheet1.xml"
CELLS = {
    "text": ("Zo\u00eb", "Zo\u00eb"),
    "a phone number as text": ("+4915112345678", "+4915112345678"),
    "leading zeros as text": ("007", "007"),
    "a phone number as a number": (4915112345678, "4915112345678"),
    "a whole number": (5.0, "5"),
    "a fraction": (0.1 + 0.2, "0.3"),
    "a large number": (1e20, "1e+20"),
    "a date": (date(2026, 11, 21), "2026-11-21"),
    "a moment": (datetime(2026, 11, 21, 12, 30, 5), "2026-11-21T12:30:05"),  # noqa: DTZ001 - workbooks know no zones
    "a time": (time(9, 5), "09:05:00"),
    "a duration": (timedelta(hours=30, minutes=5), "30:05:00"),
    "a truth": (True, "TRUE"),
    "an error": ("#N/A", ""),
    "a formula without a stored result": ("=1+1", ""),
    "line breaks": ("a\nb", "a\nb"),
    "a character by its number": ("a_x000D_b", "a\rb"),
}


@pytest.mark.parametrize("reader", [sheets.FAST, sheets.FRUGAL])
def test_cells_are_read_as_people_see_them(tmp_path: Path, reader: str) -> None:
    path = tmp_path / "upload"
    filled(path, ["cell", "end"], *([value, "."] for value, _ in CELLS.values()))
    found = list(sheets.read(path, "", reader, Limits()))
    assert found[0] == {"sheet": "Sheet", "sheets": ["Sheet"]}
    assert found[2:-1] == [[expected, "."] for _, expected in CELLS.values()]
    assert found[-1] is None


@pytest.mark.parametrize("reader", [sheets.FAST, sheets.FRUGAL])
def test_a_table_may_begin_anywhere_and_end_anywhere(tmp_path: Path, reader: str) -> None:
    path = tmp_path / "upload"
    filled(path, [], [], [None, "a", "b"], [None, 1], [], [None, None, 2, " "], [" "], [])
    found = list(sheets.read(path, "", reader, Limits()))
    assert found[1:-1] == [[], [], ["", "a", "b"], ["", "1"], [], ["", "", "2"]]


def test_rows_come_without_the_blank_ones(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    filled(path, ["name", "city"], ["Ada"], [], ["Bob", "Paris"], [" ", None])
    facts = inspect(path, name="people.csv", content_type="text/csv")
    reading = rows(path, facts)
    assert (facts.format, facts.columns, facts.rows) == (Format.XLSX, ("name", "city"), 2)
    assert list(reading) == [(1, ("Ada", ""), None, ""), (2, ("Bob", "Paris"), None, "")]
    assert reading.blank == 1


def several(book: Workbook) -> None:
    hidden = book.create_sheet("Hidden", 0)
    hidden["A1"], hidden["A2"], hidden.sheet_state = "secret", "s", "hidden"
    book.create_sheet("Empty", 0)
    last = book.create_sheet("Last")
    last["A1"], last["A2"] = "other", "x"
    book.active = 2


def test_the_first_visible_sheet_with_cells_is_read_unless_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    filled(path, ["name"], ["Ada"], also=several)
    facts = inspect(path, name="x.xlsx")
    assert (facts.sheet, facts.sheets, facts.sample) == ("Sheet", ("Hidden", "Sheet", "Last"), (("Ada",),))
    assert facts.warnings == ("The sheet 'Sheet' is read; there are also: Hidden, Last.",)
    named = inspect(path, name="x.xlsx", sheet="Hidden")
    assert (named.columns, [row.cells for row in rows(path, named)]) == (("secret",), [("s",)])
    with pytest.raises(InvalidInput, match="no sheet 'Empty' with cells") as refused:
        inspect(path, name="x.xlsx", sheet="Empty")
    assert (refused.value.field, refused.value.fix) == ("sheet", "Name one of: Hidden, Sheet, Last.")


def test_a_workbook_without_cells_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    filled(path)
    with pytest.raises(InvalidInput, match="no cells"):
        inspect(path, name="x.xlsx")


def test_limits_hold_in_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    filled(path, ["a", "b", "c"], *([n, "x", "y"] for n in range(5)))
    facts = inspect(path, name="x.xlsx")
    with pytest.raises(InvalidInput, match="more than 4 rows"):
        list(rows(path, facts, Limits(rows=4)))
    with pytest.raises(InvalidInput, match="Row 1 of the sheet has more than 2 columns"):
        inspect(path, name="x.xlsx", limits=Limits(columns=2))
    with pytest.raises(InvalidInput, match="more than 1,000 bytes"):
        inspect(path, name="x.xlsx", limits=Limits(bytes=1_000))
    with pytest.raises(InvalidInput, match="decompressed: more than 2,000 bytes"):
        inspect(path, name="x.xlsx", limits=Limits(unpacked=2_000))


def test_a_cell_longer_than_excel_allows_is_found(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    filled(path, ["a", "b"], ["1", "LONG"])
    altered(path, SHEET, lambda xml: xml.replace("LONG", "x" * 40_000))
    with pytest.raises(InvalidInput, match=r"column 'column_2' has more than 32,767 characters"):
        inspect(path, name="x.xlsx")


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    filled(path, ["a"], ["1"])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/bomb.xml", "w") as part:
        for _ in range(12):
            part.write(bytes(1_000_000))
    with pytest.raises(InvalidInput, match="too large once it is decompressed"):
        inspect(path, name="x.xlsx")


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    filled(path, ["a"], ["1"])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", bytes(12_000_000))
    size = (12_000_000).to_bytes(4, "little")
    assert path.read_bytes().count(size) == 2
    path.write_bytes(path.read_bytes().replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(InvalidInput, match="too large once it is decompressed"):
        inspect(path, name="x.xlsx")


LAUGHS = (
    """<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>"""
)
THEFT = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("declaration", [LAUGHS, THEFT])
@pytest.mark.parametrize("part", [SHEET, "xl/styles.xml", "xl/workbook.xml"])
def test_entities_are_refused(tmp_path: Path, part: str, declaration: str) -> None:
    path = tmp_path / "upload"
    filled(path, ["a"], ["text"])
    altered(path, part, lambda xml: declaration + re.sub(r"^<\?xml[^>]*>", "", xml).replace("text", "&a;"))
    with pytest.raises(InvalidInput, match="declares XML entities"):
        inspect(path, name="x.xlsx")


def test_a_cell_in_the_last_corner_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    filled(path, ["name"], ["Ada"])
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    altered(path, SHEET, lambda xml: xml.replace("</sheetData>", corner))
    with pytest.raises(InvalidInput, match="Row 1,048,576 of the sheet has more than 1,000 columns"):
        list(rows(path, inspect(path, name="x.xlsx")))


def test_a_row_that_no_workbook_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    filled(path, ["name"], ["Ada"])
    below = '<row r="4000000000"><c r="A4000000000"><v>1</v></c></row></sheetData>'
    altered(path, SHEET, lambda xml: xml.replace("</sheetData>", below))
    with pytest.raises(InvalidInput):
        list(rows(path, inspect(path, name="x.xlsx")))


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_a_damaged_workbook_is_refused(tmp_path: Path, part: str) -> None:
    path = tmp_path / "upload"
    filled(path, ["a"], ["1"])
    altered(path, part, lambda xml: xml[: len(xml) // 2])
    with pytest.raises(InvalidInput):
        inspect(path, name="x.xlsx")


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    filled(path, ["a"], ["1"])
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InvalidInput, match="damaged or encrypted"):
        inspect(path, name="x.xlsx")


def test_leaving_a_sheet_half_read_ends_the_process_that_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    filled(path, ["a"], *([n, "x" * 200] for n in range(3_000)))
    before = _children()
    reading = rows(path, inspect(path, name="x.xlsx"))
    assert next(iter(reading)).cells == ("0", "x" * 200)
    reading.close()
    assert _children() <= before


def _children() -> set[str]:
    """The processes that this one has begun and that are still there; none where the system does not tell."""
    tasks = Path("/proc/self/task")
    return {each for task in tasks.glob("*/children") for each in task.read_text().split()}
