"""What is no table is refused by its content, whatever it is called."""

from __future__ import annotations

import bz2
import gzip
import io
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from server.batches.files.reading import inspect
from server.domain.errors import InvalidInput


def archive(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, text in parts.items():
            made.writestr(name, text)
    return out.getvalue()


DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
REFUSED = {
    "nothing": (b"", "empty"),
    "blank lines": (b"\n \r\n\t\n", "empty"),
    "zeros": (bytes(1_000), "empty"),
    "a byte order mark": (b"\xef\xbb\xbf", "empty"),
    "a PNG": (b"\x89PNG\r\n\x1a\n" + bytes(100), "an image"),
    "a JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "an image"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
    "gzip": (gzip.compress(b"a,b\n1,2\n"), "gzip"),
    "bzip2": (bz2.compress(b"a,b\n1,2\n"), "bzip2"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old or password-protected"),
    "Rich Text": (b"{\\rtf1 a,b}", "Rich Text"),
    "HTML": (b"<!DOCTYPE html>\n<html><table><tr><td>a", "HTML or XML"),
    "a page without a declaration": (b"\n  <table><tr><td>a,b</td></tr></table>", "HTML or XML"),
    "XML": (b'<?xml version="1.0"?><rows><row/></rows>', "HTML or XML"),
    "noise": (random.Random(7).randbytes(5_000), "not text"),
    "a program": (Path(sys.executable).resolve().read_bytes()[:5_000], "not text"),
    "an archive of a table": (archive(**{"table.csv": "a,b\n1,2\n"}), "no Excel workbook"),
    "a text document": (archive(**{"[Content_Types].xml": DOCUMENT}), "no Excel workbook"),
    "an empty archive": (archive(), "an empty archive"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=message) as refused:
        inspect(path, name="people.csv", content_type="text/csv")
    assert (refused.value.field, bool(refused.value.fix)) == ("file", True)
    assert [each.name for each in tmp_path.iterdir()] == ["upload"]


def test_a_wrong_name_and_type_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("a,b\n1,2\n")
    assert inspect(path, name="a.png", content_type="image/png").sample == (("1", "2"),)
    book = Workbook()
    book.worksheets[0].append(["a"])
    book.save(path)
    assert inspect(path, name="a.csv", content_type="text/csv").columns == ("a",)


MEASURE = """
import resource, sys
from pathlib import Path
from server.batches.files.reading import inspect, rows
path = Path(sys.argv[1])
small = inspect(path.with_name("small"), name="x"); list(rows(path.with_name("small"), small))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read = sum(1 for _ in rows(path, inspect(path, name="x")))
print(read, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured with a module that Windows lacks")
@pytest.mark.parametrize(("kind", "count"), [("csv", 200_000), ("json", 50_000)])
def test_many_rows_need_a_few_megabytes(tmp_path: Path, kind: str, count: int) -> None:
    path = tmp_path / "large"
    line = {
        "csv": "Ada,Lovelace,ada@example.com,Analytical Engines,London\n",
        "json": '{"a": "Ada", "b": "Lovelace", "c": "ada@example.com", "d": "Analytical Engines"},\n',
    }[kind]
    begin, end = {"csv": ("a,b,c,d,e\n", ""), "json": ("[", '{"a": "last"}]')}[kind]
    path.write_text(begin + line * count + end)
    (tmp_path / "small").write_text(begin + line * 2 + end)
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    read, kilobytes = map(int, done.stdout.split())
    assert read == count + (kind == "json")
    assert kilobytes < 6_000
