"""People, drawn from their name and their employer's domain, and the way back from mailboxes and slugs."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from server.sandbox import firm, names, pinned, spelling
from server.sandbox.draw import Draw
from server.sandbox.record import Company, Person

Key = tuple[str, str, str]
"""First and last name as keys, and the employer's domain."""

_PATTERNS = (("{0}.{1}",) * 7) + ("{1}.{0}", "{0}_{1}", "{0}_{1}")
_LEVELS = (1,) * 4 + (2,) * 10 + (3,) * 20 + (4,) * 24 + (5,) * 30 + (6,) * 12
_FIRST_DAY = date(2022, 1, 1)
_LONGEST = 40


def _key(first: str, last: str, domain: str) -> Key:
    return spelling.key(first), spelling.key(last), domain


_PINNED = {_key(one.first, one.last, one.domain): one for one in pinned.PEOPLE}
_PINNED_SLUGS = {one.fields["slug"]: key for key, one in _PINNED.items() if "slug" in one.fields}
_PINNED_MAIL = {
    one.fields[kind]: key
    for key, one in _PINNED.items()
    for kind in ("work_email", "personal_email")
    if kind in one.fields
}


def person(first: str, last: str, company: Company) -> Person | None:
    """The person of that name at the company, whatever the case and accents; None where nobody has it."""
    return _person(_key(first, last, company.domain))


def person_at(slug: str) -> Person | None:
    """The person behind a profile URL or slug. A bare `first-last` leads to a namesake somewhere in the world."""
    last = spelling.slug(slug)
    if last in pinned.MISSING_SLUGS:
        return None
    key = _PINNED_SLUGS.get(last) or _key_of_slug(last)
    return None if key is None else _person(key)


def person_with(id_: str) -> Person | None:
    """The person with that `id`."""
    try:
        padded = id_.upper() + "=" * (-len(id_) % 8)
        return person_at(base64.b32decode(padded).decode())
    except (binascii.Error, UnicodeDecodeError):
        return None


def person_of(email: str) -> Person | None:
    """The person behind a work or personal address."""
    address = email.strip().lower()
    key = _PINNED_MAIL.get(address) or key_of_mail(address)
    found = None if key is None else _person(key)
    return found if found and address in (found.work_email, found.personal_email) else None


def employees(company: Company) -> tuple[Person, ...]:
    """Everybody whom the world lists at the company, leaders first; between 5 and 60 people."""
    found = (_person(key) for key in roster(company.domain))
    return tuple(one for one in found if one)


def exists(key: Key) -> bool:
    """Whether somebody of that name works there: 19 times in 20 where the name is plausible."""
    first, last, domain = key
    if key in _PINNED:
        return True
    if not first or not last or len(first) + len(last) > _LONGEST or not firm.exists(domain):
        return False
    if last.startswith("magic"):
        return last.replace("-", "") not in ("magicnotfound", "magicnotfound404")
    if domain.endswith(firm.MAGIC):
        return True
    return not any(map(str.isdigit, first[0] + last[0])) and not Draw("person", *key).percent(5)


@lru_cache(4096)
def roster(domain: str) -> dict[Key, int]:
    """The keys of the employees and their rank, 0 for the head of the company."""
    people: dict[Key, int] = {key: -1 for key in _PINNED if key[2] == domain}
    size = len(people) + 5 + Draw("size", domain).below(56 - len(people))
    rank = 0
    for number in range(size * 2):
        draw = Draw("staff", domain, str(number))
        key = _key(draw.pick(names.FIRST), draw.pick(names.LAST), domain)
        if len(people) < size and key not in people and exists(key):
            people[key] = rank
            rank += 1
    return people


@lru_cache(16_384)
def pattern(domain: str) -> str:
    """How the company's mailboxes are named."""
    return _PATTERNS[0] if domain in pinned.COMPANIES else Draw("pattern", domain).pick(_PATTERNS)


def mailbox(key: Key) -> str:
    """The work address of a person."""
    first, last, domain = key
    if domain == firm.MAGIC and last.startswith("magic-"):
        return f"{last.removeprefix('magic-')}@{domain}"
    return f"{pattern(domain).format(first, last)}@{domain}"


