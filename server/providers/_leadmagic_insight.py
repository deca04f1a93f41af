"""LeadMagic's answers about a company's money, technology and rivals, and how they become ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import AliasChoices, Field

from server.domain.company import (
    Competitor,
    Competitors,
    Executive,
    Funding,
    FundingFacts,
    Round,
    Technology,
    TechStack,
)
from server.domain.lenient import OR_NONE, AllSaid, Count, Reader, Said
from server.domain.normalise import money
from server.provider import Wire
from server.providers._leadmagic_companies import once
from server.providers._leadmagic_wire import Reply


class FundingRound(Wire):
    """One round of Company Funding."""

    type: Said = None
    amount: Said = None
    date: Said = None
    investors: AllSaid = ()

    def read_as(self) -> Round:
        """The round as ours."""
        return Round(
            type=self.type,
            amount=self.amount,
            amount_usd=money(self.amount),
            date=self.date,
            investors=self.investors,
        )


class Chief(Wire):
    """The head of the company; camel case inside a snake-case body, as documented."""

    first_name: Said = Field(None, alias="firstName")
    last_name: Said = Field(None, alias="lastName")
    designation: Said = None
    b2b_profile: Said = None

    def read_as(self, reader: Reader) -> Executive:
        """The person as ours."""
        return Executive(
            first_name=self.first_name,
            last_name=self.last_name,
            title=self.designation,
            linkedin_url=reader.person_url(self.b2b_profile),
        )


class Leadership(Wire):
    """Who leads the company."""

    ceo: Annotated[Chief | None, OR_NONE] = None


class BasicInfo(Wire):
    """Who the company is, in the older body (ruling C-28)."""

    ignored: ClassVar[frozenset[str]] = frozenset(
        {"description", "shortName", "founded", "primaryDomain", "phone", "status", "followers", "ownership"}
    )

    company_name: Said = Field(None, alias="companyName")


class FinancialInfo(Wire):
    """Sums of the older body; the formatted ones are what people read."""

    revenue: Said = None
    formatted_revenue: Said = Field(None, alias="formattedRevenue")
    total_funding: Said = Field(None, alias="totalFunding")
    formatted_funding: Said = Field(None, alias="formattedFunding")

    @property
    def raised(self) -> str | None:
        """All funding."""
        return self.formatted_funding or self.total_funding

    @property
    def earned(self) -> str | None:
        """Yearly revenue."""
        return self.formatted_revenue or self.revenue


class FundingReply(Reply[Funding]):
    """Company Funding, in today's body or the older one (ruling C-28)."""

    ignored: ClassVar[frozenset[str]] = frozenset({"companySize", "topCompetitors"})

    company_name: Said = None
    total_funding: Said = None
    latest_round: Said = None
    latest_round_amount: Said = None
    latest_round_date: Said = None
    funding_rounds: tuple[FundingRound, ...] = ()
    investors: AllSaid = ()
    lead_investors: AllSaid = ()
    leadership: Annotated[Leadership | None, OR_NONE] = None
    basic_info: Annotated[BasicInfo | None, OR_NONE] = Field(None, alias="basicInfo")
    financial_info: Annotated[FinancialInfo | None, OR_NONE] = Field(None, alias="financialInfo")

    def answer(self, reader: Reader) -> Funding | None:
        funding = self._facts(reader)
        if funding == FundingFacts():
            return None
        name = self.company_name or (self.basic_info.company_name if self.basic_info else None)
        return Funding(company_name=name, funding=funding, warnings=reader.warnings)

    def _facts(self, reader: Reader) -> FundingFacts:
        old = self.financial_info
        total = self.total_funding or (old.raised if old else None)
        revenue = old.earned if old else None
        ceo = self.leadership.ceo if self.leadership else None
        return FundingFacts(
            total_raised=total,
            total_raised_usd=money(total),
            last_round=self._last_round,
            rounds=tuple(entry.read_as() for entry in self.funding_rounds),
            investors=self.investors,
            lead_investors=self.lead_investors,
            ceo=ceo.read_as(reader) if ceo else None,
            revenue=revenue,
            revenue_usd=money(revenue),
        )

    @property
    def _last_round(self) -> Round | None:
        if not (self.latest_round or self.latest_round_amount):
            return None
        same = (entry for entry in self.funding_rounds if entry.type == self.latest_round)
        return Round(
            type=self.latest_round,
            amount=self.latest_round_amount,
            amount_usd=money(self.latest_round_amount),
            date=self.latest_round_date,
            investors=next((entry.investors for entry in same if entry.date == self.latest_round_date), ()),
        )


class TechnologyEntry(Wire):
    """One technology of Technographics."""

    name: Said = None
    category: Said = None
    website: Said = None
    icon: Said = None


class TechStackReply(Reply[TechStack]):
    """Technographics: a list, and the same by category with names that the list may lack."""

    company_domain: Said = None
    technologies: tuple[TechnologyEntry, ...] = ()
    categories: dict[str, AllSaid] = Field(default_factory=dict[str, tuple[str, ...]])

    def answer(self, reader: Reader) -> TechStack | None:
        technologies = tuple(once(self._all(reader)))
        domain = reader.domain(self.company_domain)
        if not technologies or domain is None:
            return None
        return TechStack(company_domain=domain, technologies=technologies, warnings=reader.warnings)

    def _all(self, reader: Reader) -> Iterator[Technology]:
        for entry in self.technologies:
            if entry.name:
                yield Technology(
                    name=entry.name,
                    category=entry.category,
                    vendor_url=reader.web_url(entry.website),
                    logo_url=reader.web_url(entry.icon),
                )
        for category, names in self.categories.items():
            yield from (Technology(name=name, category=category) for name in names)


class FundingMetrics(Wire):
    """What a competitor has raised."""

    total: Said = None


class CompetitorEntry(Wire):
    """One competitor of the competitors route."""

    ignored: ClassVar[frozenset[str]] = frozenset({"tags", "growth", "non_hq_locations", "financial_metrics"})

    name: Said = None
    domain: Said = Field(None, validation_alias=AliasChoices("domain", "company_domain", "website"))
    short_description: Said = Field(None, alias="shortDescription")
    founded_year: Count = None
    company_type: Said = Field(None, alias="companyType")
    hq: Said = None
    employees_count: Count = Field(None, alias="employeesCount")
    valuation: Said = None
    funding_metrics: Annotated[FundingMetrics | None, OR_NONE] = None

    def read_as(self, name: str, reader: Reader) -> Competitor:
        """The entry as ours."""
        return Competitor(
            name=name,
            domain=reader.domain(self.domain),
            description=self.short_description,
            founded_year=self.founded_year,
            ownership=self.company_type,
            hq=self.hq,
            employee_count=self.employees_count,
            valuation=self.valuation,
            total_raised=self.funding_metrics.total if self.funding_metrics else None,
        )


class CompetitorsReply(Reply[Competitors]):
    """The competitors route, which the reference no longer prints (ruling C-40)."""

    competitors: tuple[CompetitorEntry, ...] = ()

    def answer(self, reader: Reader) -> Competitors | None:
        named = tuple(entry.read_as(entry.name, reader) for entry in self.competitors if entry.name)
        return Competitors(competitors=named, warnings=reader.warnings) if named else None
