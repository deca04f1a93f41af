"""LeadMagic's helpers around job search: autocompletion, catalogs, and the v1 lists of ids."""

from __future__ import annotations

from typing import Any

from server.sandbox.leadmagic import job_catalog, job_resolution, problem
from server.sandbox.leadmagic.posting import postings
from server.sandbox.leadmagic.wire import Body, Call, Endpoint

Node = dict[str, Any]


def jobs_resolve(call: Call) -> Body:
    """1 by the reference page, free by others (C-07)."""
    call.reserve(100)
    resolved, unresolved = job_resolution.resolve(call.body)
    cost = call.bill(100, other=0, found=bool(resolved))
    return {"resolved": resolved, "unresolved": unresolved, "credits_consumed": cost}


def jobs_companies(call: Call) -> Body:
    """Free by the reference page, 1 where something is found by others (C-08)."""
    domain = call.domain("domain")
    found = _like(call, [*job_resolution.company_nodes()], "name", "domain")
    if domain is not None:
        found = [node for node in found if node["domain"] == domain]
    cost = call.bill(0, other=100 if found else 0, found=bool(found))
    return {"companies": found, **({"credits_consumed": cost} if cost else {})}


def jobs_tags(call: Call) -> Body:
    """Free."""
    kind = call.body.get("tag_type")
    found = [node for node in _like(call, job_resolution.tag_nodes(), "name") if kind in (None, str(node["tag_type"]))]
    call.bill(0, found=bool(found))
    return {"tags": found}


def jobs_titles(call: Call) -> Body:
    """Free."""
    found = _like(call, job_resolution.title_nodes(), "name")
    call.bill(0, found=bool(found))
    return {"titles": found}


def jobs_occupation_taxonomy(call: Call) -> Body:
    """Free."""
    level = call.text("level")
    if level not in (None, "level1", "level2", "level3"):
        raise problem.invalid("level", "level must be level1, level2 or level3.")
    nodes = [node for node in job_resolution.taxonomy_nodes() if level in (None, f"level{node['type']}")]
    found = _like(call, nodes, "name")
    return {"occupation_taxonomy": found, "credits_consumed": call.bill(0, found=bool(found))}


def jobs_locations(call: Call) -> Body:
    """Free."""
    kind = call.text("type")
    known = job_resolution.locations()
    if kind is not None and kind not in known:
        raise problem.invalid("type", f"type must be one of {', '.join(known)}.")
    nodes = [
        {"id": node["id"], "name": node["name"], "type": type_}
        for type_, found in known.items()
        for node in found
        if kind in (None, type_)
    ]
    found = _like(call, nodes, "name")
    call.bill(0, found=bool(found))
    return {"locations": found}


def _like(call: Call, nodes: list[Node], *fields: str) -> list[Node]:
    limit = call.number("limit", 10, 1, 100)
    wanted = (call.text("q") or "").casefold()
    return [node for node in nodes if any(wanted in str(node[field]).casefold() for field in fields)][:limit]


def jobs_catalogs(call: Call) -> Body:
    """Free."""
    call.bill(0, found=True)
    return {
        "countries": [{"id": id_, "name": name} for id_, (_, name) in job_catalog.COUNTRIES.items()],
        "regions": job_catalog.pairs(job_catalog.REGIONS),
        "job_types": job_catalog.pairs(job_catalog.JOB_TYPES),
        "industries": job_catalog.pairs(job_catalog.INDUSTRIES),
        "company_types": job_catalog.pairs(job_catalog.COMPANY_TYPES),
        "seniority": job_catalog.pairs(job_catalog.SENIORITIES),
        "stats": {"total_jobs_indexed": len(postings()), "freshness_days": 1},
    }


def _listed(call: Call, rows: list[Node]) -> list[Body]:
    call.bill(0, found=True)
    return rows


def jobs_countries(call: Call) -> list[Body]:
    """Free; the v1 routes write UK."""
    codes = [("UK" if code == "GB" else code, name) for code, name in job_catalog.COUNTRIES.values()]
    return _listed(call, [{"id": code, "name": name} for code, name in codes])


def jobs_regions(call: Call) -> list[Body]:
    """Free."""
    states = job_catalog.states().items()
    return _listed(
        call,
        [{"id": i, "name": name, "country_id": "UK" if code == "GB" else code} for i, (name, code) in states],
    )


def jobs_job_types(call: Call) -> list[Body]:
    """Free."""
    return _listed(call, job_catalog.pairs(job_catalog.JOB_TYPES))


def jobs_company_types(call: Call) -> list[Body]:
    """Free."""
    return _listed(call, job_catalog.pairs(dict(enumerate(job_catalog.V1_COMPANY_TYPES, 1))))


def jobs_industries(call: Call) -> list[Body]:
    """Free."""
    return _listed(call, job_catalog.pairs(dict(enumerate(job_catalog.V1_INDUSTRIES, 1))))


ENDPOINTS = (
    Endpoint("POST", "/v3/jobs/search/resolve", jobs_resolve),
    Endpoint("GET", "/v3/jobs/search/companies", jobs_companies),
    Endpoint("GET", "/v3/jobs/search/tags", jobs_tags),
    Endpoint("GET", "/v3/jobs/search/titles", jobs_titles),
    Endpoint("GET", "/v3/jobs/search/occupation-taxonomy", jobs_occupation_taxonomy),
    Endpoint("GET", "/v3/jobs/search/locations", jobs_locations),
    Endpoint("GET", "/v3/jobs/search/catalogs", jobs_catalogs),
    Endpoint("GET", "/v1/jobs/countries", jobs_countries),
    Endpoint("GET", "/v1/jobs/regions", jobs_regions),
    Endpoint("GET", "/v1/jobs/job-types", jobs_job_types),
    Endpoint("GET", "/v1/jobs/company-types", jobs_company_types),
    Endpoint("GET", "/v1/jobs/industries", jobs_industries),
)
