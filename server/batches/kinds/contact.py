"""The kinds about people."""

from __future__ import annotations

from server.batches.kinds.cell import columns, of_part
from server.batches.kinds.company import BY_DOMAIN_OR_NAME
from server.batches.kinds.kind import Kind, Needs
from server.batches.kinds.role import Inputs, Role
from server.domain import chain
from server.domain.company import FindRole
from server.domain.contact import (
    EmailVerdict,
    FindEmailByProfile,
    FindMobile,
    FindPersonalEmail,
    FindProfileByEmail,
    FindWorkEmail,
    FoundEmail,
    FoundPhone,
    GetProfile,
    JobChange,
    ValidateEmail,
)
from server.domain.normalise import FREE_MAIL
from server.domain.person import PersonProfile
from server.domain.plan import Plan, ask

_PROFILE = "https://www.linkedin.com/in/ada-lovelace"
_ADDRESS = "ada.lovelace@stripe.com"
_HINTS = (Role.FIRST_NAME, Role.LAST_NAME, Role.COMPANY_DOMAIN, Role.COMPANY_NAME)
_BY_ADDRESS: Needs = ((Role.EMAIL,), (Role.PERSONAL_EMAIL,))
_NAMED: Needs = tuple(
    (*name, *company)
    for name in ((Role.FIRST_NAME, Role.LAST_NAME), (Role.FULL_NAME,))
    for company in BY_DOMAIN_OR_NAME
)


def _validation(row: Inputs, _: int) -> Plan[EmailVerdict]:
    return ask(ValidateEmail(email=row.email or row.personal_email or ""))


def _work_email(row: Inputs, _: int) -> Plan[FoundEmail]:
    split = bool(row.first_name and row.last_name)
    return ask(
        FindWorkEmail(
            first_name=row.first_name if split else None,
            last_name=row.last_name if split else None,
            full_name=None if split else row.full_name,
            company_domain=row.company_domain,
            company_name=row.company_name,
        )
    )


def _email_by_profile(row: Inputs, _: int) -> Plan[FoundEmail]:
    return ask(
        FindEmailByProfile(
            profile_url=row.profile_url or "",
            first_name=row.first_name,
            last_name=row.last_name,
            company_domain=row.company_domain,
            company_name=row.company_name,
        )
    )


def _mobile(row: Inputs, _: int) -> Plan[FoundPhone]:
    work, personal = _addresses(row)
    return ask(
        FindMobile(
            profile_url=row.profile_url,
            work_email=work,
            personal_email=personal,
            first_name=row.first_name,
            last_name=row.last_name,
            company_domain=row.company_domain,
            company_name=row.company_name,
        )
    )


def _profile_by_email(row: Inputs, _: int) -> Plan[PersonProfile]:
    work, personal = _addresses(row)
    return ask(FindProfileByEmail(work_email=work, personal_email=personal))


def _addresses(row: Inputs) -> tuple[str | None, str | None]:
    """The work and the personal address; one at a free e-mail provider is personal, whatever its column is called."""
    if row.email is None or row.email.rsplit("@", 1)[1] not in FREE_MAIL:
        return row.email, row.personal_email
    return None, row.personal_email or row.email


def _job_change(row: Inputs, _: int) -> Plan[JobChange]:
    domain = row.company_domain
    if row.profile_url and row.email and not (domain or row.company_name):
        domain = row.email.rsplit("@", 1)[1]
    return chain.job_change(row.profile_url, row.email, domain, row.company_name)


def _role(row: Inputs, _: int) -> Plan[PersonProfile]:
    return ask(
        FindRole(job_title=row.job_title or "", company_domain=row.company_domain, company_name=row.company_name)
    )


_OF_VERDICT = columns(
    EmailVerdict,
    {
        "email": lambda answer: answer.email,
        "email_status": lambda answer: answer.status.value,
        "catch_all": lambda answer: answer.is_catch_all,
        "disposable": lambda answer: answer.is_disposable,
        "role_account": lambda answer: answer.is_role_account,
        "free_provider": lambda answer: answer.is_free_provider,
        "mx_host": lambda answer: answer.mx_host,
        "mail_provider": lambda answer: answer.mail_provider,
        "suggested_email": lambda answer: answer.suggested_correction,
        "company_name": lambda answer: of_part(answer.company, lambda company: company.name),
        "company_domain": lambda answer: of_part(answer.company, lambda company: company.domain),
        "industry": lambda answer: of_part(answer.company, lambda company: company.industry),
        "employee_range": lambda answer: of_part(answer.company, lambda company: company.employee_range),
    },
)

_OF_EMAIL = columns(
    FoundEmail,
    {
        "email": lambda answer: answer.email,
        "email_type": lambda answer: answer.email_type.value,
        "email_verified": lambda answer: answer.verified,
        "employment_verified": lambda answer: answer.employment_verified,
        "company_domain": lambda answer: answer.company_domain,
    },
)

_OF_PHONE = columns(
    FoundPhone,
    {
        "mobile": lambda answer: answer.number_e164,
        "mobile_raw": lambda answer: answer.number_raw,
        "mobile_type": lambda answer: answer.type.value,
        "mobile_verified": lambda answer: answer.verified,
        "mobile_country": lambda answer: answer.country,
    },
)

