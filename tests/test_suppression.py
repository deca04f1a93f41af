"""People who have opted out are found whatever they are called by."""

from __future__ import annotations

import pytest

from server.domain.errors import InvalidInput, StorageUnavailable
from server.storage.database import Database
from server.suppression import OptOut, Suppression
from tests.databases import Clock


@pytest.fixture
async def suppression(database: Database, clock: Clock) -> Suppression:
    suppression = Suppression(database, clock)
    await suppression.load()
    return suppression


@pytest.fixture
async def other(database: Database, clock: Clock) -> Suppression:
    """Another process over the same database."""
    suppression = Suppression(database, clock)
    await suppression.load()
    return suppression


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        (" Ada@Example.com ", "ada@example.com"),
        ("https://Example.com/about", "example.com"),
        ("example.com", "ada@example.com"),
        ("example.com", "ada@mail.example.com"),
        ("example.com", "eu.example.com"),
        ("linkedin.com/in/Ada-Lovelace/", "https://www.linkedin.com/in/ada-lovelace"),
        ("https://uk.linkedin.com/company/Stripe", "https://www.linkedin.com/company/stripe"),
        ("+1 (415) 555-0100", "+14155550100"),
    ],
)
async def test_whoever_is_listed_is_covered(suppression: Suppression, listed: str, asked: str):
    await suppression.add("acme", listed, "asked by e-mail", "grace")
    assert suppression.covers("acme", frozenset({"https://www.linkedin.com/in/somebody-else", asked}))


@pytest.mark.parametrize(
    "asked",
    [
        "grace@example.com",
        "ada@other.com",
        "example.com",
        "ada@example.com.evil.net",
        "https://www.linkedin.com/in/ada",
    ],
)
async def test_nobody_else_is_covered(suppression: Suppression, asked: str):
    await suppression.add("acme", "ada@example.com", "asked", "grace")
    assert not suppression.covers("acme", frozenset({asked}))


async def test_an_address_on_a_longer_domain_of_the_same_ending_is_not_covered(suppression: Suppression):
    await suppression.add("acme", "ample.com", "asked", "grace")
    assert not suppression.covers("acme", frozenset({"ada@example.com"}))


async def test_lists_belong_to_their_workspace(suppression: Suppression):
    await suppression.add("acme", "example.com", "asked", "grace")
    assert suppression.active("acme")
    assert not suppression.active("globex")
    assert not suppression.covers("globex", frozenset({"ada@example.com"}))
    assert await suppression.list("globex") == ()


async def test_the_list_says_who_added_what_when_and_why(suppression: Suppression, clock: Clock):
    first = clock()
    assert await suppression.add("acme", "Ada@Example.com", "asked by e-mail", "grace") == "ada@example.com"
    clock.advance(hours=1)
    await suppression.add("acme", "example.org", "contract", "mary")
    await suppression.add("acme", "ada@example.com", "asked again", "mary")
    assert await suppression.list("acme") == (
        OptOut("ada@example.com", "asked by e-mail", first, "grace"),
        OptOut("example.org", "contract", clock(), "mary"),
    )


async def test_who_is_taken_off_the_list_is_covered_no_more(suppression: Suppression):
    await suppression.add("acme", "example.com", "asked", "grace")
    assert await suppression.remove("acme", "EXAMPLE.com") is True
    assert await suppression.remove("acme", "example.com") is False
    assert not suppression.covers("acme", frozenset({"ada@example.com"}))
    assert not suppression.active("acme")


async def test_the_list_survives_the_process(suppression: Suppression, database: Database, clock: Clock):
    await suppression.add("acme", "example.com", "asked", "grace")
    restarted = Suppression(database, clock)
    assert not restarted.covers("acme", frozenset({"ada@example.com"}))
    await restarted.load()
    assert restarted.covers("acme", frozenset({"ada@example.com"}))


async def test_another_process_learns_of_a_change_when_it_refreshes(suppression: Suppression, other: Suppression):
    await suppression.add("acme", "example.com", "asked", "grace")
    await other.refresh()
    assert other.covers("acme", frozenset({"ada@example.com"}))
    await suppression.remove("acme", "example.com")
    await other.refresh()
    assert not other.active("acme")


@pytest.mark.parametrize(
    "nonsense", ["", "ada", "ada@", "+12", "https://www.linkedin.com/feed", "a\u200bda@example.com"]
)
async def test_what_names_nobody_is_refused_with_the_fix(suppression: Suppression, nonsense: str):
    with pytest.raises(InvalidInput) as refusal:
        await suppression.add("acme", nonsense, "asked", "grace")
    assert refusal.value.field == "subject"
    assert "E.164" in str(refusal.value.fix) or "e-mail address" in str(refusal.value.fix)
    assert not suppression.active("acme")


async def test_an_opt_out_that_could_not_be_written_is_not_pretended(storage_url: str, clock: Clock):
    database = await Database.open(storage_url)
    suppression = Suppression(database, clock)
    await suppression.load()
    await database.close()
    with pytest.raises(StorageUnavailable):
        await suppression.add("acme", "example.com", "asked", "grace")
    assert not suppression.active("acme")
