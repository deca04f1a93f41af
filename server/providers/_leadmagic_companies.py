"""LeadMagic's answers about companies, and how they become ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from server.domain.company import (
    Company,
    CompanyPage,
    CompanyRecord,
    ContactCoverage,
    Headquarters,
    Round,
    Technology,
)
from server.domain.lenient import OR_NONE, AllSaid, Count, Flag, Number, Reader, Said
from server.domain.normalise import band, money
from server.provider import Wire
from server.providers._leadmagic_wire import Reply

TECHNOLOGY_COLUMNS = (
    "crm_tech",
    "marketing_automation_tech",
    "sales_automation_tech",
    "analytics_tech",
    "cloud_provider_tech",
    "development_tech",
    "ecommerce_tech",
    "erp_tech",
    "email_hosting_tech",
    "email_security_tech",
    "abm_tech",
    "cms_tech",
    "conversation_intelligence_tech",
    "app_security_tech",
    "cloud_security_tech",
    "company_martech",
    "tech_stack",
    "technologies",
)
_UNCATEGORISED = frozenset({"tech_stack", "technologies"})


class CompanyRow(Wire):
    """One company of Company Search or Company Lookalike."""

    ignored: ClassVar[frozenset[str]] = frozenset(
        {
            "hq_region",
            "hq_continent",
            "category",
            "funding_investor_count",
            "linkedin_followers",
            "linkedin_growth_rate",
            "linkedin_claimed",
            "has_tech_stack",
            "website_active",
            "website_for_sale",
            "sic_description",
            "naics_description",
            "domain_tld",
            "total_app_reviews",
            "source_seed_domain",
            "match_context",
        }
    )

    company_domain: Said = None
    company_name: Said = None
    company_website: Said = None
    company_industry_linkedin: Said = None
    employee_range: Said = None
    employee_min: Count = None
    employee_max: Count = None
    linkedin_employee_count: Count = None
    revenue_range: Said = None
    revenue_min: Count = None
    revenue_max: Count = None
    hq_country: Said = None
    hq_country_code: Said = None
    hq_city: Said = None
    hq_state: Said = None
    hq_street: Said = None
    hq_postcode: Said = None
    founded_year: Count = None
    specialties: AllSaid = ()
    total_funding: Said = None
    last_funding_type: Said = None
    last_funding_date: Said = None
    last_funding_amount: Said = None
    lead_investors: AllSaid = ()
    linkedin_url: Said = None
    company_headline: Said = None
    company_about: Said = None
    company_logo_url: Said = None
    company_phone: Said = None
    company_entity_type: Said = None
    total_contacts: Count = None
    contacts_with_email: Count = None
    contacts_with_phone: Count = None
    valid_email_count: Count = None
    sic_code: Said = None
    naics_code: Said = None
    similarity: Number = None

    crm_tech: AllSaid = ()
    marketing_automation_tech: AllSaid = ()
    sales_automation_tech: AllSaid = ()
    analytics_tech: AllSaid = ()
    cloud_provider_tech: AllSaid = ()
    development_tech: AllSaid = ()
    ecommerce_tech: AllSaid = ()
    erp_tech: AllSaid = ()
    email_hosting_tech: AllSaid = ()
    email_security_tech: AllSaid = ()
    abm_tech: AllSaid = ()
    cms_tech: AllSaid = ()
    conversation_intelligence_tech: AllSaid = ()
    app_security_tech: AllSaid = ()
    cloud_security_tech: AllSaid = ()
    company_martech: AllSaid = ()
    tech_stack: AllSaid = ()
    technologies: AllSaid = ()

    def read_as(self, reader: Reader) -> Company:
        """The row as ours; headcount bounds come from the band where the row has no numbers."""
        low, high = band(self.employee_range)
        code = reader.country(self.hq_country_code)
        return Company(
            name=self.company_name,
            domain=reader.domain(self.company_domain),
            website=reader.web_url(self.company_website),
            linkedin_url=reader.company_url(self.linkedin_url),
            industry=self.company_industry_linkedin,
            employee_count=self.linkedin_employee_count,
            employees_min=self.employee_min if self.employee_min is not None else low,
            employees_max=self.employee_max if self.employee_max is not None else high,
            revenue_range=self.revenue_range,
            revenue_min=self.revenue_min,
            revenue_max=self.revenue_max,
            hq=self._hq(code),
            founded_year=self.founded_year,
            ownership=self.company_entity_type,
            tagline=self.company_headline,
            description=self.company_about,
            logo_url=reader.web_url(self.company_logo_url),
            phone=reader.phone(self.company_phone, code),
            total_funding_usd=money(self.total_funding),
            last_round=self._last_round,
            technologies=tuple(once(self._technologies())),
            specialties=self.specialties,
            contact_coverage=self._coverage,
            sic_code=self.sic_code,
            naics_code=self.naics_code,
            similarity=None if self.similarity is None else round(self.similarity, 4),
        )

    def _hq(self, code: str | None) -> Headquarters | None:
        hq = Headquarters(
            street=self.hq_street,
            city=self.hq_city,
            region=self.hq_state,
            postal_code=self.hq_postcode,
            country=self.hq_country,
            country_code=code,
        )
        return hq if hq != Headquarters() else None

    @property
    def _last_round(self) -> Round | None:
        found = Round(
            type=self.last_funding_type,
            amount=self.last_funding_amount,
            amount_usd=money(self.last_funding_amount),
            date=self.last_funding_date,
            investors=self.lead_investors,
        )
        return found if found != Round() else None

    @property
    def _coverage(self) -> ContactCoverage | None:
        coverage = ContactCoverage(
            total=self.total_contacts,
            with_email=self.contacts_with_email,
            with_phone=self.contacts_with_phone,
            valid_email=self.valid_email_count,
        )
        return coverage if coverage != ContactCoverage() else None

    def _technologies(self) -> Iterator[Technology]:
        """The technology columns, categorised ones first; the column is the category."""
        for column in TECHNOLOGY_COLUMNS:
            category = column.removesuffix("_tech").removeprefix("company_").replace("_", " ")
            for name in getattr(self, column):
                yield Technology(name=name, category=None if column in _UNCATEGORISED else category)


def once(technologies: Iterator[Technology]) -> list[Technology]:
    """Each product once, as it came first."""
    first: dict[str, Technology] = {}
    for technology in technologies:
        first.setdefault(technology.name.casefold(), technology)
    return list(first.values())


_PAGING = frozenset({"count", "returned_count", "limit_applied", "offset", "interpreted_search"})


class CompanyReply(Reply[CompanyRecord]):
    """Company Search for one company."""

    ignored: ClassVar[frozenset[str]] = _PAGING | {"companyName", "companyDomain", "websiteUrl", "linkedinUrl"}

    found: Flag = None
    company: Annotated[CompanyRow | None, OR_NONE] = None
    companies: tuple[CompanyRow, ...] = ()

    def answer(self, reader: Reader) -> CompanyRecord | None:
        row = self.company or next(iter(self.companies), None)
        if row is None or self.found is False:
            return None
        return CompanyRecord(company=row.read_as(reader), warnings=reader.warnings)


class CompaniesReply(Reply[CompanyPage]):
    """Company Search by filters, and Company Lookalike."""

    ignored: ClassVar[frozenset[str]] = _PAGING

    companies: tuple[CompanyRow, ...] = ()

    def answer(self, reader: Reader) -> CompanyPage | None:
        if not self.companies:
            return None
        companies = tuple(row.read_as(reader) for row in self.companies)
        return CompanyPage(companies=companies, warnings=reader.warnings)
