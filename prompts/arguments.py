"""Arguments of prompts: tool fields, described for the people who fill them in, with completions where possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field

from server.domain import fields
from server.domain.job_filters import ExperienceLevel as Level
from server.domain.job_filters import GetJobCatalogs, SearchJobTitles
from server.domain.person import Seniority as Band
from server.edge.prompt import Completed
from server.edge.tool import Caller

_ENOUGH = 2
"""Letters from which on job titles are suggested, so that not every key press asks the provider."""

_TITLES = 20
_FILED_UNDER = "completion"


async def _domains(caller: Caller, typed: str) -> Sequence[str]:
    return await caller.known_domains(typed)


async def _companies(caller: Caller, typed: str) -> Sequence[str]:
    return await caller.known_companies(typed)


async def _seniorities(_: Caller, typed: str) -> Sequence[str]:
    return _starting(Band, typed)


async def _levels(_: Caller, typed: str) -> Sequence[str]:
    return _starting(Level, typed)


async def _countries(caller: Caller, typed: str) -> Sequence[str]:
    catalogs = await caller.look_up(GetJobCatalogs(), _FILED_UNDER)
    return _starting((entry.name for entry in catalogs.countries), typed) if catalogs is not None else ()


async def _titles(caller: Caller, typed: str) -> Sequence[str]:
    """Completes the last of several titles; those before it stay."""
    before, comma, last = typed.rpartition(",")
    text = last.strip()
    if len(text) < _ENOUGH:
        return ()
    found = await caller.look_up(SearchJobTitles(text=text, limit=_TITLES), _FILED_UNDER)
    kept = f"{before}{comma} " if comma else ""
    return [f"{kept}{term.name}" for term in found.terms] if found is not None else ()


def _starting(values: Iterable[str], typed: str) -> list[str]:
    start = typed.strip().casefold()
    return [str(value) for value in values if value.casefold().startswith(start)]


CompanyDomain = Annotated[
    fields.CompanyDomain, Field(description="Domain of the company, such as stripe.com."), Completed(_domains)
]
CompanyName = Annotated[
    fields.CompanyName, Field(description="Name of the company, if the domain is unknown."), Completed(_companies)
]
FirstName = Annotated[fields.FirstName, Field(description="Given name of the person.")]
LastName = Annotated[fields.LastName, Field(description="Family name of the person.")]
Email = Annotated[fields.Email, Field(description="E-mail address of the person, to be checked.")]
Titles = Annotated[
    fields.Keywords,
    Field(description="Job titles, separated by commas.", examples=["VP Sales, CRO"]),
    Completed(_titles),
]
Seniority = Annotated[Band, Field(description="Seniority of the people."), Completed(_seniorities)]
ExperienceLevel = Annotated[Level, Field(description="Experience that the postings ask for."), Completed(_levels)]
Country = Annotated[fields.Country, Field(description="Country, by name or ISO 3166-1 code."), Completed(_countries)]
Offer = Annotated[fields.Keywords, Field(description="What you sell, and to whom, in a sentence.")]
