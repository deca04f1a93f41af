"""A load generator on raw sockets: each connection sends the same request again as soon as its answer is complete."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import cast

_END_OF_HEAD = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_PATIENCE = 10.0
"""Seconds that the last answers may take after the end of a round."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one round of load measured."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    requests: int


@dataclass(slots=True)
class _Tally:
    latencies: list[float] = field(default_factory=list[float])
    failures: list[str] = field(default_factory=list[str])
    running: bool = True


class _Connection(asyncio.Protocol):
    """One connection; every answer must be 200 with exactly the body of the first."""

    def __init__(self, request: bytes, tally: _Tally) -> None:
        self._request = request
        self._tally = tally
        self._received = bytearray()
        self._body: bytes | None = None
        self._sent_at = 0.0
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, without being a subclass
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = bytes(self._received).partition(_END_OF_HEAD)
        if not found or not _complete(head, body):
            return
        self._tally.latencies.append(time.perf_counter() - self._sent_at)
        self._received.clear()
        self._check(head, body)
        if self._tally.running and not self._tally.failures:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._received or exc is not None:
            self._tally.failures.append(f"The connection was lost: {exc or 'in the middle of an answer'}.")
        if not self.closed.done():
            self.closed.set_result(None)

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._request)

    def _check(self, head: bytes, body: bytes) -> None:
        if self._body is None:
            self._body = body
        if not head.startswith(b"HTTP/1.1 200 ") or body != self._body:
            self._tally.failures.append((head + _END_OF_HEAD + body).decode(errors="replace"))


def _complete(head: bytes, body: bytes) -> bool:
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    if at < 0:
        return body.endswith(_LAST_CHUNK)
    return len(body) >= int(lowered[at + 15 :].split(b"\r\n", 1)[0])


async def load(host: str, port: int, requests: Sequence[bytes], seconds: float) -> Load:
    """Keep one connection busy with each of `requests` for `seconds`; any odd answer is a `RuntimeError`."""
    loop = asyncio.get_running_loop()
    tally = _Tally()
    started = time.perf_counter()
    opened = [await loop.create_connection(lambda r=r: _Connection(r, tally), host, port) for r in requests]
    loop.call_later(seconds, setattr, tally, "running", False)
    await asyncio.wait_for(asyncio.gather(*(connection.closed for _, connection in opened)), seconds + _PATIENCE)
    elapsed = time.perf_counter() - started
    if tally.failures:
        raise RuntimeError(f"The server under load answered:\n{tally.failures[0][:2000]}")
    cuts = quantiles(tally.latencies, n=100)
    return Load(len(tally.latencies) / elapsed, cuts[49] * 1000, cuts[98] * 1000, len(tally.latencies))
