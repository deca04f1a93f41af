"""A browser stays signed in while it is used, for a week at most."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from server.identity.identity import Identity
from server.identity.people import User
from server.identity.secret import digest
from server.storage.database import Database, Statement
from server.storage.identity import sign_ins
from tests.databases import Clock

STORED = Statement(select(sign_ins.c.token_hash))


@pytest.fixture
async def ada(identity: Identity) -> User:
    return await identity.people.add("ada@example.com", "Ada")


async def test_a_token_tells_who_is_signed_in_and_how(identity: Identity, ada: User, database: Database):
    token = await identity.sign_ins.start(ada.id, "password")
    found = await identity.sign_ins.current(token)
    assert found is not None
    assert (found.user, found.method) == (ada, "password")
    assert await database.read(STORED) == [(digest(token),)], "the token itself is not kept"
    assert await identity.sign_ins.current("x" * 43) is None


async def test_every_sign_in_has_a_token_of_its_own_and_ends_alone(identity: Identity, ada: User):
    first, second = [await identity.sign_ins.start(ada.id, "password") for _ in range(2)]
    assert first != second
    await identity.sign_ins.end(first)
    assert await identity.sign_ins.current(first) is None
    assert await identity.sign_ins.current(second) is not None


async def test_signing_out_everywhere_leaves_other_people_alone(identity: Identity, ada: User):
    grace = await identity.people.add("grace@example.com", "Grace")
    tokens = [await identity.sign_ins.start(user.id, "password") for user in (ada, ada, grace)]
    await identity.sign_ins.end_all(ada.id)
    assert [await identity.sign_ins.current(token) is not None for token in tokens] == [False, False, True]


async def test_an_idle_browser_is_signed_out_after_eight_hours(identity: Identity, ada: User, clock: Clock):
    used, idle = [await identity.sign_ins.start(ada.id, "password") for _ in range(2)]
    clock.advance(hours=7)
    assert await identity.sign_ins.current(used) is not None
    clock.advance(hours=1)
    assert await identity.sign_ins.current(used) is not None
    assert await identity.sign_ins.current(idle) is None


async def test_a_browser_in_use_is_signed_out_after_seven_days(identity: Identity, ada: User, clock: Clock):
    token = await identity.sign_ins.start(ada.id, "password")
    for _ in range(27):
        clock.advance(hours=6)
        assert await identity.sign_ins.current(token) is not None
    clock.advance(hours=6)
    assert await identity.sign_ins.current(token) is None


async def test_what_is_over_is_forgotten(identity: Identity, ada: User, clock: Clock, database: Database):
    await identity.sign_ins.start(ada.id, "password")
    clock.advance(hours=5)
    kept = await identity.sign_ins.start(ada.id, "password")
    clock.advance(hours=5)
    await identity.sweep()
    assert [row[0] for row in await database.read(STORED)] == [digest(kept)]
