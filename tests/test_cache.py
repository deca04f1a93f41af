"""Answers that were paid for come back for nothing, while they are fresh and nobody opted out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from server.cache import Cache, Stored
from server.domain.company import ListEmployees
from server.domain.contact import EmailVerdict, FindWorkEmail, ValidateEmail
from server.domain.outcome import Outcome
from server.domain.person import PeoplePage, Person
from server.domain.quality import Quality, QualityStatus
from server.domain.query import AnyQuery
from server.domain.receipt import Provenance
from server.storage.database import Database, Statement, Transaction
from server.storage.tables import answer_subjects, answers
from tests.databases import Clock

ADA = ValidateEmail(email="ada@example.com")
SUBJECTS = Statement(select(func.count()).select_from(answer_subjects))
ANSWERS = Statement(select(func.count()).select_from(answers))


@pytest.fixture
def cache(database: Database, clock: Clock) -> Cache:
    return Cache(database, clock)


@pytest.fixture
def restarted(database: Database, clock: Clock) -> Cache:
    """The cache of another process, or of a later one: nothing in memory yet."""
    return Cache(database, clock)


def verdict(clock: Clock, email: str = "ada@example.com", *, days: float = 30) -> Stored:
    quality = Quality(status=QualityStatus.VERIFIED, score=0.99, basis="email_status", provider_raw="valid")
    answer = EmailVerdict(
        email=email,
        status=QualityStatus.VERIFIED,
        score=0.99,
        is_catch_all=False,
        mx_host="mx.example.com",
        quality=quality,
        warnings=("one shape variant",),
        record_id="r-1",
    )
    provenance = Provenance("leadmagic", "email_validation", clock(), cached=False)
    return Stored(Outcome.FOUND, answer, provenance, clock() + timedelta(days=days))


def people(clock: Clock, *names: str) -> Stored:
    rows = tuple(Person(full_name=name, work_email=f"{name}@example.com") for name in names)
    provenance = Provenance("leadmagic", "people_search", clock(), cached=False)
    return Stored(Outcome.FOUND, PeoplePage(people=rows), provenance, clock() + timedelta(days=7))


async def store(cache: Cache, database: Database, query: AnyQuery, stored: Stored, workspace: str = "acme") -> None:
    await database.write(lambda tx: cache.put(tx, workspace, query, stored))
    cache.remember(workspace, query, stored)


async def test_a_stored_answer_comes_back_as_it_was_and_says_that_it_was_stored(
    cache: Cache, restarted: Cache, database: Database, clock: Clock
):
    stored = verdict(clock)
    await store(cache, database, ADA, stored)
    for level in (cache.peek("acme", ADA), await cache.get("acme", ADA), await restarted.get("acme", ADA)):
        assert level is not None
        assert level.answer == stored.answer
        assert (level.outcome, level.expires_at) == (stored.outcome, stored.expires_at)
        assert level.provenance == Provenance("leadmagic", "email_validation", clock(), cached=True)


async def test_what_was_read_from_storage_is_in_memory_from_then_on(
    cache: Cache, restarted: Cache, database: Database, clock: Clock
):
    await store(cache, database, ADA, verdict(clock))
    assert restarted.peek("acme", ADA) is None
    await restarted.get("acme", ADA)
    assert restarted.peek("acme", ADA) == cache.peek("acme", ADA)


async def test_a_miss_is_stored_too(cache: Cache, restarted: Cache, database: Database, clock: Clock):
    query = FindWorkEmail(first_name="Ada", last_name="Lovelace", company_domain="example.com")
    nobody = Stored(Outcome.NOT_FOUND, None, Provenance("", "", clock(), cached=False), clock() + timedelta(days=1))
    await store(cache, database, query, nobody)
    again = await restarted.get("acme", query)
    assert again is not None
    assert (again.outcome, again.answer) == (Outcome.NOT_FOUND, None)


async def test_an_answer_is_fresh_until_it_expires_and_not_a_moment_longer(
    cache: Cache, restarted: Cache, database: Database, clock: Clock
):
    await store(cache, database, ADA, verdict(clock, days=1))
    clock.advance(hours=23, minutes=59, seconds=59)
    assert cache.peek("acme", ADA) is not None
    assert await restarted.get("acme", ADA) is not None
    clock.advance(seconds=1)
    assert cache.peek("acme", ADA) is None
    assert await cache.get("acme", ADA) is None
    assert await restarted.get("acme", ADA) is None


async def test_equal_questions_find_the_answer_however_they_were_put(cache: Cache, database: Database, clock: Clock):
    await store(cache, database, ValidateEmail(email=" ADA@Example.com ", fresh=True), verdict(clock))
    assert cache.peek("acme", ValidateEmail(email="ada@example.com")) is not None
    assert cache.peek("acme", ValidateEmail(email="ada@example.com", fresh=False)) is not None
    assert cache.peek("acme", ValidateEmail(email="grace@example.com")) is None


async def test_another_workspace_never_sees_an_answer(cache: Cache, restarted: Cache, database: Database, clock: Clock):
    await store(cache, database, ADA, verdict(clock))
    assert cache.peek("globex", ADA) is None
    assert await cache.get("globex", ADA) is None
    assert await restarted.get("globex", ADA) is None


async def test_a_newer_answer_replaces_the_older(cache: Cache, restarted: Cache, database: Database, clock: Clock):
    await store(cache, database, ADA, verdict(clock))
    clock.advance(days=2)
    newer = verdict(clock, days=3)
    await store(cache, database, ADA, newer)
    for level in (cache.peek("acme", ADA), await restarted.get("acme", ADA)):
        assert level is not None
        assert (level.provenance.fetched_at, level.expires_at) == (clock(), newer.expires_at)
    assert list(await database.read(ANSWERS)) == [(1,)]


async def test_an_answer_whose_transaction_failed_is_not_there(cache: Cache, database: Database, clock: Clock):
    def unit(tx: Transaction) -> None:
        cache.put(tx, "acme", ADA, verdict(clock))
        raise RuntimeError("the capture failed")

    with pytest.raises(RuntimeError):
        await database.write(unit)
    assert await cache.get("acme", ADA) is None
    assert list(await database.read(SUBJECTS)) == [(0,)]


async def test_memory_is_bounded_by_rows_and_forgets_the_least_recently_used(database: Database, clock: Clock):
    cache = Cache(database, clock, size=4)
    first, second, third = (ValidateEmail(email=f"{name}@example.com") for name in ("a", "b", "c"))
    for query in (first, second, third):
        cache.remember("acme", query, verdict(clock))
    assert cache.peek("acme", first) is not None
    page = ListEmployees(company_domain="example.com", limit=2)
    cache.remember("acme", page, people(clock, "ada", "grace"))
    assert [cache.peek("acme", query) is not None for query in (first, second, third, page)] == [
        True,
        False,
        True,
        True,
    ]
    cache.remember("acme", page, people(clock, "ada", "grace"))
    assert cache.peek("acme", first) is not None


async def test_a_page_larger_than_the_memory_is_found_in_storage(database: Database, clock: Clock):
    cache = Cache(database, clock, size=1)
    page = ListEmployees(company_domain="example.com", limit=2)
    await store(cache, database, page, people(clock, "ada", "grace"))
    assert cache.peek("acme", page) is None
    again = await cache.get("acme", page)
    assert again is not None
    assert again.answer == people(clock, "ada", "grace").answer


@pytest.mark.parametrize("subject", ["Ada@Example.com", "example.com", "ada@example.com"])
async def test_somebody_who_opted_out_is_taken_out_of_stored_answers(
    cache: Cache, restarted: Cache, database: Database, clock: Clock, subject: str
):
    page = ListEmployees(company_name="Example", limit=2)
    other = ValidateEmail(email="ada@other.org")
    await store(cache, database, ADA, verdict(clock))
    await store(cache, database, page, people(clock, "ada", "grace"))
    await store(cache, database, other, verdict(clock, "ada@other.org"))
    await store(cache, database, ADA, verdict(clock), workspace="globex")
    assert await cache.forget("acme", subject) == 2
    for level in (cache, restarted):
        withheld, shorter = await level.get("acme", ADA), await level.get("acme", page)
        assert withheld is not None
        assert (withheld.outcome, withheld.answer) == (Outcome.SUPPRESSED, None)
        if subject == "example.com":
            assert shorter is not None
            assert (shorter.outcome, shorter.answer) == (Outcome.SUPPRESSED, None)
        else:
            assert shorter is not None
            assert isinstance(shorter.answer, PeoplePage)
            assert [person.work_email for person in shorter.answer.people] == ["grace@example.com"]
            assert shorter.answer.warnings == ("1 entry on the suppression list left out.",)
        assert await level.get("acme", other) is not None
        assert await level.get("globex", ADA) is not None
    assert await cache.forget("acme", subject) == 0


async def test_a_question_about_somebody_is_forgotten_though_the_answer_does_not_name_them(
    cache: Cache, database: Database, clock: Clock
):
    nothing = Stored(Outcome.NOT_FOUND, None, Provenance("", "", clock(), cached=False), clock() + timedelta(days=1))
    await store(cache, database, ADA, nothing)
    assert await cache.forget("acme", "ada@example.com") == 1


async def test_a_sweep_deletes_what_has_expired_and_nothing_else(cache: Cache, database: Database, clock: Clock):
    queries = [ValidateEmail(email=f"m{number}@example.com") for number in range(2_500)]

    def unit(tx: Transaction) -> None:
        for query in queries:
            cache.put(tx, "acme", query, verdict(clock, query.email, days=1))
        cache.put(tx, "acme", ADA, verdict(clock, days=2))

    await database.write(unit)
    assert await cache.sweep() == 0
    clock.advance(days=1)
    assert await cache.sweep() == 2_500
    assert list(await database.read(ANSWERS)) == [(1,)]
    assert list(await database.read(SUBJECTS)) == [(2,)]
    assert await cache.get("acme", ADA) is not None


async def test_an_answer_in_a_shape_of_the_past_counts_as_not_stored(
    cache: Cache, restarted: Cache, database: Database, clock: Clock
):
    await store(cache, database, ADA, verdict(clock))
    old = Statement(update(answers).values(answer='{"address": "ada@example.com", "deliverable": true}'))
    await database.write(lambda tx: tx.execute(old))
    assert await restarted.get("acme", ADA) is None
    await store(restarted, database, ADA, verdict(clock))
    assert await restarted.get("acme", ADA) is not None


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("SELECT answer FROM answers WHERE workspace = 'w' AND key = 'k'", "sqlite_autoindex_answers_1"),
        ("SELECT key FROM answer_subjects WHERE workspace = 'w' AND subject = 's'", "PRIMARY KEY"),
        ("SELECT key FROM answers WHERE expires_at <= 1 ORDER BY expires_at LIMIT 9", "ix_answers_expires_at"),
    ],
)
async def test_an_answer_is_found_by_index_however_many_there_are(sqlite_url: str, statement: str, index: str):
    database = await Database.open(sqlite_url)
    plan = str(await database.read(Statement(text(f"EXPLAIN QUERY PLAN {statement}"))))
    assert index in plan
    assert "SCAN" not in plan
    await database.close()


async def test_many_keys_are_looked_for_at_once(cache: Cache, database: Database, clock: Clock):
    queries = [ValidateEmail(email=f"ada{n}@example.com") for n in range(4)]
    await store(cache, database, queries[0], verdict(clock))
    await store(cache, database, queries[2], verdict(clock), workspace="other")
    await store(cache, database, queries[3], verdict(clock, days=-1))
    assert await cache.known("acme", [query.key for query in queries]) == {queries[0].key}
