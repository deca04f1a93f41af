"""A provider that writes down when requests arrive, and callers that press it; also runs as a process of its own."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from server.domain.errors import ProviderError
from server.provider import Offering
from server.storage.database import Database
from server.upstream import Connection, Upstream
from tests.pace import Arrivals
from tests.stalls import watched
from tests.upstream.vendor import Acme, Ask, Found, manifest, reply

Script = Callable[[int], tuple[bytes, float]]
"""The response to the n-th request, and the seconds that it takes."""


def prompt(_: int) -> tuple[bytes, float]:
    """All is well, at once."""
    return reply(), 0.0


@dataclass
class Vendor(Arrivals):
    """A real server on a local port."""

    script: Script = prompt
    callers: list[bytes] = field(default_factory=list[bytes])
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                number = len(self.at)
                self.at.append(time.monotonic())
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or b"0")
                self.callers.append(await reader.readexactly(length))
                answer, seconds = self.script(number)
                if seconds:
                    await asyncio.sleep(seconds)
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def arriving(script: Script = prompt) -> AsyncGenerator[Vendor]:
    """A provider that answers by `script`."""
    async with watched() as stalls:
        arrivals = Vendor(stalls, script=script)
        server = await asyncio.start_server(arrivals.serve, "127.0.0.1", 0)
        arrivals.port = server.sockets[0].getsockname()[1]
        yield arrivals
        server.close()


class Caller:
    """One process's way to the provider: a real clock, and no jitter in what it waits between tries."""

    def __init__(
        self,
        port: int,
        per_minute: float,
        database: Database | None = None,
        *,
        key: str = "key",
        burst: int = 5,
        **changes: Any,
    ) -> None:
        """`changes` go to the manifest."""
        self.provider = Acme(manifest(rate={"per_minute": per_minute, "burst": burst}, **changes))
        connection = Connection(key, {"default": f"http://127.0.0.1:{port}"})
        self.upstream = Upstream({"acme": connection}, jitter=lambda: 0.0, database=database)

    def offering(self, flow: str) -> Offering[Found]:
        return next(one for one in self.provider.offerings() if one.operation.name == flow)

    async def ask(self, flow: str = "look", *, within: float = 30.0, text: str = "ada") -> Found | None:
        deadline = time.monotonic() + within
        driven = await self.upstream.drive(self.offering(flow), Ask(flow=flow, text=text), deadline=deadline)
        return driven.answer

    async def press(self, seconds: float, *, at_once: int = 30, flow: str = "look", text: str = "ada") -> int:
        """Ask all the time, `at_once` at a time; how many were answered."""
        end, answered = time.monotonic() + seconds, 0

        async def ask() -> None:
            nonlocal answered
            while (left := end - time.monotonic()) > 0:
                try:
                    await self.ask(flow, within=left, text=text)
                    answered += 1
                except ProviderError as error:
                    if error.code == "rate_limited":
                        return

        await asyncio.gather(*(ask() for _ in range(at_once)))
        return answered


async def main(url: str, port: str, per_minute: str, seconds: str, text: str) -> None:
    """A process that presses the provider as soon as it is told to, by a line on its input."""
    database = await Database.open(url)
    caller = Caller(int(port), float(per_minute), database)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(await caller.press(float(seconds), text=text), flush=True)
    await caller.upstream.close()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
