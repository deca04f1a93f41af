"""Finished files."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from server.batches.files.facts import Format, Row
from server.batches.files.reading import inspect, rows
from server.batches.files.writing import WRITTEN, appended, write
from server.domain.csv_text import Cell
from server.domain.errors import InvalidInput

HEADER = ("name", "note", "n")


def read_back(path: Path) -> list[Row]:
    return list(rows(path, inspect(path, name=path.name, header=True)))


@pytest.mark.parametrize("format_", WRITTEN)
def test_what_was_written_can_be_read_again(tmp_path: Path, format_: Format) -> None:
    path = tmp_path / "result"
    written = [("Zo\u00eb \U0001f600", 'a "b", c\nd', 1), ("", "x_x0041_y", 2.5), ("<&>", " blank ", None)]
    write(format_, path, HEADER, written)
    facts = inspect(path, name="x")
    assert (facts.format, facts.columns) == (format_, HEADER)
    assert [row.cells for row in read_back(path)] == [
        ("Zo\u00eb \U0001f600", 'a "b", c\nd', "1"),
        ("", "x_x0041_y", "2.5"),
        ("<&>", " blank ", ""),
    ]
    assert [each.name for each in tmp_path.iterdir()] == ["result"]


def test_csv_is_as_in_rfc_4180(tmp_path: Path) -> None:
    path = tmp_path / "result"
    write(Format.CSV, path, HEADER, [('say "x", y', "a\r\nb", 1)])
    assert path.read_bytes() == b'name,note,n\r\n"say ""x"", y","a\r\nb",1\r\n'
    write(Format.CSV, path, ("\u00fc",), [], mark=True)
    assert path.read_bytes() == b"\xef\xbb\xbf\xc3\xbc\r\n"


RUNS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@x",
    "\t=1",
    "\rx",
    "  =1",
    "\n=1",
    "\u3000=1",
    "\uff1d1",
    "\uff0bx",
    "\uff0d1",
    "\uff20x",
]
MORE = ["\ufeff=1", "\xa0@x", "-", "+49 (0) 151", "=cmd|' /C calc'!A0"]
RESTS = ["-5", "+4915112345678", "-5.25", "5", "a=1", "a-b", "x@example.com", "'=1", ""]


def test_no_cell_of_a_csv_runs_in_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "result"
    write(Format.CSV, path, ("=header", "b"), [(each, "x") for each in RUNS + MORE + RESTS])
    with path.open(encoding="utf-8", newline="") as file:
        header, *found = csv.reader(file)
    assert header == ["'=header", "b"]
    assert [row[0] for row in found] == [f"'{each}" for each in RUNS + MORE] + RESTS


def test_text_in_a_workbook_is_text_and_numbers_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "result.xlsx"
    big = 12_345_678_901_234_567
    cells: list[Cell] = ["=1+1", "#N/A", "+4915112345678", "007", 5, -2.5, True, big, float("inf"), "a\x00\x1bb\uffff"]
    write(Format.XLSX, path, [str(number) for number in range(len(cells))], [cells])
    sheet: Any = load_workbook(path).active
    found = [(cell.value, cell.data_type) for cell in sheet[2]]
    assert found == [
        ("=1+1", "s"),
        ("#N/A", "s"),
        ("+4915112345678", "s"),
        ("007", "s"),
        (5, "n"),
        (-2.5, "n"),
        (True, "b"),
        (str(big), "s"),
        ("inf", "s"),
        ("ab", "s"),
    ]


def test_a_workbook_takes_long_text_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "result"
    write(Format.XLSX, path, ("a", "b"), [("x" * 32_767, "xy" * 20_000)])
    (row,) = read_back(path)
    assert row.cells[0] == "x" * 32_767
    assert (len(row.cells[1]), row.cells[1][-3:]) == (32_767, "xy\u2026")


def test_a_workbook_takes_no_more_rows_than_excel(tmp_path: Path) -> None:
    path = tmp_path / "result"
    with pytest.raises(InvalidInput, match="no more than 1,048,575 rows") as refused:
        write(Format.XLSX, path, ("a",), ((),) * 1_048_576)
    assert refused.value.field == "format"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_", WRITTEN)
def test_a_file_that_is_not_finished_leaves_nothing_and_replaces_nothing(tmp_path: Path, format_: Format) -> None:
    path = tmp_path / "result"
    path.write_text("older")

    def ends_early() -> Iterator[tuple[str, ...]]:
        yield ("a",)
        raise InvalidInput("The rows cannot be read.")

    with pytest.raises(InvalidInput, match="cannot be read"):
        write(format_, path, ("a",), ends_early())
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("result", "older")]


def test_results_are_not_written_as_json(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not written as json") as refused:
        write(Format.JSON, tmp_path / "result", ("a",), [])
    assert refused.value.fix == "Name one of: csv, jsonl, xlsx."


def test_new_columns_stand_behind_the_original_ones_under_names_of_their_own(tmp_path: Path) -> None:
    header = appended((" Email ", "", "status", "Status"), ("email", "status", "status_2", "found"))
    assert header == (" Email ", "", "status", "Status", "email_2", "status_3", "status_2", "found")
    path = tmp_path / "result"
    write(Format.JSONL, path, header, [range(8)])
    assert list(json.loads(path.read_text())) == [
        "Email",
        "column_2",
        "status",
        "Status_4",
        "email_2",
        "status_3",
        "status_2",
        "found",
    ]


VISIBLE = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffd\ufeff")
TEXT = st.text(VISIBLE | st.sampled_from(list("\t\r\n \"',;|=")), max_size=20)


@given(st.lists(st.tuples(st.just("key"), TEXT, TEXT), min_size=1, max_size=12))
def test_any_cells_survive_csv_except_for_the_apostrophe(table: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result"
        write(Format.CSV, path, HEADER, table)
        facts = inspect(path, name="x.csv", delimiter=",", header=True)
        found = [row.cells for row in rows(path, facts)]
    assert [tuple(map(plain, row)) for row in found] == [tuple(map(plain, row)) for row in table]
    assert facts.columns == HEADER


def plain(cell: str) -> str:
    return cell.removeprefix("'")


def test_a_folder_that_is_gone_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(Format.CSV, tmp_path / "gone" / "result", ("a",), [])
    assert list(tmp_path.iterdir()) == []
