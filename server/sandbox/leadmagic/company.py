"""LeadMagic's company endpoints: search, lookalike, funding, technographics, competitors."""

from __future__ import annotations

from functools import cache
from typing import Any

from server.sandbox import api, magic, names, world
from server.sandbox.draw import Draw
from server.sandbox.leadmagic import company_filters, examples, problem, reading
from server.sandbox.leadmagic.company_row import Row, row
from server.sandbox.leadmagic.wire import Body, Call, Endpoint
from server.sandbox.record import Company

_PAGE = 50
_ROOT_DOMAINS = ("company_domain", "domain", "website", "company_website")
_ROOT_NAMES = ("company_name", "name")
_ROOT_URLS = ("profile_url", "linkedin_url", "company_linkedin_url", "company_url", "url")
_LIST_MODE = ("limit", "company_filters", "companyFilters", "filters", "query")
_SITES = {name: site for name, _, site in names.TECHNOLOGIES}


@cache
def listed() -> tuple[Company, ...]:
    """The companies that LeadMagic's searches know."""
    return tuple(company for company in world.companies() if world.covers("leadmagic", company, "company"))


def company_search(call: Call) -> Body:
    """1 per returned row: a list as soon as `limit`, filters or `query` are there, else one company."""
    if any(call.body.get(name) is not None for name in _LIST_MODE):
        return _list(call)
    return _one(call)


def identified(call: Call) -> Company | None:
    """The company that the root fields of a request name; None where they name none that exists."""
    host = call.domain(*_ROOT_DOMAINS)
    if host is not None:
        return world.company(host)
    url = call.text(*_ROOT_URLS)
    if url is not None:
        return world.company_at(url)
    return world.company_named(call.needed(*_ROOT_NAMES, "company_domain", "profile_url"))


def _one(call: Call) -> Body:
    company = identified(call)
    call.reserve(100)
    if company is None or not call.knows(company, "company"):
        empty: Body = {"found": False, "company": None, "companies": [], "count": 0, "returned_count": 0}
        return call.missed("Companies not found", empty)
    found = dict(row(company))
    body: Body = {
        "found": True,
        "company": found,
        "companyName": company.name,
        "companyDomain": company.domain,
        "websiteUrl": found["company_website"],
        "linkedinUrl": found["linkedin_url"],
        "companies": [found],
        "count": 1,
        "returned_count": 1,
    }
    return call.found(100, "Companies found", body)


def filters_of(call: Call) -> Body:
    """The company filters of a request, under any of their documented places."""
    found: Body = {}
    for name in ("company_filters", "companyFilters", "filters"):
        found |= reading.mapping(name, call.body.get(name))
    return found


def _list(call: Call) -> Body:
    limit = call.number("limit", 25, 1, _PAGE)
    offset = call.number("offset", 0, 0, 1_000_000)
    at_root = {name: value for name, value in call.body.items() if name in company_filters.NAMES}
    filters = {**at_root, **filters_of(call)}
    call.reserve(limit * 100)
    rows = _query(call, search(filters))[offset : offset + limit]
    body: Body = {
        "companies": rows,
        "count": len(rows),
        "returned_count": len(rows),
        "limit_applied": limit,
        "offset": offset,
        "interpreted_search": {"company_filters": filters},
    }
    if not rows or api.missing():
        return call.missed("Companies not found", {**body, "companies": [], "count": 0, "returned_count": 0})
    return call.found(100 * len(rows), "Companies found", body)


def search(filters: Body) -> list[Row]:
    """The rows that pass; a company that is named outright is found even where it is not listed."""
    passes = company_filters.test(filters)
    named = [company for host in company_filters.hosts(filters) if (company := world.company(host))]
    pool = dict.fromkeys((*listed(), *named)) if named else listed()
    return company_filters.ordered([found for company in pool if passes(found := row(company))], filters)


def _query(call: Call, rows: list[Row]) -> list[Row]:
    words = (call.text("query") or "").lower().split()
    columns = ("company_name", "company_domain", "company_about", "company_industry_linkedin")
    return [one for one in rows if all(any(word in one[column].lower() for column in columns) for word in words)]


