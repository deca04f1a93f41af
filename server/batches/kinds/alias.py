"""Other names under which the kinds are known: products, tools and API paths."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "company_firmographics": (
        "company_finder", "company_search", "companies_search", "company_enrichment", "enrich_company",
        "search_company", "firmographics", "company",
    ),
    "company_technographics": ("technographics", "get_company_technographics", "tech_stack", "technologies"),
    "company_competitors": ("competitors", "competitors_search", "list_company_competitors"),
    "company_jobs": ("jobs_finder", "find_jobs", "jobs", "jobs_search", "hiring"),
    "company_funding": ("funding", "find_company_funding", "get_company_funding"),
    "email_validation": (
        "email_validate", "validate_email", "validate_emails", "validate_work_email", "email_verification",
        "email_verifier", "verify_email",
    ),
    "work_email_finder": ("email_finder", "find_email", "find_work_email", "work_email", "email_search"),
    "linkedin_to_email": (
        "b2b_profile_email", "b2b_profile_to_email", "profile_to_email", "linkedin_profile_to_work_email",
        "social_to_work_email", "profile_to_work_email",
    ),
    "mobile_finder": ("find_mobile", "find_mobile_number", "mobile", "phone_finder", "find_phone"),
    "job_change": ("job_change_detector", "detect_job_change", "job_changes"),
    "employee_finder": ("find_employees", "find_company_employees", "employees", "people_search", "search_people"),
    "personal_email_finder": ("find_personal_email", "personal_email"),
    "email_to_profile": ("b2b_profile", "email_to_b2b_profile", "find_profile_by_email"),
    "profile_enrichment": ("profile_search", "search_profile", "profile", "get_profile"),
    "role_finder": ("find_people_by_role", "find_role", "role"),
}  # fmt: skip
"""Names of kinds, and what vendors' documents and Weir's own tools call the same."""

_BY_ALIAS = {alias: kind for kind, aliases in _ALIASES.items() for alias in (kind, *aliases)}
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_DECORATION = frozenset({"api", "v1", "v2", "v3", "bulk", "batch", "submit", "https", "http"})


def named(said: str) -> str | None:
    """The name of the kind that a product, tool or API path means, whatever its case and separators; else None."""
    path = said.partition("?")[0].casefold()
    segments = [_joined(segment) for segment in path.split("/")]
    known = [segment for segment in segments if segment and segment not in _DECORATION]
    tries = ("_".join(known[-2:]), *reversed(known[-1:]))
    return next((_BY_ALIAS[one] for one in tries if one in _BY_ALIAS), None)


def _joined(segment: str) -> str:
    words = [word for word in _NOT_A_WORD.split(segment) if word and word not in _DECORATION]
    return "_".join(words)