_OF_CHANGE = columns(
    JobChange,
    {
        "job_change": lambda answer: answer.status.value,
        "expected_company": lambda answer: answer.expected_company,
        "current_title": lambda answer: of_part(answer.current, lambda position: position.title),
        "current_company": lambda answer: of_part(answer.current, lambda position: position.company),
        "previous_title": lambda answer: of_part(answer.previous, lambda position: position.title),
        "previous_company": lambda answer: of_part(answer.previous, lambda position: position.company),
        "changed_at": lambda answer: answer.changed_at,
    },
)

_OF_PERSON = columns(
    PersonProfile,
    {
        "full_name": lambda answer: answer.person.full_name,
        "first_name": lambda answer: answer.person.first_name,
        "last_name": lambda answer: answer.person.last_name,
        "job_title": lambda answer: answer.person.job_title,
        "seniority": lambda answer: answer.person.seniority,
        "job_function": lambda answer: answer.person.job_function,
        "headline": lambda answer: answer.person.headline,
        "profile_url": lambda answer: answer.person.linkedin_url,
        "location": lambda answer: of_part(answer.person.location, lambda place: place.text),
        "company_name": lambda answer: answer.person.company_name,
        "company_domain": lambda answer: answer.person.company_domain,
        "email": lambda answer: answer.person.work_email,
        "mobile": lambda answer: answer.person.mobile or answer.person.mobile_raw,
    },
)

CONTACT_KINDS = (
    Kind(
        name="email_validation",
        title="E-mail validation",
        description="Says of each e-mail address whether it accepts mail.",
        tool="validate_work_email",
        needs=_BY_ADDRESS,
        example={Role.EMAIL: _ADDRESS},
        build=_validation,
        read=_OF_VERDICT,
    ),
    Kind(
        name="work_email_finder",
        title="Work e-mail finder",
        description="Finds the work e-mail address of each person from name and company.",
        tool="find_work_email",
        needs=_NAMED,
        example={Role.FIRST_NAME: "Ada", Role.LAST_NAME: "Lovelace", Role.COMPANY_DOMAIN: "stripe.com"},
        build=_work_email,
        read=_OF_EMAIL,
    ),
    Kind(
        name="linkedin_to_email",
        title="LinkedIn to e-mail",
        description="Finds the work e-mail address behind each LinkedIn profile.",
        tool="linkedin_profile_to_work_email",
        needs=((Role.PROFILE_URL,),),
        hints=_HINTS,
        example={Role.PROFILE_URL: _PROFILE},
        build=_email_by_profile,
        read=_OF_EMAIL,
    ),
    Kind(
        name="mobile_finder",
        title="Mobile finder",
        description="Finds the mobile number of each person from LinkedIn profile or e-mail address.",
        tool="find_mobile_number",
        needs=((Role.PROFILE_URL,), *_BY_ADDRESS),
        hints=_HINTS,
        example={Role.PROFILE_URL: _PROFILE},
        build=_mobile,
        read=_OF_PHONE,
    ),
    Kind(
        name="job_change",
        title="Job change",
        description="Says of each person whether they still work where they did; by e-mail address alone the company "
        "is taken from the address and the profile is looked up first, which costs more.",
        tool="detect_job_change",
        needs=(*((Role.PROFILE_URL, *company) for company in BY_DOMAIN_OR_NAME), (Role.EMAIL,)),
        example={Role.PROFILE_URL: _PROFILE, Role.COMPANY_DOMAIN: "stripe.com"},
        build=_job_change,
        read=_OF_CHANGE,
    ),
    Kind(
        name="personal_email_finder",
        title="Personal e-mail finder",
        description="Finds a personal e-mail address behind each LinkedIn profile.",
        tool="find_personal_email",
        needs=((Role.PROFILE_URL,),),
        example={Role.PROFILE_URL: _PROFILE},
        build=lambda row, _: ask(FindPersonalEmail(profile_url=row.profile_url or "")),
        read=_OF_EMAIL,
    ),
    Kind(
        name="email_to_profile",
        title="E-mail to profile",
        description="Finds the person and LinkedIn profile behind each e-mail address.",
        tool="email_to_b2b_profile",
        needs=_BY_ADDRESS,
        example={Role.EMAIL: _ADDRESS},
        build=_profile_by_email,
        read=_OF_PERSON,
    ),
    Kind(
        name="profile_enrichment",
        title="Profile enrichment",
        description="Adds name, title, company and location of the person behind each LinkedIn profile.",
        tool="search_profile",
        needs=((Role.PROFILE_URL,),),
        example={Role.PROFILE_URL: _PROFILE},
        build=lambda row, _: ask(GetProfile(profile_url=row.profile_url or "")),
        read=_OF_PERSON,
    ),
    Kind(
        name="role_finder",
        title="Role finder",
        description="Finds the first person who holds a job title at each company.",
        tool="find_people_by_role",
        needs=tuple((Role.JOB_TITLE, *company) for company in BY_DOMAIN_OR_NAME),
        example={Role.JOB_TITLE: "VP Sales", Role.COMPANY_DOMAIN: "stripe.com"},
        build=_role,
        read=_OF_PERSON,
    ),
)
