"""A link works once, for as long as it says, for what it was made."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from server.domain.errors import InvalidInput
from server.identity.identity import Identity
from server.identity.invitations import Invitation, Purpose
from server.identity.password import Passwords
from server.identity.people import User
from server.identity.workspaces import Membership, Role
from server.storage.database import Database
from tests.databases import Clock
from tests.identity.conftest import GOOD


async def setup_link(identity: Identity) -> str:
    token = await identity.invitations.setup()
    assert token is not None
    return token


async def is_refused(use: object) -> bool:
    """Whether a link could not be used."""
    assert asyncio.iscoroutine(use)
    with pytest.raises(InvalidInput) as refusal:
        await use
    return refusal.value.field == "token"


async def test_the_first_person_becomes_the_administrator(identity: Identity, clock: Clock):
    token = await setup_link(identity)
    invitation = await identity.invitations.look(token)
    assert invitation is not None
    assert (invitation.purpose, invitation.user) == (Purpose.SETUP, None)
    ada = await identity.invitations.use_setup(token, "Ada@example.com", "Ada", GOOD)
    assert await identity.people.check_password("ada@example.com", GOOD) == ada
    assert await identity.workspaces.of(ada.id) == (Membership("default", "Default", Role.ADMIN),)
    assert [entry.event for entry in await identity.audit.since(clock())] == [
        "user.added",
        "workspace.joined",
        "setup.done",
    ]


async def test_a_set_up_link_works_only_once(identity: Identity):
    token = await setup_link(identity)
    await identity.invitations.use_setup(token, "ada@example.com", "Ada", GOOD)
    assert await identity.invitations.look(token) is None
    assert await is_refused(identity.invitations.use_setup(token, "eve@example.com", "Eve", GOOD))
    assert await identity.invitations.setup() is None
    assert len(await identity.people.everybody()) == 1


async def test_of_two_who_use_a_set_up_link_at_once_one_wins(identity: Identity):
    token = await setup_link(identity)
    done = await asyncio.gather(
        *(identity.invitations.use_setup(token, f"{name}@example.com", name, GOOD) for name in ("ada", "eve")),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["InvalidInput", "User"]
    assert len(await identity.people.everybody()) == 1


async def test_a_set_up_link_is_void_once_there_is_somebody(identity: Identity):
    token = await setup_link(identity)
    await identity.people.add("ada@example.com", "Ada")
    assert await is_refused(identity.invitations.use_setup(token, "eve@example.com", "Eve", GOOD))


async def test_a_new_set_up_link_voids_the_one_before(identity: Identity):
    first, second = await setup_link(identity), await setup_link(identity)
    assert await identity.invitations.look(first) is None
    assert await identity.invitations.look(second) is not None


async def test_a_set_up_link_is_valid_for_a_day(identity: Identity, clock: Clock):
    token = await setup_link(identity)
    clock.advance(hours=24)
    assert await identity.invitations.look(token) is None
    assert await is_refused(identity.invitations.use_setup(token, "ada@example.com", "Ada", GOOD))


async def test_a_mistake_does_not_use_a_link_up(identity: Identity):
    token = await setup_link(identity)
    for email, password in (("ada@example.com", "short"), ("ada", GOOD)):
        with pytest.raises(InvalidInput):
            await identity.invitations.use_setup(token, email, "Ada", password)
    assert (await identity.invitations.use_setup(token, "ada@example.com", "Ada", GOOD)).email == "ada@example.com"


@pytest.fixture
async def ada(identity: Identity) -> User:
    return await identity.people.add("ada@example.com", "Ada", password="an old password")


async def test_a_password_is_chosen_once_and_signs_out_everywhere(identity: Identity, ada: User):
    browser = await identity.sign_ins.start(ada.id, "password")
    token = await identity.invitations.invite(ada.id)
    assert isinstance(found := await identity.invitations.look(token), Invitation)
    assert (found.purpose, found.user) == (Purpose.PASSWORD, ada)
    with pytest.raises(InvalidInput, match="This password cannot be used"):
        await identity.invitations.use_password(token, "ada@example.com")
    assert await identity.invitations.use_password(token, GOOD) == ada
    assert await identity.people.check_password("ada@example.com", GOOD) == ada
    assert await identity.people.check_password("ada@example.com", "an old password") is None
    assert await identity.sign_ins.current(browser) is None
    assert await is_refused(identity.invitations.use_password(token, "yet another password"))


async def test_a_password_link_is_valid_for_three_days_and_voided_by_the_next(
    identity: Identity, ada: User, clock: Clock
):
    first, second = [await identity.invitations.invite(ada.id) for _ in range(2)]
    assert await is_refused(identity.invitations.use_password(first, GOOD))
    clock.advance(hours=71)
    assert await identity.invitations.look(second) is not None
    clock.advance(hours=1)
    assert await is_refused(identity.invitations.use_password(second, GOOD))


async def test_a_link_is_good_for_its_own_purpose_only(identity: Identity):
    setup = await setup_link(identity)
    assert await is_refused(identity.invitations.use_password(setup, GOOD))
    ada = await identity.people.add("ada@example.com", "Ada")
    password = await identity.invitations.invite(ada.id)
    assert await is_refused(identity.invitations.use_setup(password, "eve@example.com", "Eve", GOOD))
    assert await identity.invitations.look(password) is not None


async def test_no_password_is_hashed_for_a_stranger_without_a_link(database: Database, clock: Clock):
    hashed: list[str | bytes] = []

    class Counting(PasswordHasher):
        """Notes what it hashes."""

        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            hashed.append(password)
            return super().hash(password, salt=salt)

    identity = Identity(database, clock, passwords=Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1)))
    await identity.prepare()
    token = await setup_link(identity)
    assert await is_refused(identity.invitations.use_setup("no link", "eve@example.com", "Eve", GOOD))
    assert await is_refused(identity.invitations.use_password("no link", GOOD))
    assert hashed == []
    await identity.invitations.use_setup(token, "ada@example.com", "Ada", GOOD)
    assert hashed == [GOOD]
