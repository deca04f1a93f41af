"""Drives providers' flows over the network."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from uuid import uuid4

from server.domain.errors import ProviderError, ProviderNonsense, ProviderUnavailable, RateLimited, WeirError
from server.domain.query import Answer, Query
from server.manifest import Manifest
from server.provider import Flow, Offering, Request, Response
from server.storage.database import Database
from server.upstream import limits
from server.upstream.channel import Channel, Connection, Timing
from server.upstream.drive import Call, Driven
from server.upstream.exchange import Lost, exchange, tls_context
from server.upstream.health import Health
from server.upstream.intent import UNWRITTEN, Intent
from server.upstream.pool import Pool
from server.upstream.redaction import redacted, request_id
from server.upstream.verdict import ODD_DATA, TRIES, Failure, charge_of, nonsense, of_lost, of_response

A = TypeVar("A", bound=Answer)

PATIENCE = 5.0
"""Seconds: a time-out sooner than this, for want of time on our side, is not held against the provider."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Returned(Generic[A]):
    answer: A | None


class Upstream:
    """The only door to the network. One per process; connections are made when first needed.

    `clock` is monotonic and counts the deadlines too; `sleep` waits for rate limits, polls and retries. A `proxy` is
    the operator's: the environment is not asked for one. Rate limits are shared through a `database` that several
    processes may use; otherwise they are kept here.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        wall: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        proxy: str | None = None,
        tls: ssl.SSLContext | None = None,
        database: Database | None = None,
    ) -> None:
        self.connections = connections
        self._timing = Timing(clock, sleep, wall)
        self._jitter = jitter
        self._proxy = proxy
        self._tls = tls
        self._database = database
        self._channels: dict[str, Channel] = {}

    async def drive(
        self, offering: Offering[A], query: Query[A], *, deadline: float, intent: Intent = UNWRITTEN
    ) -> Driven[A]:
        """Run the offering's flow for `query` until the instant `deadline` on the clock.

        `intent` is told before anything is sent, and may prevent it.

        Raises `ProviderError`. Its `charged` is what the provider says the whole flow cost; where that is None, nothing
        was charged unless `billed_unknown`. Its messages hold no key and no personal data.
        """
        call = Call(offering, deadline, intent)
        channel = self._channel(offering.provider.manifest)
        probe = channel.admit(offering.operation.name)
        flow = offering.flow(query)
        try:
            answer = await self._run(channel, call, flow)
        except ProviderError as error:
            raise _clean(call.settled(error), channel.connection.key) from None
        finally:
            flow.close()
            if probe:
                channel.breaker.leave()
        return Driven(answer, call.charged, call.request_id)

    def health(self, provider: str) -> Health:
        """How a provider has been doing since the process started."""
        channel = self._channels.get(provider)
        return Health(provider) if channel is None else channel.health()

    async def close(self) -> None:
        """Close all connections."""
        channels = list(self._channels.values())
        self._channels.clear()
        for channel in channels:
            await channel.pool.aclose()

    def _channel(self, manifest: Manifest) -> Channel:
        channel = self._channels.get(manifest.name)
        if channel is not None:
            return channel
        connection = self.connections.get(manifest.name)
        if connection is None:
            raise ProviderUnavailable(f"{manifest.title} has no key.", fix=f"Set {manifest.environment}.")
        pool = Pool(self._tls or tls_context(), self._proxy)
        channel = self._channels[manifest.name] = Channel(manifest, connection, pool, self._timing, self._database)
        return channel

    async def _run(self, channel: Channel, call: Call, flow: Flow[A]) -> A | None:
        step = _advance(call, flow, None)
        while isinstance(step, Request):
            response = await self._ask(channel, call, step)
            call.note_answer(step, charge_of(call.provider, response))
            try:
                step = _advance(call, flow, response)
            except ProviderNonsense as error:
                now = self._timing.clock()
                channel.breaker.failed(now)
                channel.recent.blame(error, now)
                raise
            channel.breaker.succeeded()
        return step.answer

    async def _ask(self, channel: Channel, call: Call, request: Request) -> Response:
        """The response to `request`, after up to `TRIES` tries where more than one is safe."""
        await self._wait(call, request.after)
        for tried in range(1, TRIES + 1):
            reply = await self._try(channel, call, request)
            if isinstance(reply, Response):
                return reply
            delay = self._take_in(channel, call, reply, tried)
            again = tried < TRIES and reply.may_repeat(harmless=call.harmless(request)) and channel.breaker.closed()
            if not again or self._timing.clock() + delay >= call.deadline:
                call.note_failure(request, reply.error)
                raise reply.error
            await self._timing.sleep(delay)
        raise AssertionError("the last try returns or raises")

    async def _wait(self, call: Call, seconds: float) -> None:
        if seconds <= 0:
            return
        if self._timing.clock() + seconds >= call.deadline:
            raise ProviderUnavailable(f"{call.provider.manifest.title} was not ready before the deadline.")
        await self._timing.sleep(seconds)

    async def _try(self, channel: Channel, call: Call, request: Request) -> Response | Failure:
        async with channel.slot(call.operation, call.deadline, call.intent):
            started = self._timing.clock()
            reply = await self._send(channel, call, request, started)
            ended = self._timing.clock()
        error = reply.error if isinstance(reply, Failure) else None
        milliseconds = (ended - started) * 1000
        if error is not None:
            _clean(error, channel.connection.key)
        channel.recent.note(error, milliseconds, ended)
        _log(call, reply, milliseconds)
        return reply

    async def _send(self, channel: Channel, call: Call, request: Request, now: float) -> Response | Failure:
        connection, operation, provider = channel.connection, call.operation, call.provider
        seconds = min(operation.timeout, call.deadline - now)
        if seconds <= 0:
            raise ProviderUnavailable(f"There was no time left to ask {provider.manifest.title}; nothing was sent.")
        call.request_id = uuid4().hex
        headers = {**provider.credentials(connection.key, request), "X-Request-ID": call.request_id}
        risky = call.risky(request)
        try:
            async with channel.pool.lent() as lent:
                response = await exchange(lent, connection.hosts[request.host], request, headers, seconds)
        except Lost as lost:
            patient = seconds >= min(operation.timeout, PATIENCE)
            return of_lost(provider, lost, risky=risky, patient=patient)
        call.request_id = request_id(response.headers.get("x-request-id", "")) or call.request_id
        channel.learn(operation.name, response)
        failure = of_response(provider, response, risky=risky)
        return response if failure is None else self._with_pause(failure, response)

    def _with_pause(self, failure: Failure, response: Response) -> Failure:
        """`failure` with the silence that the provider asks for, in the body or in `Retry-After`."""
        asked = limits.retry_after(response.headers, self._timing.wall())
        if isinstance(failure.error, RateLimited):
            asked = failure.error.retry_after = failure.error.retry_after if asked is None else asked
        return replace(failure, asked=asked)

    def _take_in(self, channel: Channel, call: Call, failure: Failure, tried: int) -> float:
        """Let breaker, refusals and pace know; the seconds until another try."""
        now, operation = self._timing.clock(), call.operation.name
        if failure.counts:
            channel.breaker.failed(now)
        elif failure.status:
            channel.breaker.succeeded()
        channel.refusals.note(failure.error, operation, failure.status, now)
        delay = failure.delay(tried, self._jitter())
        if failure.asked is not None or isinstance(failure.error, RateLimited):
            channel.pause(operation, delay)
        return delay


def _advance(call: Call, flow: Flow[A], response: Response | None) -> Request | _Returned[A]:
    """The flow's next request, or its answer. What it makes nothing of is `ProviderNonsense`."""
    try:
        return flow.send(response) if response is not None else next(flow)
    except StopIteration as stop:
        return _Returned(stop.value)
    except ProviderError:
        raise
    except (WeirError, *ODD_DATA):
        if response is None:
            raise
        # Without the cause: its text may quote the provider's data.
        raise nonsense(call.provider) from None


def _clean(error: ProviderError, key: str) -> ProviderError:
    """`error` with a message that may be shown and logged, and without a cause that may not."""
    error.message = redacted(error.message, key)
    error.args = (error.message,)
    error.__cause__ = error.__context__ = None
    return error


def _log(call: Call, reply: Response | Failure, milliseconds: float) -> None:
    failed = isinstance(reply, Failure)
    level = logging.WARNING if failed else logging.DEBUG
    if not logger.isEnabledFor(level):
        return
    logger.log(
        level,
        "provider=%s operation=%s status=%d ms=%.0f request_id=%s%s",
        call.provider.name,
        call.operation.name,
        reply.status,
        milliseconds,
        call.request_id,
        f" error={reply.error.code}" if failed else "",
    )
