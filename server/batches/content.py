"""What the values of a column say about the column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from urllib.parse import urlsplit

from server.batches.kinds.role import Role
from server.domain import normalise

GIVEN_NAMES = frozenset(
    name
    for line in resources.files("server.batches").joinpath("given_names.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for name in line.split()
)

SHARED_HOSTS = frozenset(
    {
        "linkedin.com",
        "facebook.com",
        "fb.com",
        "twitter.com",
        "x.com",
        "instagram.com",
        "youtube.com",
        "tiktok.com",
        "crunchbase.com",
        "github.com",
        "angel.co",
        "wellfound.com",
        "linktr.ee",
        "medium.com",
        "xing.com",
        "glassdoor.com",
    }
)
"""Sites where a company has a page: an address there says nothing about the company's own domain."""

_LEGAL = re.compile(
    r"\b(?:inc|llc|ltd|limited|corp|corporation|gmbh|ag|kg|se|sarl|sas|s\.?a\.?|s\.?l\.?|s\.?r\.?l|s\.?p\.?a|bv|b\.v|nv|"
    r"oy|ab|aps|plc|pty|co|group|holding|holdings|technologies|solutions|systems|partners|labs|bank|consulting|ventures|"
    r"software|services|industries|international|media|agency|studio|capital)\.?\s*$",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:manager|director|engineer|developer|head|chief|officer|president|vp|svp|evp|ceo|cto|cfo|coo|cmo|cro|founder|"
    r"owner|partner|lead|consultant|analyst|specialist|representative|executive|architect|designer|assistant|"
    r"coordinator|leiter|leiterin|geschaftsfuhrer|vorstand|directeur|directrice|responsable|gerente|directora?|"
    r"responsabile|hoofd|bestuurder|sales|marketing)\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?:\+|00|0|\()?[\d\s().\-/]{6,24}(?:\s*(?:x|ext\.?)\s*\d+)?")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*")
_LETTERS = re.compile(r"[^\W\d_][^\W\d_.'\u2019\-]*\.?(?:[.'\u2019\- ]+[^\W\d_][^\W\d_.'\u2019\-]*\.?)*")


def _is_email(value: str) -> bool:
    return "@" in value and _accepted(normalise.email, value)


def _is_profile(value: str) -> bool:
    return "linkedin.com/" in value.lower() and _accepted(normalise.person_url, value)


def _is_company_page(value: str) -> bool:
    return "linkedin.com/" in value.lower() and _accepted(normalise.company_url, value)


def _is_site(value: str) -> bool:
    return "@" not in value and " " not in value and "." in value and own_domain(value) is not None


def _is_phone(value: str) -> bool:
    digits = sum(character.isdigit() for character in value)
    marked = not value.isdigit() or value[0] == "0"
    return 7 <= digits <= 18 and marked and bool(_PHONE.fullmatch(value)) and not _DATE.fullmatch(value)


def _accepted(normal: Callable[[str], str], value: str) -> bool:
    with suppress(ValueError):
        return bool(normal(value))
    return False


def own_domain(value: str) -> str | None:
    """The canonical domain in a domain, address or URL; None where there is none, or only a page on a shared site."""
    with suppress(ValueError):
        host = normalise.domain(value)
        scheme_less = value if "//" in value else f"//{value}"
        on_a_page = len(urlsplit(scheme_less.strip()).path.strip("/")) > 0
        shared = ".".join(host.split(".")[-2:]) in SHARED_HOSTS
        return None if shared and on_a_page else host
    return None


SHAPES: Mapping[Role, Callable[[str], bool]] = {
    Role.EMAIL: _is_email,
    Role.PROFILE_URL: _is_profile,
    Role.COMPANY_URL: _is_company_page,
    Role.COMPANY_DOMAIN: _is_site,
    Role.PHONE: _is_phone,
}
"""The roles whose values can be told by their form."""


@dataclass(frozen=True, slots=True)
class Content:
    """What the values of a column look like; shares are of the values that are not empty, from 0 to 1."""

    filled: int
    """How many values there are."""
    shapes: Mapping[Role, float]
    """The share of each role whose values can be told by their form."""
    free_mail: float
    """Addresses at free e-mail providers."""
    words: float
    """Values with letters that have none of the forms."""
    name_like: float
    """Words that could be a person's name."""
    two_names: float
    """The same, of at least two words."""
    given_first: float
    """Values that start with a common given name."""
    company_like: float
    """Values that end as companies' names do."""
    title_like: float
    """Values with a word of job titles."""


def look(values: Iterable[str]) -> Content:
    """What `values` look like; never raises."""
    filled = [value.strip()[:500] for value in values if value.strip()]
    shapes = [_shape(value) for value in filled]
    texts = [value for value, shape in zip(filled, shapes, strict=True) if shape is None and _has_letters(value)]

    def share(holds: Callable[[str], object], among: list[str] = texts) -> float:
        return sum(bool(holds(value)) for value in among) / len(filled) if filled else 0.0

    return Content(
        filled=len(filled),
        shapes={role: shapes.count(role) / len(filled) if filled else 0.0 for role in SHAPES},
        free_mail=share(lambda value: value.lower().rsplit("@", 1)[-1] in normalise.FREE_MAIL, filled),
        words=share(bool),
        name_like=share(_is_name_like),
        two_names=share(lambda value: _is_name_like(value) and len(value.split()) > 1),
        given_first=share(lambda value: _is_name_like(value) and _starts_with_given_name(value)),
        company_like=share(_LEGAL.search),
        title_like=share(lambda value: _TITLE.search(_plain(value))),
    )


def _shape(value: str) -> Role | None:
    return next((role for role, holds in SHAPES.items() if holds(value)), None)


def _has_letters(value: str) -> bool:
    return any(character.isalpha() for character in value)


def _is_name_like(value: str) -> bool:
    return len(value) <= 50 and len(value.split()) <= 5 and bool(_LETTERS.fullmatch(value.replace(", ", " ")))


def _starts_with_given_name(value: str) -> bool:
    parts = value.split(", ")
    return any(_plain(part.split()[0]).casefold().split("-")[0] in GIVEN_NAMES for part in parts if part.split())


@lru_cache(4096)
def _plain(value: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", value) if not unicodedata.combining(one))
