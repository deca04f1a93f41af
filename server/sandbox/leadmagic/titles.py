"""Whether a job title is what somebody asks for."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[a-z0-9]+")
_EMPTY = frozenset({"of", "the", "and", "for", "in"})
_SHORT: dict[str, str] = {
    "ceo": "chief executive officer", "cto": "chief technology officer", "cfo": "chief financial officer",
    "cmo": "chief marketing officer", "coo": "chief operating officer", "cro": "chief revenue officer",
    "cpo": "chief product officer", "vice": "vp", "president": "vp", "head": "director", "sdr": "sales development",
}  # fmt: skip


@lru_cache(4096)
def _words(title: str) -> frozenset[str]:
    words = (word for word in _WORD.findall(title.lower()) if word not in _EMPTY)
    return frozenset(part for word in words for part in (_SHORT.get(word) or word).split())


def matches(asked: str, title: str) -> bool:
    """Partial match: every word that is asked for occurs in the title; `CEO` and `VP Sales` are understood."""
    wanted = _words(asked)
    return bool(wanted) and wanted <= _words(title)
