"""LeadMagic's two job searches: v3 with a cursor, v1 with pages."""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from hashlib import sha256
from typing import Any

from server.sandbox import api, magic, spelling
from server.sandbox.leadmagic import job_catalog, problem, reading
from server.sandbox.leadmagic.job_resolution import resolve
from server.sandbox.leadmagic.posting import Posting, company_id, postings
from server.sandbox.leadmagic.wire import Body, Call, Endpoint

Test = Callable[[Posting], bool]
_CAP = 1000
_EXPERIENCE = {"entry": "EN", "mid": "MI", "senior": "SE", "executive": "EX"}
_EXPERIENCE_NAMES = {"EN": "Entry", "MI": "Mid", "SE": "Senior", "EX": "Executive"}


def jobs_search(call: Call) -> Body:
    """1 per returned job; `dryRun` is free."""
    limit = call.number("limit", 25, 1, 50)
    tests = [*_v3(call), *_dates(call, "postedAfter", "postedBefore", "postedWithin")]
    mode = _choice(call, "totalMode", ("none", "capped", "exact"), "capped")
    dry = call.flag("dryRun")
    call.reserve(0 if dry else limit * 100)
    start = _read_cursor(call)
    matching = _matching(tests)
    page = [] if dry else matching[start : start + limit]
    more = start + limit < len(matching) and not dry
    body: Body = {
        "signals": [_signal(call, one) for one in page],
        "total": None if mode == "none" else len(matching) if mode == "exact" else min(len(matching), _CAP),
        "totalMode": mode,
        "pagination": {"next_cursor": _cursor(call, start + limit) if more else None},
        "query_path": "title+geo_bridge",
        "warnings": [],
    }
    if call.flag("autoResolve"):
        body["resolved"], body["warnings"] = resolve(call.body)
    if call.flag("includeFacets"):
        body["facets"] = _facets(matching)
    return {**body, "credits_consumed": call.bill(100 * len(page), found=bool(page))}


def _matching(tests: Iterable[Test]) -> list[Posting]:
    if api.missing():
        return []
    asked = list(tests)
    return [one for one in postings() if all(test(one) for test in asked)]


def _choice(call: Call, name: str, choices: tuple[str, ...], default: str) -> str:
    value = call.text(name) or default
    if value not in choices:
        raise problem.invalid(name, f"{name} must be one of {', '.join(choices)}.")
    return value


def _fingerprint(call: Call) -> str:
    asked = {name: value for name, value in call.body.items() if name not in ("cursor", "limit")}
    return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:8]


def _cursor(call: Call, offset: int) -> str:
    return base64.urlsafe_b64encode(f"{_fingerprint(call)}:{offset}".encode()).decode().rstrip("=")


def _read_cursor(call: Call) -> int:
    cursor = call.text("cursor")
    if cursor is None:
        return 0
    try:
        mark, _, offset = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        mark, offset = "", ""
    if mark != _fingerprint(call) or not offset.isdigit():
        raise problem.invalid("cursor", "cursor does not belong to this search.")
    return int(offset)


def _v3(call: Call) -> Iterable[Test]:
    yield from _titles(reading.mapping("titles", call.body.get("titles")))
    yield from _levels(reading.mapping("occupationTaxonomy", call.body.get("occupationTaxonomy")))
    yield from _companies(reading.mapping("companies", call.body.get("companies")))
    yield from _places(call, reading.mapping("location", call.body.get("location")))
    yield from _tags(reading.mapping("tags", call.body.get("tags")))
    yield from _salary(reading.mapping("salary", call.body.get("salary")))
    yield from _attributes(call)


def _titles(block: Body) -> Iterable[Test]:
    include = [one.casefold() for one in reading.texts("titles.include", block.get("include"))]
    exclude = [one.casefold() for one in reading.texts("titles.exclude", block.get("exclude"))]
    vector = bool(block.get("vector"))

    def named(posting: Posting, wanted: list[str]) -> bool:
        title = posting.title.casefold()
        return any(one in title or (vector and set(one.split()) & set(title.split())) for one in wanted)

    if include:
        yield lambda posting: named(posting, include)
    if exclude:
        yield lambda posting: not any(one in posting.title.casefold() for one in exclude)


def _levels(block: Body) -> Iterable[Test]:
    for level in ("level1", "level2", "level3"):
        wanted = {one.casefold() for one in reading.labels(f"occupationTaxonomy.{level}", block.get(level))}
        if wanted:
            yield _level(level, wanted)


def _level(level: str, wanted: set[str]) -> Test:
    def passes(posting: Posting) -> bool:
        node = job_catalog.taxonomy(posting.role)[level]
        return bool(wanted & {str(node["id"]), node["name"].casefold()})

    return passes


def _companies(block: Body) -> Iterable[Test]:
    include = reading.texts("companies.include", block.get("include"))
    exclude = reading.texts("companies.exclude", block.get("exclude"))
    ids = set(reading.labels("companies.ids", block.get("ids")))
    if include or ids:
        yield lambda posting: str(company_id(posting.company)) in ids or _names(posting, include)
    if exclude:
        yield lambda posting: not _names(posting, exclude)


