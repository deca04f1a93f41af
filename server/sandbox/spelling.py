"""Keys of names and domains: how the world compares them, and how it writes them into slugs and mailboxes and back.

A name's key is lower-case ASCII, its words joined by hyphens (`Seán O'Brien` -> `sean`, `obrien`). A domain inside a
slug or mailbox has its dots written as `-`, its hyphens as `--`, and a plain `.com` left out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from server.sandbox import names

_PLAIN = str.maketrans(
    {
        "ß": "ss",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "'": "",
        "\u2019": "",
    }
)
_WORD = re.compile(r"[^\W_]+")
_DASHES = re.compile(r"--|-")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,24}}|xn--[a-z0-9-]{{2,59}})")
_LEGAL = frozenset({"inc", "incorporated", "ltd", "limited", "llc", "gmbh", "ag", "sa", "plc", "corporation"})


@lru_cache(16_384)
def key(name: str) -> str:
    """The key of a given or family name; letters outside ASCII that have no base letter become their code point."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_PLAIN))
    letters = "".join(character for character in folded if not unicodedata.combining(character))
    words = _WORD.findall(letters)
    return "-".join("".join(c if c.isascii() else f"u{ord(c):x}" for c in word) for word in words)


_SPELT = {key(name): name for name in (*names.FIRST, *names.LAST)}


def name(of: str) -> str:
    """The name as people write it, from its key."""
    return _SPELT.get(of) or "-".join(word.capitalize() for word in of.split("-"))


def company_key(text: str) -> str:
    """The key of a company name: letters and digits only, without the legal form."""
    words = key(text.replace("&", " and ")).split("-")
    return "".join(word for word in words if word not in _LEGAL) or "".join(words)


@lru_cache(16_384)
def host(domain: str) -> str | None:
    """The bare host of a domain or URL in lower case, None where it is not a domain."""
    bare = domain.strip().lower().split("://")[-1].split("/")[0].split("@")[-1].split(":")[0].rstrip(".")
    bare = bare.removeprefix("www.")
    if not bare.isascii():
        try:
            bare = bare.encode("idna").decode()
        except UnicodeError:
            return None
    return bare if len(bare) <= 120 and _DOMAIN.fullmatch(bare) else None


def encode(domain: str) -> str:
    """A domain as slugs and mailboxes hold it."""
    stem = domain.removesuffix(".com")
    short = stem if stem != domain and stem.isalpha() else domain
    return short.replace("-", "--").replace(".", "-")


def decode(text: str) -> str | None:
    """The domain behind an encoded one."""
    domain = _DASHES.sub(lambda match: "-" if match.group() == "--" else ".", text)
    return host(domain if "." in domain else f"{domain}.com")


def slug(url: str) -> str:
    """The last part of a profile URL, path or slug, in lower case."""
    path = url.strip().lower().split("?")[0].split("#")[0].rstrip("/")
    return path.rsplit("/", 1)[-1]
