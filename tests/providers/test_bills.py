"""The flows of four providers over the sandbox's real HTTP: what Weir counts is what the vendor bills, call by call."""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from server.catalog import read_providers
from server.domain.account import Balance, GetBalance
from server.domain.bulk import Contact, EnrichContacts, EnrichedContacts, ValidateEmails
from server.domain.company import FindCompany, FindRole, GetFunding, GetTechnographics, ListEmployees
from server.domain.contact import (
    DetectJobChange,
    FindEmailByProfile,
    FindMobile,
    FindProfileByEmail,
    FindWorkEmail,
    GetProfile,
    ValidateEmail,
)
from server.domain.errors import ProviderOutOfCredits, ProviderRejectedKey, ProviderRejectedRequest
from server.domain.lists import AddProspect, CreateList, ExportList, ProspectPage, ShowList
from server.domain.money import Credits, credits
from server.domain.people_search import FindRecentJobChanges, SearchPeopleByCompany
from server.domain.quality import QualityStatus
from server.domain.query import Answer, AnyQuery
from server.domain.roster import ListSources, Roster
from server.domain.search import CompanyFilters, SearchPeople
from server.provider import Offering, Provider
from server.sandbox import accounts, people, world
from server.sandbox import app as sandbox
from server.upstream import Connection, Driven, Upstream

PROVIDERS = read_providers()
VENDORS = ("xmagnet", "leadiq", "leadsonar", "leadcontact")
SAMPLE = people.contacts(40, seed=7)
TODAY = datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Vendor:
    """One simulated vendor with an account of the test's own."""

    provider: Provider
    upstream: Upstream
    key: str

    async def ask(self, offering: Offering[Any], query: AnyQuery) -> Driven[Any]:
        return await self.upstream.drive(offering, query, deadline=time.monotonic() + 30)

    async def answer(self, query: AnyQuery) -> Answer | None:
        """The answer of the provider's only flow for the query."""
        (offering,) = (one for one in self.provider.offerings() if one.query is type(query))
        return (await self.ask(offering, query)).answer

    @property
    def billed(self) -> Credits:
        """What the vendor has charged so far."""
        return Credits(accounts.of(self.provider.name, self.key).charged)


def hosts(provider: Provider, url: str) -> Mapping[str, str]:
    return {name: f"{url}/{provider.name if name == 'default' else name}" for name in provider.manifest.hosts}


@asynccontextmanager
async def vendor(name: str, key: str) -> AsyncGenerator[Vendor]:
    provider = PROVIDERS[name]
    secret = base64.b64encode(key.encode()).decode() if name == "leadiq" else key
    async with sandbox.running() as url:
        upstream = Upstream({name: Connection(secret, hosts(provider, url), per_minute=float("inf"))})
        try:
            yield Vendor(provider, upstream, key)
        finally:
            await upstream.close()


def questions(contact: dict[str, str]) -> list[AnyQuery]:
    """Everything that can be asked about one contact."""
    company = world.company(contact["company_domain"])
    assert company is not None
    first, last, domain = contact["first_name"], contact["last_name"], contact["company_domain"]
    one = world.person(first, last, company) or world.employees(company)[0]
    url, email = f"https://www.linkedin.com/in/{one.slug}", one.work_email
    names: dict[str, Any] = {"first_name": first, "last_name": last, "company_domain": domain}
    return [
        FindWorkEmail(**names),
        FindWorkEmail(full_name=f"{first} {last}", company_name=contact["company_name"]),
        FindEmailByProfile(profile_url=url, **names),
        FindMobile(profile_url=url, work_email=email, **names),
        FindMobile(work_email=email),
        ValidateEmail(email=email),
        GetProfile(profile_url=url),
        FindProfileByEmail(work_email=email),
        DetectJobChange(profile_url=url, company_name=contact["company_name"]),
        FindCompany(company_domain=domain),
        GetFunding(company_name=contact["company_name"]),
        GetTechnographics(company_domain=domain),
        FindRole(job_title=contact["title"], company_domain=domain),
        ListEmployees(company_domain=domain, limit=30),
    ]


def searches() -> list[AnyQuery]:
    """What is asked about many at once."""
    domains = tuple(dict.fromkeys(contact["company_domain"] for contact in SAMPLE))[:8]
    emails = tuple(
        dict.fromkeys(
            f"{contact['first_name']}.{contact['last_name']}@{contact['company_domain']}".replace(" ", "").lower()
            for contact in SAMPLE
            if (contact["first_name"] + contact["last_name"]).isascii()
        )
    )
    contacts = tuple(
        Contact(first_name=one["first_name"], last_name=one["last_name"], company_domain=one["company_domain"])
        for one in SAMPLE
    )
    return [
        SearchPeople(companies=CompanyFilters(company_domains=domains), limit=60),
        FindRecentJobChanges(since=date(2024, 1, 1), company_domains=domains, limit=40),
        SearchPeopleByCompany(company_domains=domains, limit=5, per_company=3),
        ValidateEmails(emails=emails),
        EnrichContacts(contacts=contacts),
        EnrichContacts(contacts=contacts[:7], want_phone=True),
    ]


