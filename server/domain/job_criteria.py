"""What job searches are narrowed by, as tools take it: the usual filters by name, the rare ones as `more_filters`.

Values are checked by the filter models, whose fields have the same names.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from server.domain import fields
from server.domain.job_filters import Experience, JobFilters, PostedWithin, PostingFilters
from server.domain.jobs import SimpleJobFilters
from server.domain.more_filters import MoreFilters, chosen
from server.domain.person import Part

SearchMore = Annotated[
    MoreFilters,
    Field(
        description="name:value of company_names, company_ids, exclude_companies, exclude_tags, states, regions, "
        "languages, work_modes (1-3), job_type_ids, industry_ids, company_type_ids, company_size_codes, "
        "posted_after, posted_before, include_agencies.",
        examples=[["languages:en", "job_type_ids:1"]],
    ),
]
ResolveMore = Annotated[
    MoreFilters,
    Field(
        description="name:value of company_names, regions, states, cities, exclude_titles, exclude_companies, "
        "exclude_tags.",
        examples=[["cities:Berlin"]],
    ),
]
SimpleMore = Annotated[
    MoreFilters,
    Field(
        description="name:value of job_type_id, company_type_id, company_industry_id, region_id, min_employees, "
        "max_employees, posted_after, posted_before.",
        examples=[["job_type_id:1", "min_employees:50"]],
    ),
]


class JobWords(Part):
    """The filters with a vocabulary that are used most; names or ids."""

    titles: fields.Words = ()
    occupation_level1: Annotated[fields.Words, Field(description="Broadest, such as Engineer.")] = ()
    occupation_level2: fields.Words = ()
    occupation_level3: fields.Words = ()
    company_domains: fields.Words = ()
    countries: Annotated[fields.Words, Field(description="ISO 3166-1 alpha-2.")] = ()
    tags: fields.Words = ()

    @property
    def named(self) -> dict[str, Any]:
        """The values by the names of the filters."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def resolvable(self, more: tuple[str, ...]) -> JobFilters:
        """Everything that is set, for the resolver."""
        return chosen(JobFilters, self.named, more)


class JobCriteria(JobWords):
    """The filters of the job search that are used most."""

    exclude_titles: fields.Words = ()
    cities: fields.Words = ()
    min_salary_usd: fields.Amount | None = None
    max_salary_usd: fields.Amount | None = None
    experience_levels: tuple[Experience, ...] = ()
    has_remote: bool | None = None
    posted_within: PostedWithin | None = None

    def filters(self, more: tuple[str, ...]) -> JobFilters:
        """Those with a vocabulary, with the ones in `more`."""
        of_postings = PostingFilters.model_fields.keys()
        named = {name: value for name, value in self.named.items() if name not in of_postings}
        return chosen(JobFilters, named, (entry for entry in more if _name(entry) not in of_postings))

    def postings(self, more: tuple[str, ...]) -> PostingFilters:
        """The others, with the ones in `more`."""
        of_postings = PostingFilters.model_fields.keys()
        named = {name: value for name, value in self.named.items() if name in of_postings}
        return chosen(PostingFilters, named, (entry for entry in more if _name(entry) in of_postings))


class SimpleJobCriteria(Part):
    """The documented filters of the page-based search."""

    job_title: fields.JobTitle | None = None
    job_description: fields.Text | None = None
    company_name: fields.Text | None = None
    company_website: Annotated[fields.CompanyDomain, Field(description="Company domain.")] | None = None
    experience_level: Experience | None = None
    has_remote: bool | None = None
    location: fields.Location | None = None
    city_name: fields.Text | None = None
    country_id: Annotated[fields.Country, Field(description="ISO 3166-1 alpha-2.")] | None = None
    posted_within: PostedWithin | None = None

    def filters(self, more: tuple[str, ...]) -> SimpleJobFilters:
        """Everything that is set."""
        return chosen(SimpleJobFilters, {name: getattr(self, name) for name in type(self).model_fields}, more)


def _name(entry: str) -> str:
    return entry.partition(":")[0].strip()
