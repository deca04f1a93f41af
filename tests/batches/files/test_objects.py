"""JSON and JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.batches.files.facts import FileFacts, Format, Row
from server.batches.files.limits import RECORD, Limits
from server.batches.files.reading import inspect, rows
from server.domain.errors import InvalidInput


def read(path: Path, text: str, name: str = "x.json", limits: Limits | None = None) -> tuple[FileFacts, list[Row]]:
    path.write_text(text)
    facts = inspect(path, name=name, limits=limits or Limits())
    return facts, list(rows(path, facts, limits or Limits()))


SHAPES = {
    "an array": ('[{"name": "Ada", "n": 1}, {"name": "Bob", "n": 2}]', Format.JSON),
    "an array over lines": ('\n[\n  {"name": "Ada",\n   "n": 1},\n  {"name": "Bob", "n": 2}\n]\n', Format.JSON),
    "rows of an object": ('{"rows": [{"name": "Ada", "n": 1}, {"name": "Bob", "n": 2}]}', Format.JSON),
    "rows between other keys": (
        '{"count": 2, "of": {"a": [1]}, "rows": [{"name": "Ada", "n": 1}, {"name": "Bob", "n": 2}], "next": null}',
        Format.JSON,
    ),
    "lines": ('{"name": "Ada", "n": 1}\n{"name": "Bob", "n": 2}\n', Format.JSONL),
    "lines with blank ones": ('\n{"name": "Ada", "n": 1}\r\n\r\n{"name": "Bob", "n": 2}', Format.JSONL),
    "byte order mark": ('\ufeff[{"name": "Ada", "n": 1}, {"name": "Bob", "n": 2}]', Format.JSON),
}


@pytest.mark.parametrize(("text", "format_"), SHAPES.values(), ids=SHAPES)
def test_the_same_rows_are_read_from_every_shape(tmp_path: Path, text: str, format_: Format) -> None:
    facts, found = read(tmp_path / "upload", text)
    assert (facts.format, facts.columns, facts.rows) == (format_, ("name", "n"), 2)
    assert facts.sample == (("Ada", "1"), ("Bob", "2"))
    assert found == [(1, ("Ada", "1"), None, ""), (2, ("Bob", "2"), None, "")]


def test_values_keep_the_digits_that_they_are_written_with(tmp_path: Path) -> None:
    values = '[{"a": 1.10, "b": 49151123456789012345678, "c": true, "d": null, "e": NaN, "f": "+49", "g": 1e400}]'
    _, (row,) = read(tmp_path / "upload", values)
    assert row.cells == ("1.10", "49151123456789012345678", "true", "", "", "+49", "1E+400")


def test_objects_become_columns_one_level_deep_and_the_rest_stays_json(tmp_path: Path) -> None:
    entry = '[{"company": {"name": "Ex", "at": {"city": "Ü", "n": 0.5}}, "tags": ["a", "b"], "none": {}}]'
    facts, (row,) = read(tmp_path / "upload", entry)
    assert facts.columns == ("company.name", "company.at", "tags", "none")
    assert row.cells == ("Ex", '{"city":"Ü","n":0.5}', '["a","b"]', "{}")


def test_keys_are_gathered_from_the_first_thousand_rows_and_later_ones_kept_aside(tmp_path: Path) -> None:
    entries = [{"a": number} for number in range(999)] + [{"b": 1}, {"a": 2, "c": {"d": [3]}}]
    facts, found = read(tmp_path / "upload", json.dumps(entries))
    assert (facts.columns, facts.rows) == (("a", "b"), None)
    assert found[999] == (1_000, ("", "1"), None, "")
    assert found[1_000] == (1_001, ("2", ""), "Row 1,001: it has 1 keys that are no columns.", '{"c.d":"[3]"}')


def test_two_keys_that_would_share_a_column_lose_nothing(tmp_path: Path) -> None:
    _, (row,) = read(tmp_path / "upload", '[{"a.b": 1, "a": {"b": 2}}]')
    assert (row.cells, row.extra) == (("1",), '{"a.b":2}')


def test_a_broken_line_is_a_row_with_a_problem(tmp_path: Path) -> None:
    facts, found = read(tmp_path / "upload", '{"a": 1}\n{"a": oops}\n[1, 2]\n{"a": 3} {"a": 4}\n{"a": 5}\n')
    assert facts.rows == 5
    assert [row.cells for row in found] == [("1",), ("",), ("",), ("",), ("5",)]
    assert [row.problem for row in found] == [
        None,
        "Row 2: it is not JSON: Expecting value at character 7.",
        "Row 3: it is not an object.",
        "Row 4: there is more after its end.",
        None,
    ]
    assert [row.extra for row in found] == ["", '{"a": oops}', "[1,2]", '{"a": 3} {"a": 4}', ""]


def test_halves_of_characters_are_replaced_and_whole_ones_kept(tmp_path: Path) -> None:
    _, (row,) = read(tmp_path / "upload", r'[{"a": "\ud83d\ude00", "b": "x\ud83dy", "c": "q\u0000r"}]')
    assert row.cells == ("\U0001f600", "x\ufffdy", "qr")
    assert (
        row.problem == "Row 1: halves of characters in it were replaced by \ufffd; zero characters in it were removed."
    )


def test_entries_longer_than_a_block_of_text_are_read(tmp_path: Path) -> None:
    entries = [{"a": "x" * 30_000, "b": "y" * 30_000, "c": number} for number in range(20)]
    _, found = read(tmp_path / "upload", json.dumps(entries))
    assert [row.cells[2] for row in found] == [str(number) for number in range(20)]
    assert {len(row.cells[0]) + len(row.cells[1]) for row in found} == {60_000}


def test_a_list_without_rows_is_a_file_without_rows(tmp_path: Path) -> None:
    facts, found = read(tmp_path / "upload", '{"rows": []}')
    assert (facts.rows, facts.warnings, found) == (0, ("There are no rows in the file.",), [])


REFUSED = {
    "numbers": ("[1, 2, 3]", "Row 1 is not an object"),
    "an array that ends early": ('[{"a": 1}, {"a": ', "cannot be read after row 1"),
    "two arrays": ('[{"a": 1}][{"a": 2}]', "after row 1: there is '\\[' after the end"),
    "a missing comma": ('[{"a": 1} {"a": 2}]', "after row 1: there is '{' where ',' or ']' is expected"),
    "an object that is broken": ('{"a": 1,, }', "Row 1 cannot be read: it is not JSON"),
    "a deep array": ("[" * 100_000, "nested too deeply"),
    "a deep object": ('[{"a": ' + '{"a":' * 100_000, "nested too deeply"),
    "a deep line": ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}\n", "nested too deeply"),
    "a number of many digits": ('[{"a": ' + "1" * 10_000 + "}]", "too many digits"),
    "an endless string": ('[{"a": "' + "x" * (2 * RECORD), "cannot be read after row 0"),
    "an object that is too long": (json.dumps([{str(n): "x" * 20_000 for n in range(60)}]), "more than 1,048,576"),
    "a line that is too long": ('{"a": 1}\n' + json.dumps({"a": "x" * RECORD}), "Row 2 has more than 1,048,576"),
    "a cell that is too long": (json.dumps([{"a": 1}, {"a": "x" * 40_000}]), "Row 2, column 'a' has more than 32,767"),
    "too many keys": (json.dumps([{str(n): n for n in range(1_001)}]), "more than 1,000 columns"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_rows_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        read(tmp_path / "upload", text)
    assert (refused.value.field, bool(refused.value.fix)) == ("file", True)


def test_deep_values_that_can_be_parsed_can_be_read(tmp_path: Path) -> None:
    deep = "[" * 200 + "]" * 200
    _, (row,) = read(tmp_path / "upload", '[{"a": ' + deep + "}]")
    assert row.cells == (deep,)


@pytest.mark.parametrize("text", ['[{"a":1},{"a":2},{"a":3}]', '{"a":1}\n{"a":2}\n{"a":3}\n'])
def test_too_many_rows_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match="more than 2 rows"):
        read(tmp_path / "upload", text, limits=Limits(rows=2))


def test_a_name_decides_whether_one_object_is_a_line(tmp_path: Path) -> None:
    facts, found = read(tmp_path / "upload", '{"rows": [{"a": 1}]}\n', name="x.jsonl")
    assert (facts.format, found[0].cells) == (Format.JSONL, ('[{"a":1}]',))
