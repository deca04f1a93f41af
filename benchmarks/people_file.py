"""Files of people as sales teams have them: most people several times, and the dirt that years leave behind.

A quarter of the rows is a person who was not there before. The others repeat one, often spelt differently. About one
row in twenty holds no usable address: blank, malformed, or broken by a wrong encoding.

The same seed gives the same file.

    python -m benchmarks.people_file people.csv --rows 100000
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

HEADER = ("First name", "Last name", "Company", "Website", "Work email", "Notes")
DISTINCT = 0.25
"""The share of rows with a person who was not there before, unless the caller says otherwise."""

_FIRST = ("Ada", "Grace", "Zoë", "Søren", "José", "Nguyễn", "Anna-Lena", "Łukasz", "Mary Jane", "Óscar", "Li", "Fatima")
_LAST = ("Lovelace", "O'Brien", "Müller", "García Márquez", "Ødegård", "van der Berg", "Smith", "Kowalski", "Şahin")
_NOTES = (
    "",
    "",
    "",
    'said "call me back"',
    "met at the fair;\nwants a demo",
    "\U0001f680 hot lead \U0001f469\u200d\U0001f4bb",
    '=HYPERLINK("http://evil.example","click")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+49 30 901820",
    "caf\u00e9, na\u00efve",
    "\u202eright to left",
)
_UNUSABLE = ("", "n/a", "ada(at)stripe.com", "@stripe.com", "ada@", "ada@stripe", "not known")
_BROKEN = b"\xff\xfe\x80"
"""Bytes that are no UTF-8."""


def people(rows: int, seed: int = 1, distinct: float = DISTINCT) -> Iterator[Sequence[str]]:
    """The rows, without the header. A cell with U+FFFD is one that `write` breaks."""
    chance, known = Random(seed), 0
    for _ in range(rows):
        if not known or chance.random() < distinct:
            known += 1
            yield _row(chance, known)
        else:
            yield _row(chance, chance.randint(1, known))


def _row(chance: Random, person: int) -> Sequence[str]:
    first, last = _FIRST[person % len(_FIRST)], _LAST[person % len(_LAST)]
    company = f"Company {person % 5000}"
    site = f"company{person % 5000}.example.com"
    email = f"person{person}@{site}"
    match chance.randrange(100):
        case 0 | 1 | 2 | 3:
            email = chance.choice(_UNUSABLE)
        case 4:
            email = f"per\ufffdson{person}@{site}"
        case 5 | 6 | 7 | 8:
            email = f"  {email.upper()} "
        case 9 | 10:
            email = email.replace("person", "Person")
        case _:
            pass
    return first, last, company, f"https://www.{site}/", email, chance.choice(_NOTES)


def write(path: Path, rows: int, seed: int = 1, distinct: float = DISTINCT) -> None:
    """Write the file, in a few kilobytes of memory however long it is."""
    with path.open("wb") as file:
        file.write(_line(HEADER))
        for cells in people(rows, seed, distinct):
            file.write(_line(cells))


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode().replace("\ufffd".encode(), _BROKEN)


def main() -> None:
    """Write one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    write(arguments.path, arguments.rows, arguments.seed)


if __name__ == "__main__":
    main()