def company_lookalike(call: Call) -> Body:
    """5 per request that returns rows, however many."""
    limit = call.number("limit", 25, 1, 2000)
    offset = call.number("offset", 0, 0, 1_000_000)
    seeds = _seeds(call)
    filters = filters_of(call)
    call.reserve(500)
    found = [] if api.missing() else _similar(seeds, search(filters))
    rows = found[offset : offset + limit]
    body: Body = {
        "companies": rows,
        "count": len(rows),
        "limit_applied": limit,
        "offset": offset,
        "interpreted_search": {"seed": {"domains": [seed.domain for seed in seeds]}, "company_filters": filters},
    }
    if not rows:
        return call.missed("Companies not found", body)
    return call.found(500, "Companies found", body)


def _seeds(call: Call) -> list[Company]:
    seed = reading.mapping("seed", call.body.get("seed"))
    inner = Call(call.operation, call.account, {**call.body, **seed})
    hosts = company_filters.hosts({"company_domains": seed.get("domains")})
    host = inner.domain("company_domain", "domain", "website")
    if host or hosts:
        return [company for one in (host, *hosts) if one and (company := world.company(one))]
    text = inner.needed("description", "company_name", "company_domain")
    like = next((one for one in listed() if one.industry.split()[0].lower() in text.lower()), None)
    found = like or world.company_named(text)
    return [found] if found else []


def _similar(seeds: list[Company], rows: list[Row]) -> list[Row]:
    domains = {seed.domain for seed in seeds}
    scored = [
        {**one, "similarity": score, "source_seed_domain": seed.domain, "match_context": seed.description}
        for seed in seeds[:1]
        for one in rows
        if one["company_domain"] not in domains and (score := _similarity(seed, one)) >= 0.5
    ]
    return sorted(scored, key=lambda one: -one["similarity"])


def _similarity(seed: Company, other: Row) -> float:
    same = seed.industry == other["company_industry_linkedin"]
    return (700 if same else 250) / 1000 + Draw("similar", seed.domain, other["company_domain"]).below(299) / 1000


def company_funding(call: Call) -> Body:
    """4 per company with funding data."""
    company = call.company()
    call.reserve(400)
    if documented := examples.body("company_funding", company.domain if company else ""):
        return call.found(400, "Funding data found.", documented)
    if company is None or not company.rounds or not call.knows(company, "funding"):
        asked = company.name if company else call.text("company_name", "company_domain")
        return call.missed("No funding data found for this company.", {"company_name": asked})
    shape = _old_funding if magic.wants("shape-old", "shape-nested") else _funding
    return call.found(400, "Funding data found.", shape(company))


def _money(usd: int) -> str:
    amount, unit = (usd / 1e9, "B") if usd >= 1e9 else (usd / 1e6, "M")
    return f"${amount:g}{unit}"


def _funding(company: Company) -> Body:
    last = company.rounds[0]
    head = next(iter(world.employees(company)))
    return {
        "company_name": company.name,
        "total_funding": _money(company.total_funding_usd or 0),
        "latest_round": last.type,
        "latest_round_amount": _money(last.amount_usd),
        "latest_round_date": last.on.isoformat(),
        "funding_rounds": [
            {
                "type": one.type,
                "amount": _money(one.amount_usd),
                "date": one.on.isoformat(),
                "investors": list(one.investors),
            }
            for one in company.rounds
        ],
        "investors": list(company.investors),
        "lead_investors": list(last.investors[:1]),
        "leadership": {
            "ceo": {
                "firstName": head.first,
                "lastName": head.last,
                "designation": head.title,
                "b2b_profile": f"linkedin.com/in/{head.slug}",
            }
        },
    }


def _old_funding(company: Company) -> Body:
    rivals = [rival for domain in company.competitors if (rival := world.company(domain))]
    return {
        "basicInfo": {
            "companyName": company.name,
            "description": company.description,
            "shortName": company.name,
            "founded": company.founded,
            "primaryDomain": company.domain,
            "phone": company.phone,
            "status": "Operating",
            "followers": row(company)["linkedin_followers"],
            "ownership": company.ownership,
        },
        "financialInfo": {
            "revenue": company.revenue_usd,
            "formattedRevenue": _money(company.revenue_usd),
            "totalFunding": company.total_funding_usd,
            "formattedFunding": _money(company.total_funding_usd or 0),
        },
        "companySize": {"employees": company.employees, "employeeRange": company.employee_band},
        "topCompetitors": [
            {
                "name": rival.name,
                "revenue": rival.revenue_usd,
                "employees": rival.employees,
                "website": f"https://{rival.domain}",
            }
            for rival in rivals
        ],
    }


