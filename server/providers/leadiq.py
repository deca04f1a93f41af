"""LeadIQ: people and companies over GraphQL, prospect lists over REST.

Source: LeadIQ Public API Guide and the vendor's API samples. Only selected data is charged, so one GraphQL query is
several operations here, each with its price. No reply names its cost: what it holds is priced by the guide's table
(R3). Failures come with HTTP 200 and the status inside the body, or with the HTTP status itself (C-63).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Generator, Mapping
from functools import cached_property
from typing import Any

from server.domain.account import Balance, GetBalance
from server.domain.company import (
    CompanyRecord,
    FindCompany,
    FindRole,
    Funding,
    GetFunding,
    GetTechnographics,
    ListEmployees,
    TechStack,
)
from server.domain.contact import (
    DetectJobChange,
    EmailVerdict,
    FindEmailByProfile,
    FindMobile,
    FindProfileByEmail,
    FindWorkEmail,
    FoundEmail,
    FoundPhone,
    GetProfile,
    JobChange,
    ValidateEmail,
)
from server.domain.errors import ProviderError, ProviderNonsense, ProviderRejectedKey
from server.domain.lenient import Number, Reader, Said
from server.domain.lists import (
    AddedProspect,
    AddProspect,
    CreateList,
    ExportList,
    Prospect,
    ProspectList,
    ProspectPage,
    ShowList,
)
from server.domain.money import Credits
from server.domain.people_search import FindRecentJobChanges, GroupedPeople, JobChanges, SearchPeopleByCompany
from server.domain.person import PeoplePage, PersonProfile
from server.domain.search import SearchPeople
from server.provider import Flow, Provider, Request, Response, answers
from server.providers import _leadiq_company as company
from server.providers import _leadiq_lists as lists
from server.providers import _leadiq_people as people
from server.providers import _leadiq_reply as reply
from server.providers import _leadiq_search as search
from server.providers._leadiq_people import Camel


class LeadIQ(Provider):
    """Flows over `searchPeople`, `searchCompany`, the advanced searches, `account` and the Prospector lists."""

    # One person

    @answers(FindWorkEmail)
    @answers(FindEmailByProfile)
    @answers(ValidateEmail, partial=True, automatic=False)
    def search_people_email(
        self, query: FindWorkEmail | FindEmailByProfile | ValidateEmail
    ) -> Flow[FoundEmail | EmailVerdict]:
        """The work addresses of the best match; a verdict is LeadIQ's own status of an address that it knows."""
        person = yield from _person(people.EMAIL, query)
        if person is None:
            return None
        if isinstance(query, ValidateEmail):
            return people.verdict_answer(person, query)
        return people.email_answer(person, query.company_domain)

    @answers(FindMobile)
    def search_people_phone(self, query: FindMobile) -> Flow[FoundPhone]:
        """The best number; personal and work phones are one class and one price (C-64)."""
        person = yield from _person(people.PHONE, query)
        return None if person is None else people.phone_of(person)

    @answers(GetProfile)
    @answers(FindProfileByEmail)
    @answers(DetectJobChange, partial=True)
    def search_people_profile(
        self, query: GetProfile | FindProfileByEmail | DetectJobChange
    ) -> Flow[PersonProfile | JobChange]:
        """Name, profile and current positions."""
        person = yield from _person(people.PROFILE, query)
        if person is None:
            return None
        if isinstance(query, DetectJobChange):
            return people.job_change_answer(person, query)
        return people.profile_answer(person)

    # One company

    @answers(FindCompany, when=company.identifiable)
    def search_company(self, query: FindCompany) -> Flow[CompanyRecord]:
        """The first match."""
        found = yield from _company(query)
        return None if found is None else company.company_answer(found)

    @answers(GetFunding, partial=True)
    @answers(GetTechnographics, partial=True)
    def company_details(self, query: GetFunding | GetTechnographics) -> Flow[Funding | TechStack]:
        """Total and last kind of funding, or technologies by name and category; a company without costs as much."""
        found = yield from _company(query)
        if found is None:
            return None
        if isinstance(query, GetFunding):
            return company.funding_answer(found)
        return company.stack_answer(found, query)

    # Searches

    @answers(SearchPeople, when=search.expressible)
    @answers(ListEmployees, when=search.placeable)
    @answers(FindRole, when=search.placeable, partial=True)
    def flat_search(self, query: SearchPeople | ListEmployees | FindRole) -> Flow[PeoplePage | PersonProfile]:
        """People by filters, 25 a page; the first of them where a role is looked for."""
        limit = query.units
        offset = query.offset if isinstance(query, SearchPeople) else 0
        rows, total = yield from _rows(search.FLAT, search.filters(query), limit, offset)
        read = Reader()
        name, domain = query.company_name, query.company_domain
        found = tuple(search.person_of(row, read, company_name=name, company_domain=domain) for row in rows)
        if isinstance(query, FindRole):
            return PersonProfile(person=found[0], warnings=read.warnings, record_id=rows[0].id) if found else None
        return PeoplePage(people=found, total=total, warnings=read.warnings) if found else None

    @answers(FindRecentJobChanges, when=search.distinct)
    def job_changes(self, query: FindRecentJobChanges) -> Flow[JobChanges]:
        """People who moved or were promoted, the latest first."""
        rows, total = yield from _rows(search.CHANGES, search.filters(query), query.limit, query.offset)
        read = Reader()
        movers = search.movers(rows, read)
        return JobChanges(movers=movers, total=total, warnings=read.warnings) if movers else None

    @answers(SearchPeopleByCompany, when=search.distinct)
    def grouped_search(self, query: SearchPeopleByCompany) -> Flow[GroupedPeople]:
        """Companies with their matching people, on one page."""
        paging = {"limit": query.limit, "skip": query.offset, "limitPerCompany": query.per_company}
        data = yield from _graphql(search.GROUPED, search.filters(query) | paging)
        found = search.GroupsFound.read(data)
        read = Reader()
        groups = search.groups(found, query, read)
        total = found.grouped_advanced_search.total_companies
        return GroupedPeople(companies=groups, total=total, warnings=read.warnings) if groups else None

    # The account

    @answers(GetBalance)
    def account(self, _: GetBalance) -> Flow[Balance]:
        """Universal Credits of the billing period."""
        data = yield from _graphql(_ACCOUNT)
        account = _AccountFound.read(data).account
        plan = account.universal_plan or account.data_hub_plan
        if plan is None:
            return None
        read = Reader()
        known = plan.available is not None and plan.used is not None
        return Balance(
            plan=plan.name,
            available=plan.available,
            used=plan.used,
            total=(plan.available or 0) + (plan.used or 0) if known else None,
            resets_at=read.instant(plan.next_billing_period),
            unit="universal credits",
            warnings=read.warnings,
        )

    # Prospect lists

    @answers(CreateList)
    def prospector_create_list(self, query: CreateList) -> Flow[ProspectList]:
        """A new list; a name that exists already is refused."""
        response = yield lists.creation(query)
        return lists.list_answer(lists.Created.read(response.object()))

    @answers(AddProspect)
    def prospector_add_prospect(self, query: AddProspect) -> Flow[AddedProspect]:
        """One person more; not found means that the list does not exist."""
        response = yield lists.addition(query)
        return None if response.status == 404 else lists.added_answer(lists.Added.read(response.object()), query)

    @answers(ShowList)
    def prospector_list_prospects(self, query: ShowList) -> Flow[ProspectPage]:
        """One page; not found means that the list does not exist."""
        response = yield lists.page(query.list_id, query.limit, query.cursor)
        if response.status == 404:
            return None
        read = Reader()
        page = lists.Items.read(response.object())
        prospects = tuple(lists.prospect_of(item, read) for item in page.items)
        return ProspectPage(
            list_id=query.list_id, prospects=prospects, next_cursor=page.next_cursor, warnings=read.warnings
        )

    @answers(ExportList)
    def prospector_export(self, query: ExportList) -> Flow[ProspectPage]:
        """All pages in a row: the API's own CSV has no documented columns (C-62)."""
        read = Reader()
        prospects: list[Prospect] = []
        cursor: str | None = None
        while len(prospects) < query.limit:
            asked = cursor
            response = yield lists.page(query.list_id, min(lists.PAGE, query.limit - len(prospects)), asked)
            if response.status == 404:
                return None
            page = lists.Items.read(response.object())
            prospects += (lists.prospect_of(item, read) for item in page.items)
            cursor = page.next_cursor
            if cursor is None or cursor == asked or not page.items:
                break
        return ProspectPage(
            list_id=query.list_id, prospects=tuple(prospects), next_cursor=cursor, warnings=read.warnings
        )

    # What differs from plain REST

    def credentials(self, key: str, request: Request) -> Mapping[str, str]:
        """The secret is base64 already and goes out as it is; only Prospector wants what is inside (C-95)."""
        if request.host != lists.HOST:
            return super().credentials(key, request)
        try:
            return {"X-API-Key": base64.b64decode(key, validate=True).decode()}
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ProviderRejectedKey(
                "The LeadIQ key is not base64, so it cannot be used for prospect lists.",
                fix="Set LEADIQ_API_KEY to the Secret Base64 key from LeadIQ, Settings, API.",
            ) from error

    def charged(self, response: Response) -> Credits | None:
        """What the reply holds, by the guide's price per datum (R3)."""
        return reply.priced(response.peek().get("data"), self._prices)

    @cached_property
    def _prices(self) -> reply.Prices:
        hit = {name: max(row.prices, key=lambda one: one.since).hit for name, row in self.manifest.operations.items()}
        profile = hit["search_people_profile"]
        return reply.Prices(
            profile=profile,
            email=Credits(hit["search_people_email"] - profile),
            phone=Credits(hit["search_people_phone"] - profile),
            company=hit["search_company"],
        )

    def fault(self, response: Response) -> ProviderError | None:
        return reply.fault(response)


