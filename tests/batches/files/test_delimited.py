"""CSV, TSV and what people call so."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from server.batches.files.facts import FileFacts, Format
from server.batches.files.limits import RECORD, Limits
from server.batches.files.reading import inspect, rows
from server.domain.errors import InvalidInput

DIALECTS = {
    "commas": b"name,city\nAda,London\nBob,Paris\n",
    "semicolons": b"name;city\nAda;London\nBob;Paris\n",
    "tabs": b"name\tcity\nAda\tLondon\nBob\tParis\n",
    "bars": b"name|city\nAda|London\nBob|Paris\n",
    "CRLF": b"name,city\r\nAda,London\r\nBob,Paris\r\n",
    "CR": b"name,city\rAda,London\rBob,Paris\r",
    "no line break at the end": b"name,city\nAda,London\nBob,Paris",
    "Excel's first line": b"sep=;\r\nname;city\r\nAda;London\r\nBob;Paris\r\n",
    "everything quoted": b'"name","city"\n"Ada","London"\n"Bob","Paris"\n',
    "byte order mark": b"\xef\xbb\xbfname,city\nAda,London\nBob,Paris\n",
    "UTF-16": "name\tcity\r\nAda\tLondon\r\nBob\tParis\r\n".encode("utf-16"),
    "UTF-16 without a mark": "name\tcity\r\nAda\tLondon\r\nBob\tParis\r\n".encode("utf-16-le"),
    "UTF-32": "name,city\nAda,London\nBob,Paris\n".encode("utf-32"),
    "blank lines": b"\n\nname,city\n\nAda,London\n,\n  ,\nBob,Paris\n\n",
}


@pytest.mark.parametrize("data", DIALECTS.values(), ids=DIALECTS)
def test_the_same_table_is_read_from_every_dialect(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "upload"
    path.write_bytes(data)
    facts = inspect(path, name="people.csv")
    assert facts.columns == facts.header == ("name", "city")
    assert facts.sample == (("Ada", "London"), ("Bob", "Paris"))
    assert facts.rows == 2
    assert [(row.number, row.cells, row.problem) for row in rows(path, facts)] == [
        (1, ("Ada", "London"), None),
        (2, ("Bob", "Paris"), None),
    ]


TRICKY: dict[str, tuple[str, list[tuple[str, ...]]]] = {
    "line breaks, quotes and delimiters in quotes": (
        'a,b\n"x\r\ny","he said ""hi"", then left"\n1,2\n',
        [("x\r\ny", 'he said "hi", then left'), ("1", "2")],
    ),
    "decimal commas": ("a;b\n1,5;2,5\n3,5;4,5\n", [("1,5", "2,5"), ("3,5", "4,5")]),
    "blanks before quotes": ('a, b\nx, "y, z"\nv, "w, u"\n', [("x", "y, z"), ("v", "w, u")]),
    "backslashes before quotes": ('a,b\n"x \\"q, r\\"",1\n"y",2\n', [('x "q, r"', "1"), ("y", "2")]),
    "inches": ('a\tb\n5"\tx\n"6\ty\n7\tz\n', [('5"', "x"), ('"6', "y"), ("7", "z")]),
    "inches in quotes": ('a,b\n"5"" pipe",x\n"""",y\n', [('5" pipe', "x"), ('"', "y")]),
    "paths in quotes": ('a,b\n"C:\\dir\\",x\n"C:\\dir ""y""",y\n', [("C:\\dir\\", "x"), ('C:\\dir "y"', "y")]),
    "one column with commas": ("city\nBerlin, Germany\nParis, France\n", [("Berlin, Germany",), ("Paris, France",)]),
    "emoji and Chinese": ("a,b\n👩‍💻,王小明\n", [("👩‍💻", "王小明")]),
    "blanks are kept": ("a,b\n x ,  y\n", [(" x ", "  y")]),
    "semicolons in a comma file": ("a,b\nx;y,1\nz,2\n", [("x;y", "1"), ("z", "2")]),
    "formulas": ("a,b\n=1+1,@x\n", [("=1+1", "@x")]),
}


@pytest.mark.parametrize(("text", "expected"), TRICKY.values(), ids=TRICKY)
def test_cells_are_what_the_writer_meant(tmp_path: Path, text: str, expected: list[tuple[str, ...]]) -> None:
    path = tmp_path / "upload"
    path.write_bytes(text.encode())
    assert [row.cells for row in rows(path, inspect(path, name="x.csv"))] == expected


