"""The home of rate limits that several processes share: rows in the database.

Whatever waits in this process becomes one short transaction, so that many callers cost one round, and the next round
takes all who came meanwhile. Every group of writes holds the database's write lock, so limits that are read, reckoned
with and written in one transaction are as good as updated in one statement.

A slot lapses when it is not used in time. So a slow database or a halted process loses slots, and crowds no window.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from functools import partial

from server.domain.errors import RateLimited, StorageUnavailable
from server.storage.database import Database
from server.upstream.account import GENERAL, Account, Note, Seen, Wish
from server.upstream.limits import Limits
from server.upstream.pace import LATE, NEVER, Pace, Paces, Slot

SIGHT = 0.25
"""Seconds for which it may stay unnoticed that another process was asked for silence."""
_NOTICEABLE = 0.01
"""A spacing that changes by less is not written down."""

logger = logging.getLogger(__name__)


class SharedSlots:
    """Slots that other processes take too. `account` names whose limits they are, without telling its key."""

    def __init__(self, paces: Paces, account: str, database: Database, clock: Callable[[], float]) -> None:
        self.paces = paces
        self._account = Account(account, paces, clock)
        self._database = database
        self._clock = clock
        self._wishes: list[tuple[Wish, asyncio.Future[Slot]]] = []
        self._notes: list[Note] = []
        self._seen = dict[str, float]()
        self._lead = 0.0
        self._rounds: asyncio.Task[None] | None = None

    async def reserve(self, operation: str, deadline: float) -> Slot:
        """From the database, unless it is known already that there is none. `RateLimited` where it does not answer."""
        now = self._clock()
        earliest = self.paces.general.slot(now)
        if earliest > deadline:
            return Slot(earliest, taken=False, lapses=now)
        answer = asyncio.get_running_loop().create_future()
        self._wishes.append((Wish(operation, deadline), answer))
        self._begin()
        try:
            async with asyncio.timeout(deadline - now):
                return await answer
        except TimeoutError:
            raise _unanswered("It did not answer in time.") from None

    async def stands(self, operation: str, slot: Slot) -> bool:
        """What others were asked for in the last `SIGHT` seconds may be missed."""
        rows = self._account.rows([operation])
        if self._clock() - min(self._seen.get(row, NEVER) for row in rows) > SIGHT:
            seen = await self._sight(rows)
            if seen is None:
                return False
            self._adopt(seen)
        now = self._clock()
        return now <= slot.lapses and not self.paces.paused(operation, now)

    def pause(self, operation: str, seconds: float) -> None:
        """Here at once, elsewhere as soon as it is written."""
        self._note(operation, lambda pace, at: pace.pause(at, seconds))

    def learn(self, operation: str, limits: Limits) -> None:
        """Written down where it makes a difference."""
        self._note(operation, lambda pace, at: pace.learn(at, limits))

    async def _sight(self, rows: Collection[str]) -> Seen | None:
        """The limits as they are; None where that takes so long that the slot has lapsed."""
        try:
            async with asyncio.timeout(LATE):
                return await self._account.look(self._database, rows)
        except TimeoutError:
            return None
        except StorageUnavailable as error:
            raise _unanswered(error.message) from None

    def _note(self, operation: str, teach: Callable[[Pace, float], None]) -> None:
        now, pace = self._clock(), self.paces.of(operation)
        spacing, paused_until = pace.spacing(now), pace.paused_until
        teach(pace, now)
        if abs(pace.spacing(now) - spacing) > _NOTICEABLE * spacing or pace.paused_until > paused_until:
            self._notes.append(Note(operation, now, teach))
            self._begin()

    def _begin(self) -> None:
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        """Rounds, until nobody waits. Notes that could not be written go with the next wish."""
        written = True
        try:
            while self._wishes or (self._notes and written):
                written = await self._round()
        finally:
            self._rounds = None

    async def _round(self) -> bool:
        waiting, self._wishes = self._wishes, []
        notes = tuple(self._notes)
        wishes = [wish for wish, _ in waiting]
        try:
            seen = await self._database.write(
                partial(self._account.serve, wishes=wishes, notes=notes, lead=self._lead, known=frozenset(self._seen))
            )
        except StorageUnavailable as error:
            logger.warning("rate limits cannot be kept: %s", error.message)
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(_unanswered(error.message))
            return False
        del self._notes[: len(notes)]
        self._adopt(seen)
        took = self._clock() - seen.at
        self._lead = took if took > LATE else 0.0
        for (_, answer), slot in zip(waiting, seen.slots, strict=True):
            if not answer.done():
                answer.set_result(slot)
        return True

    def _adopt(self, seen: Seen) -> None:
        """Reckon with `seen`, and with what was heard here and is not written yet."""
        self._seen.update(dict.fromkeys(seen.limits, seen.at))
        own = {row: pace for row, pace in seen.limits.items() if row != GENERAL}
        self.paces = Paces(seen.limits[GENERAL], self.paces.own | own)
        for note in self._notes:
            note.teach(self.paces.of(note.operation), note.heard)


def _unanswered(said: str) -> RateLimited:
    return RateLimited(
        f"Rate limits are kept in the database, and it could not be asked, so nothing was sent. {said}",
        fix="Check the database.",
    )
