"""What is known of a file before its rows are read: plain data, which may be stored and used by another process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Format(StrEnum):
    """The formats that are read; all but TSV are written as well."""

    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    JSONL = "jsonl"
    XLSX = "xlsx"


class Quoting(StrEnum):
    """How cells with delimiters or line breaks in them are written."""

    QUOTES = "quotes"
    """RFC 4180: in quotation marks, which are doubled inside."""
    SPACED = "spaced"
    """The same with blanks between delimiter and quotation mark."""
    BACKSLASH = "backslash"
    """In quotation marks, with a backslash before those inside."""
    NONE = "none"
    """Not at all: a quotation mark is a character like others."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file separates cells."""

    delimiter: str | None
    """None where there is one column."""
    quoting: Quoting = Quoting.QUOTES
    declared: bool = False
    """The first line names the delimiter (`sep=;`), as Excel writes it, and is no row."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What `inspect` found out."""

    format: Format
    header: tuple[str, ...]
    """The first row as it stands in the file, blank cells for columns that it does not name; keys of JSON objects."""
    columns: tuple[str, ...]
    """A name for each cell of a row: the header's where it has one, and no two alike."""
    sample: tuple[tuple[str, ...], ...]
    """The cells of the first 20 rows."""
    warnings: tuple[str, ...] = ()
    """Sentences for the person who brought the file."""
    rows: int | None = None
    """How many rows with data there are, where that was cheap to find out: in files of up to 1,000 rows."""
    encoding: str | None = None
    """A codec's name; None for workbooks."""
    certain: bool = True
    """Whether the encoding follows from the file, and is not a guess."""
    dialect: Dialect | None = None
    """CSV and TSV only."""
    has_header: bool = True
    """Whether the first row names the columns. If not, it is data, and the header is blank."""
    sheet: str | None = None
    """The sheet that is read, of a workbook."""
    sheets: tuple[str, ...] = ()
    """All sheets of a workbook that have cells, hidden ones as well."""


class Row(NamedTuple):
    """One row with data."""

    number: int
    """From 1, in the order of the file; blank rows are not counted."""
    cells: tuple[str, ...]
    """One for each of the file's columns, empty where the row has none."""
    problem: str | None = None
    """A sentence on what is odd about the row, which was read nevertheless."""
    extra: str = ""
    """What the columns have no place for: surplus cells or unknown keys as JSON, or text that is broken."""
