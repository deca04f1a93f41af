"""Who opted out after a row was settled, found in the row's own cells."""

from __future__ import annotations

import re
from collections.abc import Iterable

from server.domain.subject import canonical
from server.suppression import Suppression

_SEPARATORS = re.compile(r"[\s,;|<>()\[\]{}\"']+")


def withheld(suppression: Suppression, workspace: str, cells: Iterable[str]) -> bool:
    """Whether a cell holds an address, domain, profile or number of somebody on the workspace's suppression list."""
    if not suppression.active(workspace):
        return False
    words = (word for cell in cells for word in (cell, *_SEPARATORS.split(cell)))
    return suppression.covers(workspace, frozenset(_subjects(words)))


def _subjects(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        if "." in word or word.startswith("+"):
            try:
                yield canonical(word.strip(".:"))
            except ValueError:
                continue
