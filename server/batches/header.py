"""What a column's header says about the column."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources

from server.batches.kinds.role import Role

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_A_WORD = re.compile(r"[\W_]+")
_LONGEST = 80
_STROKES = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "đ": "d", "\u0131": "i"})
"""Letters that Unicode does not take apart; the dotless one is Turkish."""
_WORDS = tomllib.loads(resources.files("server.batches").joinpath("header.toml").read_text("utf-8"))
_SINGLE = {name: frozenset[str](words) for name, words in _WORDS["single"].items()}


@dataclass(frozen=True, slots=True)
class Header:
    """How well a header names each role, from 0 to 1; roles that it does not name are absent."""

    scores: Mapping[Role, float] = field(default_factory=dict[Role, float])
    just_name: bool = False
    """It says "name", and not whose."""
    foreign: bool = False
    """It names something that is none of the roles, such as an owner or a status."""
    silent: bool = False
    """It is empty, or only numbers the column."""


def words(header: str) -> list[str]:
    """The header's words in lower case without accents: `firstName`, `First_Name` and `FIRST NAME` are the same."""
    spaced = _HUMP.sub(" ", header[:_LONGEST])
    plain = "".join(one for one in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(one))
    # Kana lose their voicing marks above; composing again keeps what is left comparable to the lists.
    text = _NOT_A_WORD.sub(" ", unicodedata.normalize("NFC", plain).casefold()).translate(_STROKES).strip()
    return text.replace("linked in", "linkedin").replace("e mail", "email").split()


def read(header: str) -> Header:
    """What `header` says; never raises."""
    said = words(header)
    if all(len(word) == 1 or word.isdigit() or word in _SINGLE["generic"] for word in said) and not _named(said):
        return Header(silent=True)
    if len(said) == 1 and said[0] in _SINGLE["just_name"]:
        return Header(just_name=True)
    exact = _named(said) or _undecorated(said)
    if exact:
        return Header(exact)
    if _SINGLE["foreign"].intersection(said):
        return Header(foreign=True)
    vague = {Role.FULL_NAME: 0.65} if _SINGLE["just_name"].intersection(said) else {}
    return Header(dict(_guesses(set(said))) or _misspelled("".join(said)) or vague)


def _undecorated(said: Sequence[str]) -> Mapping[Role, float]:
    """What a header means without the words that only say whose the value is."""
    left_out = _SINGLE["decoration"] | _SINGLE["joint"]
    kept = [word for word in said if word not in left_out and not word.isdigit()]
    if len(kept) == 1 and kept[0] in _SINGLE["just_name"]:
        return {Role.FULL_NAME: 0.9}
    return {role: 0.9 * score for role, score in _named(kept).items()}


@lru_cache(1)
def _lexicon() -> Mapping[str, Mapping[Role, float]]:
    """Every phrase without its blanks, and what it means."""
    known: dict[str, dict[Role, float]] = {}
    for table, score in (("weak", 0.75), ("strong", 1.0)):
        for role, phrases in _WORDS[table].items():
            for phrase in phrases:
                known.setdefault("".join(words(phrase)), {})[Role(role)] = score
    return known


def _named(said: Sequence[str]) -> Mapping[Role, float]:
    return _lexicon().get("".join(said), {})


def _guesses(said: set[str]) -> Iterator[tuple[Role, float]]:
    """What longer headers mean by the words in them."""
    if "linkedin" in said:
        yield (Role.COMPANY_URL if said & _SINGLE["company"] else Role.PROFILE_URL), 0.8
    elif said & _SINGLE["mail"]:
        role = Role.PERSONAL_EMAIL if said & _SINGLE["private"] else Role.EMAIL
        yield role, 0.4 if said & _SINGLE["other"] else 0.7
    elif said & _SINGLE["site"]:
        yield Role.COMPANY_DOMAIN, 0.7
    elif {"first", "name"} <= said:
        yield Role.FIRST_NAME, 0.7
    elif {"last", "name"} <= said:
        yield Role.LAST_NAME, 0.7
    elif said & _SINGLE["company"]:
        rest = said - _SINGLE["company"] - _SINGLE["just_name"] - _SINGLE["joint"]
        yield Role.COMPANY_NAME, 0.5 if rest else 0.8
    elif "title" in said:
        yield Role.JOB_TITLE, 0.6


def _misspelled(joined: str) -> Mapping[Role, float]:
    """What a header with a slip of the keyboard means, such as `Frist Name`."""
    if len(joined) < 5:
        return {}
    close = get_close_matches(joined, _lexicon(), n=1, cutoff=0.85)
    return {role: 0.7 * score for role, score in _lexicon()[close[0]].items()} if close else {}