def _names(posting: Posting, wanted: list[str]) -> bool:
    company = posting.company
    key = spelling.company_key(company.name)
    return any(spelling.host(one) == company.domain or spelling.company_key(one) == key for one in wanted)


def _places(call: Call, block: Body) -> Iterable[Test]:
    if block.get("text") is not None and _choice(call, "mode", ("fast", "deep"), "fast") != "deep":
        raise problem.invalid("location.text", "Free-text locations need mode deep.")
    for name in ("countries", "regions", "states", "cities", "text"):
        wanted = {one.casefold() for one in reading.labels(f"location.{name}", block.get(name))}
        if wanted:
            yield lambda posting, name=name, wanted=wanted: bool(wanted & _place(posting, name))


def _place(posting: Posting, name: str) -> set[str]:
    code = next(str(id_) for id_, one in job_catalog.COUNTRIES.items() if one[0] == posting.country_code)
    region = next(str(id_) for id_, one in job_catalog.REGIONS.items() if one == posting.continent)
    state = next((str(id_) for id_, one in job_catalog.states().items() if one[0] == posting.state), "")
    city = next((str(id_) for id_, one in job_catalog.cities().items() if one == posting.city), "")
    known = {
        "countries": (posting.country_code, posting.country, code),
        "regions": (posting.continent, region),
        "states": (posting.state, state),
        "cities": (posting.city, city),
        "text": (posting.city, posting.state, posting.country, posting.location),
    }
    return {one.casefold() for one in known[name] if one}


def _tags(block: Body) -> Iterable[Test]:
    include = {one.casefold() for one in reading.labels("tags.include", block.get("include"))}
    exclude = {one.casefold() for one in reading.labels("tags.exclude", block.get("exclude"))}
    if include:
        yield lambda posting: bool(include & _tagged(posting))
    if exclude:
        yield lambda posting: not exclude & _tagged(posting)


def _tagged(posting: Posting) -> set[str]:
    return {name for tag in posting.role.tags for name in (str(tag), job_catalog.TAGS[tag])}


def _salary(block: Body) -> Iterable[Test]:
    least = reading.number("salary.min_usd", block.get("min_usd"))
    most = reading.number("salary.max_usd", block.get("max_usd"))
    if least is not None:
        yield lambda posting: posting.salary is not None and posting.salary[1] >= least
    if most is not None:
        yield lambda posting: posting.salary is not None and posting.salary[0] <= most


def _attributes(call: Call) -> Iterable[Test]:
    values: dict[str, Callable[[Posting], str]] = {
        "seniority": lambda p: p.role.seniority,
        "languages": lambda p: p.language,
        "workModes": lambda p: str(p.work_mode),
        "jobTypeIds": lambda p: str(p.type_id),
        "industryIds": lambda p: str(job_catalog.industry_id(p.company.industry)),
        "companyTypeIds": lambda p: str(_type_id(p)),
        "companySizeCodes": lambda p: p.company.employee_band,
    }
    for name, value in values.items():
        wanted = set(reading.labels(name, call.body.get(name)))
        if wanted:
            yield lambda posting, value=value, wanted=wanted: value(posting) in wanted
    if call.flag("hasRemote"):
        yield lambda posting: posting.remote
    if not call.flag("includeAgencies"):
        yield lambda posting: not posting.agency


def _type_id(posting: Posting) -> int:
    return next((id_ for id_, one in job_catalog.COMPANY_TYPES.items() if one == posting.company.ownership), 0)


def _dates(call: Call, after: str, before: str, within: str) -> Iterable[Test]:
    earliest, latest = _date(call, after), _date(call, before)
    if call.body.get(within) is not None:
        days = call.number(within, 0, 0, 3650)
        yield lambda posting: posting.age <= days
    if earliest is not None:
        yield lambda posting: posting.published >= earliest
    if latest is not None:
        yield lambda posting: posting.published <= latest


def _date(call: Call, name: str) -> date | None:
    text = call.text(name)
    return None if text is None else reading.day(name, text)


def _signal(call: Call, posting: Posting) -> Body:
    company = posting.company
    shown: Body = {"id": company_id(company), "name": company.name, "website_url": f"https://{company.domain}"}
    if call.flag("includeCompany", default=True):
        shown["linkedin_url"] = f"https://www.linkedin.com/company/{company.slug}"
    body: Body = {
        "title": posting.title,
        "company": shown,
        "location": posting.location,
        "salary": posting.salary and {"min_usd": posting.salary[0], "max_usd": posting.salary[1]},
        "published": posting.published.isoformat(),
        "has_remote": posting.remote,
        "application_url": posting.apply_url,
        "types": [{"id": posting.type_id, "name": job_catalog.JOB_TYPES[posting.type_id]}],
        "tags": [{"id": tag, "name": job_catalog.TAGS[tag], "tag_type": 2} for tag in posting.role.tags],
    }
    if call.flag("includeOccupationTaxonomy", default=True):
        body["occupation_taxonomy"] = job_catalog.taxonomy(posting.role)
    if call.flag("includeDescription"):
        body["description"] = posting.description
    return body


