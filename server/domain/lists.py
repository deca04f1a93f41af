"""Saved prospect lists at a provider: making, filling and reading them is free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field

from server.domain import fields, normalise
from server.domain.csv_text import Cell
from server.domain.person import Part, Place, Seniority
from server.domain.quality import QualityStatus
from server.domain.query import Answer, Query


def _phone(value: str) -> str:
    number = normalise.phone(value)
    if number is None:
        raise ValueError("is not an international phone number; send E.164 such as +14155551234")
    return number


ListId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
ListName = Annotated[fields.Line, Field(description="A name that no list has yet.")]
ListDescription = Annotated[str, AfterValidator(lambda value: normalise.text(value, 1000))]
Cursor = Annotated[str, Field(description="next_cursor of the page before.", pattern=r"^[0-9A-Za-z_=-]{1,200}$")]
_SPELLINGS = {
    "verifiedlikely": "probable",
    "executive": "c_level",
    "seniorindividualcontributor": "senior",
}
"""LeadIQ's words, in lower case, where they are not ours."""


def _spelling(value: Any) -> Any:
    lower = value.strip().lower() if isinstance(value, str) else value
    return _SPELLINGS.get(lower, lower) if isinstance(lower, str) else lower


ListedStatus = Annotated[
    Literal["verified", "probable", "unverified"],
    BeforeValidator(_spelling),
    Field(description="Of work_email."),
]
"""The qualities that the lists have a word for (C-67); LeadIQ's own words are read as well."""

ListedSeniority = Annotated[
    Literal["c_level", "vp", "director", "manager", "senior", "other"], BeforeValidator(_spelling)
]
"""The seniorities that the lists have a word for; LeadIQ's own words are read as well."""

Phone = Annotated[str, AfterValidator(_phone), Field(description="Phone number in E.164.", examples=["+14155551234"])]


class ListedCompany(Part):
    """The company of a prospect."""

    name: str | None = None
    domain: str | None = None
    industry: str | None = None
    employee_count: int | None = None


class Prospect(Part):
    """One person on a list."""

    prospect_id: str
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    job_title: str | None = None
    seniority: Seniority | None = None
    job_function: str | None = None
    work_email: str | None = None
    email_status: QualityStatus | None = None
    mobile_phone: str | None = None
    """E.164."""
    linkedin_url: str | None = None
    location: Place | None = None
    company: ListedCompany | None = None
    updated_at: str | None = None
    """ISO 8601."""

    @property
    def row(self) -> tuple[Cell, ...]:
        """The cells under `COLUMNS`."""
        place, company = self.location or Place(), self.company or ListedCompany()
        return (
            *(getattr(self, name) for name in _OWN_COLUMNS),
            place.city,
            place.region,
            place.country,
            company.name,
            company.domain,
            company.industry,
            company.employee_count,
            self.updated_at,
        )

    def subjects(self) -> frozenset[str]:
        """What identifies the person, for suppression."""
        employer = self.company.domain if self.company else None
        return frozenset(v for v in (self.work_email, self.mobile_phone, self.linkedin_url, employer) if v)


_OWN_COLUMNS = (
    "prospect_id",
    "full_name",
    "first_name",
    "last_name",
    "job_title",
    "seniority",
    "job_function",
    "work_email",
    "email_status",
    "mobile_phone",
    "linkedin_url",
)
COLUMNS = (
    *_OWN_COLUMNS,
    "city",
    "region",
    "country",
    "company_name",
    "company_domain",
    "company_industry",
    "company_employees",
    "updated_at",
)
"""The header of an exported list."""


class ProspectList(Answer):
    """A list without its people."""

    list_id: str
    name: str
    description: str | None = None
    created_at: str | None = None
    """ISO 8601."""
    updated_at: str | None = None


class CreateList(Query[ProspectList]):
    """Make an empty list."""

    answer: ClassVar[type[Answer]] = ProspectList
    free: ClassVar[bool] = True

    name: ListName
    description: ListDescription | None = None


class AddedProspect(Answer):
    """The person as the list now holds them."""

    prospect: Prospect

    def subjects(self) -> frozenset[str]:
        return self.prospect.subjects()


class AddProspect(Query[AddedProspect]):
    """Put one person on a list. An e-mail address known to be invalid or suppressed is not written."""

    answer: ClassVar[type[Answer]] = AddedProspect
    free: ClassVar[bool] = True

    list_id: ListId
    first_name: fields.FirstName
    last_name: fields.LastName
    job_title: fields.JobTitle | None = None
    company_name: fields.CompanyName | None = None
    work_email: fields.Email | None = None
    email_status: QualityStatus | None = None
    mobile_phone: Phone | None = None
    profile_url: fields.PersonUrl | None = None
    seniority: Seniority | None = None
    job_function: fields.Text | None = None

    def subjects(self) -> frozenset[str]:
        known = super().subjects()
        return known | {self.mobile_phone} if self.mobile_phone else known


class ProspectPage(Answer):
    """A page of a list; `next_cursor` leads to the next one and is absent on the last."""

    list_id: str
    prospects: tuple[Prospect, ...]
    next_cursor: str | None = None

    def subjects(self) -> frozenset[str]:
        return frozenset(subject for prospect in self.prospects for subject in prospect.subjects())

    def without(self, suppressed: Callable[[frozenset[str]], bool]) -> Self | None:
        kept = tuple(one for one in self.prospects if not suppressed(one.subjects()))
        return self.keeping("prospects", kept, len(self.prospects) - len(kept))


class ShowList(Query[ProspectPage]):
    """One page of the people on a list."""

    answer: ClassVar[type[Answer]] = ProspectPage
    free: ClassVar[bool] = True

    list_id: ListId
    limit: Annotated[int, Field(description="Most people on the page.", ge=1, le=100)] = 100
    cursor: Cursor | None = None


class ExportList(Query[ProspectPage]):
    """Everybody on a list, up to `limit` people; `next_cursor` says where it stopped."""

    answer: ClassVar[type[Answer]] = ProspectPage
    free: ClassVar[bool] = True

    list_id: ListId
    limit: Annotated[int, Field(description="Most people to export.", ge=1, le=10_000)] = 10_000
