"""A company as LeadMagic's v3 searches return it: the documented columns."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from server.sandbox import names, world
from server.sandbox.draw import Draw
from server.sandbox.record import Company

Row = dict[str, Any]

# technology category of the world -> column
TECHNOLOGY_COLUMNS: dict[str, str] = {
    "CRM": "crm_tech",
    "Marketing Automation": "marketing_automation_tech",
    "Sales Automation": "sales_automation_tech",
    "Analytics": "analytics_tech",
    "Hosting": "cloud_provider_tech",
    "Development": "development_tech",
    "E-commerce": "ecommerce_tech",
    "ERP": "erp_tech",
    "CMS": "cms_tech",
    "Conversation Intelligence": "conversation_intelligence_tech",
    "Security": "cloud_security_tech",
}
EMPTY_TECHNOLOGY_COLUMNS = (
    "email_hosting_tech",
    "email_security_tech",
    "abm_tech",
    "app_security_tech",
    "company_martech",
)
_REVENUES = (
    ("<$1M", 0, 1), ("$1M to <$10M", 1, 10), ("$10M to <$50M", 10, 50), ("$50M to <$100M", 50, 100),
    ("$100M to <$500M", 100, 500), ("$500M to <$1B", 500, 1000), ("$1B+", 1000, None),
)  # fmt: skip
_CODES: dict[str, tuple[str, str, str, str]] = {
    "Software Development": ("7372", "Prepackaged Software", "511210", "Software Publishers"),
    "Technology": ("7372", "Prepackaged Software", "511210", "Software Publishers"),
    "Financial Services": ("6199", "Finance Services", "523999", "Financial Investment Activities"),
    "Healthcare": ("8099", "Health Services", "621999", "Ambulatory Health Care Services"),
    "Manufacturing": ("3999", "Manufacturing Industries", "339999", "Miscellaneous Manufacturing"),
}
_OTHER_CODES = ("7389", "Business Services", "561499", "Business Support Services")


@lru_cache(4096)
def row(company: Company) -> Row:
    """The full row; shared, so copy it before changing it."""
    return {**_identity(company), **_size(company), **_funding(company), **_coverage(company), **_technology(company)}


def _identity(company: Company) -> Row:
    sic, sic_text, naics, naics_text = _CODES.get(company.industry, _OTHER_CODES)
    return {
        "company_domain": company.domain,
        "company_name": company.name,
        "company_website": f"https://{company.domain}",
        "company_industry_linkedin": company.industry,
        "hq_country": company.country,
        "hq_country_code": company.country_code,
        "hq_city": company.city,
        "hq_state": company.region,
        "hq_street": company.street,
        "hq_postcode": company.postal_code,
        "hq_region": names.continent(company.country_code),
        "hq_continent": names.continent(company.country_code),
        "founded_year": company.founded,
        "category": company.industry,
        "specialties": [company.industry.lower()],
        "linkedin_url": f"https://www.linkedin.com/company/{company.slug}",
        "linkedin_claimed": True,
        "company_headline": company.tagline,
        "company_about": company.description,
        "company_logo_url": f"https://logo.example/{company.domain}.png",
        "company_phone": company.phone,
        "company_entity_type": company.ownership,
        "website_active": True,
        "website_for_sale": False,
        "sic_code": sic,
        "sic_description": sic_text,
        "naics_code": naics,
        "naics_description": naics_text,
        "domain_tld": company.domain.rsplit(".", 1)[-1],
        "total_app_reviews": Draw("reviews", company.domain).below(2000),
    }


def _size(company: Company) -> Row:
    low, _, high = company.employee_band.rstrip("+").partition("-")
    label, least, most = next(band for band in reversed(_REVENUES) if company.revenue_usd >= band[1] * 1_000_000)
    draw = Draw("followers", company.domain)
    return {
        "employee_range": f"{low} to {high}" if high else company.employee_band,
        "employee_min": int(low),
        "employee_max": int(high) if high else None,
        "linkedin_employee_count": company.employees,
        "revenue_range": label,
        "revenue_min": least * 1_000_000,
        "revenue_max": None if most is None else most * 1_000_000,
        "linkedin_followers": draw.below(50_000),
        "linkedin_growth_rate": draw.below(300) / 1000,
    }


def _funding(company: Company) -> Row:
    last = company.rounds[0] if company.rounds else None
    return {
        "total_funding": company.total_funding_usd,
        "funding_investor_count": len(company.investors),
        "last_funding_type": last and last.type,
        "last_funding_date": last and last.on.isoformat(),
        "last_funding_amount": last and last.amount_usd,
        "lead_investors": list(last.investors[:1]) if last else [],
    }


def _coverage(company: Company) -> Row:
    staff = world.employees(company)
    with_email = sum(world.covers("leadmagic", person, "work_email") for person in staff)
    return {
        "total_contacts": len(staff),
        "contacts_with_email": with_email,
        "contacts_with_phone": sum(world.covers("leadmagic", person, "mobile") for person in staff),
        "valid_email_count": 0 if company.catch_all else with_email,
    }


def _technology(company: Company) -> Row:
    columns: Row = {column: [] for column in (*TECHNOLOGY_COLUMNS.values(), *EMPTY_TECHNOLOGY_COLUMNS)}
    for name, category in company.technologies:
        if category in TECHNOLOGY_COLUMNS:
            columns[TECHNOLOGY_COLUMNS[category]].append(name)
    columns["email_hosting_tech"].append(company.mail_provider)
    stack = [name for name, _ in company.technologies]
    return {"has_tech_stack": bool(stack), "tech_stack": stack, **columns}