def key_of_mail(address: str) -> Key | None:
    """Whose mailbox that would be by its company's pattern, whether or not the person exists."""
    local, _, domain = address.partition("@")
    if domain in names.HOME_MAIL:
        return _key_of_home(local)
    if domain == firm.MAGIC:
        return "ada", f"magic-{local}", domain
    separator = "_" if "_" in pattern(domain) else "."
    left, found, right = local.partition(separator)
    if not found or not right or not left or separator in right:
        return None
    return (right, left, domain) if pattern(domain).startswith("{1}") else (left, right, domain)


def _key_of_home(local: str) -> Key | None:
    parts = local.split(".")
    domain = spelling.decode(parts[2]) if len(parts) == 3 else None
    return None if domain is None else (parts[0], parts[1], domain)


def _key_of_slug(slug: str) -> Key | None:
    if slug.startswith("magic-"):
        return "ada", slug, firm.MAGIC
    first, _, rest = slug.partition("-")
    last, _, encoded = rest.partition("-")
    if not first or not last:
        return None
    if not encoded or (encoded.isalnum() and any(map(str.isdigit, encoded))):
        domain = Draw("namesake", slug).pick(tuple(firm.LISTED))
    else:
        domain = spelling.decode(encoded) or ""
    return first.replace("_", "-"), last.replace("_", "-"), domain


def _slug(key: Key) -> str:
    first, last, domain = key
    if domain == firm.MAGIC and last.startswith("magic-"):
        return last
    return f"{first.replace('-', '_')}-{last.replace('-', '_')}-{spelling.encode(domain)}"


@lru_cache(16_384)
def _person(key: Key) -> Person | None:
    company = firm.company(key[2]) if exists(key) else None
    if company is None:
        return None
    drawn = _drawn(key, company)
    one = _PINNED.get(key)
    if one is None:
        return drawn
    changed = replace(drawn, first=one.first, last=one.last, **one.fields)
    return replace(changed, id=_id(changed.slug))


def _id(slug: str) -> str:
    return base64.b32encode(slug.encode()).decode().rstrip("=").lower()


def _position(key: Key, draw: Draw) -> tuple[str, int, str]:
    rank = roster(key[2]).get(key, -1)
    if rank == 0:
        return "Operations", 0, "Chief Executive Officer"
    if 0 < rank <= len(names.LEADERS):
        function, level = names.LEADERS[rank - 1]
    else:
        function, level = draw.pick(names.FUNCTIONS), draw.pick(_LEVELS)
    return function, level, names.TITLES[function][level]


def _drawn(key: Key, company: Company) -> Person:
    first, last, domain = key
    draw = Draw("life", *key)
    function, level, title = _position(key, draw)
    elsewhere = [place for place in names.PLACES if place[3] == company.country_code]
    home = draw.pick(elsewhere)
    city, region, country, code, _, prefix = home
    previous = _previous(draw, domain)
    slug = _slug(key)
    return Person(
        first=spelling.name(first),
        last=_family(last),
        title=title,
        seniority=names.SENIORITIES[level],
        function=function,
        company=company,
        slug=slug,
        work_email=mailbox(key),
        personal_email=f"{first}.{last}.{spelling.encode(domain)}@{draw.pick(names.HOME_MAIL)}",
        mobile=f"{prefix}{draw.below(100):02}",
        city=city,
        region=region,
        country=country,
        country_code=code,
        headline=f"{title} at {company.name}",
        summary=f"{title} in {city}, {1 + draw.below(24)} years in {function.lower()}.",
        previous_company=previous,
        previous_title=names.TITLES[function][min(level + 1, 6)] if previous else None,
        changed_on=_FIRST_DAY + timedelta(days=draw.below(1760)) if previous else None,
        id=_id(slug),
    )


def _family(last: str) -> str:
    return last.title().replace("-", "") if last.startswith("magic-") else spelling.name(last)


def _previous(draw: Draw, domain: str) -> str | None:
    if not draw.percent(55):
        return None
    former = draw.pick([listed for listed in firm.LISTED if listed != domain])
    return firm.LISTED[former][0]