@pytest.mark.parametrize("name", VENDORS)
async def test_every_call_is_counted_as_the_vendor_bills_it_and_within_its_quote(name: str) -> None:
    async with vendor(name, f"sandbox-bills-{name}") as one:
        asked = found = 0
        for query in [question for contact in SAMPLE[:12] for question in questions(contact)] + searches():
            for offering in one.provider.offerings():
                if offering.query is not type(query) or not offering.when(query):
                    continue
                # Every question is the first one of its account: what was unlocked before is not known here.
                accounts.reset()
                price = offering.operation.in_force(TODAY)
                assert price is not None
                driven = await one.ask(offering, query)
                units = driven.answer.units if driven.answer else 0
                counted = price.charge(units, query.extras) if driven.charged is None else driven.charged
                assert counted == one.billed, (offering.operation.name, query)
                assert counted <= price.most(query.units, query.extras), (offering.operation.name, query)
                asked, found = asked + 1, found + (units > 0)
        assert asked >= 36
        assert 0.2 < found / asked < 0.95


@pytest.mark.parametrize("name", ["xmagnet", "leadiq", "leadsonar"])
async def test_the_balance_falls_by_what_was_charged(name: str) -> None:
    async with vendor(name, f"sandbox-balance-{name}") as one:
        before = await one.answer(GetBalance())
        for contact in SAMPLE[:5]:
            query = FindWorkEmail(
                first_name=contact["first_name"],
                last_name=contact["last_name"],
                company_domain=contact["company_domain"],
            )
            await one.answer(query)
        after = await one.answer(GetBalance())
        assert isinstance(before, Balance)
        assert isinstance(after, Balance)
        assert before.available == 10_000
        assert credits(before.available) - credits(after.available or 0) == one.billed > 0


@pytest.mark.parametrize("name", VENDORS)
async def test_a_bad_key_is_refused_and_an_empty_account_said_to_be_empty(name: str) -> None:
    query = ValidateEmail(email="valid@magic.example")
    if name == "leadsonar":
        query = FindWorkEmail(first_name="Ada", last_name="Lovelace", company_domain="stripe.com")
    for key, failure in (("sandbox-bad", ProviderRejectedKey), ("sandbox-empty", ProviderOutOfCredits)):
        async with vendor(name, key) as one:
            with pytest.raises(failure):
                await one.answer(query)


async def test_a_job_of_leadsonar_is_polled_until_it_is_done_and_joined_by_what_it_echoes() -> None:
    async with vendor("leadsonar", "sandbox-job") as one:
        contacts = tuple(
            Contact(first_name=row["first_name"], last_name=row["last_name"], company_domain=row["company_domain"])
            for row in SAMPLE[:12]
        )
        answer = await one.answer(EnrichContacts(contacts=contacts, want_phone=True))
        assert isinstance(answer, EnrichedContacts)
        assert [row.row for row in answer.rows] == list(range(12))
        assert one.billed == credits(12 * 6)
        found = [row for row in answer.rows if row.email]
        assert len(found) >= 4
        for row in found:
            assert row.email is not None
            assert row.email.email is not None
            assert row.email.email.endswith(f"@{contacts[row.row].company_domain}")
            assert row.email.quality.status is not QualityStatus.VERIFIED


async def test_leadsonar_names_its_sources() -> None:
    async with vendor("leadsonar", "sandbox-roster") as one:
        roster = await one.answer(ListSources())
        assert isinstance(roster, Roster)
        assert len(roster.sources) == 20
        assert roster.enabled == sum(source.enabled for source in roster.sources) == 18


async def test_a_prospect_list_is_made_filled_read_and_exported_for_nothing() -> None:
    async with vendor("leadiq", "sandbox-lists") as one:
        made: Any = await one.answer(CreateList(name="Movers", description="Changed jobs"))
        with pytest.raises(ProviderRejectedRequest, match="already") as refusal:
            await one.answer(CreateList(name="Movers"))
        assert (refusal.value.field, refusal.value.fix) == ("name", "Choose another name.")
        for number in range(3):
            await one.answer(
                AddProspect(
                    list_id=made.list_id,
                    first_name="Ada",
                    last_name=f"Lovelace {number}",
                    work_email=f"ada{number}@stripe.com",
                    email_status=QualityStatus.PROBABLE if number else QualityStatus.SUPPRESSED,
                )
            )
        page = await one.answer(ShowList(list_id=made.list_id, limit=2))
        assert isinstance(page, ProspectPage)
        rest = await one.answer(ShowList(list_id=made.list_id, limit=2, cursor=page.next_cursor))
        whole = await one.answer(ExportList(list_id=made.list_id))
        assert isinstance(rest, ProspectPage)
        assert isinstance(whole, ProspectPage)
        assert whole.prospects == page.prospects + rest.prospects
        assert [prospect.work_email for prospect in whole.prospects] == [None, "ada1@stripe.com", "ada2@stripe.com"]
        assert whole.next_cursor is None
        assert await one.answer(ShowList(list_id="0" * 24)) is None
        assert one.billed == 0
