"""`mcp-remote`, which lets clients that only know standard input reach servers on the web."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.clients.person import Person
from tests.clients.program import Json
from tests.nodejs import MODULES

PROXY = MODULES / "mcp-remote" / "dist" / "proxy.js"
_TO_OPEN = re.compile(rb"^https?://\S+/authorize\?\S+$")


@dataclass(frozen=True, slots=True)
class Remote:
    """A client behind the proxy."""

    client: Client

    async def call(self, tool: str, arguments: Json) -> Json:
        """The structured content that the client saw of a call."""
        said = await self.client.call_tool(tool, arguments)
        assert said.structured_content is not None, said.content
        return said.structured_content

    def age(self) -> None:
        """The proxy renews its token when it is answered 401, and has no clock that matters."""


@asynccontextmanager
async def remote(node: str, endpoint: str, home: Path, person: Person) -> AsyncGenerator[Remote]:
    """A client connected through the proxy, which keeps what it knows in `home`."""
    # No browser is opened by the proxy; it prints the address as well, for people without one.
    environment = {**os.environ, "MCP_REMOTE_CONFIG_DIR": str(home), "BROWSER": "true", "DISPLAY": ""}
    command = StdioServerParameters(command=node, args=[str(PROXY), endpoint], env=environment)
    reading, writing = os.pipe()
    # What goes wrong in the browser ends the test, which would wait for the proxy otherwise.
    with os.fdopen(writing, "w") as errors:
        async with asyncio.TaskGroup() as group:
            opening = group.create_task(_open(reading, person))
            async with Client(stdio_client(command, errlog=errors), mode="legacy") as client:
                yield Remote(client)
            opening.cancel()


async def _open(reading: int, person: Person) -> None:
    """Let the person open every address that the proxy prints."""
    lines = asyncio.StreamReader()
    pipe = os.fdopen(reading, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), pipe)
    try:
        async for line in lines:
            if _TO_OPEN.match(line.strip()):
                await person.allow(line.strip().decode())
    finally:
        transport.close()