def technographics(call: Call) -> Body:
    """1 per company with data; takes a domain only."""
    host = call.domain("company_domain")
    if host is None:
        raise problem.missing("company_domain")
    call.reserve(100)
    if documented := examples.body("technographics", host):
        return call.found(100, "Technologies found.", documented)
    company = world.company(host)
    if company is None or not call.knows(company, "technographics"):
        empty: Body = {"company_domain": host, "technologies": [], "categories": {}}
        return call.missed("No technologies found for this domain.", empty)
    grouped: dict[str, list[str]] = {}
    for name, category in company.technologies:
        grouped.setdefault(category, []).append(name)
    technologies = [
        {"name": name, "category": category, "website": _SITES.get(name), "icon": f"https://logo.example/{name}.png"}
        for name, category in company.technologies
    ]
    body: Body = {"company_domain": host, "technologies": technologies, "categories": grouped}
    return call.found(100, "Technologies found.", body)


def competitors_search(call: Call) -> Body:
    """5 where competitors are found (older documents)."""
    company = _by_any(call)
    call.reserve(500)
    if company is None or not company.competitors or not call.knows(company, "competitors"):
        return call.missed("No competitors found for this company.", {"competitors": []})
    rivals = [_competitor(rival) for domain in company.competitors if (rival := world.company(domain))]
    return call.found(500, "Competitors found.", {"competitors": rivals})


def _by_any(call: Call) -> Company | None:
    url = call.text("company_url", "profile_url")
    if url is not None and "/company/" in url:
        return world.company_at(url)
    host = call.domain("company_domain", "company_url")
    return world.company(host) if host else world.company_named(call.needed("company_name", "company_domain"))


def _competitor(rival: Company) -> dict[str, Any]:
    return {
        "name": rival.name,
        "shortDescription": rival.description,
        "founded_year": rival.founded,
        "companyType": rival.ownership,
        "hq": f"{rival.city}, {rival.country}",
        "employeesCount": rival.employees,
        "valuation": _money(rival.total_funding_usd * 5) if rival.total_funding_usd else None,
        "tags": [rival.industry],
        "growth": None,
        "non_hq_locations": [],
        "financial_metrics": {"revenue": rival.revenue_usd},
        "funding_metrics": {"total": rival.total_funding_usd},
    }


def company_search_v1(call: Call) -> Body:
    """1 per company found; superseded by v3."""
    company = identified(call)
    call.reserve(100)
    if company is None or not call.knows(company, "company"):
        return call.missed("Company not found", {"company_name": None})
    found = row(company)
    body: Body = {
        "company_name": company.name,
        "company_id": company.linkedin_id,
        "locations": [{"city": company.city, "country": company.country_code, "headquarter": True}],
        "employee_count": company.employees,
        "specialities": found["specialties"],
        "employee_count_range": {"start": found["employee_min"], "end": found["employee_max"]},
        "tagline": company.tagline,
        "follower_count": found["linkedin_followers"],
        "industry": company.industry,
        "description": company.description,
        "website_url": found["company_website"],
        "founded_on": {"year": company.founded},
        "universal_name": company.slug,
        "hashtag": None,
        "industry_v2_taxonomy": company.industry,
        "url": found["linkedin_url"],
    }
    return call.found(100, "Company found", body)


ENDPOINTS = (
    Endpoint("POST", "/v3/companies/search", company_search, per_minute=500),
    Endpoint("POST", "/v3/companies/lookalike", company_lookalike, per_minute=500),
    Endpoint("POST", "/v1/companies/company-funding", company_funding),
    Endpoint("POST", "/v1/companies/technographics", technographics),
    Endpoint("POST", "/v1/companies/competitors-search", competitors_search),
    Endpoint("POST", "/v1/companies/company-search", company_search_v1, per_minute=500),
)
