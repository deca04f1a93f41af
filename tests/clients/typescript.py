"""The official TypeScript clients, each in a process of Node.js."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.clients.person import Person
from tests.clients.program import Json, Setup
from tests.nodejs import PACKAGES

LINE = 4 * 1024 * 1024
"""Bytes; what a tool returns is one line."""


@dataclass(frozen=True, slots=True)
class TypeScript:
    """The client, by what it says line by line."""

    process: Process
    person: Person

    async def call(self, tool: str, arguments: Json) -> Json:
        """The structured content that the client saw of a call."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"name": tool, "arguments": arguments}).encode() + b"\n")
        return (await self.said())["result"]["structuredContent"]

    def age(self) -> None:
        """It renews its token when it is answered 401, and has no clock that matters."""

    async def said(self) -> Json:
        """The next thing it says, once its person has opened what it wants opened."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        while True:
            line = await self.process.stdout.readline()
            assert line, (await self.process.stderr.read()).decode()
            said = json.loads(line)
            if "open" not in said:
                return said
            await self.person.allow(said["open"])


@asynccontextmanager
async def typescript(node: str, package: str, setup: Setup, person: Person) -> AsyncGenerator[TypeScript]:
    """The client of that package, `v1` or `v2`, connected."""
    script = PACKAGES / "signed_in.mjs"
    told = [package, setup.endpoint, setup.era, *([setup.document] if setup.document else [])]
    process = await asyncio.create_subprocess_exec(
        node, script, *told, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=LINE
    )
    try:
        client = TypeScript(process, person)
        assert await client.said() == {"connected": True}
        yield client
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
