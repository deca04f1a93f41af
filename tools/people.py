"""Tools that find people by criteria."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from server.domain import fields
from server.domain.criteria import Audience, PeopleMore
from server.domain.people_search import FindRecentJobChanges, GroupedPeople, JobChanges, SearchPeopleByCompany
from server.domain.person import PeoplePage
from server.domain.plan import Plan, ask
from server.domain.search import SearchPeople
from server.edge.tool import Family

people = Family("people")


@people.lookup("Search people", company_domain="stripe.com", titles=["Engineer", "Designer"], limit=3)
def search_people(
    audience: Audience,
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    keywords: fields.Keywords | None = None,
    required_email: Annotated[bool, Field(description="Only where an address is known.")] = False,
    required_mobile: Annotated[bool, Field(description="Only where a number is known.")] = False,
    reveal_email: Annotated[bool, Field(description="1 credit more for each address.")] = False,
    reveal_mobile: Annotated[bool, Field(description="5 credits more for each number.")] = False,
    more_filters: PeopleMore = (),
    limit: fields.Limit = 10,
    offset: fields.Offset = 0,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[PeoplePage]:
    """Search people by position, place and company.

    Contact details stay masked unless reveal_email or reveal_mobile is true. Every returned person is charged; limit
    is 10 unless given.
    """
    query = SearchPeople(
        company_domain=company_domain,
        company_name=company_name,
        companies=audience.companies(more_filters),
        people=audience.people(more_filters),
        titles=audience.titles,
        keywords=keywords,
        required_email=required_email,
        required_mobile=required_mobile,
        include_email=reveal_email,
        include_mobile=reveal_mobile,
        limit=limit,
        offset=offset,
        fresh=force_refresh,
    )
    return ask(query, lambda page: page.brief)


@people.lookup("Search people grouped by company", titles=["VP Sales"], industries=["Technology"], limit=2)
def search_people_grouped_by_company(
    audience: Audience,
    company_domains: fields.Domains = (),
    company_names: fields.Words = (),
    limit: Annotated[int, Field(description="Most companies.", ge=1, le=25)] = 5,
    per_company: Annotated[int, Field(description="Most people of each.", ge=1, le=25)] = 3,
    offset: fields.Offset = 0,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[GroupedPeople]:
    """Search companies together with their matching people.

    Each returned company costs 3 credits and each person 0.1; 5 companies with 3 people each unless given.
    """
    query = SearchPeopleByCompany(
        **dict(audience),
        company_domains=company_domains,
        company_names=company_names,
        limit=limit,
        per_company=per_company,
        offset=offset,
        fresh=force_refresh,
    )
    return ask(query, lambda groups: groups.brief)


@people.lookup("Find recent job changes", since="2026-08-01", titles=["VP Sales"], limit=3)
def find_recent_job_changes(
    since: Annotated[date, Field(description="YYYY-MM-DD.", examples=["2026-08-01"])],
    audience: Audience,
    company_domains: fields.Domains = (),
    company_names: fields.Words = (),
    moved: Annotated[bool, Field(description="False leaves new employees out.")] = True,
    promoted: Annotated[bool, Field(description="False leaves promotions out.")] = True,
    limit: fields.Limit = 10,
    offset: fields.Offset = 0,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[JobChanges]:
    """Find people who joined another company or were promoted since a day, the latest first.

    Filters describe the position that they have now. To check one known person use detect_job_change.
    """
    query = FindRecentJobChanges(
        **dict(audience),
        company_domains=company_domains,
        company_names=company_names,
        since=since,
        moved=moved,
        promoted=promoted,
        limit=limit,
        offset=offset,
        fresh=force_refresh,
    )
    return ask(query, lambda changes: changes.brief)
