"""Records that the vendors' documentation shows, as overrides of what the world would draw.

The vendors reuse a few invented people and companies in their samples; whoever follows the documentation word for
word gets the documented values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class PinnedPerson:
    """A documented person: name, employer's domain, and the fields that the documents show."""

    first: str
    last: str
    domain: str
    fields: dict[str, Any] = field(default_factory=dict[str, Any])


COMPANIES: dict[str, dict[str, Any]] = {
    "leadmagic.io": {
        "name": "LeadMagic",
        "slug": "leadmagichq",
        "linkedin_id": "75153174",
        "industry": "Technology",
        "employees": 34,
        "employee_band": "11-50",
        "founded": 2022,
        "ownership": "Private",
        "city": "Boston",
        "region": "Massachusetts",
        "country": "United States",
        "country_code": "US",
        "postal_code": "02210",
        "street": "1 Seaport Lane",
        "mail_provider": "Example Mail",
        "mx_host": "mx1.example.com",
        "catch_all": False,
        "description": "LeadMagic offers B2B data: e-mail addresses, mobile numbers, people, companies, jobs and ads.",
        "technologies": (
            ("Google Analytics", "Analytics"),
            ("Segment", "Analytics"),
            ("Cloudflare", "CDN"),
            ("React", "JavaScript Framework"),
        ),
    },
    "example.com": {
        "name": "Example Company",
        "employees": 40,
        "employee_band": "11-50",
        "mail_provider": "Example Mail",
        "mx_host": "mx1.example.com",
        "catch_all": False,
    },
    "acmecorp.com": {
        "name": "Acme Corp",
        "industry": "Technology",
        "employees": 320,
        "employee_band": "201-500",
        "city": "San Francisco",
        "region": "California",
        "country": "United States",
        "country_code": "US",
        "postal_code": "94105",
        "catch_all": False,
    },
    "stripe.com": {"catch_all": False},
    "notion.so": {"catch_all": False},
    "figma.com": {"catch_all": False},
    "globex.com": {"catch_all": False},
    "company.com": {"catch_all": False},
}

_SAN_FRANCISCO = {"city": "San Francisco", "region": "California", "country": "United States", "country_code": "US"}

PEOPLE = (
    PinnedPerson(
        "Alex",
        "Rivera",
        "leadmagic.io",
        {
            "slug": "alex-rivera",
            "title": "VP of Sales",
            "seniority": "vp",
            "function": "Sales",
            "work_email": "alex.rivera@example.com",
            "personal_email": "alex.rivera@example.net",
            "mobile": "+15551234567",
            "headline": "VP of Sales at LeadMagic",
            "summary": "Sales leader with 12+ years experience...",
            "previous_company": None,
            "previous_title": None,
            "changed_on": None,
            **_SAN_FRANCISCO,
        },
    ),
    PinnedPerson("Jesse", "Ouellette", "leadmagic.io", {"title": "Founder", "seniority": "c_level"}),
    PinnedPerson(
        "Jane",
        "Doe",
        "acmecorp.com",
        {
            "slug": "janedoe",
            "title": "VP of Marketing",
            "seniority": "vp",
            "function": "Marketing",
            "work_email": "jane@example.com",
            "mobile": "+15550123",
            **_SAN_FRANCISCO,
        },
    ),
    PinnedPerson("John", "Miller", "acmecorp.com", {"work_email": "john@acmecorp.com"}),
    PinnedPerson(
        "Jane",
        "Smith",
        "acmecorp.com",
        {"title": "CEO", "seniority": "c_level", "function": "Operations", "mobile": "+15551234567"},
    ),
    PinnedPerson("John", "Doe", "acmecorp.com", {"work_email": "john.doe@company.com", "mobile": "+15559876543"}),
    PinnedPerson("Mike", "Chen", "globex.com"),
    PinnedPerson("Sarah", "Chen", "stripe.com", {"slug": "sarahchen", "mobile": "+14155559012"}),
    PinnedPerson(
        "Marcus",
        "Rivera",
        "notion.so",
        {"slug": "marcusrivera", "work_email": "marcus@notion.so", "mobile": "+14155551234"},
    ),
    PinnedPerson("Emily", "Nakamura", "figma.com"),
)

VERDICTS = {
    "test@leadmagic.io": "valid",
    "alex.rivera@example.com": "valid",
    "jane@example.com": "valid",
    "bouncy@invalid.xyz": "invalid",
    "info@acmecorp.com": "catch_all",
    "john.doe@company.com": "valid",
}

MISSING_SLUGS = frozenset({"sarahsmith"})
"""Profiles that a sample shows as not found."""
