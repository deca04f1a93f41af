"""LeadMagic's answers about the account, and how they become ours."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AliasChoices, Field, model_validator

from server.domain.account import Balance
from server.domain.lenient import OR_NONE, Count, Flag, Number, Reader, Said, SaidObject, Spoken
from server.domain.usage import (
    AccountDashboard,
    Coverage,
    DayUse,
    KeyHealth,
    LifetimeUsage,
    Period,
    PeriodUse,
    ProductReport,
    ProductUse,
    RateUse,
    SearchStats,
    UsageReport,
    UsageTotals,
)
from server.provider import Wire
from server.providers._leadmagic_wire import Reply


class CreditsReply(Reply[Balance]):
    """Check Credits."""

    ignored: ClassVar[frozenset[str]] = frozenset(
        {"credits_frozen", "credits_liquid", "credit_freeze_message", "credit_freeze_plan_hint"}
    )

    credits: Number = None
    is_frozen: Flag = None

    def answer(self, reader: Reader) -> Balance | None:
        if self.credits is None:
            return None
        if self.is_frozen:
            reader.warn("LeadMagic says that the account's credits are frozen.")
        return Balance(available=self.credits, warnings=reader.warnings)


class HealthReply(Reply[KeyHealth]):
    """The key check, whose body is not documented: a 2xx without a plain `false` means that the key is accepted."""

    details: SaidObject

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, body: Any) -> Any:
        return {"details": body}

    def answer(self, reader: Reader) -> KeyHealth:
        denied = any(self.details.get(name) is False for name in ("authenticated", "valid", "ok", "success"))
        return KeyHealth(accepted=not denied, details=self.details)


class Rate(Wire):
    """One rate limit of the dashboard."""

    limit: Count = None
    used: Count = None
    remaining: Count = None
    utilization: Number = None

    def read_as(self) -> RateUse:
        """The limit as ours."""
        return RateUse(limit=self.limit, used=self.used, remaining=self.remaining, utilization=self.utilization)


class Rates(Wire):
    """The rate limits of the dashboard."""

    minute: Annotated[Rate | None, OR_NONE] = None
    daily: Annotated[Rate | None, OR_NONE] = None


class Stats(Wire):
    """Use in one period of the dashboard."""

    requests: Count = None
    credits: Number = None
    chargeable_requests: Count = None
    chargeable_rate: Number = None
    unique_products: Count = None

    def read_as(self) -> PeriodUse:
        """The period as ours."""
        return PeriodUse(
            requests=self.requests,
            credits=self.credits,
            chargeable_requests=self.chargeable_requests,
            chargeable_rate=self.chargeable_rate,
            unique_products=self.unique_products,
        )


class StatsByPeriod(Wire):
    """Use by period of the dashboard."""

    today: Annotated[Stats | None, OR_NONE] = None
    this_week: Annotated[Stats | None, OR_NONE] = None
    this_month: Annotated[Stats | None, OR_NONE] = None


class User(Wire):
    """Whose account it is."""

    ignored: ClassVar[frozenset[str]] = frozenset({"email"})

    id: Said = None


class Purse(Wire):
    """The balance of the dashboard; its dollar figure assumes a price that no plan has (ruling C-10)."""

    ignored: ClassVar[frozenset[str]] = frozenset({"formatted"})

    current: Number = None


class Concurrency(Wire):
    """Requests and credit holds in flight."""

    current: Count = None
    peak: Count = None
    active_reservations: Count = None


class DashboardReply(Reply[AccountDashboard]):
    """Usage Analytics, Dashboard."""

    user: Annotated[User | None, OR_NONE] = None
    credits: Annotated[Purse | None, OR_NONE] = None
    rate_limit: Annotated[Rates | None, OR_NONE] = None
    concurrency: Annotated[Concurrency | None, OR_NONE] = None
    stats: Annotated[StatsByPeriod | None, OR_NONE] = None

    def answer(self, reader: Reader) -> AccountDashboard:
        rates, stats = self.rate_limit or Rates(), self.stats or StatsByPeriod()
        flight = self.concurrency or Concurrency()
        return AccountDashboard(
            account_id=self.user.id if self.user else None,
            credits=self.credits.current if self.credits else None,
            per_minute=rates.minute.read_as() if rates.minute else None,
            per_day=rates.daily.read_as() if rates.daily else None,
            concurrent=flight.current,
            concurrent_peak=flight.peak,
            active_reservations=flight.active_reservations,
            today=stats.today.read_as() if stats.today else None,
            this_week=stats.this_week.read_as() if stats.this_week else None,
            this_month=stats.this_month.read_as() if stats.this_month else None,
        )


class Span(Wire):
    """The days that a report covers."""

    start: Said = None
    end: Said = None
    days: Count = None

    def read_as(self) -> Period:
        """The days as ours."""
        return Period(start=self.start, end=self.end, days=self.days)


class Day(Wire):
    """One day of a report."""

    date: Spoken
    total_requests: Count = None
    successful_requests: Count = None
    failed_requests: Count = None
    chargeable_requests: Count = None
    total_credits: Number = None
    unique_products_used: Count = None
    p50_latency_ms: Number = None
    p95_latency_ms: Number = None
    p99_latency_ms: Number = None
    error_rate: Number = None

    def read_as(self) -> DayUse:
        """The day as ours."""
        named = self.model_dump(include=set(DayUse.model_fields))
        return DayUse(unique_products=self.unique_products_used, **named)


class Totals(Wire):
    """The sums of a report."""

    total_requests: Count = None
    chargeable_requests: Count = None
    total_credits: Number = None
    avg_credits_per_request: Number = None
    chargeable_rate: Number = None
    unique_products: Count = None

    def read_as(self) -> UsageTotals:
        """The sums as ours."""
        return UsageTotals(**self.model_dump(include=set(UsageTotals.model_fields)))


class UsageReply(Reply[UsageReport]):
    """Usage Analytics: Usage Summary, Credit History and Daily Metrics, whose rows are called `data` (ruling C-15)."""

    period: Annotated[Span | None, OR_NONE] = None
    summary: Annotated[Totals | None, OR_NONE] = None
    daily: tuple[Day, ...] = Field((), validation_alias=AliasChoices("daily", "data"))

    def answer(self, reader: Reader) -> UsageReport:
        return UsageReport(
            period=self.period.read_as() if self.period else None,
            summary=self.summary.read_as() if self.summary else None,
            daily=tuple(day.read_as() for day in self.daily),
        )


class Product(Wire):
    """One product of the products breakdown."""

    total_requests: Count = None
    total_credits: Number = None
    successful_requests: Count = None
    failed_requests: Count = None
    success_rate: Number = None
    avg_credits_per_request: Number = None

    def read_as(self, name: str) -> ProductUse:
        """The product as ours."""
        return ProductUse(product=name, **self.model_dump(include=set(ProductUse.model_fields)))


class ProductsReply(Reply[ProductReport]):
    """Usage Analytics, Products Breakdown; the rows of its days are not documented."""

    ignored: ClassVar[frozenset[str]] = frozenset({"daily"})

    period: Annotated[Span | None, OR_NONE] = None
    products: dict[str, Product] = Field(default_factory=dict[str, Product])

    def answer(self, reader: Reader) -> ProductReport:
        return ProductReport(
            period=self.period.read_as() if self.period else None,
            products=tuple(product.read_as(name) for name, product in self.products.items()),
        )


class DayProduct(Wire):
    """One product of a day."""

    product_id: Spoken
    requests: Count = None
    credits: Number = None
    credits_percentage: Number = None
    avg_credits_per_request: Number = None
    max_credits: Number = None


class DayTotals(Wire):
    """The sums of a day."""

    ignored: ClassVar[frozenset[str]] = frozenset({"products_count"})

    total_credits: Number = None
    total_requests: Count = None


class DayReply(Reply[ProductReport]):
    """Usage Analytics, Day Breakdown: the 15 busiest products and the others as one."""

    date: Said = None
    summary: Annotated[DayTotals | None, OR_NONE] = None
    products: tuple[DayProduct, ...] = ()

    def answer(self, reader: Reader) -> ProductReport:
        totals = self.summary or DayTotals()
        return ProductReport(
            period=Period(start=self.date, end=self.date, days=1),
            products=tuple(
                ProductUse(
                    product=entry.product_id,
                    total_requests=entry.requests,
                    total_credits=entry.credits,
                    credits_percentage=entry.credits_percentage,
                    avg_credits_per_request=entry.avg_credits_per_request,
                    max_credits=entry.max_credits,
                )
                for entry in self.products
            ),
            total_requests=totals.total_requests,
            total_credits=totals.total_credits,
        )


class LifetimeReply(Reply[LifetimeUsage]):
    """Usage Analytics, All-Time Summary."""

    total_api_requests: Count = None
    total_credits_consumed: Number = None
    unique_products_used: Count = None
    successful_requests: Count = None
    failed_requests: Count = None
    success_rate: Number = None
    avg_response_time_ms: Number = None
    first_request: Said = None
    last_request: Said = None

    def answer(self, reader: Reader) -> LifetimeUsage:
        return LifetimeUsage(
            total_requests=self.total_api_requests,
            total_credits=self.total_credits_consumed,
            unique_products=self.unique_products_used,
            successful_requests=self.successful_requests,
            failed_requests=self.failed_requests,
            success_rate=self.success_rate,
            avg_response_time_ms=self.avg_response_time_ms,
            first_request=self.first_request,
            last_request=self.last_request,
        )


class CoverageEntry(Wire):
    """What one search covers."""

    coverage: Annotated[SaidObject | None, OR_NONE] = None
    capabilities: Annotated[SaidObject | None, OR_NONE] = None
    top: Annotated[SaidObject | None, OR_NONE] = None

    def read_as(self) -> Coverage:
        """The coverage as ours."""
        return Coverage(coverage=self.coverage, capabilities=self.capabilities, top=self.top)


class SearchStatsReply(Reply[SearchStats]):
    """Search Stats."""

    ignored: ClassVar[frozenset[str]] = frozenset({"cache"})

    jobs: Annotated[CoverageEntry | None, OR_NONE] = None
    company: Annotated[CoverageEntry | None, OR_NONE] = None
    people: Annotated[CoverageEntry | None, OR_NONE] = None

    def answer(self, reader: Reader) -> SearchStats:
        return SearchStats(
            jobs=self.jobs.read_as() if self.jobs else None,
            company=self.company.read_as() if self.company else None,
            people=self.people.read_as() if self.people else None,
        )
