"""Questions about what an account with a provider has used, and what the provider's data covers; always free."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue

from server.domain.account import Balance
from server.domain.person import Part
from server.domain.query import Answer, Query

Days = Annotated[int, Field(description="Days to look back, today included.", ge=1, le=90, examples=[30])]


class RefreshBalance(Query[Balance]):
    """The balance, after the provider has counted it anew."""

    answer: ClassVar[type[Answer]] = Balance
    free: ClassVar[bool] = True


class KeyHealth(Answer):
    """Whether the provider accepts the key; `details` is the provider's own, undocumented report."""

    accepted: bool
    details: dict[str, JsonValue]


class CheckKey(Query[KeyHealth]):
    """Does the provider accept the key?"""

    answer: ClassVar[type[Answer]] = KeyHealth
    free: ClassVar[bool] = True


class RateUse(Part):
    """A rate limit and how much of it is used; `utilization` in percent."""

    limit: int | None = None
    used: int | None = None
    remaining: int | None = None
    utilization: float | None = None


class PeriodUse(Part):
    """What was used in a period; credits are the provider's, `chargeable_rate` is in percent."""

    requests: int | None = None
    credits: float | None = None
    chargeable_requests: int | None = None
    chargeable_rate: float | None = None
    unique_products: int | None = None


class AccountDashboard(Answer):
    """An account at this moment."""

    account_id: str | None = None
    credits: float | None = None
    per_minute: RateUse | None = None
    per_day: RateUse | None = None
    concurrent: int | None = None
    concurrent_peak: int | None = None
    active_reservations: int | None = None
    """Credit holds at the provider that are still open."""
    today: PeriodUse | None = None
    this_week: PeriodUse | None = None
    this_month: PeriodUse | None = None


class GetAccountDashboard(Query[AccountDashboard]):
    """Balance, rate headroom, concurrency and use today, this week and this month."""

    answer: ClassVar[type[Answer]] = AccountDashboard
    free: ClassVar[bool] = True


class Period(Part):
    """The days that a report covers, ISO 8601, both ends included."""

    start: str | None = None
    end: str | None = None
    days: int | None = None


class DayUse(Part):
    """One day; latencies in milliseconds, `error_rate` in percent."""

    date: str
    total_requests: int | None = None
    successful_requests: int | None = None
    failed_requests: int | None = None
    chargeable_requests: int | None = None
    total_credits: float | None = None
    unique_products: int | None = None
    p50_latency_ms: float | None = None
    p95_latency_ms: float | None = None
    p99_latency_ms: float | None = None
    error_rate: float | None = None


class UsageTotals(Part):
    """Sums over a period; rates in percent."""

    total_requests: int | None = None
    chargeable_requests: int | None = None
    total_credits: float | None = None
    avg_credits_per_request: float | None = None
    chargeable_rate: float | None = None
    unique_products: int | None = None


class UsageReport(Answer):
    """Use over a period: the sums and the single days."""

    period: Period | None = None
    summary: UsageTotals | None = None
    daily: tuple[DayUse, ...] = ()


class GetUsage(Query[UsageReport]):
    """Requests and credits per day."""

    answer: ClassVar[type[Answer]] = UsageReport
    free: ClassVar[bool] = True

    days: Days = 30


class GetCreditUsage(Query[UsageReport]):
    """Credits per day."""

    answer: ClassVar[type[Answer]] = UsageReport
    free: ClassVar[bool] = True

    days: Days = 30


class GetDailyMetrics(Query[UsageReport]):
    """Latency percentiles and error rates per day."""

    answer: ClassVar[type[Answer]] = UsageReport
    free: ClassVar[bool] = True

    days: Days = 30


class ProductUse(Part):
    """Use of one of the provider's products; rates in percent."""

    product: str
    total_requests: int | None = None
    successful_requests: int | None = None
    failed_requests: int | None = None
    success_rate: float | None = None
    total_credits: float | None = None
    credits_percentage: float | None = None
    avg_credits_per_request: float | None = None
    max_credits: float | None = None


class ProductReport(Answer):
    """Use by product over a period, or on one day."""

    period: Period | None = None
    products: tuple[ProductUse, ...]
    total_requests: int | None = None
    total_credits: float | None = None


class GetProductUsage(Query[ProductReport]):
    """Requests, credits and success rates by product."""

    answer: ClassVar[type[Answer]] = ProductReport
    free: ClassVar[bool] = True

    days: Days = 30


class GetDayUsage(Query[ProductReport]):
    """One day by product."""

    answer: ClassVar[type[Answer]] = ProductReport
    free: ClassVar[bool] = True

    day: date


class LifetimeUsage(Answer):
    """Totals since the account's first request, or between two dates; times ISO 8601, rates in percent."""

    total_requests: int | None = None
    successful_requests: int | None = None
    failed_requests: int | None = None
    success_rate: float | None = None
    total_credits: float | None = None
    unique_products: int | None = None
    avg_response_time_ms: float | None = None
    first_request: str | None = None
    last_request: str | None = None


class GetLifetimeUsage(Query[LifetimeUsage]):
    """Totals since the account's first request, or between two dates."""

    answer: ClassVar[type[Answer]] = LifetimeUsage
    free: ClassVar[bool] = True

    start: date | None = None
    end: date | None = None


class Coverage(Part):
    """What one of the provider's searches covers; figures and dimensions are in the provider's own shape."""

    coverage: dict[str, JsonValue] | None = None
    capabilities: dict[str, JsonValue] | None = None
    top: dict[str, JsonValue] | None = None
    """The commonest values per filter."""


class SearchStats(Answer):
    """What the provider's searches cover."""

    jobs: Coverage | None = None
    company: Coverage | None = None
    people: Coverage | None = None


class GetSearchStats(Query[SearchStats]):
    """Coverage, capabilities and commonest filter values of the searches."""

    answer: ClassVar[type[Answer]] = SearchStats
    free: ClassVar[bool] = True

    products: tuple[Literal["jobs", "company", "people"], ...] = ("jobs", "company", "people")
    sections: tuple[Literal["coverage", "top", "capabilities"], ...] = ("coverage", "top")
    limit: Annotated[int, Field(description="Most values per filter.", ge=1, le=25)] = 3
