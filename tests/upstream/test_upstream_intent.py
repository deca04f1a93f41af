"""What a caller writes down before a request leaves, and when it is asked to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from server.domain.errors import StorageUnavailable
from tests.upstream.conftest import Benches
from tests.upstream.vendor import FAR, Ask, Bench, reply

SLOW = {"rate": {"per_minute": 60, "burst": 1}}
LATE = 0.3
"""Seconds that are too long between a slot and its use."""


@dataclass
class Diary:
    """Notes what it is told, with how many requests the vendor had had by then."""

    acme: Bench
    told: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    delays: list[float] = field(default_factory=list[float])
    """Seconds that writing takes, one by one."""
    broken: bool = False
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def waits(self) -> None:
        self._note("waits")

    async def leaves(self) -> None:
        self._note("leaves")
        if self.delays:
            self.acme.clock.now += self.delays.pop(0)
        if self.broken:
            raise StorageUnavailable("The disk is full.")

    def _note(self, what: str) -> None:
        self.told.append((what, len(self.acme.vendor.received)))
        self.heard.set()

    @property
    def words(self) -> list[str]:
        return [what for what, _ in self.told]

    async def ask(self, flow: str = "look") -> None:
        await self.acme.upstream.drive(
            self.acme.offering(flow), Ask(flow=flow), deadline=self.acme.clock.now + FAR, intent=self
        )


async def test_a_call_whose_turn_it_is_leaves_without_waiting(make: Benches):
    acme = make(**SLOW)
    acme.vendor.always = reply()
    diary = Diary(acme)
    await diary.ask()
    assert diary.told == [("leaves", 0)]


@pytest.mark.parametrize("flow", ["look", "own_rate"])
async def test_a_call_that_waits_for_its_slot_has_not_left(make: Benches, flow: str):
    acme = make(**SLOW)
    acme.vendor.always = reply()
    await acme.ask(flow)
    acme.clock.hold = asyncio.Event()
    diaries = [Diary(acme) for _ in range(3)]
    calls = [asyncio.create_task(diary.ask(flow)) for diary in diaries]
    await acme.clock.asleep.wait()
    await asyncio.gather(*(diary.heard.wait() for diary in diaries))
    assert {word for diary in diaries for word in diary.words} == {"waits"}
    acme.clock.hold.set()
    await asyncio.gather(*calls)
    assert [diary.words[-1] for diary in diaries] == ["leaves"] * 3
    assert len(acme.vendor.received) == 4


async def test_each_page_of_a_flow_is_told_of(make: Benches):
    acme = make()
    acme.vendor.always = reply()
    diary = Diary(acme)
    await diary.ask("pages")
    assert [told for told in diary.told if told[0] == "leaves"] == [("leaves", 0), ("leaves", 1)]


async def test_a_slot_that_lapses_while_the_intent_is_written_is_not_used(make: Benches):
    acme = make(**SLOW)
    acme.vendor.always = reply()
    diary = Diary(acme, delays=[LATE])
    await diary.ask()
    assert diary.words[0] == "leaves"
    assert diary.words[-1] == "leaves"
    assert len(diary.words) > 2
    assert acme.clock.now == pytest.approx(1000 + 1.01)
    assert len(acme.vendor.received) == 1


async def test_where_the_intent_cannot_be_written_nothing_is_sent_and_nothing_stays_taken(make: Benches):
    acme = make()
    acme.vendor.always = reply()
    diary = Diary(acme, broken=True)
    for _ in range(60):
        with pytest.raises(StorageUnavailable, match="disk is full"):
            await diary.ask()
    assert acme.vendor.received == []
    diary.broken = False
    await diary.ask()
    assert len(acme.vendor.received) == 1