ENCODINGS = {
    "cp1252": ("name;ort\nJürgen Müßig;Köln €\nÄnne Groß;Düren\n", "cp1252"),
    "shift_jis": ("名前,会社\n山田太郎,トヨタ自動車株式会社\n鈴木花子,ソニーグループ\n", None),
    "gb18030": ("姓名,公司\n王小明,阿里巴巴集团\n李华,腾讯控股有限公司\n", None),
    "mac_roman": ("nombre,ciudad\nMaría Muñoz,Málaga\nÍñigo Peña,A Coruña\n", "mac-roman"),
    "utf-16-be": ("name,city\nJürgen,Köln\n", "utf-16-be"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_is_decoded_and_a_guess_is_called_one(tmp_path: Path, encoding: str) -> None:
    text, stated = ENCODINGS[encoding]
    path = tmp_path / "upload"
    path.write_bytes(text.encode(encoding))
    facts = inspect(path, name="x.csv", encoding=stated)
    _, *lines = text.splitlines()
    assert [row.cells for row in rows(path, facts)] == [tuple(line.replace(";", ",").split(",")) for line in lines]
    assert facts.certain is (stated is not None)
    assert bool(facts.warnings) is (stated is None)


def test_one_latin_letter_far_down_is_not_mistaken_for_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"name,city\n" + b"Ada,London\n" * 200_000 + "Jürgen,Köln\n".encode("cp1252"))
    facts = inspect(path, name="x.csv")
    *_, last = rows(path, facts)
    assert not facts.certain
    assert last == (200_001, ("Jürgen", "Köln"), None, "")


def test_a_broken_byte_is_noted_in_its_row_and_loses_no_other(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    good = "Jürgen,Köln\n".encode()
    path.write_bytes(b"name,city\n" + good * 5 + b"J\xfcrgen,X\n" + good)
    facts = inspect(path, name="x.csv")
    read = list(rows(path, facts))
    assert (facts.encoding, facts.certain) == ("utf-8", False)
    assert [row.cells for row in read] == [("Jürgen", "Köln")] * 5 + [("J\ufffdrgen", "X"), ("Jürgen", "Köln")]
    assert [row.number for row in read if row.problem] == [6]
    assert read[5].problem == "Row 6: characters in it could not be decoded and stand as \ufffd."


def test_zero_bytes_are_removed_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"name,city\nA\0da,London\nBob,Paris\n")
    first, second = rows(path, inspect(path, name="x.csv"))
    assert first.cells == ("Ada", "London")
    assert first.problem == "Row 1: zero characters in it were removed."
    assert second.problem is None


def test_an_unknown_encoding_or_delimiter_is_named(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"a,b\n1,2\n")
    for encoding in ("klingon", "utf-7", "zlib", "rot13", "punycode"):
        with pytest.raises(InvalidInput, match=f"The encoding '{encoding}' is not known") as refused:
            inspect(path, name="x.csv", encoding=encoding)
        assert refused.value.field == "encoding"
    for delimiter in ("", ",,", '"', "\n"):
        with pytest.raises(InvalidInput, match="one character") as refused:
            inspect(path, name="x.csv", delimiter=delimiter)
        assert refused.value.field == "delimiter"


def test_a_stated_delimiter_goes_before_a_likely_one(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"a:b;c\n1:2;3\n")
    assert inspect(path, name="x.csv", delimiter=":").columns == ("a", "b;c")


def test_short_rows_are_filled_up_and_long_ones_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    body = "".join(f"x{number},y\n" for number in range(1_100))
    path.write_text("a,b\n" + body + "short\nlong,row,one,more,,\ntrailing,commas,,,\n")
    *_, short, long, trailing = rows(path, inspect(path, name="x.csv"))
    assert (short.cells, short.problem) == (("short", ""), "Row 1,101: it has 1 of 2 cells.")
    assert (long.cells, long.extra) == (("long", "row"), '["one","more"]')
    assert long.problem == "Row 1,102: it has 2 more cells than there are columns."
    assert trailing == (1_103, ("trailing", "commas"), None, "")


def test_surplus_cells_near_the_top_get_columns_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("a,b\n1,2\n3,4,five\n6,7\n")
    facts = inspect(path, name="x.csv")
    assert (facts.header, facts.columns) == (("a", "b", ""), ("a", "b", "column_3"))
    assert [row.cells for row in rows(path, facts)] == [("1", "2", ""), ("3", "4", "five"), ("6", "7", "")]


def test_blank_and_repeated_names_are_made_different_and_the_header_stays(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(" Email ,,email,email_2,Email\nx,y,z,v,w\n")
    facts = inspect(path, name="x.csv")
    assert facts.header == (" Email ", "", "email", "email_2", "Email")
    assert facts.columns == ("Email", "column_2", "email_3", "email_2", "Email_4")
    assert facts.warnings == ("Several columns have the same name; a number was added to all but the first.",)


HEADERLESS = {
    "an address": ("Ada,ada@example.com\nBob,bob@example.com\n", False),
    "a link": ("Ada,https://example.com/ada\n", False),
    "numbers throughout": ("Ada,1815\nBob,1990\nCyd,1770\n", False),
    "dates throughout": ("Ada,2026-11-21\nBob,2026-11-22\n", False),
    "domains throughout": ("Ada,example.com\nBob,example.org\n", False),
    "years as names": ("name,2023,2024\nAda,1,2\nBob,3,4\n", True),
    "words throughout": ("name,city\nAda,London\n", True),
    "a name that looks like a domain": ("company.name,n\nExample,1\nOther,2\n", True),
}


@pytest.mark.parametrize(("text", "has_header"), HEADERLESS.values(), ids=HEADERLESS)
def test_a_missing_header_is_noticed(tmp_path: Path, text: str, has_header: bool) -> None:
    path = tmp_path / "upload"
    path.write_text(text)
    facts = inspect(path, name="x.csv")
    assert facts.has_header is has_header
    assert facts.columns[0] == (text.partition(",")[0] if has_header else "column_1")
    assert len(list(rows(path, facts))) == facts.rows == text.count("\n") - has_header


def test_whether_there_is_a_header_can_be_stated(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("Ada,Lovelace\nBob,Bauer\n")
    facts = inspect(path, name="x.csv", header=False)
    assert (facts.columns, facts.rows) == (("column_1", "column_2"), 2)
    assert facts.warnings == ("The first row was read as data; the columns are called column_1 and so on.",)


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("name,city\n")
    facts = inspect(path, name="x.csv")
    assert (facts.columns, facts.rows) == (("name", "city"), 0)
    assert facts.warnings == ("There are no rows under the header.",)
    assert list(rows(path, facts)) == []


def test_blank_rows_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("name,city\n\nAda,London\n , \n,\nBob,Paris\n")
    reading = rows(path, inspect(path, name="x.csv"))
    assert [row.number for row in reading] == [1, 2]
    assert reading.blank == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\nx," + "y" * 101 + "\n", "Row 2, column 'b' has more than 100 characters."),
        ("a,b\n1,2\n3,4\n5,6\n7,8\n", "The file has more than 3 rows."),
        ("a,b,c,d,e\n1,2,3,4,5\n", "The file has more than 4 columns."),
        ("a,b\n1," + "2" * 1_000 + "\n", "The file has more than 500 bytes."),
    ],
)
def test_the_limit_that_is_gone_over_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "upload"
    path.write_text(text)
    limits = Limits(rows=3, bytes=500, columns=4, cell=100)
    with pytest.raises(InvalidInput) as refused:
        list(rows(path, inspect(path, name="x.csv", limits=limits), limits))
    assert refused.value.field == "file"
    assert message.replace("Row 2, column 'b'", "") in refused.value.message


def test_a_quote_that_is_never_closed_is_found_by_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    line = "name,some text\n"
    path.write_text("a,b\n" + line * 9_000 + 'x,"open\n' + line * (2 * RECORD // len(line)))
    facts = inspect(path, name="x.csv")
    with pytest.raises(InvalidInput, match=r"Row 9,001, column 'b' has more than 32,767 characters\."):
        list(rows(path, facts))


def test_a_row_of_many_cells_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("a,b\n" + "1,2\n" * 40_000 + "x," * RECORD)
    facts = inspect(path, name="x.csv")
    with pytest.raises(InvalidInput, match=r"Row 40,001"):
        list(rows(path, facts))


def test_a_file_that_is_too_large_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    with path.open("wb") as file:
        file.truncate(10_000_000_000)
    with pytest.raises(InvalidInput, match="more than 500,000,000 bytes"):
        inspect(path, name="x.csv")


def test_rows_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("a,b\n" + "1,2\n" * 5_000)
    reading = rows(path, inspect(path, name="x.csv"))
    each = iter(reading)
    chunks = [len(chunk) for chunk in iter(lambda: list(islice(each, 2_000)), [])]
    assert chunks == [2_000, 2_000, 1_000]
    reading.close()


def test_what_is_known_of_a_file_can_be_stored(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("a;b\n1;2\n")
    facts = inspect(path, name="x.csv")
    stored = TypeAdapter(FileFacts)
    assert stored.validate_json(stored.dump_json(facts)) == facts
    assert asdict(facts)["dialect"] == {"delimiter": ";", "quoting": "quotes", "declared": False}


def test_tabs_make_a_file_tsv_and_so_does_its_name_where_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("name\nAda\n")
    assert inspect(path, name="x.csv").format is Format.CSV
    assert inspect(path, name="x.tsv").format is Format.TSV
    path.write_text("name\tcity\nAda\tLondon\n")
    assert inspect(path, name="x.csv").format is Format.TSV
