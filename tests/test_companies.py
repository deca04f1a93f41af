"""Which companies a workspace knows, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.cache import Cache, Stored
from server.companies import Companies
from server.domain.company import Company, CompanyRecord, FindCompany
from server.domain.contact import ValidateEmail
from server.domain.outcome import Outcome
from server.domain.query import Answer, AnyQuery
from server.domain.receipt import Provenance
from server.storage.database import Database
from server.suppression import Suppression
from tests.databases import Clock


class Shelf:
    """Stores answers, and asks which companies they are about."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.cache = Cache(database, clock)
        self.suppression = Suppression(database, clock)
        self.companies = Companies(self.cache, self.suppression)

    async def put(self, query: AnyQuery, answer: Answer | None = None, workspace: str = "acme") -> None:
        where = Provenance("leadmagic", "company_search", self.clock(), cached=False)
        stored = Stored(Outcome.FOUND, answer, where, self.clock() + timedelta(days=1))
        await self.database.write(lambda tx: self.cache.put(tx, workspace, query, stored))

    async def put_company(self, domain: str, name: str, workspace: str = "acme") -> None:
        record = CompanyRecord(company=Company(name=name, domain=domain))
        await self.put(FindCompany(company_domain=domain), record, workspace)


@pytest.fixture
def shelf(database: Database, clock: Clock) -> Shelf:
    return Shelf(database, clock)


async def test_domains_are_found_by_their_start_in_alphabetical_order(shelf: Shelf) -> None:
    for domain in ("stripe.com", "strapi.io", "acme.io", "s-tr.com"):
        await shelf.put_company(domain, domain)
    assert await shelf.companies.domains("acme", "str") == ("strapi.io", "stripe.com")
    assert await shelf.companies.domains("acme", " STR") == ("strapi.io", "stripe.com")
    assert await shelf.companies.domains("acme", "s-") == ("s-tr.com",)
    assert await shelf.companies.domains("acme", "zz") == ()


async def test_a_prefix_is_text_and_not_a_pattern(shelf: Shelf) -> None:
    await shelf.put_company("stripe.com", "Stripe")
    for prefix in ("%", "_tripe", "s%", "\\", "'; --"):
        assert await shelf.companies.domains("acme", prefix) == ()


async def test_the_domain_of_an_address_counts_but_neither_the_address_nor_its_mail_provider(shelf: Shelf) -> None:
    await shelf.put(ValidateEmail(email="ada@northwind.example"))
    await shelf.put(ValidateEmail(email="ada@gmail.com"))
    await shelf.put(ValidateEmail(email="ada@shop.co.uk"))
    assert await shelf.companies.domains("acme", "") == ("northwind.example", "shop.co.uk")


async def test_names_are_found_whatever_their_case(shelf: Shelf) -> None:
    await shelf.put_company("stripe.com", "Stripe")
    await shelf.put_company("strapi.io", "strapi")
    assert await shelf.companies.names("acme", "STR") == ("strapi", "Stripe")


async def test_what_has_expired_is_forgotten(shelf: Shelf) -> None:
    await shelf.put_company("stripe.com", "Stripe")
    shelf.clock.advance(days=2)
    assert await shelf.companies.domains("acme", "") == ()
    assert await shelf.companies.names("acme", "") == ()


async def test_each_workspace_knows_its_own_companies_only(shelf: Shelf) -> None:
    await shelf.put_company("stripe.com", "Stripe", workspace="another")
    assert await shelf.companies.domains("acme", "") == ()
    assert await shelf.companies.names("acme", "") == ()
    assert await shelf.companies.domains("another", "") == ("stripe.com",)


async def test_companies_that_opted_out_are_not_named(shelf: Shelf) -> None:
    await shelf.put_company("stripe.com", "Stripe")
    await shelf.suppression.add("acme", "stripe.com", "asked", "ada")
    assert await shelf.companies.domains("acme", "") == ()
    assert await shelf.companies.names("acme", "") == ()
