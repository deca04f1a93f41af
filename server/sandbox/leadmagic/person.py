"""LeadMagic's look-ups of one person: finders, profiles, job change, role."""

from __future__ import annotations

from typing import Any

from server.sandbox import magic, spelling, world
from server.sandbox.draw import Draw
from server.sandbox.leadmagic import examples, problem, validation
from server.sandbox.leadmagic.titles import matches
from server.sandbox.leadmagic.wire import Body, Call, Endpoint
from server.sandbox.record import Company, Person

_COMPANY = "/company/"


def email_finder(call: Call) -> Body:
    """1 per valid address; at a catch-all domain nothing can be confirmed, so nothing is found."""
    first, last = _halves(call)
    host = call.domain("domain", "company_domain")
    company = world.company(host) if host else world.company_named(call.needed("company_name", "domain"))
    call.reserve(100)
    echo = {"first_name": first or None, "last_name": last or None, "domain": host or (company and company.domain)}
    if documented := examples.body("email_finder", f"{first} {last} {host}".lower()):
        return call.found(100, "Valid email found.", documented)
    person = _at(company, first, last)
    if person is None or not call.knows(person, "work_email") or _unsure(person):
        old = {"status": "not_found"} if magic.wants("shape-old") else {"status": None}
        return call.missed("No email found for this person at this company.", {"email": None, **old, **echo})
    return call.found(100, "Valid email found.", _found_mail(person, echo))


def _unsure(person: Person) -> bool:
    return not magic.wants("shape-old") and (magic.wants("catch-all") or person.company.catch_all)


def _halves(call: Call) -> tuple[str, str]:
    first, last = call.text("first_name"), call.text("last_name")
    if first or last:
        return first or "", last or ""
    whole = call.needed("full_name", "first_name", "last_name").split()
    return whole[0], " ".join(whole[1:])


def _at(company: Company | None, first: str, last: str) -> Person | None:
    if company is None or (first and last):
        return company and world.person(first, last, company)
    half = spelling.key(first or last)
    staff = world.employees(company)
    return next((p for p in staff if half == spelling.key(p.first if first else p.last)), None)


def _found_mail(person: Person, echo: Body) -> Body:
    company = person.company
    body: Body = {
        "email": person.work_email,
        "status": "valid",
        **echo,
        "employment_verified": not Draw("employment", person.slug).percent(15),
        "mx_record": company.mx_host,
        "mx_provider": company.mail_provider,
        "has_mx": True,
        "company_name": company.name,
        "company_industry": company.industry,
        "company_size": company.employee_band,
        "company_profile_url": f"linkedin.com/company/{company.slug}",
    }
    if magic.wants("shape-old"):
        catch_all = company.catch_all
        status = "valid_catch_all" if catch_all else "valid"
        body |= {"status": status, "is_domain_catch_all": catch_all, **validation.company_facts(company)}
    return body


def personal_email_finder(call: Call) -> Body:
    """2 per address found."""
    slug, person = _profile(call)
    call.reserve(200)
    url = f"linkedin.com/in/{slug}"
    if person is None or not call.knows(person, "personal_email"):
        return call.missed("No personal email found for this contact.", {"profile_url": url, "personal_email": None})
    body: Body = {"profile_url": url, "personal_email": person.personal_email}
    if magic.wants("shape-old"):
        body = {"profile_url": url, "status": "found", "personal_emails": [person.personal_email]}
    return call.found(200, "Personal email found.", body, other=100)


def profile_to_email(call: Call) -> Body:
    """5 per work address found."""
    slug, person = _profile(call)
    call.reserve(500)
    url = f"linkedin.com/in/{slug}"
    if person is None or not call.knows(person, "work_email"):
        return call.missed("No email found for this profile.", {"email": None, "profile_url": url})
    body: Body = {"email": person.work_email, "profile_url": url}
    if magic.wants("shape-old"):
        body = {"work_email": person.work_email, "status": "found", "profile_url": url}
    return call.found(500, "Email found.", body, other=100)


