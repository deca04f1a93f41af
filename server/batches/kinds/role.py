"""What a column of a file can say about a person or a company."""

from __future__ import annotations

from enum import StrEnum

from server.domain import fields
from server.domain.person import Part


class Role(StrEnum):
    """The part that one column plays for a lookup."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    FULL_NAME = "full_name"
    EMAIL = "email"
    """A work address, or one that nothing is known about."""
    PERSONAL_EMAIL = "personal_email"
    PROFILE_URL = "profile_url"
    """A person's LinkedIn profile."""
    JOB_TITLE = "job_title"
    COMPANY_DOMAIN = "company_domain"
    COMPANY_NAME = "company_name"
    COMPANY_URL = "company_url"
    """A company's LinkedIn page."""
    PHONE = "phone"
    """Recognised, so that it is not taken for something else; no lookup starts from a number."""


class Inputs(Part):
    """One row's inputs, normalised the way that single lookups normalise them."""

    first_name: fields.FirstName | None = None
    last_name: fields.LastName | None = None
    full_name: fields.FullName | None = None
    email: fields.Email | None = None
    personal_email: fields.Email | None = None
    profile_url: fields.PersonUrl | None = None
    job_title: fields.JobTitle | None = None
    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None
    company_url: fields.CompanyUrl | None = None
