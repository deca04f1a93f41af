"""The way to one provider: its connections, paces, breaker and memory of what went wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from math import isinf

from server.domain.errors import ProviderError, ProviderUnavailable, RateLimited
from server.manifest import Manifest, Operation, Rate
from server.provider import Response
from server.storage.database import Database
from server.upstream.breaker import Breaker, Refusals
from server.upstream.health import Health, Recent
from server.upstream.intent import Intent
from server.upstream.limits import limits_of
from server.upstream.pace import Pace, Paces, Slot
from server.upstream.pool import Pool
from server.upstream.shared import SharedSlots
from server.upstream.slots import OwnSlots, Slots

CONNECTIONS = 50
"""Requests that may be under way to one provider at once."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What the operator says about one provider."""

    key: str = field(repr=False)
    hosts: Mapping[str, str]
    """Base URLs by host name, the operator's own in place of the manifest's."""
    per_minute: float | None = None
    """Requests per minute of the operator's plan; limits of single operations scale along. Infinity: no pacing."""

    def account(self, provider: str) -> str:
        """Names the account that the key opens at `provider`, without telling the key."""
        return f"{provider} {sha256(self.key.encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class Timing:
    """The clocks. Tests put their own in."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    wall: Callable[[], float] = time.time
    """UNIX time, for headers that name an instant."""


class _Turn:
    """The queue in front of an operation with a limit of its own."""

    def __init__(self) -> None:
        self.queue = asyncio.Lock()
        self.waiting = 0


class Channel:
    """State shared by all calls to one provider in this process.

    Where the `database` is shared, so are the rate limits: with every process over it.
    """

    def __init__(
        self,
        manifest: Manifest,
        connection: Connection,
        pool: Pool,
        timing: Timing,
        database: Database | None = None,
    ) -> None:
        self.manifest = manifest
        self.connection = connection
        self.pool = pool
        self.breaker = Breaker()
        self.refusals = Refusals()
        self.recent = Recent()
        self._timing = timing
        self._cap = asyncio.Semaphore(CONNECTIONS)
        paces = _paces(manifest, connection)
        self._slots = self._home(paces, database)
        self._turns = {operation: _Turn() for operation in paces.own}

    def admit(self, operation: str) -> bool:
        """Raise what is known to go wrong without asking; True where this call is the breaker's probe."""
        now = self._timing.clock()
        refusal = self.refusals.standing(operation, now)
        if refusal is not None:
            raise refusal
        wait = self.breaker.wait(now)
        if wait > 0:
            raise ProviderUnavailable(
                f"{self.manifest.title} keeps failing, so it is not asked for another {wait:.0f} s. "
                f"Its last failure: {self.recent.last_error}"
            )
        return self.breaker.enter()

    @asynccontextmanager
    async def slot(self, operation: Operation, deadline: float, intent: Intent) -> AsyncGenerator[None]:
        """The right to send one request now: within the rate limits and the number of connections, or `RateLimited`.

        `intent` has then been told that it leaves. Writing that down takes a moment, in which the slot may lapse.
        """
        while not await self._leaves(operation.name, await self._place(operation.name, deadline, intent), intent):
            pass
        try:
            yield
        finally:
            self._cap.release()

    def learn(self, operation: str, response: Response) -> None:
        """Follow the rate limit that a response's headers tell of."""
        limits = limits_of(response.headers, self._timing.wall())
        if limits is not None:
            self._slots.learn(operation, limits)

    def pause(self, operation: str, seconds: float) -> None:
        """The provider asked for silence."""
        self._slots.pause(operation, seconds)

    def health(self) -> Health:
        """How it has been doing."""
        now, recent = self._timing.clock(), self.recent
        succeeded, failed = recent.counts()
        refusal = self.refusals.standing("", now)
        return Health(
            provider=self.manifest.name,
            state=self.breaker.state(now),
            retry_in=self.breaker.wait(now),
            paused_for=self._slots.paces.silence(now),
            refused=refusal.message if refusal is not None else None,
            succeeded=succeeded,
            failed=failed,
            latency_ms=recent.latency_ms(),
            last_error=recent.last_error,
            last_error_ago=now - recent.last_error_at if recent.last_error else None,
        )

    def _home(self, paces: Paces, database: Database | None) -> Slots:
        # Where nothing is paced there is nothing to share, and no reason to ask the database before every request.
        if database is None or not database.shared or isinf(paces.general.per_minute):
            return OwnSlots(paces, self._timing.clock)
        account = self.connection.account(self.manifest.name)
        return SharedSlots(paces, account, database, self._timing.clock)

    async def _place(self, operation: str, deadline: float, intent: Intent) -> Slot:
        """A slot whose instant has come, and one of the connections with it."""
        turn = self._turns.get(operation)
        if turn is None:
            return await self._take_place(operation, deadline, intent)
        self._refuse_late(self._behind(operation, turn), deadline)
        turn.waiting += 1
        try:
            if turn.queue.locked():
                await intent.waits()
            await self._queue(operation, turn, deadline)
            try:
                return await self._take_place(operation, deadline, intent)
            finally:
                turn.queue.release()
        finally:
            turn.waiting -= 1

    async def _queue(self, operation: str, turn: _Turn, deadline: float) -> None:
        """One at a time, so that the operation's limit is asked by the one who is next."""
        try:
            async with asyncio.timeout(deadline - self._timing.clock()):
                await turn.queue.acquire()
        except TimeoutError:
            raise self._too_late(self._behind(operation, turn)) from None

    def _behind(self, operation: str, turn: _Turn) -> float:
        """Seconds until a newcomer's slot, behind those who queue already."""
        now, pace = self._timing.clock(), self._slots.paces.of(operation)
        return pace.wait(now) + turn.waiting * pace.spacing(now)

    async def _take_place(self, operation: str, deadline: float, intent: Intent) -> Slot:
        """A slot within the limits and one of the connections, both at the same instant."""
        while True:
            slot = await self._take_slot(operation, deadline, intent)
            if not self._cap.locked():
                await self._cap.acquire()
                return slot
            await intent.waits()
            await self._take_connection(deadline)
            if await self._in_time(operation, slot):
                return slot

    async def _leaves(self, operation: str, slot: Slot, intent: Intent) -> bool:
        """Tell `intent`, and whether the slot still stands then."""
        try:
            await intent.leaves()
        except BaseException:
            self._cap.release()
            raise
        return await self._in_time(operation, slot)

    async def _in_time(self, operation: str, slot: Slot) -> bool:
        """Whether the slot still stands; where not, others get the connection while a new slot is awaited."""
        stands = False
        try:
            stands = await self._slots.stands(operation, slot)
        finally:
            if not stands:
                self._cap.release()
        return stands

    async def _take_slot(self, operation: str, deadline: float, intent: Intent) -> Slot:
        while True:
            # Asked first, so that a call which may not be paid for takes no slot away from others.
            if self._slots.paces.wait(operation, self._timing.clock()) > 0:
                await intent.waits()
            slot = await self._slots.reserve(operation, deadline)
            wait = slot.at - self._timing.clock()
            if slot.at > deadline:
                raise self._too_late(wait)
            if wait > 0:
                await intent.waits()
                await self._timing.sleep(max(0.0, slot.at - self._timing.clock()))
            if slot.taken and await self._slots.stands(operation, slot):
                return slot

    async def _take_connection(self, deadline: float) -> None:
        try:
            async with asyncio.timeout(deadline - self._timing.clock()):
                await self._cap.acquire()
        except TimeoutError:
            raise ProviderUnavailable(
                f"{self.manifest.title} still works on {CONNECTIONS} other requests of ours; nothing was sent."
            ) from None

    def _refuse_late(self, wait: float, deadline: float) -> None:
        if self._timing.clock() + wait > deadline:
            raise self._too_late(wait)

    def _too_late(self, wait: float) -> ProviderError:
        return RateLimited(
            f"{self.manifest.title}'s rate limit has no place before this call's deadline; nothing was sent.",
            retry_after=wait,
            fix=f"Try again in {max(1, round(wait))} s.",
        )


def _paces(manifest: Manifest, connection: Connection) -> Paces:
    """As documented, or as the operator's plan has it: limits of single operations scale along."""
    scale = 1.0 if connection.per_minute is None else connection.per_minute / manifest.rate.per_minute

    def paced(rate: Rate) -> Pace:
        return Pace(rate.per_minute * scale, rate.burst)

    own = {name: paced(operation.rate) for name, operation in manifest.operations.items() if operation.rate is not None}
    return Paces(paced(manifest.rate), own)
