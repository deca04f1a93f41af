"""Reads one sheet of a workbook in a process of its own: `python -m server.batches.files.sheets`.

A workbook that eats memory ends this process and not the server, and one that is slow to parse does not hold up
requests. Arguments: path, sheet (empty for the first with cells that is visible), reader, and the limits as JSON.

To standard output go lines of JSON: an object that says what there is, an array of cells for each row, and `null` at
the end, without which the output is not complete; or an object with `error`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from server.batches.files import archive
from server.batches.files.limits import RECORD, Limits
from server.domain.errors import InvalidInput

FAST: Final = "fast"
"""calamine: a quarter of a million rows a second, with the whole sheet in memory."""
FRUGAL: Final = "frugal"
"""openpyxl: fifteen thousand rows a second, and little memory. Also for what is too large for the fast reader."""

_FAST_UNPACKED: Final = 160_000_000
"""Bytes of parts up to which the fast reader is used: some 200,000 rows of eight columns, and 300 MiB."""
_MEMORY: Final = 1 << 30
_SECONDS: Final = 600

_MOST_ROWS: Final = 1_048_576
"""Excel's own limit. A cell that claims to be further down would have all rows above it counted."""

_Cells = Iterable[Sequence[object]]


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    visible: bool
    rows: Callable[[], _Cells]


def _fast(path: Path) -> list[_Sheet]:
    import python_calamine as calamine  # noqa: PLC0415 - one of two is needed

    workbook = calamine.load_workbook(str(path))  # pyright: ignore[reportUnknownMemberType] - its PathLike is open

    # Looking whether a workbook's only sheet has cells must not load it twice, and many sheets must not stay loaded.
    loaded = lru_cache(maxsize=1)(workbook.get_sheet_by_name)

    def rows(name: str) -> _Cells:
        sheet = loaded(name)
        _, left = sheet.start or (0, 0)
        # Rows and columns are counted from the corner of the sheet, as people see it.
        return ([*[""] * left, *row] for row in sheet.iter_rows())

    return [
        _Sheet(each.name, each.visible is calamine.SheetVisibleEnum.Visible, lambda name=each.name: rows(name))
        for each in workbook.sheets_metadata
        if each.typ is calamine.SheetTypeEnum.WorkSheet
    ]


def _frugal(path: Path) -> list[_Sheet]:
    from openpyxl import load_workbook  # noqa: PLC0415 - one of two is needed
    from openpyxl.cell.cell import ERROR_CODES  # noqa: PLC0415 - likewise
    from openpyxl.utils.escape import unescape  # noqa: PLC0415 - likewise

    # A path would be judged by its ending, and uploads have none. The file is open as long as the process runs.
    workbook = load_workbook(path.open("rb"), read_only=True, data_only=True, keep_links=False)

    def rows(name: str) -> _Cells:
        sheet: Any = workbook[name]
        # The size that a sheet declares may be wrong, and would cut it.
        sheet.reset_dimensions()
        # The other reader leaves errors out, and decodes characters that are written by number (`_x000D_`).
        return (
            [None if cell in ERROR_CODES else unescape(cell) if isinstance(cell, str) else cell for cell in row]
            for row in sheet.iter_rows(values_only=True)
        )

    return [
        _Sheet(each.title, each.sheet_state == "visible", lambda name=each.title: rows(name))
        for each in workbook.worksheets
    ]


def _present(rows: _Cells, limits: Limits) -> Iterator[list[str]]:
    """Rows up to the last with a character in it, each up to its last such cell."""
    blank = 0
    for number, row in enumerate(rows, 1):
        if number > _MOST_ROWS:
            raise InvalidInput(
                f"The sheet has cells below row {_MOST_ROWS:,}.", field="file", fix="Save the sheet again, with Excel."
            )
        text = [shown(cell) for cell in row]
        while text and not text[-1].strip():
            text.pop()
        if not text:
            blank += 1
            continue
        if len(text) > limits.columns:
            raise InvalidInput(
                f"Row {number:,} of the sheet has more than {limits.columns:,} columns.",
                field="file",
                fix="Leave out what is not needed.",
            )
        if sum(map(len, text)) > RECORD:
            raise InvalidInput(
                f"Row {number:,} of the sheet has more than {RECORD:,} characters.",
                field="file",
                fix="Shorten the row.",
            )
        for _ in range(blank):
            yield []
        blank = 0
        yield text


def shown(value: object) -> str:
    """A cell as people see it: whole numbers without a fraction, others with Excel's 15 digits, dates in ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
        case date() | time():
            return _moment(value)
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case _:
            return str(value)


def _moment(value: date | time) -> str:
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    # Excel counts in fractions of a day, which leaves microseconds behind.
    return value.isoformat(timespec="seconds") if isinstance(value, (datetime, time)) else value.isoformat()


def read(path: Path, wanted: str, reader: str, limits: Limits) -> Iterator[object]:
    size = archive.checked(path, limits)
    sheets = (_fast if reader == FAST and size <= _FAST_UNPACKED else _frugal)(path)
    filled = [each for each in sheets if any(_present(islice(each.rows(), 10_000), limits))]
    if not filled:
        raise InvalidInput("The workbook has no cells.", field="file", fix="Send a workbook with a header and rows.")
    chosen = next((each for each in filled if each.name == wanted or (not wanted and each.visible)), None)
    names = [each.name for each in filled]
    if chosen is None:
        raise InvalidInput(
            f"The workbook has no sheet {wanted!r} with cells." if wanted else "All sheets with cells are hidden.",
            field="sheet",
            fix=f"Name one of: {', '.join(names)}.",
        )
    yield {"sheet": chosen.name, "sheets": names}
    yield from _present(chosen.rows(), limits)
    yield None


def _hold_back() -> None:
    """Limit memory and time of this process, where the system can."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


def main() -> None:
    """Write the sheet that the arguments name."""
    path, wanted, reader, limits = sys.argv[1:]
    _hold_back()
    try:
        for line in read(Path(path), wanted, reader, Limits(**json.loads(limits))):
            sys.stdout.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    except InvalidInput as error:
        sys.stdout.write(json.dumps({"error": error.message, "field": error.field, "fix": error.fix}) + "\n")


if __name__ == "__main__":
    main()