# Asking


_ACCOUNT = (
    "query Account { account { plans { name product status nextBillingPeriod } "
    "dataHubPlan { name product status nextBillingPeriod available used } "
    "universalPlan { name product status nextBillingPeriod available used } } }"
)


def _graphql(document: str, variables: Mapping[str, Any] | None = None) -> Generator[Request, Response, Any]:
    body: dict[str, Any] = {"query": document}
    if variables is not None:
        body["variables"] = {"input": dict(variables)}
    response = yield Request("POST", "/graphql", json=body)
    match response.object():
        case {"data": {**data}}:
            return data
        case _:
            raise ProviderNonsense("LeadIQ's answer has no data.")


def _person(document: str, query: Any) -> Generator[Request, Response, people.FoundPerson | None]:
    data = yield from _graphql(document, people.identity(query))
    return people.PeopleFound.read(data).best


def _company(query: company.Asked) -> Generator[Request, Response, company.FoundCompany | None]:
    data = yield from _graphql(company.document(query), company.identity(query))
    return company.CompaniesFound.read(data).best


def _rows(
    document: str, filters: Mapping[str, Any], limit: int, offset: int
) -> Generator[Request, Response, tuple[list[search.Row], int | None]]:
    """Pages of a flat search until `limit` people are there or LeadIQ has no more."""
    rows: list[search.Row] = []
    total: int | None = None
    while len(rows) < limit:
        size = min(search.PAGE, limit - len(rows))
        data = yield from _graphql(document, {**filters, "limit": size, "skip": offset + len(rows)})
        page = search.FlatFound.read(data).flat_advanced_search
        rows += page.people[:size]
        total = page.total_people
        if len(page.people) < size or (total is not None and offset + len(rows) >= total):
            break
    return rows, total


class _Plan(Camel):
    ignored = frozenset({"product", "status"})

    name: Said = None
    next_billing_period: Said = None
    available: Number = None
    used: Number = None


class _Account(Camel):
    ignored = frozenset({"plans"})

    data_hub_plan: _Plan | None = None
    universal_plan: _Plan | None = None


class _AccountFound(Camel):
    account: _Account
