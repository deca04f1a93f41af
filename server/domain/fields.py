"""Parameter and query fields: the type, the normalisation and the text that clients see, each written once."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from server.domain import normalise

Email = Annotated[str, AfterValidator(normalise.email), Field(examples=["ada@example.com"])]
CompanyDomain = Annotated[
    str,
    AfterValidator(normalise.company_domain),
    Field(examples=["stripe.com"]),
]
Line = Annotated[str, AfterValidator(lambda value: normalise.text(value, 200)), Field(min_length=1)]
"""A name, or as much as fits a line."""

CompanyName = Annotated[Line, Field(examples=["Stripe"])]
PersonUrl = Annotated[
    str,
    AfterValidator(normalise.person_url),
    Field(
        description="LinkedIn profile URL or slug.",
        examples=["https://www.linkedin.com/in/ada-lovelace"],
    ),
]
CompanyUrl = Annotated[
    str,
    AfterValidator(normalise.company_url),
    Field(description="LinkedIn company page URL.", examples=["https://www.linkedin.com/company/stripe"]),
]
FirstName = Annotated[str, AfterValidator(lambda value: normalise.text(value, 100)), Field(min_length=1)]
LastName = Annotated[str, AfterValidator(lambda value: normalise.text(value, 100)), Field(min_length=1)]
FullName = Line
JobTitle = Annotated[Line, Field(description="Job title; partial titles match.", examples=["VP Sales"])]
Location = Annotated[Line, Field(description="City, region or country.")]
Country = Annotated[
    str,
    AfterValidator(normalise.country),
    Field(description="Country as ISO 3166-1 alpha-2.", examples=["US"]),
]
Text = Annotated[str, AfterValidator(normalise.text)]
Limit = Annotated[int, Field(description="Most rows; each returned one is charged.", ge=1, le=100, examples=[10])]
CompanyLimit = Annotated[
    int, Field(description="Most companies; each returned one is charged.", ge=1, le=50, examples=[10])
]
LookalikeLimit = Annotated[int, Field(description="Most companies; any number costs the same.", ge=1, le=2000)]
JobLimit = Annotated[int, Field(description="Each returned posting is charged.", ge=1, le=50, examples=[10])]
Offset = Annotated[int, Field(ge=0)]
Titles = Annotated[tuple[JobTitle, ...], Field(max_length=12)]
Keywords = Annotated[
    str, AfterValidator(lambda value: normalise.text(value, 500)), Field(description="Free-text query.", min_length=1)
]
Words = Annotated[tuple[Text, ...], Field(max_length=100)]
Domains = Annotated[tuple[CompanyDomain, ...], Field(max_length=100)]
Countries = Annotated[tuple[Country, ...], Field(description="ISO 3166-1 alpha-2 codes.", max_length=100)]
Amount = Annotated[int, Field(ge=0)]
ForceRefresh = Annotated[bool, Field(description="Pay again.")]
