"""The `company_filters` family that company search, lookalike and people search share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from server.sandbox import spelling
from server.sandbox.leadmagic import problem, reading
from server.sandbox.leadmagic.company_row import EMPTY_TECHNOLOGY_COLUMNS, TECHNOLOGY_COLUMNS, Row

Test = Callable[[Row], bool]


def _host(value: str) -> str:
    return spelling.host(value) or value


def _slug(value: str) -> str:
    return spelling.slug(value)


def _fold(value: str) -> str:
    return value.casefold().strip()


# Identity filters are alternatives: a company passes where one of them names it. Name -> column, canonical form.
_IDENTITY: dict[str, tuple[str, Callable[[str], str]]] = {
    "company_domains": ("company_domain", _host),
    "company_domain": ("company_domain", _host),
    "domain": ("company_domain", _host),
    "company_websites": ("company_domain", _host),
    "company_website": ("company_domain", _host),
    "website": ("company_domain", _host),
    "linkedin_urls": ("linkedin_url", _slug),
    "linkedin_url": ("linkedin_url", _slug),
    "company_linkedin_url": ("linkedin_url", _slug),
    "company_names": ("company_name", _fold),
    "company_name": ("company_name", _fold),
    "name": ("company_name", _fold),
}

# The value of the column equals one of the given ones.
_EQUAL: dict[str, str] = {
    "country_codes": "hq_country_code", "country_code": "hq_country_code", "employee_ranges": "employee_range",
    "employee_range": "employee_range", "revenue_ranges": "revenue_range", "revenue_range": "revenue_range",
    "company_entity_types": "company_entity_type", "domain_tlds": "domain_tld", "hq_countries": "hq_country",
    "hq_regions": "hq_region", "hq_cities": "hq_city", "hq_states": "hq_state", "hq_continents": "hq_continent",
    "hq_postcodes": "hq_postcode", "last_funding_types": "last_funding_type", "company_phones": "company_phone",
    "sic_codes": "sic_code", "naics_codes": "naics_code",
}  # fmt: skip

# One of the given texts occurs in the column; for a list, in one of its entries.
_LIKE: dict[str, str] = {
    "industries": "company_industry_linkedin", "industry": "company_industry_linkedin", "hq_streets": "hq_street",
    "lead_investors": "lead_investors", "tech_stack": "tech_stack", "technologies": "tech_stack",
    "specialties": "specialties", "company_headlines": "company_headline", "company_about": "company_about",
    "sic_descriptions": "sic_description", "naics_descriptions": "naics_description", "keyword": "company_about",
    **{column: column for column in (*TECHNOLOGY_COLUMNS.values(), *EMPTY_TECHNOLOGY_COLUMNS)},
}  # fmt: skip

_FLAG: dict[str, str] = {
    "linkedin_claimed": "linkedin_claimed", "has_tech_stack": "has_tech_stack", "website_active": "website_active",
    "website_for_sale": "website_for_sale", "has_funding": "total_funding",
}  # fmt: skip

# At least / at most. A band passes where it overlaps.
_LEAST: dict[str, str] = {
    "min_employees": "employee_max", "min_revenue": "revenue_max", "founded_after": "founded_year",
    "min_total_funding": "total_funding", "last_funding_after": "last_funding_date",
    "min_funding_investor_count": "funding_investor_count", "min_profile_followers": "linkedin_followers",
    "min_profile_growth_rate": "linkedin_growth_rate", "min_total_contacts": "total_contacts",
    "min_contacts_with_email": "contacts_with_email", "min_contacts_with_phone": "contacts_with_phone",
    "min_valid_email_count": "valid_email_count", "min_total_app_reviews": "total_app_reviews",
}  # fmt: skip
_MOST: dict[str, str] = {
    "max_employees": "employee_min", "max_revenue": "revenue_min", "founded_before": "founded_year",
    "max_total_funding": "total_funding", "last_funding_before": "last_funding_date",
    "max_funding_investor_count": "funding_investor_count", "max_profile_followers": "linkedin_followers",
    "max_profile_growth_rate": "linkedin_growth_rate", "max_total_contacts": "total_contacts",
    "max_contacts_with_email": "contacts_with_email", "max_contacts_with_phone": "contacts_with_phone",
    "max_valid_email_count": "valid_email_count", "max_total_app_reviews": "total_app_reviews",
}  # fmt: skip

SORTS = frozenset(
    {
        "company_domain",
        "linkedin_followers",
        "total_funding",
        "linkedin_employee_count",
        "founded_year",
        "total_contacts",
    }
)
_ORDER = ("sort_by", "sort_order")
NAMES = frozenset({*_IDENTITY, *_EQUAL, *_LIKE, *_FLAG, *_LEAST, *_MOST, *_ORDER})


def hosts(filters: Mapping[str, Any]) -> list[str]:
    """The domains that identity filters name outright."""
    domains = [name for name, (column, _) in _IDENTITY.items() if column == "company_domain"]
    return [
        host for name in domains for value in reading.texts(name, filters.get(name)) if (host := spelling.host(value))
    ]


def test(filters: Mapping[str, Any]) -> Test:
    """What the filters ask of a row; `validation_error` where one is unknown or has the wrong type."""
    for name in filters:
        if name not in NAMES:
            raise problem.invalid(name, f"{name} is not a company filter.")
    sort = filters.get("sort_by")
    if sort is not None and sort not in SORTS:
        raise problem.invalid("sort_by", f"sort_by must be one of {', '.join(sorted(SORTS))}.")
    given = {name: value for name, value in filters.items() if value is not None and name not in _ORDER}
    named = [_identity(name, value) for name, value in given.items() if name in _IDENTITY]
    rest = [_test(name, value) for name, value in given.items() if name not in _IDENTITY]
    return lambda row: (not named or any(one(row) for one in named)) and all(one(row) for one in rest)


def ordered(rows: list[Row], filters: Mapping[str, Any]) -> list[Row]:
    """The rows as `sort_by` and `sort_order` ask; companies without the value come last."""
    column = filters.get("sort_by")
    if column is None:
        return rows
    known = [row for row in rows if row[column] is not None]
    known.sort(key=lambda row: row[column], reverse=filters.get("sort_order") == "desc")
    return known + [row for row in rows if row[column] is None]


def _identity(name: str, value: Any) -> Test:
    column, canonical = _IDENTITY[name]
    wanted = {canonical(one) for one in reading.texts(name, value)}
    return lambda row: canonical(row[column]) in wanted


def _test(name: str, value: Any) -> Test:
    if name in _EQUAL:
        return _equal(_EQUAL[name], [_fold(one) for one in reading.texts(name, value)])
    if name in _LIKE:
        return _like(_LIKE[name], [_fold(one) for one in reading.texts(name, value)])
    if name in _FLAG:
        return lambda row: bool(row[_FLAG[name]]) is bool(value)
    return _bound(name, value)


def _equal(column: str, wanted: list[str]) -> Test:
    return lambda row: not wanted or (row[column] is not None and _fold(row[column]) in wanted)


def _like(column: str, wanted: list[str]) -> Test:
    def passes(row: Row) -> bool:
        texts = [_fold(one) for one in reading.texts(column, row[column])]
        return not wanted or any(want in text for want in wanted for text in texts)

    return passes


def _bound(name: str, value: Any) -> Test:
    least = name in _LEAST
    column = _LEAST[name] if least else _MOST[name]
    kind = str if column == "last_funding_date" else int | float
    if not isinstance(value, kind) or isinstance(value, bool):
        raise problem.invalid(name, f"{name} must be a {'date' if kind is str else 'number'}.")
    open_end = column in ("employee_max", "revenue_max")

    def passes(row: Row) -> bool:
        found = row[column]
        if found is None:
            return open_end
        return found >= value if least else found <= value

    return passes