def profile_search(call: Call) -> Body:
    """1 per profile found; 2 by the other document (C-01)."""
    slug, person = _profile(call)
    call.reserve(100)
    if documented := examples.body("profile_search", slug):
        return call.found(100, "Profile found.", documented, other=200)
    if person is None or not call.knows(person, "profile"):
        return call.missed("Profile not found or not accessible.", {"profile_url": f"linkedin.com/in/{slug}"})
    shape = _old_profile if magic.wants("shape-old") else _new_profile
    return call.found(100, "Profile found.", shape(person), other=200)


def _new_profile(person: Person) -> Body:
    draw = Draw("career", person.slug)
    followers = draw.below(40) * 500
    years = 2 + draw.below(25)
    return {
        "profile_url": f"linkedin.com/in/{person.slug}",
        "first_name": person.first,
        "last_name": person.last,
        "full_name": person.full,
        "professional_title": person.headline,
        "bio": person.summary,
        "location": f"{person.city}, {person.region}",
        "country": person.country,
        "followers_range": f"{followers}-{followers + 500}",
        "company_name": person.company.name,
        "company_industry": person.company.industry,
        "company_website": person.company.domain,
        "total_tenure_years": str(years),
        "total_tenure_months": str(years * 12 + draw.below(12)),
        "work_experience": _positions(person),
        "education": [
            {"institution_name": "University of Example", "degree": "BSc", "attendance_period": "2004 - 2008"}
        ],
        "certifications": [
            {
                "certification_name": "Certified Example Professional",
                "issuing_organization": "Example Institute",
                "issue_date": "2019-05",
            }
        ],
    }


def _positions(person: Person) -> list[dict[str, Any]]:
    since = person.changed_on.strftime("%b %Y") if person.changed_on else "Jan 2018"
    now = {
        "position_title": person.title,
        "company_name": person.company.name,
        "employment_period": f"{since} - Present",
        "company_website": person.company.domain,
        "company_logo_url": None,
    }
    if person.previous_company is None:
        return [now]
    before = {
        "position_title": person.previous_title,
        "company_name": person.previous_company,
        "employment_period": f"Jan 2018 - {since}",
        "company_website": None,
        "company_logo_url": None,
    }
    return [now, before]


def _old_profile(person: Person) -> Body:
    return {
        "profile_url": f"linkedin.com/in/{person.slug}",
        "public_identifier": person.slug,
        "first_name": person.first,
        "last_name": person.last,
        "full_name": person.full,
        "headline": person.headline,
        "about": person.summary,
        "location": f"{person.city}, {person.region}",
        "country": person.country,
        "company_name": person.company.name,
        "followers": Draw("followers", person.slug).below(20_000),
        "connections": 500,
        "experiences": _positions(person),
        "educations": [],
    }


def email_to_profile(call: Call) -> Body:
    """10 per profile URL found."""
    addresses = _addresses(call)
    if not addresses:
        raise problem.missing("work_email", "personal_email")
    call.reserve(1000)
    person = next(filter(None, map(world.person_of, addresses)), None)
    if person is None or not call.knows(person, "profile"):
        return call.missed("No profile found for this email.", {"profile_url": None})
    return call.found(1000, "Profile URL found.", {"profile_url": f"linkedin.com/in/{person.slug}"})


def mobile_finder(call: Call) -> Body:
    """5 per number found."""
    addresses = _addresses(call)
    url = call.text("profile_url")
    if not addresses and url is None:
        raise problem.missing("profile_url", "work_email", "personal_email")
    call.reserve(500)
    person = world.person_at(_slug(url)) if url else None
    person = person or next(filter(None, map(world.person_of, addresses)), None)
    echo: Body = {"profile_url": url and f"linkedin.com/in/{_slug(url)}", "email": next(iter(addresses), None)}
    echo = {name: value for name, value in echo.items() if value is not None}
    if person is None or not call.knows(person, "mobile"):
        return call.missed("No mobile number found for this contact.", {**echo, "mobile_number": None})
    return call.found(500, "Mobile number found.", {**echo, "mobile_number": _printed(person.mobile)}, other=100)


