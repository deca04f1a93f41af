"""People prove who they are by a password or by what an OpenID provider says, and are locked out at once."""

from __future__ import annotations

from typing import Literal

import pytest
from argon2 import PasswordHasher

from server.domain.errors import InvalidInput
from server.identity.identity import Identity
from server.identity.password import Passwords
from server.identity.people import User
from server.identity.workspaces import Membership, Role
from server.storage.database import Database
from tests.databases import Clock
from tests.identity.conftest import CHEAP, GOOD

ISSUER = "https://id.example"


async def events(identity: Identity, clock: Clock) -> list[str]:
    """The audit trail's events of the day."""
    midnight = clock().replace(hour=0)
    return [entry.event for entry in await identity.audit.since(midnight)]


async def ada(identity: Identity, role: Role = Role.MEMBER) -> User:
    return await identity.people.add("Ada@Example.com", "Ada Lovelace", password=GOOD, role=role)


async def vouch(identity: Identity, email: str, subject: str = "1", *, verified: bool = True) -> User | None:
    return await identity.people.signed_in_elsewhere(ISSUER, subject, email, verified, "Somebody")


async def test_a_person_is_found_by_id_and_by_address_however_it_is_written(identity: Identity):
    user = await ada(identity)
    assert (user.email, user.name, user.disabled) == ("ada@example.com", "Ada Lovelace", False)
    assert await identity.people.get(user.id) == user
    assert await identity.people.by_email(" ADA@example.com ") == user
    assert await identity.people.everybody() == (user,)
    assert await identity.people.get("somebody") is None
    assert await identity.people.by_email("grace@example.com") is None


async def test_a_new_person_is_a_member_of_the_default_workspace(identity: Identity):
    user = await ada(identity)
    assert await identity.workspaces.of(user.id) == (Membership("default", "Default", Role.MEMBER),)


async def test_whoever_has_no_name_is_called_by_their_address(identity: Identity):
    assert (await identity.people.add("grace@example.com", " ")).name == "grace"


async def test_an_address_belongs_to_one_person(identity: Identity):
    await ada(identity)
    with pytest.raises(InvalidInput, match=r"There is somebody with the address ada@example\.com already"):
        await identity.people.add("ADA@example.com", "Another Ada")
    assert len(await identity.people.everybody()) == 1


@pytest.mark.parametrize("email", ["ada", "ada@", "", "ada@example.com\u200b", "a" * 330 + "@example.com"])
async def test_what_is_no_address_is_refused(identity: Identity, email: str):
    with pytest.raises(InvalidInput) as refusal:
        await identity.people.add(email, "Ada")
    assert refusal.value.field == "email"
    assert await identity.people.everybody() == ()


async def test_nobody_is_added_to_a_workspace_that_does_not_exist(identity: Identity):
    with pytest.raises(InvalidInput, match="There is no workspace 'nowhere'"):
        await identity.people.add("ada@example.com", "Ada", workspace="nowhere")
    assert await identity.people.everybody() == ()


async def test_a_password_opens_its_own_account_only(identity: Identity):
    user = await ada(identity)
    await identity.people.add("grace@example.com", "Grace", password="another good password")
    await identity.people.add("mary@example.com", "Mary")
    check = identity.people.check_password
    assert await check("ADA@example.com", GOOD) == user
    assert await check("ada@example.com", GOOD + " ") is None
    assert await check("grace@example.com", GOOD) is None
    assert await check("mary@example.com", "") is None, "nobody signs in without a password"
    assert await check("mary@example.com", GOOD) is None
    assert await check("nobody@example.com", GOOD) is None
    assert await check("ada@example.com", "x" * 5000) is None


async def test_a_password_counts_however_its_letters_are_composed(identity: Identity):
    user = await identity.people.add("ada@example.com", "Ada", password="cafe\u0301 und vier Worte")
    assert await identity.people.check_password("ada@example.com", "caf\u00e9 und vier Worte") == user


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short words", "it has 11 characters; 12 to 1024 are allowed"),
        ("x1y2z" * 300, "it has 1500 characters; 12 to 1024 are allowed"),
        ("ADA@example.com", "it is the e-mail address"),
        ("Password1234", "it is one of the first that are tried"),
        ("aaaabbbbaaaabbbb", "it is one of the first that are tried"),
    ],
)
async def test_a_weak_password_is_refused_with_the_reason(identity: Identity, password: str, why: str):
    with pytest.raises(InvalidInput) as refusal:
        await identity.people.add("ada@example.com", "Ada", password=password)
    assert refusal.value.message == f"This password cannot be used: {why}."
    assert refusal.value.field == "password"
    user = await ada(identity)
    with pytest.raises(InvalidInput):
        await identity.people.set_password(user.id, password)
    assert await identity.people.check_password("ada@example.com", GOOD) == user


