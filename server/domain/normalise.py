"""Canonical forms of what identifies people and companies.

Every function raises `ValueError` with a sentence that says what is wrong and what to send instead; results are
cached because the same few values pass through argument, query and answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import idna
import phonenumbers
import pycountry
from email_validator import EmailNotValidError, validate_email
from publicsuffixlist import PublicSuffixList

_LONGEST = 2048
_SUFFIXES = PublicSuffixList()
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SLUG = re.compile(r"^[\w%.~&'\u2019-]{1,200}$")
_BAND = re.compile(r"(\d[\d,]*)\s*(?:-|\u2013|to)\s*(\d[\d,]*)|(\d[\d,]*)\s*\+")
_MONEY = re.compile(r"\$?\s*(\d[\d,]*(?:\.\d+)?)\s*([KMBT]?)", re.IGNORECASE)
_SCALE = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
FREE_MAIL = frozenset(
    line for line in resources.files("server.domain").joinpath("free_mail.txt").read_text().split() if line[0] != "#"
)


def text(value: str, longest: int = _LONGEST) -> str:
    """Trimmed text in NFC. Refuses what hides or has lost what a value really says: invisible, control, replacement."""
    if len(value) > longest:
        raise ValueError(f"is longer than {longest} characters; send only the value itself")
    if value.isascii() and value.isprintable():
        return value.strip()
    if "\ufffd" in value:
        raise ValueError(
            "contains U+FFFD, which stands where a character was lost to a wrong encoding; send the value as it was "
            "before that"
        )
    for character in value:
        if unicodedata.category(character) in _INVISIBLE and character not in "\t\n\r":
            raise ValueError(
                f"contains the invisible character U+{ord(character):04X}; retype the value without hidden characters"
            )
    return unicodedata.normalize("NFC", value).strip()


_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
_FILLERS = frozenset(
    chr(code)
    for codes in (
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        range(0x180B, 0x1810),
        range(0xFE00, 0xFE10),
        range(0xE0100, 0xE01F0),
    )
    for code in codes
)
"""Letters, marks and selectors that Unicode calls visible, yet leave no trace on the screen."""


def clean(value: str) -> str:
    """A vendor's text in NFC without invisible and control characters, which could hide instructions; never raises.

    Line breaks and tabs stay.
    """
    if value.isascii() and value.isprintable():
        return value.strip()
    return unicodedata.normalize("NFC", "".join(filter(_shows, value))).strip()


def _shows(character: str) -> bool:
    if character in "\t\n\r":
        return True
    return character not in _FILLERS and unicodedata.category(character) not in _INVISIBLE


@lru_cache(4096)
def email(value: str) -> str:
    """`local@domain` in lower case, domain in ASCII form."""
    cleaned = text(value, 320).removeprefix("mailto:")
    try:
        parsed = validate_email(cleaned, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"is not a valid e-mail address ({error}) Send one address such as ada@example.com") from error
    return f"{parsed.local_part}@{parsed.ascii_domain}".lower()


@lru_cache(4096)
def domain(value: str) -> str:
    """A registered host name in ASCII lower case: no scheme, `www.`, path or port; of an e-mail, the part after @."""
    cleaned = text(value, 500).lower()
    host = _SCHEME.sub("", cleaned).split("/")[0].split("?")[0].split("#")[0]
    host = host.rsplit("@", 1)[-1].split(":")[0].rstrip(".").removeprefix("www.")
    try:
        ascii_host = idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError("is not a domain name; send one such as stripe.com") from error
    if "." not in ascii_host or _SUFFIXES.privatesuffix(ascii_host) is None or ascii_host.replace(".", "").isdigit():
        raise ValueError("is not a registrable domain name; send one such as stripe.com")
    return ascii_host


@lru_cache(4096)
def company_domain(value: str) -> str:
    """A domain that can belong to one company; free-mail domains are refused."""
    host = domain(value)
    if host in FREE_MAIL:
        raise ValueError(f"({host}) is a free e-mail provider, not the person's company; send the company's own domain")
    return host


def web_url(value: str) -> str:
    """An http or https address; `https://` is put before one without a scheme."""
    cleaned = text(value)
    url = cleaned if _SCHEME.match(cleaned) else f"https://{cleaned}"
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or any(character.isspace() for character in url):
        raise ValueError("is not a web address; send one such as https://stripe.com/pricing")
    domain(parts.hostname or "")
    return url


@lru_cache(4096)
def person_url(value: str) -> str:
    """`https://www.linkedin.com/in/<slug>` from a URL, a path or a bare slug."""
    kind, slug = _profile(value)
    if kind not in ("in", None):
        raise ValueError(
            f"is a LinkedIn {kind} page; a person's profile is needed, such as https://www.linkedin.com/in/ada-lovelace"
        )
    return f"https://www.linkedin.com/in/{slug}"


@lru_cache(4096)
def company_url(value: str) -> str:
    """`https://www.linkedin.com/company/<slug or numeric id>` from a URL or a path."""
    kind, slug = _profile(value)
    if kind != "company":
        raise ValueError("is not a LinkedIn company page; send one such as https://www.linkedin.com/company/stripe")
    return f"https://www.linkedin.com/company/{slug}"


def _profile(value: str) -> tuple[str | None, str]:
    cleaned = _SCHEME.sub("", text(value, 500))
    parts = [part for part in urlsplit(f"//{cleaned}").path.split("/") if part]
    host = urlsplit(f"//{cleaned}").hostname or ""
    if host == "linkedin.com" or host.endswith(".linkedin.com"):
        kind, slug = (parts[0].lower(), parts[1]) if len(parts) > 1 else (None, "")
    elif host in ("in", "company", "school", "") and parts:
        kind, slug = (host, parts[0]) if host else (parts[0].lower(), parts[1] if len(parts) > 1 else "")
    else:
        kind, slug = None, cleaned.split("?")[0].strip("/")
        if "." in slug and _SUFFIXES.privatesuffix(slug.lower()) and "/" in cleaned:
            slug = ""
    slug = unquote(slug).lower()
    if not _SLUG.match(slug) or kind not in ("in", "company", "school", "showcase", "pub", None):
        raise ValueError("is not a LinkedIn profile; send one such as https://www.linkedin.com/in/ada-lovelace")
    return kind, slug


@lru_cache(4096)
def phone(value: str, country: str | None = None) -> str | None:
    """E.164, or None where the text has not the length of a number of its region; `country` is ISO 3166-1 alpha-2.

    Length, not assignment, decides: providers' samples use unassigned ranges such as +1-555-123-4567, which must pass,
    while +1-555-0123 must not.
    """
    try:
        parsed = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def phone_country(e164: str) -> str | None:
    """The ISO 3166-1 alpha-2 country of an E.164 number, where its plan has one."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    return region if region and len(region) == 2 else None


