"""Which kind of enrichment somebody means, from what they say or from what their file holds."""

from __future__ import annotations

import re
from collections.abc import Set

from server.batches.kinds import KINDS, Kind, Role
from server.batches.kinds.alias import named

_SAID = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"personal|private", "personal_email_finder"),
        (r"job.?chang|chang\w* (job|compan|employer)|moved|champion|still work", "job_change"),
        (r"mail\w* (to|into) .*(profile|linkedin|person)|(profile|linkedin)\w* (behind|of|from|by) .*mail",
         "email_to_profile"),
        (r"valid|verif|bounc|deliverab|clean|(check|test)\w* .*mail", "email_validation"),
        (r"(linkedin|profile).*mail|mail.*(linkedin|profile)", "linkedin_to_email"),
        (r"mobile|phone|cell|call\b|\bdial", "mobile_finder"),
        (r"competit|rival", "company_competitors"),
        (r"hiring|\bjobs?\b|vacanc|(open|job) (position|role|posting)", "company_jobs"),
        (r"technograph|technolog|tech\b|stack|software|tools", "company_technographics"),
        (r"fund|raised|invest|round", "company_funding"),
        (r"firmograph|headcount|industr|revenue|company (data|info|size)|compan(y|ies)$", "company_firmographics"),
        (r"employees|staff|colleague|people (at|who work|in)", "employee_finder"),
        (r"\brole|decision|\bceos?\b|\bvps?\b|head of|title", "role_finder"),
        (r"mail|address", "work_email_finder"),
        (r"profile|linkedin|person|people|contact", "profile_enrichment"),
        (r"compan|account|organi[sz]ation|domain", "company_firmographics"),
    )
)  # fmt: skip
"""What people say, the special before the general."""


def meant(hint: str) -> Kind | None:
    """The kind that a name or a request such as "find work emails" means; None where it means none."""
    said = hint[:500].casefold().strip()
    name = named(said) or next((name for pattern, name in _SAID if pattern.search(said)), None)
    return KINDS[name] if name else None


_NAMES = (frozenset({Role.FIRST_NAME, Role.LAST_NAME}), frozenset({Role.FULL_NAME}))
_COMPANY = frozenset({Role.COMPANY_DOMAIN, Role.COMPANY_NAME})


def usual(roles: Set[Role]) -> Kind | None:
    """The kind that a file with these roles is usually brought for; None where it holds nothing to start from."""
    if Role.EMAIL in roles or Role.PERSONAL_EMAIL in roles:
        return KINDS["email_validation"]
    if any(names <= roles for names in _NAMES) and roles & _COMPANY:
        return KINDS["work_email_finder"]
    if Role.PROFILE_URL in roles:
        return KINDS["linkedin_to_email"]
    if roles & _COMPANY or Role.COMPANY_URL in roles:
        return KINDS["company_firmographics"]
    return None
