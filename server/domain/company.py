"""Questions about one company, and their answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar, Self

from server.domain import fields
from server.domain.person import Part, PeoplePage, PersonProfile
from server.domain.query import Answer, Query

_BY_DOMAIN_OR_NAME = (("company_domain",), ("company_name",))


class Headquarters(Part):
    """Where a company sits."""

    street: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    country_code: str | None = None


class Round(Part):
    """One funding round; `amount_usd` in whole dollars where the text could be read."""

    type: str | None = None
    amount: str | None = None
    amount_usd: int | None = None
    date: str | None = None
    investors: tuple[str, ...] = ()


class Technology(Part):
    """One product that a company uses."""

    name: str
    category: str | None = None
    vendor_url: str | None = None
    logo_url: str | None = None


class ContactCoverage(Part):
    """How many of a company's people the provider knows."""

    total: int | None = None
    with_email: int | None = None
    with_phone: int | None = None
    valid_email: int | None = None


class Company(Part):
    """A company, in whatever depth the provider has; money in whole US dollars."""

    name: str | None = None
    domain: str | None = None
    website: str | None = None
    linkedin_url: str | None = None
    industry: str | None = None
    employee_count: int | None = None
    employees_min: int | None = None
    employees_max: int | None = None
    revenue_range: str | None = None
    revenue_min: int | None = None
    revenue_max: int | None = None
    hq: Headquarters | None = None
    founded_year: int | None = None
    ownership: str | None = None
    tagline: str | None = None
    description: str | None = None
    logo_url: str | None = None
    phone: str | None = None
    total_funding_usd: int | None = None
    last_round: Round | None = None
    technologies: tuple[Technology, ...] = ()
    specialties: tuple[str, ...] = ()
    contact_coverage: ContactCoverage | None = None
    sic_code: str | None = None
    naics_code: str | None = None
    similarity: float | None = None
    record_id: str | None = None

    @property
    def brief(self) -> Company:
        """Without what fills pages: texts, technologies, codes and addresses; a company lookup has them."""
        hq = self.hq.model_copy(update={"street": None, "postal_code": None}) if self.hq else None
        return self.model_copy(update={**dict.fromkeys(_LEFT_OUT), "technologies": (), "specialties": (), "hq": hq})

    def subjects(self) -> frozenset[str]:
        """What identifies the company, for suppression."""
        return frozenset(v for v in (self.domain, self.linkedin_url) if v)


_LEFT_OUT = (
    "website",
    "employees_min",
    "employees_max",
    "revenue_min",
    "revenue_max",
    "tagline",
    "description",
    "logo_url",
    "phone",
    "sic_code",
    "naics_code",
)


class CompanyRecord(Answer):
    """One company."""

    company: Company


class CompanyPage(Answer):
    """Companies in the provider's order."""

    companies: tuple[Company, ...]
    total: int | None = None

    @property
    def units(self) -> int:
        return len(self.companies)

    def window(self, offset: int, limit: int) -> CompanyPage:
        """At most `limit` companies from `offset` on; `total` says how many there are."""
        shown = self.companies[offset : offset + limit]
        return self.model_copy(update={"companies": shown, "total": self.total or len(self.companies)})

    @property
    def brief(self) -> CompanyPage:
        """The page with brief companies."""
        return self.model_copy(update={"companies": tuple(company.brief for company in self.companies)})

    def subjects(self) -> frozenset[str]:
        return frozenset(subject for company in self.companies for subject in company.subjects())

    def without(self, suppressed: Callable[[frozenset[str]], bool]) -> Self | None:
        kept = tuple(company for company in self.companies if not suppressed(company.subjects()))
        return self.keeping("companies", kept, len(self.companies) - len(kept))


class FindCompany(Query[CompanyRecord]):
    """Firmographics of one company."""

    answer: ClassVar[type[Answer]] = CompanyRecord
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (*_BY_DOMAIN_OR_NAME, ("profile_url",))

    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None
    profile_url: fields.CompanyUrl | None = None


class Executive(Part):
    """A person in a company's leadership."""

    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    linkedin_url: str | None = None


class FundingFacts(Part):
    """What a company has raised; sums as the provider prints them and in whole US dollars."""

    total_raised: str | None = None
    total_raised_usd: int | None = None
    last_round: Round | None = None
    rounds: tuple[Round, ...] = ()
    investors: tuple[str, ...] = ()
    lead_investors: tuple[str, ...] = ()
    ceo: Executive | None = None
    revenue: str | None = None
    revenue_usd: int | None = None


class Funding(Answer):
    """Funding of one company."""

    company_name: str | None = None
    funding: FundingFacts


class GetFunding(Query[Funding]):
    """Funding of one company."""

    answer: ClassVar[type[Answer]] = Funding
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = _BY_DOMAIN_OR_NAME

    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None


class Competitor(Part):
    """A company that competes with another."""

    name: str
    domain: str | None = None
    description: str | None = None
    founded_year: int | None = None
    ownership: str | None = None
    hq: str | None = None
    employee_count: int | None = None
    valuation: str | None = None
    total_raised: str | None = None


class Competitors(Answer):
    """A company's competitors."""

    competitors: tuple[Competitor, ...]

    @property
    def units(self) -> int:
        return len(self.competitors)


class ListCompetitors(Query[Competitors]):
    """Competitors of one company; flat price, however many come back."""

    answer: ClassVar[type[Answer]] = Competitors
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (*_BY_DOMAIN_OR_NAME, ("company_url",))

    company_domain: fields.CompanyDomain | None = None
    company_url: fields.CompanyUrl | None = None
    company_name: fields.CompanyName | None = None


class TechStack(Answer):
    """The products that a company uses."""

    company_domain: str
    technologies: tuple[Technology, ...]

    @property
    def units(self) -> int:
        return len(self.technologies)


class GetTechnographics(Query[TechStack]):
    """Technology stack behind a domain; flat price."""

    answer: ClassVar[type[Answer]] = TechStack

    company_domain: fields.CompanyDomain


class FindRole(Query[PersonProfile]):
    """The first person who holds a title at a company."""

    answer: ClassVar[type[Answer]] = PersonProfile
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = _BY_DOMAIN_OR_NAME

    job_title: fields.JobTitle
    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None
    location: fields.Location | None = None


class ListEmployees(Query[PeoplePage]):
    """People who work at a company; each returned person is charged."""

    answer: ClassVar[type[Answer]] = PeoplePage
    keep: ClassVar[timedelta] = timedelta(days=7)
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = _BY_DOMAIN_OR_NAME

    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None
    location: fields.Location | None = None
    limit: fields.Limit

    @property
    def units(self) -> int:
        return self.limit


class AccountBrief(Answer):
    """A short brief of one company: firmographics with its funding; a part that nobody knows is absent."""

    company: Company | None = None
    funding: FundingFacts | None = None
