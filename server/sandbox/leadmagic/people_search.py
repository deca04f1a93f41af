"""LeadMagic's people search (v3) and the older list of employees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from server.sandbox import api, names, world
from server.sandbox.draw import Draw
from server.sandbox.leadmagic import problem, reading
from server.sandbox.leadmagic.company import filters_of, identified, search
from server.sandbox.leadmagic.company_row import row
from server.sandbox.leadmagic.titles import matches
from server.sandbox.leadmagic.wire import Body, Call, Endpoint
from server.sandbox.record import Company, Person

_LEVELS = {"c_level": "C-Team", "vp": "VP", "director": "Director", "manager": "Manager", "senior": "Senior",
           "mid": "Staff", "entry": "Entry"}  # fmt: skip
_SCORES = {level: 7 - index for index, level in enumerate(names.SENIORITIES)}
_IDENTIFIERS = ("company_domain", "company_name", "linkedin_url", "domain", "website", "company_linkedin_url")
_ROW, _EMAIL, _MOBILE = 100, 100, 500

Value = Callable[[Person], str]


def _continent(person: Person) -> str:
    return names.continent(person.country_code)


# Text filters: one of the given texts occurs in the person's value.
_TEXT: dict[str, Value] = {
    "contact_full_name": lambda p: p.full,
    "full_name": lambda p: p.full,
    "name": lambda p: p.full,
    "contact_first_name": lambda p: p.first,
    "contact_last_name": lambda p: p.last,
    "contact_email_domain": lambda p: p.work_email.partition("@")[2],
    "contact_linkedin_url": lambda p: p.slug,
    "linkedin_url": lambda p: p.slug,
    "profile_url": lambda p: p.slug,
    "contact_linkedin_username": lambda p: p.slug,
    "contact_job_function": lambda p: p.function,
    "contact_job_level": lambda p: _LEVELS[p.seniority],
    "contact_country_code": lambda p: p.country_code,
    "contact_country": lambda p: p.country,
    "contact_region": _continent,
    "contact_continent": _continent,
    "contact_city": lambda p: p.city,
    "contact_state": lambda p: p.region,
    "contact_state_code": lambda p: p.region[:2],
    "contact_linkedin_headline": lambda p: p.headline,
    "contact_linkedin_about_me": lambda p: p.summary,
    "contact_linkedin_industry": lambda p: p.company.industry,
    "contact_job_description": lambda p: p.summary,
    "contact_languages": lambda _: "English",
}
_SLUGS = frozenset({"contact_linkedin_url", "linkedin_url", "profile_url"})


def people_search(call: Call) -> Body:
    """1 per person, and 1 per e-mail and 5 per mobile that are unlocked."""
    limit = call.number("limit", 25, 1, 100)
    offset = call.number("offset", 0, 0, 1_000_000)
    email, mobile = _unlocks(call)
    wanted = _wanted(call)
    found = _candidates(call, wanted)
    call.reserve(limit * (_ROW + _EMAIL * email + _MOBILE * mobile))
    page = [] if api.missing() else _slice(found, offset, limit)
    body: Body = {
        "people": [_row(call, person, email=email, mobile=mobile) for person in page],
        "companies": _companies(call, page),
        "count": len(page),
        "limit_applied": limit,
        "offset": offset,
    }
    if not page:
        return call.missed("No people found", body)
    price = sum(
        _ROW + (_EMAIL if email and _has_email(one) else 0) + (_MOBILE if mobile and _has_mobile(one) else 0)
        for one in page
    )
    return call.found(price, "People found", body, other=5 * len(page))


def _unlocks(call: Call) -> tuple[bool, bool]:
    details = call.flag("include_contact_details", "includeContactDetails")
    confirmed = call.flag("confirm_credit_charge", "confirmCreditCharge")
    unlock = details and confirmed
    return (
        unlock and call.flag("include_email", "includeEmail", default=True),
        unlock and call.flag("include_mobile", "includeMobile", default=True),
    )


def _slice(people: Iterator[Person], offset: int, limit: int) -> list[Person]:
    page: list[Person] = []
    for index, person in enumerate(people):
        if index >= offset + limit:
            break
        if index >= offset:
            page.append(person)
    return page


def _candidates(call: Call, wanted: Callable[[Person], bool]) -> Iterator[Person]:
    companies: list[Company]
    filters = filters_of(call)
    if any(call.body.get(name) for name in _IDENTIFIERS):
        company = identified(call)
        companies = [company] if company else []
    elif filters:
        companies = [company for one in search(filters) if (company := world.company(one["company_domain"]))]
    else:
        raise problem.missing("company_domain", "company_name", "linkedin_url", "company_filters")
    return (
        person
        for company in companies
        for person in world.employees(company)
        if world.covers("leadmagic", person, "profile") and wanted(person)
    )


def _wanted(call: Call) -> Callable[[Person], bool]:
    titles = _titles(call)
    tests = [
        *_people_filters(call.body.get("people_filters", call.body.get("peopleFilters")) or {}),
        *_contactable(call),
    ]
    words = (call.text("query") or "").lower().split()

    def passes(person: Person) -> bool:
        text = f"{person.full} {person.headline} {person.function}".lower()
        titled = not titles or any(matches(title, person.title) for title in titles)
        return titled and all(word in text for word in words) and all(test(person) for test in tests)

    return passes


def _titles(call: Call) -> list[str]:
    found = [title for title in (call.text("title", "job_title"),) if title]
    for name in ("titles", "roles"):
        given = reading.texts(name, call.body.get(name))
        if len(given) > 12:
            raise problem.invalid(name, f"{name} must hold at most 12 strings.")
        found += given
    return found


def _contactable(call: Call) -> list[Callable[[Person], bool]]:
    channels = reading.texts("channels", call.body.get("channels"))
    email = call.flag("required_email", "requiredEmail")
    mobile = call.flag("required_mobile", "requiredMobile")
    tests = ([_has_email] if email or "email" in channels else []) + (
        [_has_mobile] if mobile or "phone" in channels else []
    )
    if channels and (call.text("channel_match", "channelMatch") or "any") == "any" and not (email or mobile):
        return [lambda person: any(test(person) for test in tests)]
    return [*tests]


def _people_filters(filters: Any) -> list[Callable[[Person], bool]]:
    given = reading.mapping("people_filters", filters)
    return [_filter(name, value) for name, value in given.items() if value is not None]


def _filter(name: str, value: Any) -> Callable[[Person], bool]:
    if name in ("has_email", "has_mobile_phone"):
        has = _has_email if name == "has_email" else _has_mobile
        return lambda person: has(person) is bool(value)
    if name == "min_seniority":
        least = reading.number(name, value) or 0
        return lambda person: _SCORES[person.seniority] >= least
    if name in ("min_followers", "max_followers"):
        bound = reading.number(name, value) or 0
        return lambda person: (_followers(person) >= bound) is (name == "min_followers")
    if name == "contact_job_title":
        return lambda person: any(matches(one, person.title) for one in reading.texts(name, value))
    if name not in _TEXT:
        raise problem.invalid(name, f"{name} is not a people filter.")
    texts = [one.rstrip("/").rsplit("/", 1)[-1] if name in _SLUGS else one for one in reading.texts(name, value)]
    wanted = [one.casefold() for one in texts]
    return lambda person: any(one in _TEXT[name](person).casefold() for one in wanted)


def _followers(person: Person) -> int:
    return Draw("followers", person.slug).below(20_000)


def _has_email(person: Person) -> bool:
    return world.covers("leadmagic", person, "work_email")


def _has_mobile(person: Person) -> bool:
    return world.covers("leadmagic", person, "mobile")


def _row(call: Call, person: Person, *, email: bool, mobile: bool) -> Body:
    found: Body = {"person": _person(call, person, email=email, mobile=mobile)}
    if call.flag("include_company", "includeCompany"):
        found["company"] = _company(call, person.company)
    if call.flag("include_domain_intel", "includeDomainIntel"):
        company = person.company
        found["domain_intel"] = {"mx_provider": company.mail_provider, "is_catch_all": company.catch_all}
    locked = (_has_email(person) and not email) or (_has_mobile(person) and not mobile)
    if locked:
        prices = {"email_credits": 1 if _has_email(person) else 0, "mobile_credits": 5 if _has_mobile(person) else 0}
        found["unlock"] = {"required": True, **prices}
    return found


def _person(call: Call, person: Person, *, email: bool, mobile: bool) -> Body:
    has_email, has_mobile = _has_email(person), _has_mobile(person)
    local, _, host = person.work_email.partition("@")
    summary: Body = {
        "contact_full_name": person.full,
        "contact_job_title": person.title,
        "company_domain": person.company.domain,
        "contact_email": person.work_email if has_email and email else None,
        "contact_email_masked": f"{local[:1]}***@{host}" if has_email else None,
        "has_email": has_email,
        "has_mobile_phone": has_mobile,
        "outreach_locked": (has_email and not email) or (has_mobile and not mobile),
    }
    if has_mobile and mobile:
        summary["contact_mobile_phone"] = person.mobile
    if call.text("person_fields") == "summary":
        return summary
    return {
        **summary,
        "contact_first_name": person.first,
        "contact_last_name": person.last,
        "contact_job_function": person.function,
        "contact_job_level": _LEVELS[person.seniority],
        "contact_linkedin_url": f"https://www.linkedin.com/in/{person.slug}",
        "contact_linkedin_headline": person.headline,
        "contact_linkedin_about_me": person.summary,
        "contact_city": person.city,
        "contact_state": person.region,
        "contact_country": person.country,
        "contact_country_code": person.country_code,
    }


def _company(call: Call, company: Company) -> Body:
    found = row(company)
    if call.text("company_fields") == "full":
        return found
    return {
        name: found[name] for name in ("company_name", "company_domain", "company_industry_linkedin", "employee_range")
    }


def _companies(call: Call, people: list[Person]) -> list[Body]:
    if not call.flag("include_company", "includeCompany"):
        return []
    return [_company(call, company) for company in dict.fromkeys(person.company for person in people)]


def employee_finder(call: Call) -> Body:
    """0.05 per employee (older documents); 1 by the newer ones (C-13)."""
    company = identified(call)
    size = call.number("limit", call.number("per_page", 20, 1, 50), 1, 50)
    page = call.number("page", 1, 1, 1_000_000)
    call.reserve(5 * size)
    staff = [one for one in world.employees(company) if call.knows(one, "profile")] if company else []
    chosen = staff[(page - 1) * size : page * size]
    body: Body = {
        "total_count": len(staff),
        "returned_count": len(chosen),
        "data": [
            {
                "first_name": one.first,
                "last_name": one.last,
                "title": one.title,
                "website": one.company.domain,
                "company_name": one.company.name,
            }
            for one in chosen
        ],
    }
    if not chosen:
        return call.missed("No employees found for this company.", body)
    return call.found(5 * len(chosen), "Employees found.", body, other=100 * len(chosen))


ENDPOINTS = (
    Endpoint("POST", "/v3/people/search", people_search),
    Endpoint("POST", "/v1/people/employee-finder", employee_finder),
)
