"""The tools, by family, in the order that clients see them."""

from __future__ import annotations

from server.edge.tool import Family
from server.edge.toolset import Surface
from tools.account import account
from tools.ads import ads
from tools.bulk import bulk
from tools.company import company
from tools.composite import composite
from tools.contact import contact
from tools.jobs import jobs
from tools.lists import lists
from tools.people import people
from tools.providers import providers

FAMILIES: tuple[Family, ...] = (contact, company, jobs, ads, people, lists, composite, bulk, account, providers)

ESSENTIALS = frozenset(
    {
        "validate_work_email",
        "find_work_email",
        "find_mobile_number",
        "linkedin_profile_to_work_email",
        "detect_job_change",
        "enrich_company",
        "find_people_by_role",
        "find_decision_makers",
        "account_intel",
        "enrich_contact",
    }
)
"""What everyday sales work needs; the account tools come with every choice."""

ALIASES = {
    "get_credits": "check_credit_balance",
    "validate_email": "validate_work_email",
    "find_email": "find_work_email",
    "find_mobile": "find_mobile_number",
    "social_to_work_email": "linkedin_profile_to_work_email",
    "b2b_profile_to_work_email": "linkedin_profile_to_work_email",
    "email_to_profile": "email_to_b2b_profile",
    "search_company": "enrich_company",
    "get_company_funding": "find_company_funding",
    "find_role": "find_people_by_role",
    "find_employees": "find_company_employees",
    "get_job_countries": "list_job_countries",
    "get_job_types": "list_job_types",
}
"""Names that older servers of the vendor gave these tools, for prompts and skills that were written for them."""

SURFACE = Surface(FAMILIES, ESSENTIALS, ALIASES)
