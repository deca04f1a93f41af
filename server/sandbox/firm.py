"""Companies, drawn from their domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, lru_cache

from server.sandbox import names, pinned, spelling
from server.sandbox.draw import Draw
from server.sandbox.record import Company, Round

MAGIC = "magic.example"
_GENERATED = 200
_BANDS = (
    ("1-10", 2, 10), ("11-50", 11, 50), ("51-200", 51, 200), ("201-500", 201, 500), ("501-1000", 501, 1000),
    ("1001-5000", 1001, 5000), ("5001-10000", 5001, 10_000), ("10001+", 10_001, 80_000),
)  # fmt: skip
_COMMON = (0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 6, 7)
_NOT_A_TLD = frozenset({"inc", "llc", "ltd", "plc"})
_LONG_TLDS = frozenset({"info", "test", "example", "cloud", "tech", "shop", "store", "online", "agency", "software"})
_EPOCH = date(2026, 10, 31)


def _generated() -> Iterator[tuple[str, str, str]]:
    for index in range(_GENERATED):
        head = names.HEADS[index % len(names.HEADS)]
        tail = names.TAILS[(index * 5 + index // len(names.HEADS)) % len(names.TAILS)]
        yield f"{head}{tail}.example".lower(), f"{head} {tail}", names.INDUSTRY_OF_TAIL[tail]


# Domain -> name and industry of the companies that can be browsed.
LISTED: dict[str, tuple[str, str]] = {
    "leadmagic.io": ("LeadMagic", "Technology"),
    "acmecorp.com": ("Acme Corp", "Technology"),
    **{domain: (name, industry) for domain, name, industry in names.KNOWN},
    **{domain: (name, industry) for domain, name, industry in _generated()},
}
_BY_NAME = {spelling.company_key(name): domain for domain, (name, _) in LISTED.items()}
_PINNED_SLUGS = {fields["slug"]: domain for domain, fields in pinned.COMPANIES.items() if "slug" in fields}


def company(domain: str) -> Company | None:
    """The company at a domain or URL; None where the world has none."""
    host = spelling.host(domain)
    return None if host is None else _company(host)


def company_named(name: str) -> Company | None:
    """The company of that name: a listed one, else the one at `<name>.com`."""
    found = spelling.company_key(name)
    return company(_BY_NAME.get(found) or f"{found}.com")


def company_at(slug: str) -> Company | None:
    """The company behind a profile URL, slug or numeric id."""
    last = spelling.slug(slug)
    if last.isdigit():
        listed = _by_number().get(last)
        return None if listed is None else company(listed)
    return company(_PINNED_SLUGS.get(last) or _domain_of(last))


def _domain_of(slug: str) -> str:
    domain = spelling.decode(slug.removesuffix("-web"))
    if domain and (slug.endswith("-web") or _plain_tld(domain)):
        return domain
    return f"{spelling.company_key(slug)}.com"


def _plain_tld(domain: str) -> bool:
    tld = domain.rsplit(".", 1)[-1]
    return (len(tld) <= 3 and tld not in _NOT_A_TLD) or tld in _LONG_TLDS


@cache
def _by_number() -> dict[str, str]:
    return {_number(domain): domain for domain in LISTED}


def _number(domain: str) -> str:
    fixed = pinned.COMPANIES.get(domain, {}).get("linkedin_id")
    return fixed or str(1_000_000 + Draw("number", domain).below(90_000_000))


@lru_cache(16_384)
def _company(host: str) -> Company | None:
    if not exists(host):
        return None
    drawn = _drawn(host)
    return replace(drawn, **pinned.COMPANIES.get(host, {}))


def exists(host: str) -> bool:
    """Whether there is a company at this domain: always for listed ones, else 19 times in 20."""
    if host in LISTED or host in pinned.COMPANIES:
        return True
    if host == MAGIC or host.endswith(f".{MAGIC}"):
        return host not in (f"not-found.{MAGIC}", f"not-found-404.{MAGIC}")
    return host not in names.FREE_MAIL and not Draw("company", host).percent(5)


def _name(host: str) -> str:
    if host in LISTED:
        return LISTED[host][0]
    return " ".join(word.capitalize() for word in host.split(".", 1)[0].replace("_", "-").split("-"))


@lru_cache(16_384)
def industry(host: str) -> str:
    return LISTED[host][1] if host in LISTED else Draw("industry", host).pick(names.INDUSTRIES)


@cache
def _listed_by_industry() -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for domain, (_, kind) in LISTED.items():
        groups.setdefault(kind, []).append(domain)
    return {kind: tuple(domains) for kind, domains in groups.items()}


def _competitors(host: str, draw: Draw) -> tuple[str, ...]:
    rivals = [domain for domain in _listed_by_industry().get(industry(host), ()) if domain != host]
    return draw.some(rivals, 4)


def _drawn(host: str) -> Company:
    draw = Draw("facts", host)
    band, low, high = _BANDS[draw.pick(_COMMON)]
    employees = low + draw.below(high - low + 1)
    city, region, country, code, postal, prefix = draw.pick(names.PLACES)
    mail, mx = draw.pick(names.MAIL)
    founded = 1985 + draw.below(38)
    rounds = _rounds(host)
    name, kind = _name(host), industry(host)
    return Company(
        domain=host,
        name=name,
        slug=_slug(host),
        industry=kind,
        employees=employees,
        employee_band=band,
        founded=founded,
        ownership=draw.pick(("Private", "Private", "Private", "Public", "Nonprofit")),
        city=city,
        region=region,
        country=country,
        country_code=code,
        postal_code=postal,
        street=f"{1 + draw.below(199)} {draw.pick(names.STREETS)}",
        description=f"{name} is a {kind.lower()} company from {city}, founded in {founded}.",
        tagline=draw.pick(("Built to last.", "Made simple.", "Work that counts.", "Clear by design.")),
        phone=f"{prefix}{draw.below(100):02}",
        technologies=tuple((tech[0], tech[1]) for tech in draw.some(names.TECHNOLOGIES, 3 + draw.below(6))),
        total_funding_usd=sum(one.amount_usd for one in rounds) or None,
        rounds=rounds,
        investors=tuple(dict.fromkeys(investor for one in rounds for investor in one.investors)),
        competitors=_competitors(host, draw),
        mail_provider=mail,
        mx_host=mx,
        catch_all=host != MAGIC and draw.percent(8),
        revenue_usd=employees * (90_000 + 10_000 * draw.below(15)),
        linkedin_id=_number(host),
    )


def _slug(host: str) -> str:
    encoded = spelling.encode(host)
    return encoded if "-" not in encoded or _plain_tld(host) else f"{encoded}-web"


def _rounds(host: str) -> tuple[Round, ...]:
    draw = Draw("rounds", host)
    if draw.percent(40) and not host.endswith(MAGIC):
        return ()
    last = draw.below(len(names.ROUNDS)) + 1
    day = _EPOCH - timedelta(days=60 + draw.below(700))
    found: list[Round] = []
    for level in range(last - 1, -1, -1):
        amount = (1 + draw.below(9)) * 1_000_000 * (1, 3, 8, 20, 45)[level]
        found.append(Round(names.ROUNDS[level], amount, day, draw.some(names.INVESTORS, 1 + draw.below(3))))
        day -= timedelta(days=300 + draw.below(400))
    return tuple(found)


def companies() -> Iterator[Company]:
    """The companies that searches can find, in a fixed order."""
    for domain in LISTED:
        found = _company(domain)
        if found:
            yield found
