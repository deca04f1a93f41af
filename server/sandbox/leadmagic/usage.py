"""LeadMagic's free account endpoints, from what the key was really charged: credits, analytics, search statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from server.sandbox import magic, world
from server.sandbox.accounts import Account, Usage
from server.sandbox.leadmagic import limits, problem, reading
from server.sandbox.leadmagic.company import listed
from server.sandbox.leadmagic.company_row import row
from server.sandbox.leadmagic.posting import postings
from server.sandbox.leadmagic.wire import Body, Call, Endpoint

_TOP_PRODUCTS = 15


def credits_get(call: Call) -> Body:
    return {"credits": call.account.balance / 100}


def credits_health(call: Call) -> Body:
    return {"status": "ok", "authenticated": True, "credits": call.account.balance / 100}


@dataclass(slots=True)
class _Sum:
    """Totals over days or products."""

    requests: int = 0
    chargeable: int = 0
    found: int = 0
    charged: int = 0
    products: int = 0

    @classmethod
    def of(cls, days: Iterable[dict[str, Usage]]) -> _Sum:
        total, products = cls(), set[str]()
        for day in days:
            products |= day.keys()
            for usage in day.values():
                total.requests += usage.calls
                total.chargeable += usage.chargeable
                total.found += usage.found
                total.charged += usage.charged
        total.products = len(products)
        return total

    @property
    def credits(self) -> float:
        return self.charged / 100

    @property
    def average(self) -> float:
        return round(self.credits / self.requests, 2) if self.requests else 0.0

    @property
    def chargeable_rate(self) -> float:
        return _percent(self.chargeable, self.requests)


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _today() -> date:
    return datetime.now(UTC).date()


def _shaped(body: Body) -> Body:
    return {"data": body} if magic.wants("shape-data") else body


def _since(account: Account, first: date) -> dict[date, dict[str, Usage]]:
    return {day: usage for day, usage in sorted(account.by_day.items(), reverse=True) if day >= first}


def _period(call: Call) -> tuple[Body, dict[date, dict[str, Usage]]]:
    days = call.number("days", 30, 1, 90)
    end = _today()
    start = end - timedelta(days=days)
    return {"start": start.isoformat(), "end": end.isoformat(), "days": days}, _since(call.account, start)


def analytics_dashboard(call: Call) -> Body:
    account, today = call.account, _today()
    used = limits.used(account.key)
    windows = {"today": today, "this_week": today - timedelta(days=today.weekday()), "this_month": today.replace(day=1)}
    return _shaped(
        {
            "user": {"id": f"user_{account.key}", "email": "developer@leadmagic.io"},
            "credits": {"current": account.balance / 100, "formatted": f"${account.balance / 10_000:,.2f}"},
            "rate_limit": {"minute": _window(300, used), "daily": _window(limits.PER_DAY, account.calls)},
            "concurrency": {"current": 0, "peak": min(used, 1), "active_reservations": 0},
            "stats": {name: _stats(_since(account, first)) for name, first in windows.items()},
        }
    )


def _window(limit: int, used: int) -> Body:
    used = min(used, limit)
    return {"limit": limit, "used": used, "remaining": limit - used, "utilization": _percent(used, limit)}


def _stats(days: dict[date, dict[str, Usage]]) -> Body:
    total = _Sum.of(days.values())
    return {
        "requests": total.requests,
        "credits": total.credits,
        "chargeable_requests": total.chargeable,
        "chargeable_rate": total.chargeable_rate,
        "unique_products": total.products,
    }


def analytics_usage(call: Call) -> Body:
    period, days = _period(call)
    total = _Sum.of(days.values())
    daily = [(day, _Sum.of([usage])) for day, usage in days.items()]
    return _shaped(
        {
            "period": period,
            "summary": {
                "total_requests": total.requests,
                "chargeable_requests": total.chargeable,
                "total_credits": total.credits,
                "avg_credits_per_request": total.average,
                "chargeable_rate": total.chargeable_rate,
                "unique_products": total.products,
            },
            "daily": [
                {
                    "date": day.isoformat(),
                    "total_requests": one.requests,
                    "chargeable_requests": one.chargeable,
                    "total_credits": one.credits,
                    "unique_products_used": one.products,
                }
                for day, one in daily
            ],
        }
    )


def analytics_products(call: Call) -> Body:
    period, days = _period(call)
    products = {name: _Sum.of(_only(name, days)) for name in sorted({name for day in days.values() for name in day})}
    daily = [
        {"date": day.isoformat(), "product_id": name, "requests": one.calls, "credits": one.charged / 100}
        for day, usage in days.items()
        for name, one in usage.items()
    ]
    shown = {
        name: {
            "total_requests": one.requests,
            "total_credits": one.credits,
            "successful_requests": one.found,
            "failed_requests": one.requests - one.found,
            "success_rate": _percent(one.found, one.requests),
            "avg_credits_per_request": one.average,
        }
        for name, one in products.items()
    }
    return _shaped({"period": period, "products": shown, "daily": daily})


def _only(name: str, days: dict[date, dict[str, Usage]]) -> Iterable[dict[str, Usage]]:
    return [{name: usage[name]} for usage in days.values() if name in usage]


def analytics_credits(call: Call) -> Body:
    period, days = _period(call)
    total = _Sum.of(days.values())
    daily = [(day, _Sum.of([usage])) for day, usage in days.items()]
    return _shaped(
        {
            "period": period,
            "summary": {
                "total_credits": total.credits,
                "total_requests": total.requests,
                "chargeable_requests": total.chargeable,
                "avg_credits_per_request": total.average,
                "chargeable_rate": total.chargeable_rate,
            },
            "daily": [
                {
                    "date": day.isoformat(),
                    "total_credits": one.credits,
                    "total_requests": one.requests,
                    "chargeable_requests": one.chargeable,
                }
                for day, one in daily
            ],
        }
    )


def analytics_summary(call: Call) -> Body:
    account = call.account
    start, end = _date(call, "start_date", date.min), _date(call, "end_date", date.max)
    days = {day: usage for day, usage in account.by_day.items() if start <= day <= end}
    total = _Sum.of(days.values())
    spent = [ms for day, kept in account.latencies.items() if day in days for ms in kept]
    return _shaped(
        {
            "total_api_requests": total.requests,
            "total_credits_consumed": total.credits,
            "unique_products_used": total.products,
            "successful_requests": total.found,
            "failed_requests": total.requests - total.found,
            "success_rate": _percent(total.found, total.requests),
            "avg_response_time_ms": round(sum(spent) / len(spent)) if spent else 0,
            "first_request": _stamp(account.first),
            "last_request": _stamp(account.last),
        }
    )


def _stamp(moment: datetime | None) -> str | None:
    return moment and moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _date(call: Call, name: str, default: date) -> date:
    text = call.text(name)
    return default if text is None else reading.day(name, text)


def analytics_daily(call: Call) -> Body:
    period, days = _period(call)
    return _shaped({"period": period, "data": [_metrics(call.account, day, usage) for day, usage in days.items()]})


def _metrics(account: Account, day: date, usage: dict[str, Usage]) -> Body:
    total = _Sum.of([usage])
    spent = sorted(account.latencies.get(day, ()))
    return {
        "date": day.isoformat(),
        "total_requests": total.requests,
        "successful_requests": total.found,
        "failed_requests": total.requests - total.found,
        "total_credits": total.credits,
        **{f"p{share}_latency_ms": _percentile(spent, share) for share in (50, 95, 99)},
        "error_rate": _percent(total.requests - total.found, total.requests),
    }


def _percentile(ordered: list[float], share: int) -> int:
    return round(ordered[min(len(ordered) * share // 100, len(ordered) - 1)]) if ordered else 0


def analytics_day(call: Call) -> Body:
    day = reading.day("date", call.path["date"])
    usage = call.account.by_day.get(day, {})
    total = _Sum.of([usage])
    ranked = sorted(usage.items(), key=lambda one: (-one[1].charged, one[0]))
    rest = [one for _, one in ranked[_TOP_PRODUCTS:]]
    shown = ranked[:_TOP_PRODUCTS] + ([("other", _merged(rest))] if rest else [])
    return _shaped(
        {
            "date": day.isoformat(),
            "summary": {
                "total_credits": total.credits,
                "total_requests": total.requests,
                "products_count": total.products,
            },
            "products": [_product(name, one, total.charged) for name, one in shown],
        }
    )


def _merged(usages: list[Usage]) -> Usage:
    return Usage(
        calls=sum(one.calls for one in usages),
        chargeable=sum(one.chargeable for one in usages),
        found=sum(one.found for one in usages),
        charged=sum(one.charged for one in usages),
        most=max(one.most for one in usages),
    )


def _product(name: str, usage: Usage, total: int) -> Body:
    return {
        "product_id": name,
        "requests": usage.calls,
        "credits": usage.charged / 100,
        "credits_percentage": round(100 * usage.charged / total, 2) if total else 0.0,
        "avg_credits_per_request": round(usage.charged / 100 / usage.calls, 2),
        "max_credits": usage.most / 100,
    }


def search_stats(call: Call) -> Body:
    """Coverage of the searches; no records."""
    products = _chosen(call, "products", ("jobs", "company", "people"))
    sections = _chosen(call, "sections", ("coverage", "top", "capabilities"))
    limit = call.number("limit", 3, 1, 25)
    made = {"jobs": _jobs, "company": _companies, "people": _people}
    found = {product: made[product](limit) for product in products}
    body = {product: {name: one[name] for name in sections if name in one} for product, one in found.items()}
    return {**body, "cache": dict.fromkeys(products, "hit"), "credits_consumed": call.bill(0, found=True)}


def _chosen(call: Call, name: str, allowed: tuple[str, ...]) -> list[str]:
    chosen = reading.texts(name, call.body.get(name)) or [*allowed]
    if not set(chosen) <= set(allowed):
        raise problem.invalid(name, f"{name} must hold some of {', '.join(allowed)}.")
    return chosen


def _top(values: Iterable[Any], limit: int) -> list[Body]:
    return [{"value": value, "count": count} for value, count in Counter(values).most_common(limit)]


def _jobs(limit: int) -> Body:
    jobs = postings()
    employers = {one.company.domain for one in jobs}
    return {
        "coverage": {"open_jobs": len(jobs), "total_indexed": len(jobs), "companies": len(employers)},
        "capabilities": {"vector_titles": True, "facets": True, "taxonomy_levels": 3},
        "top": {
            "titles": _top((one.title for one in jobs), limit),
            "industries": _top((one.company.industry for one in jobs), limit),
            "countries": _top((one.country_code for one in jobs), limit),
        },
    }


def _companies(limit: int) -> Body:
    rows = [row(one) for one in listed()]
    columns = ("company_industry_linkedin", "hq_country", "employee_range", "revenue_range", "last_funding_type")
    return {
        "coverage": {"companies": len(rows), "with_tech_stack": sum(one["has_tech_stack"] for one in rows)},
        "top": {column: _top((one[column] for one in rows if one[column]), limit) for column in columns},
    }


def _people(limit: int) -> Body:
    people = [one for company in listed() for one in world.employees(company)]
    with_email = sum(world.covers("leadmagic", one, "work_email") for one in people)
    return {
        "coverage": {"contacts": len(people), "with_email": with_email},
        "top": {"companies": _top((one.company.name for one in people), limit)},
    }


ENDPOINTS = (
    Endpoint("GET", "/v1/credits", credits_get, per_minute=None),
    Endpoint("POST", "/v1/credits/refresh", credits_get, per_minute=None, operation="credits_refresh"),
    Endpoint("GET", "/v1/credits/health", credits_health, per_minute=None),
    Endpoint("GET", "/v1/analytics/dashboard", analytics_dashboard, per_minute=None),
    Endpoint("GET", "/v1/analytics/usage", analytics_usage, per_minute=None),
    Endpoint("GET", "/v1/analytics/products", analytics_products, per_minute=None),
    Endpoint("GET", "/v1/analytics/credits", analytics_credits, per_minute=None),
    Endpoint("GET", "/v1/analytics/summary", analytics_summary, per_minute=None),
    Endpoint("GET", "/v1/analytics/daily", analytics_daily, per_minute=None),
    Endpoint("GET", "/v1/analytics/day/{date}", analytics_day, per_minute=None),
    Endpoint("POST", "/v3/search/stats", search_stats),
)
