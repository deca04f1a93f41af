"""CSV, TSV and their relatives, row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from typing import TextIO

from server.batches.files import dialect
from server.batches.files.facts import Dialect
from server.batches.files.limits import RECORD, Limits

# The parser's own limit holds for the whole process and cannot say which column it met. Rows are cut before it is
# reached, see below, so it only has to be out of the way.
csv.field_size_limit(max(csv.field_size_limit(), RECORD + 1))


class Delimited:
    """The rows of a text file that is open with `newline=""`; not more than one of them is in memory."""

    sparse = False

    def __init__(self, file: TextIO, read_as: Dialect, limits: Limits) -> None:
        self.odd = False
        self.cut = False
        self._file = file
        self._read_as = read_as
        self._suspicious = limits.cell
        self._length = 0

    def __iter__(self) -> Iterator[list[str]]:
        if self._read_as.declared:
            self._file.readline(RECORD)
        for cells in csv.reader(self._lines(), **dialect.options(self._read_as)):
            yield cells
            self.odd, self._length = False, 0

    def _lines(self) -> Iterator[str]:
        """What the parser is fed. It pulls no line before the row that it belongs to is wanted."""
        for line in iter(partial(self._file.readline, RECORD + 1), ""):
            self._length += len(line)
            if self._length > self._suspicious or "\0" in line or "\ufffd" in line:
                self.odd = True
                if self._length > RECORD:
                    self.cut = True
                    yield line[: RECORD - self._length]
                    return
            yield line