def _facets(matching: list[Posting]) -> Body:
    by = {
        "countries": Counter(one.country_code for one in matching),
        "seniority": Counter(one.role.seniority for one in matching),
        "job_types": Counter(job_catalog.JOB_TYPES[one.type_id] for one in matching),
    }
    return {name: [{"value": value, "count": n} for value, n in counts.most_common()] for name, counts in by.items()}


def jobs_finder(call: Call) -> Body:
    """1 per returned job, in pages."""
    page, size = call.number("page", 1, 1, 100_000), call.number("per_page", 20, 1, 50)
    tests = [*_v1(call), *_dates(call, "posted_after", "posted_before", "posted_within")]
    call.reserve(size * 100)
    matching = _matching(tests)
    chosen = matching[(page - 1) * size : page * size]
    return {
        "total_count": len(matching),
        "page": page,
        "per_page": size,
        "total_pages": -(-len(matching) // size),
        "credits_consumed": call.bill(100 * len(chosen), found=bool(chosen)),
        "results": [_result(one) for one in chosen],
    }


def _v1(call: Call) -> Iterable[Test]:
    for name, value in _V1_TEXT.items():
        text = call.text(name)
        if text is not None:
            yield lambda posting, value=value, text=text: text.casefold() in value(posting).casefold()
    site = call.domain("company_website")
    if site is not None:
        yield lambda posting: posting.company.domain == site
    level = call.text("experience_level")
    if level is not None:
        _choice(call, "experience_level", tuple(_EXPERIENCE), "")
        yield lambda posting: posting.role.seniority == _EXPERIENCE[level]
    if call.flag("has_remote"):
        yield lambda posting: posting.remote
    country = call.text("country_id")
    if country is not None:
        code = {"UK": "GB"}.get(country.upper(), country.upper())
        yield lambda posting: posting.country_code == code
    yield from _v1_numbers(call)


_V1_TEXT: dict[str, Callable[[Posting], str]] = {
    "company_name": lambda p: p.company.name,
    "job_title": lambda p: p.title,
    "job_description": lambda p: p.description,
    "location": lambda p: f"{p.city}, {p.state}, {p.country}",
    "city_name": lambda p: p.city,
}


def _v1_numbers(call: Call) -> Iterable[Test]:
    values: dict[str, Callable[[Posting, int], bool]] = {
        "job_type_id": lambda p, n: p.type_id == n,
        "company_type_id": _v1_type,
        "company_industry_id": _v1_industry,
        "region_id": lambda p, n: job_catalog.states().get(n, ("", ""))[0] == p.state,
        "min_employees": lambda p, n: p.company.employees >= n,
        "max_employees": lambda p, n: p.company.employees <= n,
    }
    for name, passes in values.items():
        if call.body.get(name) is not None:
            number = call.number(name, 0, 0, 10_000_000)
            yield lambda posting, passes=passes, number=number: passes(posting, number)


def _v1_type(posting: Posting, number: int) -> bool:
    company = posting.company
    by_size = {1: company.founded > 2018, 2: company.employees < 50, 3: 50 <= company.employees < 500}
    by_owner = {5: "Public", 6: "Private", 7: "Nonprofit", 8: "Government"}
    return by_size.get(number, company.employees >= 500 if number == 4 else company.ownership == by_owner.get(number))


def _v1_industry(posting: Posting, number: int) -> bool:
    label = dict(enumerate(job_catalog.V1_INDUSTRIES, 1)).get(number, "-")
    synonyms = {"Technology": ("software", "technology", "security", "robotics"), "Finance": ("financial",)}
    return any(word in posting.company.industry.lower() for word in synonyms.get(label, (label.lower(),)))


def _result(posting: Posting) -> Body:
    company = posting.company
    profile = f"https://linkedin.com/company/{company.slug}"
    shown: Body = {"name": company.name, "website_url": f"https://{company.domain}", "b2b_profile_url": profile}
    types: list[Any] = [job_catalog.JOB_TYPES[posting.type_id]]
    more: Body = {}
    if magic.wants("shape-old"):
        shown = {**shown, "linkedin_url": shown.pop("b2b_profile_url"), "is_agency": posting.agency}
        types = [{"id": posting.type_id, "name": types[0]}]
        low, high = posting.salary or (None, None)
        more = {"cities": [posting.city], "salary_min": low and str(low), "salary_max": high and str(high)}
    return {
        "title": posting.title,
        "company": shown,
        "location": posting.location,
        "types": types,
        "experience_level": _EXPERIENCE_NAMES[posting.role.seniority],
        "has_remote": posting.remote,
        "published": posting.published.isoformat(),
        "description": posting.description,
        "application_url": posting.apply_url,
        **more,
    }


ENDPOINTS = (
    Endpoint("POST", "/v3/jobs/search", jobs_search),
    Endpoint("POST", "/v1/jobs/jobs-finder", jobs_finder, per_minute=100),
)
