"""Rows a second and memory of reading and writing the files of bulk jobs.

Every measurement runs in a process of its own, so that its memory is what it added to a process that only has the
modules loaded. A workbook is read by a process of the reader's own, whose memory is given as well.

    python -m benchmarks.files [--json] [--csv 1000000] [--xlsx 200000]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from server.batches.files.facts import Format
from server.batches.files.reading import inspect, rows
from server.batches.files.writing import write

HEADER = ("first_name", "last_name", "email", "company", "domain", "city", "phone", "note")


@dataclass(frozen=True, slots=True)
class Measured:
    """One pass over one file."""

    format: str
    operation: str
    rows: int
    seconds: float
    added_mib: float
    child_mib: float

    @property
    def per_second(self) -> float:
        """Rows."""
        return self.rows / self.seconds


def table(count: int) -> Iterator[tuple[str, ...]]:
    """Rows with quotes, commas, line breaks and letters that are not ASCII."""
    for number in range(count):
        city = "London\nUK" if number % 10 == 0 else "Paris"
        yield (
            f"Ada{number}",
            "Lovelace, Countess",
            f"ada{number}@example.com",
            'Analytical "Engines" Ltd',
            "example.com",
            city,
            f"+44{number:09d}",
            "Zo\u00eb's note",
        )


def once(operation: str, path: Path, format_: Format, count: int) -> Measured:
    """Measure in this process."""
    before, began = _peak(resource.RUSAGE_SELF), time.perf_counter()
    if operation == "write":
        write(format_, path, HEADER, table(count))
        done = count
    else:
        done = sum(1 for _ in rows(path, inspect(path, name=path.name)))
    seconds = time.perf_counter() - began
    added = _peak(resource.RUSAGE_SELF) - before
    return Measured(format_, operation, done, seconds, added, _peak(resource.RUSAGE_CHILDREN))


def _peak(who: int) -> float:
    """MiB."""
    return resource.getrusage(who).ru_maxrss / 1024


def apart(operation: str, path: Path, format_: Format, count: int) -> Measured:
    """Measure in a new process."""
    command = [sys.executable, "-m", "benchmarks.files", "--once", operation, str(path), format_, str(count)]
    return Measured(**json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--csv", type=int, default=1_000_000, help="rows of the CSV and JSON lines")
    parser.add_argument("--xlsx", type=int, default=200_000, help="rows of the workbook")
    parser.add_argument("--once", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        operation, path, format_, count = arguments.once
        print(json.dumps(asdict(once(operation, Path(path), Format(format_), int(count)))))
        return
    counts = {Format.CSV: arguments.csv, Format.JSONL: arguments.csv, Format.XLSX: arguments.xlsx}
    with tempfile.TemporaryDirectory() as folder:
        measured = [
            apart(operation, Path(folder) / f"rows.{format_}", format_, count)
            for format_, count in counts.items()
            for operation in ("write", "read")
        ]
    if arguments.json:
        print(json.dumps([asdict(each) for each in measured], indent=2))
        return
    print(
        f"{'format':<8}{'operation':<11}{'rows':>10}{'seconds':>9}{'per second':>12}{'added MiB':>11}{'child MiB':>11}"
    )
    for each in measured:
        line = f"{each.format:<8}{each.operation:<11}{each.rows:>10,}{each.seconds:>9.1f}{each.per_second:>12,.0f}"
        print(f"{line}{each.added_mib:>11.1f}{each.child_mib:>11.1f}")


if __name__ == "__main__":
    main()
