"""People's full names taken apart, quickly enough for a file of a million."""

from __future__ import annotations

import re
from functools import lru_cache

from server.domain.contact import halves

_TWO_WORDS = re.compile(r"([^\W\d_]{3,})\s+([^\W\d_]{3,})")


@lru_cache(1)
def _special() -> frozenset[str]:
    """The words that are not simply somebody's name: titles, suffixes, particles and what joins names."""
    # Imported here because few files need it, and it takes a twentieth of a second of every start.
    from nameparser import Lexicon  # noqa: PLC0415 - see above

    known = Lexicon.default()
    lists = (
        known.titles,
        known.given_name_titles,
        known.after_given_titles,
        known.suffix_words,
        known.suffix_acronyms,
        known.particles,
        known.conjunctions,
        known.bound_given_names,
        known.honorific_tails,
        known.maiden_markers,
    )
    return frozenset(word for words in lists for phrase in words for word in phrase.split())


@lru_cache(4096)
def split(full_name: str) -> tuple[str, str]:
    """Given and family name, as `halves` has them; either is empty where the name has no such part.

    Most names are two plain words, and need none of what the library does for the rest.
    """
    plain = _TWO_WORDS.fullmatch(full_name)
    if plain and full_name.isascii() and _special().isdisjoint(full_name.casefold().split()):
        return plain[1], plain[2]
    return halves(None, None, full_name)
