"""LeadMagic's advertisement endpoints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from server.sandbox import magic, world
from server.sandbox.draw import Draw
from server.sandbox.leadmagic import examples
from server.sandbox.leadmagic.wire import Body, Call, Endpoint
from server.sandbox.record import Company

_FIRST_DAY = date(2026, 1, 1)
_LINES = (
    "Meet {name}, the {industry} team that answers.",
    "{name}: less work, more done.",
    "See why companies in {city} choose {name}.",
    "Start with {name} today.",
)


def _line(company: Company, number: int) -> str:
    line = Draw("ad", company.domain, str(number)).pick(_LINES)
    return line.format(name=company.name, industry=company.industry.lower(), city=company.city)


def _google(company: Company, number: int) -> Body:
    return {
        "headline": f"{company.name} | {company.industry}",
        "description": _line(company, number),
        "display_url": company.domain,
        "final_url": f"https://{company.domain}/go/{number}",
        "ad_type": ("text", "responsive_search")[number % 2],
    }


def _meta(company: Company, number: int) -> Body:
    ad: Body = {
        "ad_id": _id(company, number),
        "content": _line(company, number),
        "image_url": f"https://ads.example/{company.domain}/{number}.png",
        "platform": ("Facebook", "Instagram", "Facebook, Instagram")[number % 3],
        "started_running": _started(company, number),
    }
    return ad | ({"video_url": f"https://ads.example/{company.domain}/{number}.mp4"} if number % 3 == 1 else {})


def _b2b(company: Company, number: int) -> Body:
    return {
        "content": _line(company, number),
        "link": _id(company, number),
        "image_url": f"https://ads.example/{company.domain}/b{number}.png",
    }


def _started(company: Company, number: int) -> str:
    return (_FIRST_DAY + timedelta(days=Draw("run", company.domain, str(number)).below(300))).isoformat()


def _id(company: Company, number: int) -> str:
    """Digits only, from which the ad can be found again."""
    return str(int.from_bytes(f"{number + 1}{company.domain}".encode()))


def _ad(id_: str) -> tuple[Company, int] | None:
    if not id_.isdigit() or len(id_) > 300:
        return None
    number = int(id_)
    text = number.to_bytes((number.bit_length() + 7) // 8).decode("ascii", "replace")
    company = world.company(text[1:]) if text[:1].isdigit() else None
    return None if company is None else (company, int(text[0]) - 1)


def _search(make: Callable[[Company, int], Body], call: Call) -> Body:
    company = call.company()
    call.reserve(20)
    if documented := examples.body(call.operation, company.domain if company else ""):
        return call.found(20, "Ads found.", documented, other=100 * len(documented["ads"]))
    name = company.name if company else call.text("company_name", "company_domain")
    if company is None or not _advertises(call, company):
        return call.missed("No ads found for this company.", {"company_name": name, "ads": []})
    count = 1 + Draw(call.operation, company.domain).below(5)
    ads = [make(company, number) for number in range(count)]
    return call.found(20, "Ads found.", {"company_name": name, "ads": ads}, other=100 * count)


def _advertises(call: Call, company: Company) -> bool:
    advertiser = Draw("advertiser", call.operation, company.domain).percent(80)
    return call.knows(company, "ads") and (advertiser or magic.current.get() is not None)


def b2b_ads_details(call: Call) -> Body:
    """2 per ad found."""
    id_ = call.needed("ad_url", "ad_id").rstrip("/").rsplit("/", 1)[-1]
    call.reserve(200)
    if documented := examples.body("b2b_ads_details", id_):
        return call.found(200, "Ad details found.", documented)
    found = _ad(id_)
    if found is None or not call.knows(found[0], "ads"):
        return call.missed("Ad not found.", {"ad_id": id_})
    return call.found(200, "Ad details found.", _shaped(_details(id_, *found)))


def _details(id_: str, company: Company, number: int) -> Body:
    least = 1000 * (1 + Draw("impressions", id_).below(50))
    return {
        "ad_id": id_,
        "headline": f"{company.name} | {company.industry}",
        "content": _line(company, number),
        "advertiser": {"name": company.name, "profile_url": f"linkedin.com/company/{company.slug}"},
        "creative": {
            "image_url": f"https://ads.example/{company.domain}/b{number}.png",
            "video_url": None,
            "format": "single_image",
        },
        "targeting": {"locations": [company.country], "industries": [company.industry]},
        "started_running": _started(company, number),
        "impressions": {"min": least, "max": least * 5},
    }


def _shaped(body: Body) -> Body:
    return {"ad_details": body} if magic.wants("shape-nested") else body


def _endpoint(network: str, make: Callable[[Company, int], Body]) -> Endpoint:
    operation = f"{network}_ads_search"
    return Endpoint("POST", f"/v1/ads/{network}-ads-search", partial(_search, make), operation=operation)


ENDPOINTS = (
    _endpoint("google", _google),
    _endpoint("meta", _meta),
    _endpoint("b2b", _b2b),
    Endpoint("POST", "/v1/ads/b2b-ads-details", b2b_ads_details),
)
