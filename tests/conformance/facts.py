"""One call of every tool, what it must cost, and what only the right answer can hold.

The people and companies are those of the vendors' documented examples, and of the sandbox's world, which never changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.conversation import Json

_ALEX = "https://www.linkedin.com/in/alex-rivera"
_LEADMAGIC = {"company_domain": "leadmagic.io"}
_DEVOPS = {"titles": ["DevOps Engineer"], "countries": ["US"]}


@dataclass(frozen=True, slots=True)
class Fact:
    """A call that proves a tool right."""

    tool: str
    arguments: Json
    holds: Mapping[str, Any]
    """Values by path below `data`, such as `people.0.full_name`."""
    credits: Mapping[str, float] = field(default_factory=dict[str, float])
    """What it costs, by provider."""


def at(value: Any, path: str) -> Any:
    """The value at a dotted path of names and indexes."""
    for step in path.split("."):
        value = value[int(step) if step.isdigit() else step]
    return value


CONTACT = (
    Fact(
        "validate_work_email",
        {"email": " Alex.Rivera@Example.com "},
        {
            "email": "alex.rivera@example.com",
            "status": "verified",
            "company.location": "Boston, Massachusetts, United States",
        },
        {"leadmagic": 0.25},
    ),
    Fact(
        "find_work_email",
        {"first_name": "Alex", "last_name": "Rivera", **_LEADMAGIC},
        {"email": "alex.rivera@example.com", "verified": True},
        {"leadmagic": 1},
    ),
    Fact("find_mobile_number", {"profile_url": _ALEX}, {"number_e164": "+15551234567"}, {"leadmagic": 5}),
    Fact(
        "linkedin_profile_to_work_email", {"profile_url": _ALEX}, {"email": "alex.rivera@example.com"}, {"xmagnet": 1}
    ),
    Fact(
        "email_to_b2b_profile",
        {"work_email": "alex.rivera@example.com"},
        {"person.full_name": "Alex Rivera", "person.linkedin_url": _ALEX},
        {"leadiq": 0.1},
    ),
    Fact(
        "search_profile",
        {"profile_url": _ALEX},
        {"person.job_title": "VP of Sales", "person.seniority": "vp"},
        {"leadiq": 0.1},
    ),
    Fact(
        "find_personal_email",
        {"profile_url": _ALEX},
        {"email": "alex.rivera@example.net", "email_type": "personal"},
        {"leadmagic": 2},
    ),
    Fact(
        "detect_job_change",
        {"profile_url": _ALEX, **_LEADMAGIC},
        {"status": "no_change", "current.title": "VP of Sales"},
        {"leadmagic": 3},
    ),
)

COMPANY = (
    Fact(
        "enrich_company",
        _LEADMAGIC,
        {"company.name": "LeadMagic", "company.founded_year": 2022, "company.hq.postal_code": "02210"},
        {"leadmagic": 1},
    ),
    Fact(
        "research_account",
        {"company_domain": "globex.com"},
        {
            "company.founded_year": 2001,
            "funding.last_round.type": "Series B",
            "funding.last_round.investors": ["Seedling"],
        },
        {"leadmagic": 5},
    ),
    Fact(
        "find_company_funding",
        _LEADMAGIC,
        {"funding.total_raised_usd": 8_700_000_000, "funding.last_round.type": "Series I"},
        {"leadmagic": 4},
    ),
    Fact("list_company_competitors", _LEADMAGIC, {"competitors.0.name": "Acme Corp"}, {"leadmagic": 5}),
    Fact(
        "get_company_technographics",
        _LEADMAGIC,
        {"technologies.0.name": "Google Analytics", "technologies.1.name": "Cloudflare"},
        {"leadmagic": 1},
    ),
    Fact(
        "find_people_by_role",
        {"job_title": "VP of Sales", **_LEADMAGIC},
        {"person.full_name": "Alex Rivera"},
        {"leadmagic": 2},
    ),
    Fact(
        "find_company_employees",
        {"company_domain": "acmecorp.com", "limit": "3"},
        {"people.0.full_name": "Jane Doe", "people.1.full_name": "John Miller", "people.2.job_title": "CEO"},
        {"leadiq": 0.3},
    ),
    Fact(
        "search_companies",
        {"company_domains": ["leadmagic.io"], "limit": 3},
        {"companies.0.employee_count": 34},
        {"leadmagic": 1},
    ),
    Fact(
        "find_lookalike_companies",
        {**_LEADMAGIC, "limit": 3},
        {"companies.0.domain": "acmecorp.com", "companies.0.similarity": 0.992},
        {"leadmagic": 5},
    ),
    Fact(
        "get_company_hiring_signals",
        {"company_domain": "stripe.com", "limit": 5},
        {"open_roles": 5, "by_function.Seller": 1, "hints.0.hint": "several_locations"},
        {"leadmagic": 5},
    ),
)

JOBS = (
    Fact(
        "find_jobs",
        {"company_website": "stripe.com", "per_page": 2},
        {"jobs.0.title": "Product Manager", "jobs.0.apply_url": "https://stripe.com/careers/1543502", "total": 5},
        {"leadmagic": 2},
    ),
    Fact(
        "search_jobs",
        {**_DEVOPS, "limit": 2},
        {"jobs.0.company.domain": "willowsoftware.example", "jobs.0.occupation.level3.id": "774"},
        {"leadmagic": 2},
    ),
    Fact(
        "resolve_job_search_filters",
        {**_DEVOPS, "tags": ["kubernetes"]},
        {"resolved.tags.include.0.id": 482, "resolved.location.countries.0.id": 840},
        {"leadmagic": 1},
    ),
    Fact("search_job_companies", {"q": "stripe"}, {"companies.0.domain": "stripe.com"}),
    Fact("search_job_tags", {"q": "kuber"}, {"terms.0.id": "482", "terms.0.name": "kubernetes"}),
    Fact("search_job_titles", {"q": "devops engineer"}, {"terms.0.id": "774"}),
    Fact("search_job_occupation_taxonomy", {"q": "devops", "level": "level2"}, {"terms.0.path": "Developer > DevOps"}),
    Fact("search_job_locations", {"q": "United", "type": "country"}, {"locations.1.id": "826"}),
    Fact("get_job_search_catalogs", {"catalog": "job_types"}, {"job_types.2.name": "Contract"}),
    Fact("get_job_search_stats", {}, {"coverage.open_jobs": 827, "capabilities.taxonomy_levels": 3}),
    Fact("list_job_countries", {}, {"entries.1.id": "GB", "entries.1.name": "United Kingdom"}),
    Fact("list_job_types", {}, {"entries.0.name": "Full-time"}),
    Fact("list_job_company_types", {}, {"entries.0.name": "Startup"}),
    Fact("list_job_industries", {"q": "fin"}, {"entries.0.name": "Finance"}),
    Fact("list_job_regions", {"country_id": "CA"}, {"entries.0.name": "Ontario"}),
)

ADS = (
    Fact(
        "search_google_ads", _LEADMAGIC, {"ads.0.headline": "Free CRM Software | Example Robotics"}, {"leadmagic": 0.2}
    ),
    Fact(
        "search_meta_ads",
        _LEADMAGIC,
        {"ads.0.ad_id": "123456789", "ads.0.platforms.1": "Instagram"},
        {"leadmagic": 0.2},
    ),
    Fact("search_b2b_ads", _LEADMAGIC, {"ads.0.ad_id": "633872143"}, {"leadmagic": 0.2}),
    Fact(
        "get_b2b_ad_details",
        {"ad_id": "633872143"},
        {"ad.headline": "Transform your sales with AI", "ad.impressions.max": 50_000},
        {"leadmagic": 2},
    ),
)

PEOPLE = (
    Fact(
        "search_people",
        {"company_domain": "acmecorp.com", "titles": ["CEO"], "limit": 3},
        {"people.0.full_name": "Jane Smith", "total": 1},
        {"leadiq": 0.1},
    ),
    Fact(
        "search_people_grouped_by_company",
        {"company_domains": ["acmecorp.com"], "titles": ["CEO"], "limit": 1},
        {"companies.0.company.employee_count": 320, "companies.0.people.0.full_name": "Jane Smith"},
        {"leadiq": 3.1},
    ),
    Fact(
        "find_recent_job_changes",
        {"since": "2024-01-01", "company_domains": ["acmecorp.com"], "limit": 1},
        {"movers.0.person.full_name": "Sandra Ortega", "movers.0.previous.company": "Amber Robotics"},
        {"leadiq": 0.1},
    ),
)

COMPOSITE = (
    Fact(
        "find_decision_makers",
        {"company_domain": "acmecorp.com", "titles": ["CEO", "VP of Marketing"], "include_validation": True},
        {
            "people.0.person.full_name": "Jane Smith",
            "people.0.work_email.email": "jane.smith@acmecorp.com",
            "people.1.work_email.email": "jane@example.com",
            "people.1.work_email.validated": True,
        },
        {"leadmagic": 6},
    ),
    Fact(
        "account_intel",
        {"company_domain": "stripe.com", "jobs_limit": 5},
        {
            "company.domain": "stripe.com",
            "competitors.0.name": "Zephyr Bank",
            "technologies.0.name": "Pipedrive",
            "jobs.4.title": "Sales Development Representative",
        },
        {"leadmagic": 12, "leadiq": 3},
    ),
    Fact(
        "enrich_contact",
        {"email": "jane@example.com", "auto_resolve_profile": True},
        {
            "person.job_title": "VP of Marketing",
            "profile_url": "https://www.linkedin.com/in/janedoe",
            "work_email.score": 0.99,
        },
        {"leadmagic": 0.25, "leadiq": 0.1},
    ),
)

ACCOUNT = (
    Fact(
        "check_credit_balance",
        {},
        {"balances.0.title": "LeadIQ", "balances.0.total": 10_000, "not_configured": ["leadcontact"]},
    ),
    Fact("get_account_analytics", {"period": "today"}, {"period": "today", "totals.1.period": "week"}),
    Fact(
        "preview_cost",
        {"tool": "find_work_email", "arguments": {"full_name": "Ada Lovelace", "company_domain": "stripe.com"}},
        {
            "expected.credits": {"leadmagic": 1},
            "max.credits": {"leadmagic": 1, "xmagnet": 1, "leadiq": 1.1, "leadsonar": 1},
            "needs_approval": False,
        },
    ),
    Fact(
        "list_providers", {"provider": "leadsonar"}, {"providers.0.title": "LeadSonar", "providers.0.asked_last": True}
    ),
)

FACTS = (*CONTACT, *COMPANY, *JOBS, *ADS, *PEOPLE, *COMPOSITE, *ACCOUNT)

LEGACY = frozenset(
    {"validate_work_email", "enrich_company", "search_jobs", "search_people", "find_decision_makers", "preview_cost"}
)
"""Tools that are called in the older era as well: one of each kind."""

PROMPTS: Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]] = {
    "account_research": ({"company_domain": "stripe.com"}, ("- Company domain: stripe.com", "`research_account`")),
    "contact_lookup": (
        {"first_name": "Ada", "last_name": "Lovelace", "company_domain": "stripe.com"},
        ("- Name: Ada Lovelace", "`find_work_email`"),
    ),
    "prospect_list_check": ({"purpose": "A sequence", "rows": "250"}, ("- Rows: 250", "`detect_job_change`")),
    "decision_maker_outreach_prep": (
        {"company_domain": "stripe.com", "titles": "VP Sales, CRO"},
        ("- Titles: VP Sales, CRO", "`find_decision_makers`"),
    ),
    "hiring_intent_scan": ({"job_titles": "Platform Engineer"}, ("- Titles: Platform Engineer", "`search_jobs`")),
    "champion_tracking": ({"people": _ALEX}, (f"- People: {_ALEX}", "`find_recent_job_changes`")),
}
"""Arguments of each prompt, and what its text must say."""

RESOURCES: Mapping[str, str] = {
    "weir://docs": "- `preview_cost` (free): Tell what a tool call would cost",
    "leadmagic://docs": "- `preview_cost` (free): Tell what a tool call would cost",
    "ui://weir/upload": "<title>Bulk upload</title>",
    "weir://pricing": "| `validate_work_email` | LeadMagic 0.25 / 0, XMagnet 1 / 0 |",
    "weir://errors": "| `rate_limited` | `rate_limited` | yes |",
    "weir://providers/leadcontact": '"key_variable": "LEADCONTACT_API_KEY"',
    "weir://providers/leadiq": '"search_people_email"',
    "weir://providers/leadmagic": '"usd_per_credit": 0.0245',
    "weir://providers/leadsonar": '"asked_last": true',
    "weir://providers/xmagnet": '"validate_single"',
    "weir://jobs-catalogs/countries": '{"id": "840", "name": "United States"}',
    "weir://jobs-catalogs/regions": '{"id": "2", "name": "Europe"}',
    "weir://jobs-catalogs/job_types": '{"id": "3", "name": "Contract"}',
    "weir://jobs-catalogs/industries": '{"id": "97", "name": "Financial Services"}',
    "weir://jobs-catalogs/company_types": '{"id": "3", "name": "Nonprofit"}',
    "weir://jobs-catalogs/seniority": '{"id": "5", "name": "VP"}',
    "weir://jobs-catalogs/v1_countries": '{"id": "GB", "name": "United Kingdom"}',
    "weir://jobs-catalogs/v1_regions": '{"id": "1001", "name": "California", "country": "US"}',
    "weir://jobs-catalogs/v1_job_types": '{"id": "1", "name": "Full-time"}',
    "weir://jobs-catalogs/v1_company_types": '{"id": "1", "name": "Startup"}',
    "weir://jobs-catalogs/v1_industries": '{"id": "2", "name": "Finance"}',
}
"""What stands in each resource."""
