"""The vendor's documented examples, word for word, by operation and what the example asks for."""

from __future__ import annotations

from typing import Any

_LEADMAGIC = "leadmagic.io"
_ALEX = "alex-rivera"

_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("email_validation", "alex.rivera@example.com"): {
        "email": "alex.rivera@example.com",
        "email_status": "valid",
        "mx_record": "mx1.example.com",
        "mx_provider": "Example Mail",
        "mx_gateway": None,
        "mx_gateway_type": None,
        "mx_security_gateway": False,
        "company_name": "Leadmagic",
        "company_industry": "Internet",
        "company_size": "11-50",
        "company_founded": 2022,
        "company_type": "Private",
        "company_location": {
            "name": "Boston, Massachusetts, United States",
            "locality": "Boston",
            "region": "Massachusetts",
            "metro": "Boston",
            "country": "United States",
            "continent": "North America",
            "street_address": "1 Seaport Lane",
            "address_line_2": None,
            "postal_code": "02210",
            "geo": None,
        },
        "company_linkedin_url": "linkedin.com/company/leadmagichq",
        "company_linkedin_id": "75153174",
        "company_facebook_url": None,
        "company_twitter_url": None,
    },
    ("email_finder", f"jesse ouellette {_LEADMAGIC}"): {
        "email": "jesse.ouellette@leadmagic.io",
        "status": "valid",
        "first_name": "Jesse",
        "last_name": "Ouellette",
        "domain": _LEADMAGIC,
        "mx_provider": "Example Mail",
        "employment_verified": True,
        "company_name": "LeadMagic",
        "company_industry": "Technology",
    },
    ("profile_search", _ALEX): {
        "profile_url": "linkedin.com/in/alex-rivera",
        "first_name": "Alex",
        "last_name": "Rivera",
        "full_name": "Alex Rivera",
        "professional_title": "VP of Sales at LeadMagic",
        "company_name": "LeadMagic",
        "company_industry": "Technology",
        "location": "San Francisco, CA",
        "country": "United States",
        "followers_range": "10K-15K",
        "total_tenure_years": "12",
        "bio": "Sales leader with 12+ years experience...",
        "work_experience": [
            {
                "position_title": "VP of Sales",
                "company_name": "LeadMagic",
                "employment_period": "Jan 2022 - Present",
            }
        ],
        "education": [{"institution_name": "Stanford University", "degree": "MBA", "attendance_period": "2010 - 2012"}],
    },
    ("job_change_detector", f"{_ALEX} {_LEADMAGIC}"): {
        "job_changed": False,
        "still_employed": True,
        "current_company": "Old Example Robotics",
        "current_title": "VP of Sales",
        "expected_company": "Old Example Robotics",
    },
    ("job_change_detector", f"{_ALEX} Old Example Robotics"): {
        "job_changed": True,
        "still_employed": False,
        "current_company": "New Example Robotics",
        "current_title": "Chief Revenue Officer",
        "expected_company": "Old Example Robotics",
    },
    ("role_finder", f"VP of Sales {_LEADMAGIC}"): {
        "first_name": "Alex",
        "last_name": "Rivera",
        "full_name": "Alex Rivera",
        "profile_url": "linkedin.com/in/alex-rivera",
        "job_title": "VP of Sales",
        "company_name": "Example Robotics",
        "company_website": _LEADMAGIC,
    },
    ("company_funding", _LEADMAGIC): {
        "company_name": "LeadMagic",
        "total_funding": "$8.7B",
        "latest_round": "Series I",
        "latest_round_amount": "$600M",
        "latest_round_date": "2023-03-15",
        "funding_rounds": [
            {
                "type": "Series I",
                "amount": "$600M",
                "date": "2023-03-15",
                "investors": ["Andreessen Horowitz", "Founders Fund"],
            }
        ],
        "investors": ["Andreessen Horowitz", "Sequoia Capital", "General Catalyst"],
        "leadership": {
            "ceo": {
                "firstName": "Alex",
                "lastName": "Rivera",
                "designation": "CEO & Co-Founder",
                "b2b_profile": "linkedin.com/in/patrickcollison",
            }
        },
    },
    ("technographics", _LEADMAGIC): {
        "company_domain": _LEADMAGIC,
        "technologies": [
            {"name": "Google Analytics", "category": "Analytics", "website": "google.com/analytics"},
            {"name": "Cloudflare", "category": "CDN", "website": "cloudflare.com"},
            {"name": "React", "category": "JavaScript Framework", "website": "react.dev"},
        ],
        "categories": {
            "Analytics": ["Google Analytics", "Segment"],
            "CDN": ["Cloudflare"],
            "JavaScript Framework": ["React"],
        },
    },
    ("google_ads_search", _LEADMAGIC): {
        "company_name": "Example Robotics",
        "ads": [
            {
                "headline": "Free CRM Software | Example Robotics",
                "description": "Get started with free CRM. No credit card required.",
                "display_url": _LEADMAGIC,
                "final_url": "https://leadmagic.io",
                "ad_type": "responsive_search",
            }
        ],
    },
    ("meta_ads_search", _LEADMAGIC): {
        "company_name": "Airbnb",
        "ads": [
            {
                "ad_id": "123456789",
                "content": "Book unique homes and experiences all over the world.",
                "image_url": "https://...",
                "platform": "Facebook, Instagram",
                "started_running": "2026-01-15",
            }
        ],
    },
    ("b2b_ads_search", _LEADMAGIC): {
        "company_name": "Example CRM",
        "ads": [
            {
                "content": "Transform your business with the #1 CRM",
                "link": "633872143",
                "image_url": "https://...",
            }
        ],
    },
    ("b2b_ads_details", "633872143"): {
        "ad_id": "633872143",
        "headline": "Transform your sales with AI",
        "content": "Our platform helps sales teams close more deals with AI-powered insights...",
        "advertiser": {"name": "LeadMagic", "profile_url": "linkedin.com/company/leadmagichq"},
        "creative": {"image_url": "https://...", "video_url": None, "format": "single_image"},
        "targeting": {"locations": ["United States", "Canada"], "industries": ["Technology", "Finance"]},
        "started_running": "2026-01-15",
        "impressions": {"min": 10000, "max": 50000},
    },
}


def body(operation: str, subject: str) -> dict[str, Any] | None:
    """The documented body for that subject, without credits and message."""
    found = _BODIES.get((operation, subject))
    return None if found is None else dict(found)
