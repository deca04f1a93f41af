"""Seniority from the words of a job title, where the provider has no label of its own."""

from __future__ import annotations

import re

from server.domain.person import Seniority

_WORDS: tuple[tuple[Seniority, re.Pattern[str]], ...] = tuple(
    (seniority, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
    for seniority, words in (
        (Seniority.VP, r"[seag]?vp|vice[ -]president"),
        (Seniority.ENTRY, r"assistant to|intern|trainee|apprentice|working student"),
        (Seniority.C_LEVEL, r"chief|c[etfomipsr]o|ciso|(?:co-?)?founder|owner|president|managing partner"),
        (Seniority.DIRECTOR, r"director|head of|head"),
        (Seniority.MANAGER, r"manager|supervisor"),
        (Seniority.SENIOR, r"senior|sr|principal|staff|lead"),
        (Seniority.ENTRY, r"junior|jr|assistant|graduate"),
    )
)


def of_title(title: str | None) -> Seniority | None:
    """The first seniority, highest first, that a word of the title names; None where no word tells."""
    return next((seniority for seniority, words in _WORDS if words.search(title or "")), None)
