"""Tools about one person's contact data."""

from __future__ import annotations

from server.domain import chain, fields
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
from server.domain.person import PersonProfile
from server.domain.plan import Plan, ask
from server.edge.tool import Family

contact = Family("contact")


@contact.lookup("Validate a work e-mail", email="ada.lovelace@stripe.com")
def validate_work_email(email: fields.Email, force_refresh: fields.ForceRefresh = False) -> Plan[EmailVerdict]:
    """Check whether one e-mail address accepts mail.

    Returns a status (verified, risky, invalid, unknown ...), a score from 0 to 1, catch-all and mail-server facts, and
    free company facts where there are any. An undecided check is not charged. For a file or list of addresses use a
    bulk job instead.
    """
    return ask(ValidateEmail(email=email, fresh=force_refresh))


@contact.lookup("Find a work e-mail", first_name="Ada", last_name="Lovelace", company_domain="stripe.com")
def find_work_email(
    first_name: fields.FirstName | None = None,
    last_name: fields.LastName | None = None,
    full_name: fields.FullName | None = None,
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[FoundEmail]:
    """Find the work e-mail address of a named person at a company.

    Needs first_name and last_name (or full_name) and company_domain (better) or company_name. Asks providers in turn
    until one has an address; most charge only for a hit. The address comes with a quality status and needs no
    further validation when that is verified.
    """
    return ask(
        FindWorkEmail(
            first_name=first_name,
            last_name=last_name,
            full_name=full_name,
            company_domain=company_domain,
            company_name=company_name,
            fresh=force_refresh,
        )
    )


@contact.lookup("Find a mobile number", profile_url="https://www.linkedin.com/in/ada-lovelace")
def find_mobile_number(
    profile_url: fields.PersonUrl | None = None,
    work_email: fields.Email | None = None,
    personal_email: fields.Email | None = None,
    first_name: fields.FirstName | None = None,
    last_name: fields.LastName | None = None,
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[FoundPhone]:
    """Find the mobile number of one person, in E.164.

    Needs one of profile_url (best match rate), work_email or personal_email. Name and company are optional hints that
    let more providers answer.
    """
    return ask(
        FindMobile(
            profile_url=profile_url,
            work_email=work_email,
            personal_email=personal_email,
            first_name=first_name,
            last_name=last_name,
            company_domain=company_domain,
            company_name=company_name,
            fresh=force_refresh,
        )
    )


@contact.lookup("Find the work e-mail behind a profile", profile_url="https://www.linkedin.com/in/ada-lovelace")
def linkedin_profile_to_work_email(
    profile_url: fields.PersonUrl,
    first_name: fields.FirstName | None = None,
    last_name: fields.LastName | None = None,
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[FoundEmail]:
    """Find the work e-mail address of the person behind a LinkedIn profile.

    Name and company are optional hints that let more providers answer. Where name and company domain are known,
    find_work_email usually costs less.
    """
    return ask(
        FindEmailByProfile(
            profile_url=profile_url,
            first_name=first_name,
            last_name=last_name,
            company_domain=company_domain,
            company_name=company_name,
            fresh=force_refresh,
        )
    )


@contact.lookup("Find the profile behind an e-mail", work_email="ada.lovelace@stripe.com")
def email_to_b2b_profile(
    work_email: fields.Email | None = None,
    personal_email: fields.Email | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[PersonProfile]:
    """Find the person and LinkedIn profile behind an e-mail address.

    Needs work_email (better) or personal_email. How much of the profile comes back depends on the provider that
    answers; search_profile gives the full one.
    """
    return ask(FindProfileByEmail(work_email=work_email, personal_email=personal_email, fresh=force_refresh))


@contact.lookup("Get a person's profile", profile_url="https://www.linkedin.com/in/ada-lovelace")
def search_profile(profile_url: fields.PersonUrl, force_refresh: fields.ForceRefresh = False) -> Plan[PersonProfile]:
    """Get the profile of one person: name, title, company, location, and where known career and education."""
    return ask(GetProfile(profile_url=profile_url, fresh=force_refresh))


@contact.lookup("Find a personal e-mail", profile_url="https://www.linkedin.com/in/ada-lovelace")
def find_personal_email(profile_url: fields.PersonUrl, force_refresh: fields.ForceRefresh = False) -> Plan[FoundEmail]:
    """Find a personal e-mail address of the person behind a LinkedIn profile."""
    return ask(FindPersonalEmail(profile_url=profile_url, fresh=force_refresh))


@contact.lookup(
    "Detect a job change", profile_url="https://www.linkedin.com/in/ada-lovelace", company_domain="stripe.com"
)
def detect_job_change(
    profile_url: fields.PersonUrl | None = None,
    work_email: fields.Email | None = None,
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[JobChange]:
    """Check whether a person still works at the company where they were expected.

    Needs profile_url, or work_email (the profile is then looked up first, which costs more), and company_domain or
    company_name; with work_email alone the company is taken from the address. Every verdict is charged, also "no
    change".
    """
    return chain.job_change(profile_url, work_email, company_domain, company_name, fresh=force_refresh)
