"""Names of columns: whether the first row holds them, and what to call those that it does not name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

_KINDS = (
    ("address", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    ("link", re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("date", re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[T ].*)?")),
    ("number", re.compile(r"[+-]?[\d., ()/-]*\d[\d., ()/-]*%?")),
    ("domain", re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE)),
)
_YEAR = re.compile(r"(?:19|20)\d\d")


def names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of `rows` is a header, judged by whether its cells are like those below them.

    A first row with an address or a link is data in any case, and one that says nothing either way is a header.
    """
    first, below = rows[0], rows[1:]
    if any(_kind(cell) in {"address", "link"} for cell in first):
        return False
    votes = [_vote(cell, [row[at] for row in below if at < len(row)]) for at, cell in enumerate(first)]
    return sum(votes) >= 0


def _vote(top: str, below: Sequence[str]) -> int:
    """1 for a header, -1 for data, 0 where the column does not tell."""
    kinds = Counter(_kind(cell) for cell in below if cell.strip())
    if not kinds or not top.strip():
        return 0
    kind, cells = kinds.most_common(1)[0]
    if kind is None or cells * 2 <= kinds.total():
        return 0
    # Tables over years are headed by years.
    like = _kind(top) == kind and not _YEAR.fullmatch(top.strip())
    return -1 if like else 1


def _kind(cell: str) -> str | None:
    stripped = cell.strip()[:200]
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(stripped)), None)


def unique(names: Iterable[str], taken: Iterable[str] = ()) -> tuple[str, ...]:
    """The names without blanks around them, `column_3` for a blank third one, and `name_2` for a second `name`.

    None of them equals another or one of `taken`, capitals aside, because people do not tell those apart.
    """
    wanted = [name.strip() or f"column_{at}" for at, name in enumerate(names, 1)]
    used = {name.strip().casefold() for name in taken}
    # A name that stands in the file goes before one that is made up.
    reserved, found = {name.casefold() for name in wanted}, list[str]()
    for name in wanted:
        unused, number = name, 1
        while unused.casefold() in used or (number > 1 and unused.casefold() in reserved):
            number += 1
            unused = f"{name}_{number}"
        used.add(unused.casefold())
        found.append(unused)
    return tuple(found)
