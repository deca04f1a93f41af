"""Workspaces have members, and always an administrator once they had one."""

from __future__ import annotations

import asyncio

import pytest

from server.domain.errors import InvalidInput
from server.identity.identity import Identity
from server.identity.workspaces import Membership, Role
from server.storage.database import Database
from tests.databases import Clock

ALONE = "This is the last administrator of the workspace acme"


async def person(identity: Identity, name: str, role: Role) -> str:
    """The id of somebody new in `acme`."""
    return (await identity.people.add(f"{name}@example.com", name, workspace="acme", role=role)).id


@pytest.fixture(autouse=True)
async def acme(identity: Identity) -> None:
    await identity.workspaces.create("acme", "Acme Corp")


async def test_the_default_workspace_is_there_however_often_weir_starts(
    identity: Identity, database: Database, clock: Clock
):
    await Identity(database, clock).prepare()
    assert [(one.id, one.name) for one in await identity.workspaces.all()] == [
        ("acme", "Acme Corp"),
        ("default", "Default"),
    ]


@pytest.mark.parametrize("id_", ["", "Acme", "-acme", "acme-", "a/b", "a" * 64, "acme\n"])
async def test_what_cannot_be_an_id_is_refused(identity: Identity, id_: str):
    with pytest.raises(InvalidInput) as refusal:
        await identity.workspaces.create(id_, "Acme")
    assert refusal.value.field == "workspace"
    assert len(await identity.workspaces.all()) == 2


async def test_a_person_belongs_to_several_workspaces_with_a_role_in_each(identity: Identity, clock: Clock):
    ada = await person(identity, "ada", Role.ADMIN)
    clock.advance(minutes=1)
    await identity.workspaces.join("default", ada, Role.MEMBER)
    assert await identity.workspaces.of(ada) == (
        Membership("acme", "Acme Corp", Role.ADMIN),
        Membership("default", "Default", Role.MEMBER),
    )
    assert await identity.workspaces.leave("default", ada) is True
    assert await identity.workspaces.leave("default", ada) is False
    assert await identity.workspaces.of(ada) == (Membership("acme", "Acme Corp", Role.ADMIN),)


async def test_the_last_administrator_stays(identity: Identity):
    ada = await person(identity, "ada", Role.ADMIN)
    await person(identity, "bob", Role.MEMBER)
    for change in (
        identity.workspaces.leave("acme", ada),
        identity.workspaces.join("acme", ada, Role.MEMBER),
        identity.people.disable("ada@example.com"),
    ):
        with pytest.raises(InvalidInput, match=ALONE):
            await change
    assert await identity.workspaces.of(ada) == (Membership("acme", "Acme Corp", Role.ADMIN),)


async def test_an_administrator_who_is_disabled_does_not_count(identity: Identity):
    ada, bob = [await person(identity, name, Role.ADMIN) for name in ("ada", "bob")]
    await identity.people.disable("bob@example.com")
    with pytest.raises(InvalidInput, match=ALONE):
        await identity.workspaces.leave("acme", ada)
    assert await identity.workspaces.leave("acme", bob) is True


async def test_of_two_administrators_who_leave_at_once_one_stays(identity: Identity):
    people = [await person(identity, name, Role.ADMIN) for name in ("ada", "bob")]
    left = await asyncio.gather(
        *(identity.workspaces.leave("acme", one) for one in people),
        return_exceptions=True,
    )
    assert [one is True for one in left].count(True) == 1
    assert sum(isinstance(one, InvalidInput) for one in left) == 1