@lru_cache(512)
def country(value: str) -> str:
    """ISO 3166-1 alpha-2 from a code, a numeric code or a name; `UK` is read as `GB`."""
    cleaned = text(value, 100)
    if cleaned.upper() == "UK":
        return "GB"
    try:
        found = pycountry.countries.lookup(cleaned)
    except LookupError as error:
        raise ValueError("is not a country; send an ISO 3166-1 code such as US, GB or DE") from error
    return str(found.alpha_2)


@lru_cache(1)
def _languages() -> dict[str, str]:
    languages = [one for one in cast("Iterable[Any]", pycountry.languages) if hasattr(one, "alpha_2")]
    return {said.casefold(): str(one.alpha_2) for one in languages for said in (one.name, one.alpha_3, one.alpha_2)}


def language(value: str) -> str:
    """ISO 639-1 from a code or an English name."""
    cleaned = text(value, 100)
    try:
        return _languages()[cleaned.casefold()]
    except KeyError as error:
        raise ValueError("is not a language with an ISO 639-1 code; send one such as en, de or fr") from error


_FEDERATIONS = frozenset({"AU", "BR", "CA", "DE", "IN", "MX", "US"})


@lru_cache(1)
def _federal_states() -> frozenset[str]:
    subdivisions = cast("Iterable[Any]", pycountry.subdivisions)
    return frozenset(one.name.casefold() for one in subdivisions if one.country_code in _FEDERATIONS)


def is_federal_state(value: str) -> bool:
    """Whether the text names a state of a country whose states are named without it, such as California or Bayern."""
    return text(value, 100).casefold() in _federal_states()


def band(value: str | None) -> tuple[int | None, int | None]:
    """Lowest and highest of a headcount band such as `11-50`, `51 to 200` or `10001+`; None where open or unread."""
    match = _BAND.search(value or "")
    if not match:
        return None, None
    low, high, start = (int(part.replace(",", "")) if part else None for part in match.groups())
    return (low, high) if start is None else (start, None)


def money(value: str | None) -> int | None:
    """Whole US dollars of a formatted sum such as `$8.7B` or `$600M`; None where the text holds no sum."""
    match = _MONEY.search(value or "")
    if not match:
        return None
    return round(float(match.group(1).replace(",", "")) * _SCALE[match.group(2).upper()])
