"""The way to one provider: its connections, paces, breaker and memory of what went wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from server.domain.errors import ProviderError, ProviderUnavailable, RateLimited
from server.manifest import Manifest, Operation, Rate
from server.provider import Response
from server.upstream.breaker import Breaker, Refusals
from server.upstream.health import Health, Recent
from server.upstream.limits import limits_of
from server.upstream.pace import Pace

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


@dataclass(frozen=True, slots=True)
class Timing:
    """The clocks. Tests put their own in."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    wall: Callable[[], float] = time.time
    """UNIX time, for headers that name an instant."""


class _Turn:
    """The pace of an operation with a limit of its own, and the queue in front of it."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.queue = asyncio.Lock()
        self.waiting = 0

    def wait(self, now: float) -> float:
        """Seconds until a newcomer's slot, behind those who queue already."""
        return self.pace.wait(now) + self.waiting * self.pace.spacing(now)


class Channel:
    """State shared by all calls to one provider in this process."""

    def __init__(
        self, manifest: Manifest, connection: Connection, pool: httpx2.AsyncHTTPTransport, timing: Timing
    ) -> None:
        self.manifest = manifest
        self.connection = connection
        self.pool = pool
        self.breaker = Breaker()
        self.refusals = Refusals()
        self.recent = Recent()
        self._timing = timing
        self._cap = asyncio.Semaphore(CONNECTIONS)
        self._scale = 1.0 if connection.per_minute is None else connection.per_minute / manifest.rate.per_minute
        self._pace = self._paced(manifest.rate)
        self._turns = {
            name: _Turn(self._paced(operation.rate))
            for name, operation in manifest.operations.items()
            if operation.rate is not None
        }

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
    async def slot(self, operation: Operation, deadline: float) -> AsyncGenerator[None]:
        """The right to send one request now: within the rate limits and the number of connections, or `RateLimited`."""
        turn = self._turns.get(operation.name)
        if turn is None:
            await self._take_place(deadline)
        else:
            await self._queue(turn, deadline)
        try:
            yield
        finally:
            self._cap.release()

    def learn(self, operation: str, response: Response) -> None:
        """Follow the rate limit that a response's headers tell of."""
        limits = limits_of(response.headers, self._timing.wall())
        if limits is not None:
            self._pace_of(operation).learn(self._timing.clock(), limits)

    def pause(self, operation: str, seconds: float) -> None:
        """The provider asked for silence."""
        self._pace_of(operation).pause(self._timing.clock(), seconds)

    def health(self) -> Health:
        """How it has been doing."""
        now, recent = self._timing.clock(), self.recent
        succeeded, failed = recent.counts()
        refusal = self.refusals.standing("", now)
        return Health(
            provider=self.manifest.name,
            state=self.breaker.state(now),
            retry_in=self.breaker.wait(now),
            paused_for=max(0.0, self._pace.paused_until - now),
            refused=refusal.message if refusal is not None else None,
            succeeded=succeeded,
            failed=failed,
            latency_ms=recent.latency_ms(),
            last_error=recent.last_error,
            last_error_ago=now - recent.last_error_at if recent.last_error else None,
        )

    def _paced(self, rate: Rate) -> Pace:
        return Pace(rate.per_minute * self._scale, rate.burst)

    def _pace_of(self, operation: str) -> Pace:
        turn = self._turns.get(operation)
        return self._pace if turn is None else turn.pace

    async def _queue(self, turn: _Turn, deadline: float) -> None:
        """One at a time, so that the operation's clock runs by when its requests really go."""
        self._refuse_late(turn.wait(self._timing.clock()), deadline)
        turn.waiting += 1
        try:
            async with asyncio.timeout(deadline - self._timing.clock()), turn.queue:
                await self._pass(turn.pace, deadline)
                await self._take_place(deadline)
                turn.pace.reserve(self._timing.clock())
        except TimeoutError:
            raise self._too_late(turn.wait(self._timing.clock())) from None
        finally:
            turn.waiting -= 1

    async def _pass(self, pace: Pace, deadline: float) -> None:
        """Wait until `pace` is free, without taking its slot."""
        while (wait := pace.wait(self._timing.clock())) > 0:
            self._refuse_late(wait, deadline)
            await self._timing.sleep(wait)

    async def _take_place(self, deadline: float) -> None:
        """A slot of the provider's pace and one of its connections, both at the same instant."""
        await self._take_slot(deadline)
        if self._cap.locked():
            await self._take_connection(deadline)
            try:
                await self._take_slot(deadline)
            except BaseException:
                self._cap.release()
                raise
        else:
            await self._cap.acquire()

    async def _take_slot(self, deadline: float) -> None:
        while True:
            now = self._timing.clock()
            self._refuse_late(self._pace.wait(now), deadline)
            wait = self._pace.reserve(now)
            if wait <= 0:
                return
            await self._timing.sleep(wait)
            if self._timing.clock() >= self._pace.paused_until:
                return

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