async def test_another_password_replaces_the_first(identity: Identity, clock: Clock):
    user = await ada(identity)
    await identity.people.set_password(user.id, "quite another password")
    assert await identity.people.check_password("ada@example.com", GOOD) is None
    assert await identity.people.check_password("ada@example.com", "quite another password") == user
    assert (await events(identity, clock))[-1] == "password.changed"


async def test_a_password_is_hashed_anew_when_the_parameters_change(
    identity: Identity, database: Database, clock: Clock
):
    user = await ada(identity)
    dearer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    tomorrow = Identity(database, clock, passwords=Passwords(dearer))
    assert await tomorrow.people.check_password("ada@example.com", GOOD) == user
    seen: list[str] = []

    class Watching(PasswordHasher):
        """Notes what it is asked to verify."""

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - the base class's name
            seen.append(str(hash))
            return super().verify(hash, password)

    watching = Identity(database, clock, passwords=Passwords(Watching(time_cost=2, memory_cost=16, parallelism=1)))
    assert await watching.people.check_password("ada@example.com", GOOD) == user
    assert ["$m=16,t=2,p=1$" in one for one in seen] == [True]
    assert CHEAP.check_needs_rehash(seen[0])


async def test_an_unknown_account_costs_one_verification_as_any_other(database: Database, clock: Clock):
    asked: list[str] = []

    class Counting(PasswordHasher):
        """Notes which hashes it verifies."""

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - the base class's name
            asked.append(str(hash).rsplit("$", 2)[0])
            return super().verify(hash, password)

    identity = Identity(database, clock, passwords=Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1)))
    await identity.prepare()
    await ada(identity)
    await identity.people.add("mary@example.com", "Mary")
    await identity.people.add("grace@example.com", "Grace", password=GOOD)
    await identity.people.disable("grace@example.com")
    for email in ("ada@example.com", "mary@example.com", "grace@example.com", "nobody@example.com"):
        assert await identity.people.check_password(email, "not the password") is None
    assert asked == ["$argon2id$v=19$m=8,t=1,p=1"] * 4


async def test_who_is_disabled_cannot_come_in_until_they_are_enabled(identity: Identity, clock: Clock):
    user = await ada(identity)
    await vouch(identity, "ada@example.com")
    token = await identity.sign_ins.start(user.id, "password")
    link = await identity.invitations.invite(user.id)
    assert (await identity.people.disable("Ada@example.com")).disabled
    assert await identity.people.check_password("ada@example.com", GOOD) is None
    assert await vouch(identity, "ada@example.com") is None
    assert await identity.sign_ins.current(token) is None
    assert await identity.invitations.look(link) is None
    assert not (await identity.people.enable("ada@example.com")).disabled
    assert await identity.people.check_password("ada@example.com", GOOD) == user
    assert await identity.sign_ins.current(token) is None, "what was ended stays ended"
    assert (await events(identity, clock))[-2:] == ["user.disabled", "user.enabled"]


async def test_nobody_who_is_unknown_can_be_disabled(identity: Identity):
    with pytest.raises(InvalidInput, match=r"There is nobody with the address 'ada@example\.com'"):
        await identity.people.disable("ada@example.com")


async def test_a_provider_tells_who_somebody_is_by_address_once_and_by_subject_afterwards(identity: Identity):
    user = await ada(identity)
    assert await vouch(identity, "ADA@example.com", "s-1") == user
    assert await vouch(identity, "ada.lovelace@example.com", "s-1", verified=False) == user
    assert await vouch(identity, "ada@example.com", "s-2") is None, "the provider gave the address to somebody else"


async def test_an_address_that_is_not_verified_opens_nothing(identity: Identity):
    await ada(identity)
    assert await vouch(identity, "ada@example.com", verified=False) is None
    assert await vouch(identity, "new@welcome.example", verified=False) is None


async def test_strangers_are_let_in_from_the_operators_domains_only(identity: Identity):
    await ada(identity)
    known = await identity.people.everybody()
    assert await vouch(identity, "eve@evil.example", "e-1") is None
    assert await vouch(identity, "eve@not-welcome.example", "e-2") is None
    assert await vouch(identity, "eve@sub.welcome.example", "e-3") is None
    assert await identity.people.everybody() == known
    welcome = await vouch(identity, "New@Welcome.example", "n-1")
    assert welcome is not None
    assert (welcome.email, welcome.name) == ("new@welcome.example", "Somebody")
    assert await identity.workspaces.of(welcome.id) == (Membership("default", "Default", Role.MEMBER),)


async def test_nobody_comes_from_a_domain_before_there_is_an_administrator(identity: Identity):
    assert await vouch(identity, "new@welcome.example") is None
    assert await identity.invitations.setup() is not None
