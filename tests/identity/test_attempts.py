"""Guessing is slowed down by account and by address, over all replicas, without telling which accounts exist."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from server.domain.errors import TooManyAttempts
from server.identity.identity import Identity
from server.identity.password import Passwords
from server.storage.database import Database
from tests.databases import Clock
from tests.identity.conftest import CHEAP, GOOD

HOME, AWAY = "192.0.2.1", "198.51.100.7"


@pytest.fixture(autouse=True)
async def ada(identity: Identity) -> None:
    await identity.people.add("ada@example.com", "Ada", password=GOOD)


async def attempt(
    identity: Identity, email: str, password: str = "wrong", address: str = HOME
) -> bool | TooManyAttempts:
    try:
        return await identity.attempts.sign_in(email, password, address=address) is not None
    except TooManyAttempts as refusal:
        return refusal


async def test_a_right_password_signs_in_and_both_kinds_are_noted(identity: Identity, clock: Clock):
    assert await attempt(identity, "ada@example.com") is False
    token = await identity.attempts.sign_in("ADA@example.com", GOOD, address=HOME)
    assert token is not None
    found = await identity.sign_ins.current(token)
    assert found is not None
    assert (found.user.email, found.method) == ("ada@example.com", "password")
    noted = [(entry.event, entry.member, dict(entry.detail)) for entry in await identity.audit.since(clock())][-2:]
    assert noted == [
        ("sign_in.failed", "ada@example.com", {"address": HOME}),
        ("sign_in.succeeded", "ada@example.com", {"method": "password", "address": HOME}),
    ]


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
async def test_the_eleventh_attempt_on_an_account_waits_whoever_it_is(identity: Identity, clock: Clock, email: str):
    clock.advance(minutes=5)
    assert [await attempt(identity, email, address=f"192.0.2.{n}") for n in range(10)] == [False] * 10
    refusal = await attempt(identity, f" {email.upper()}", GOOD, address=AWAY)
    assert isinstance(refusal, TooManyAttempts)
    assert refusal.retry_after == timedelta(minutes=10)
    assert (refusal.message, refusal.fix) == ("There were too many attempts.", "Try again in 10 minutes.")
    clock.advance(minutes=10)
    assert await attempt(identity, "ada@example.com", GOOD) is True


async def test_signing_in_clears_the_accounts_count(identity: Identity):
    for _ in range(3):
        assert [await attempt(identity, "ada@example.com") for _ in range(9)] == [False] * 9
        assert await attempt(identity, "ada@example.com", GOOD) is True


async def test_the_fifty_first_attempt_from_an_address_waits(identity: Identity):
    assert [await attempt(identity, f"person-{n}@example.com") for n in range(50)] == [False] * 50
    assert isinstance(await attempt(identity, "ada@example.com", GOOD), TooManyAttempts)
    assert await attempt(identity, "ada@example.com", GOOD, address=AWAY) is True


async def test_attempts_at_once_and_on_several_replicas_are_counted_together(
    identity: Identity, database: Database, clock: Clock
):
    replica = Identity(database, clock, passwords=Passwords(CHEAP))
    results = await asyncio.gather(
        *(attempt(one, "ada@example.com", address=f"192.0.2.{n}") for n in range(10) for one in (identity, replica))
    )
    assert results.count(False) == 10
    assert sum(isinstance(one, TooManyAttempts) for one in results) == 10


async def test_counts_of_yesterday_are_forgotten(identity: Identity, clock: Clock):
    await identity.throttle.count("a bucket", 1, timedelta(days=1))
    clock.advance(days=2)
    await identity.sweep()
    clock.advance(days=-2)
    await identity.throttle.count("a bucket", 1, timedelta(days=1))