def _printed(number: str) -> str:
    if number.startswith("+1") and len(number) == 12:
        return f"+1-{number[2:5]}-{number[5:8]}-{number[8:]}"
    return number


def job_change_detector(call: Call) -> Body:
    """3 whatever the verdict; free only where the profile cannot be resolved at all (C-04)."""
    slug, person = _profile(call)
    expected = call.company()
    asked = call.domain("company_domain") or call.text("company_name") or ""
    call.reserve(300)
    documented = examples.body("job_change_detector", f"{slug} {asked}")
    if documented:
        return call.found(300, _CHANGED if documented["job_changed"] else _UNCHANGED, documented, other=100)
    name = expected.name if expected else asked
    if person is None or not call.knows(person, "profile"):
        empty = dict.fromkeys(("job_changed", "still_employed", "current_company", "current_title"))
        return call.missed("Profile not found or not accessible.", {**empty, "expected_company": name})
    return call.found(300, *_employment(person, expected, name), other=100)


_UNCHANGED = "No job change detected. Still employed at expected company."
_CHANGED = "Job change detected. Person has moved to a new company."
_NEVER = "Never worked at the expected company."


def _employment(person: Person, expected: Company | None, name: str) -> tuple[str, Body]:
    here = expected is not None and expected.domain == person.company.domain
    before = expected is not None and expected.name == person.previous_company
    body: Body = {
        "job_changed": before and not here,
        "still_employed": here,
        "current_company": person.company.name,
        "current_title": person.title,
        "expected_company": name,
    }
    return (_UNCHANGED if here else _CHANGED if before else _NEVER), body


def role_finder(call: Call) -> Body:
    """2 for the first person whose title matches."""
    title = call.needed("job_title")
    company = call.company()
    call.reserve(200)
    if documented := examples.body("role_finder", f"{title} {company.domain if company else ''}"):
        return call.found(200, "Role found.", documented, other=100)
    staff = world.employees(company) if company else ()
    person = next((one for one in staff if matches(title, one.title) and call.knows(one, "profile")), None)
    if company is None or person is None:
        keys = ("first_name", "last_name", "full_name", "profile_url", "job_title", "company_name", "company_website")
        return call.missed("No matching role found at this company.", dict.fromkeys(keys))
    body: Body = {
        "first_name": person.first,
        "last_name": person.last,
        "full_name": person.full,
        "profile_url": f"linkedin.com/in/{person.slug}",
        "job_title": person.title,
        "company_name": company.name,
        "company_website": company.domain,
    }
    return call.found(200, "Role found.", body, other=100)


def _slug(url: str) -> str:
    if _COMPANY in url:
        raise problem.invalid("profile_url", "profile_url must be a person's profile.")
    return spelling.slug(url)


def _profile(call: Call) -> tuple[str, Person | None]:
    slug = _slug(call.needed("profile_url"))
    return slug, world.person_at(slug)


def _addresses(call: Call) -> list[str]:
    found = [address for name in ("work_email", "personal_email") if (address := call.text(name))]
    for address in found:
        if not validation.ADDRESS.fullmatch(address):
            raise problem.invalid("work_email", f"{address[:80]!r} is not an email format.")
    return found


ENDPOINTS = (
    Endpoint("POST", "/v1/people/email-finder", email_finder),
    Endpoint("POST", "/v1/people/personal-email-finder", personal_email_finder),
    Endpoint("POST", "/v1/people/b2b-profile-email", profile_to_email),
    Endpoint("POST", "/v1/people/profile-search", profile_search, per_minute=100),
    Endpoint("POST", "/v1/people/b2b-profile", email_to_profile),
    Endpoint("POST", "/v1/people/mobile-finder", mobile_finder),
    Endpoint("POST", "/v1/people/job-change-detector", job_change_detector),
    Endpoint("POST", "/v1/people/role-finder", role_finder),
)
