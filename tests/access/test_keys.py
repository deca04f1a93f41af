"""Keys in storage, on both databases, as two processes over it see them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from server.domain.errors import InvalidInput
from server.domain.money import Credits
from server.domain.principal import USUAL, Scope
from server.identity.identity import Identity
from server.identity.keys import Key, Keys, NewKey
from server.identity.workspaces import Role
from server.storage.database import Database, Statement
from server.storage.identity import personal_keys
from tests.databases import Clock

ADA, BOB = "ada@acme.example", "bob@acme.example"
EVERYTHING = Statement(select(personal_keys))


class World:
    """Two processes over one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.seconds = 0.0
        self.here = Identity(database, clock, timer=self.timer)
        self.elsewhere = Identity(database, clock, timer=self.timer)

    def timer(self) -> float:
        """Seconds that have passed, whatever the clock says."""
        return self.seconds

    def advance(self, **duration: float) -> None:
        """Let time pass, by a `timedelta`'s keyword arguments."""
        self.clock.advance(**duration)
        self.seconds += timedelta(**duration).total_seconds()

    async def key(
        self, email: str = ADA, *, scopes: frozenset[Scope] = frozenset(USUAL), expires_at: datetime | None = None
    ) -> tuple[str, Key]:
        """A new key, made here."""
        return await self.here.keys.create(NewKey("laptop", "default", email, scopes, expires_at=expires_at))


@pytest_asyncio.fixture
async def world(database: Database, clock: Clock) -> AsyncIterator[World]:
    world = World(database, clock)
    await world.here.prepare()
    await world.here.people.add(ADA, "Ada", role=Role.ADMIN)
    await world.here.people.add(BOB, "Bob")
    yield world


async def opens(keys: Keys, text: str) -> bool:
    return await keys.holder(text) is not None


async def test_what_is_kept_of_a_key_is_what_was_asked_for_and_not_its_text(world: World) -> None:
    end = world.clock() + timedelta(days=90)
    text, made = await world.here.keys.create(
        NewKey("  CI job ", "default", " Ada@Acme.Example ", frozenset({Scope.READ}), ("jobs",), Credits(1250), end)
    )
    found = await world.elsewhere.keys.holder(text)
    assert found == made
    assert (made.name, made.member, made.scopes) == ("CI job", ADA, {Scope.READ})
    assert (made.toolsets, made.monthly_limit, made.expires_at) == (("jobs",), 1250, end)
    stored = str(await world.database.report(EVERYTHING))
    assert text not in stored
    assert text.removeprefix("weir_") not in stored


async def test_keys_differ_and_only_the_exact_text_opens(world: World) -> None:
    texts = {(await world.key())[0] for _ in range(20)}
    assert len(texts) == 20
    text = texts.pop()
    for wrong in (text[:-1], f"{text}x", text.upper(), f" {text}", "weir_"):
        assert not await opens(world.here.keys, wrong)
    assert await opens(world.here.keys, text)


async def test_a_revoked_key_stops_here_at_once_and_elsewhere_within_two_seconds(world: World) -> None:
    text, key = await world.key()
    assert await opens(world.here.keys, text)
    assert await opens(world.elsewhere.keys, text)
    assert await world.here.keys.revoke(key.id, by=BOB)
    assert not await world.here.keys.revoke(key.id, by=BOB)
    assert not await opens(world.here.keys, text)
    world.advance(seconds=1.9)
    assert await opens(world.elsewhere.keys, text), "it is looked up again after two seconds"
    world.advance(seconds=0.1)
    assert not await opens(world.elsewhere.keys, text)


async def test_a_revoked_key_stops_elsewhere_though_the_clock_is_put_back(world: World) -> None:
    text, key = await world.key()
    assert await opens(world.elsewhere.keys, text)
    await world.here.keys.revoke(key.id, by=BOB)
    world.advance(seconds=2)
    world.clock.advance(hours=-1)
    assert not await opens(world.elsewhere.keys, text)


async def test_a_key_ends_on_its_day_even_where_it_is_remembered(world: World) -> None:
    text, _ = await world.key(expires_at=world.clock() + timedelta(seconds=1))
    assert await opens(world.here.keys, text)
    world.advance(seconds=1)
    assert not await opens(world.here.keys, text)


async def test_who_is_locked_out_or_leaves_loses_their_keys_at_once(world: World) -> None:
    ada = await world.here.people.known(ADA)
    bobs, _ = await world.key(BOB)
    adas, _ = await world.key(ADA)
    assert await opens(world.here.keys, bobs)
    assert await opens(world.here.keys, adas)
    await world.here.people.disable(BOB)
    assert not await opens(world.here.keys, bobs)
    await world.here.people.enable(BOB)
    assert not await opens(world.here.keys, bobs), "what was revoked stays revoked"
    bob = await world.here.people.known(BOB)
    await world.here.workspaces.join("default", bob.id, Role.ADMIN)
    await world.here.workspaces.leave("default", ada.id)
    assert not await opens(world.here.keys, adas)


async def test_only_administrators_have_keys_with_admin_and_only_while_they_are(world: World) -> None:
    everything = frozenset((*USUAL, Scope.ADMIN))
    with pytest.raises(InvalidInput, match="Only an administrator"):
        await world.key(BOB, scopes=everything)
    text, _ = await world.key(ADA, scopes=everything)
    found = await world.here.keys.holder(text)
    assert found is not None
    assert found.scopes == everything
    ada, bob = await world.here.people.known(ADA), await world.here.people.known(BOB)
    await world.here.workspaces.join("default", bob.id, Role.ADMIN)
    await world.here.workspaces.join("default", ada.id, Role.MEMBER)
    found = await world.here.keys.holder(text)
    assert found is not None
    assert found.scopes == frozenset(USUAL)


@pytest.mark.parametrize(("email", "workspace"), [("nobody@acme.example", "default"), (BOB, "other"), ("", "default")])
async def test_a_key_needs_an_active_member_of_the_workspace(world: World, email: str, workspace: str) -> None:
    with pytest.raises(InvalidInput, match="is no active member"):
        await world.here.keys.create(NewKey("laptop", workspace, email))
    assert await world.here.keys.everywhere() == ()


async def test_a_disabled_person_gets_no_key(world: World) -> None:
    await world.here.people.disable(BOB)
    with pytest.raises(InvalidInput, match="is no active member"):
        await world.key(BOB)


async def test_the_last_use_is_noted_to_ten_minutes(world: World) -> None:
    text, key = await world.key()
    first = world.clock()
    for advance in (0, 5, 4):
        world.advance(minutes=advance)
        await world.here.keys.holder(text)
    assert [one.used_at for one in await world.here.keys.everywhere() if one.id == key.id] == [first]
    world.advance(minutes=1)
    await world.here.keys.holder(text)
    assert [one.used_at for one in await world.here.keys.everywhere()] == [world.clock()]


async def test_the_audit_trail_names_keys_and_not_their_text(world: World) -> None:
    text, key = await world.key()
    await world.here.keys.revoke(key.id, by=BOB)
    entries = [one for one in await world.here.audit.since(world.clock()) if one.event.startswith("key.")]
    assert [(one.event, one.workspace, one.member, one.client) for one in entries] == [
        ("key.created", "default", ADA, key.id),
        ("key.revoked", "default", ADA, key.id),
    ]
    assert entries[1].detail == {"by": BOB}
    assert text not in str(entries)
