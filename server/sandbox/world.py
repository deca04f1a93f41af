"""The synthetic world behind all simulated providers: one person or company looks the same through every one of them.

It is a pure function: whoever is asked for is drawn from a hash of their name and domain, so that any plausible person
at any plausible company exists (about nine times in ten) without a record anywhere, and the ways back - from an address
or a profile to the person - lead to the same record. Listed companies can also be browsed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from server.sandbox import firm, names, pinned, staff
from server.sandbox.draw import Draw
from server.sandbox.firm import companies, company, company_at, company_named
from server.sandbox.record import Company, Person, Round
from server.sandbox.staff import employees, person, person_at, person_of, person_with

__all__ = [
    "COVERAGE",
    "Company",
    "Person",
    "Round",
    "Verdict",
    "companies",
    "company",
    "company_at",
    "company_named",
    "coverage_table",
    "covers",
    "employees",
    "person",
    "person_at",
    "person_of",
    "person_with",
    "verdict",
]

Verdict = Literal["valid", "invalid", "unknown", "catch_all"]

# Percent of the world that each provider knows, by datum. LeadMagic returns no address of a catch-all domain (8 percent
# of companies), so that it finds about 62 percent of all work addresses.
COVERAGE: dict[str, dict[str, float]] = {
    "leadmagic": {
        "work_email": 67, "mobile": 40, "personal_email": 45, "profile": 85, "company": 95, "funding": 80,
        "technographics": 90, "competitors": 75, "ads": 65, "jobs": 100,
    },
    "xmagnet": {"work_email": 45, "mobile": 30, "profile": 60, "company": 60},
    "leadiq": {"work_email": 50, "mobile": 55, "profile": 75, "company": 85, "funding": 70, "technographics": 75},
    "leadsonar": {"work_email": 70, "mobile": 45},
    "leadcontact": {"work_email": 40, "mobile": 25, "profile": 50, "company": 60},
}  # fmt: skip
_ELSE = 60.0
_SYNTAX = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9-]+\.)+[a-z0-9-]{2,}")
_MAGIC_VERDICTS: dict[str, Verdict] = {"invalid": "invalid", "unknown": "unknown", "catch-all": "catch_all"}


def covers(provider: str, subject: Person | Company | str, datum: str) -> bool:
    """Whether the provider knows that about the subject. Stable; documented and magic subjects are known to all."""
    match subject:
        case Person():
            return _shown(subject) or _known(provider, datum, subject.slug)
        case Company(domain=domain):
            return domain in pinned.COMPANIES or domain.endswith(firm.MAGIC) or _known(provider, datum, domain)
        case _:
            return _known(provider, datum, subject)


@lru_cache(65_536)
def _known(provider: str, datum: str, identity: str) -> bool:
    return Draw("covers", provider, datum, identity).percent(COVERAGE.get(provider, {}).get(datum, _ELSE))


def _shown(one: Person) -> bool:
    documented = (one.first, one.last, one.company.domain) in _DOCUMENTED
    return documented or one.last.lower().startswith("magic") or one.company.domain.endswith(firm.MAGIC)


_DOCUMENTED = frozenset((one.first, one.last, one.domain) for one in pinned.PEOPLE)


def coverage_table() -> str:
    """What share of the world each provider knows, as a Markdown table."""
    data = list(dict.fromkeys(datum for shares in COVERAGE.values() for datum in shares))
    head = f"| provider | {' | '.join(datum.replace('_', ' ') for datum in data)} |\n|---|{'---|' * len(data)}"
    rows = (
        f"| {provider} | {' | '.join(str(shares.get(datum, '')) for datum in data)} |"
        for provider, shares in COVERAGE.items()
    )
    return "\n".join((head, *rows))


def verdict(email: str) -> Verdict:
    """What a mail server would say of the address; `invalid` for a malformed one too."""
    address = email.strip().lower()
    documented = pinned.VERDICTS.get(address)
    if documented:
        return documented  # pyright: ignore[reportReturnType] - the table holds verdicts only
    local, _, domain = address.rpartition("@")
    if not _SYNTAX.fullmatch(address):
        return "invalid"
    if domain == firm.MAGIC:
        return _MAGIC_VERDICTS.get(local, "valid")
    return _of_mailbox(address, local, domain)


def _of_mailbox(address: str, local: str, domain: str) -> Verdict:
    if domain in names.FREE_MAIL:
        return "valid" if person_of(address) or Draw("mailbox", address).percent(50) else "invalid"
    employer = company(domain)
    if employer is None or Draw("silent", domain).percent(3):
        return "unknown" if employer else "invalid"
    if employer.catch_all:
        return "catch_all"
    if local in names.ROLES:
        return "valid"
    return "valid" if _belongs(address) else "invalid"


def _belongs(address: str) -> bool:
    key = staff.key_of_mail(address)
    return (key is not None and staff.exists(key)) or person_of(address) is not None
