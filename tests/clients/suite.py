"""The official conformance suite, in a process of Node.js, and what it found."""

from __future__ import annotations

import asyncio
import json
import re
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.nodejs import PACKAGES

SCRIPT = PACKAGES / "suite.mjs"
_FOLDER = re.compile(r"(?:server-)?(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
_TO_OPEN = re.compile(r"https?://\S+/authorize\?\S+")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the suite looked at."""

    scenario: str
    name: str
    status: str
    """SUCCESS, FAILURE, WARNING, SKIPPED or INFO."""
    message: str

    @property
    def good(self) -> bool:
        """Whether there is nothing to say against it."""
        return self.status not in {"FAILURE", "WARNING"}


async def run(
    node: str, folder: Path, *command: str, opens: Callable[[str], Awaitable[None]] | None = None
) -> tuple[Check, ...]:
    """What a command of the suite found; `opens` is handed what a person has to open in a browser meanwhile."""
    process = await asyncio.create_subprocess_exec(
        node, SCRIPT, *command, "--output-dir", str(folder), stdout=PIPE, stderr=STDOUT
    )
    assert process.stdout is not None
    printed: list[str] = []
    async for line in process.stdout:
        printed.append(line.decode())
        if opens is not None and _TO_OPEN.fullmatch(line.decode().strip()):
            await opens(line.decode().strip())
    await process.wait()
    checks = tuple(_checks(folder))
    assert checks, "".join(printed)
    return checks


def _checks(folder: Path) -> Iterator[Check]:
    for path in sorted(folder.glob("*/checks.json")):
        found = _FOLDER.fullmatch(path.parent.name)
        assert found is not None, path
        for one in json.loads(path.read_text()):
            yield Check(found["scenario"], one["id"], one["status"], one.get("errorMessage") or "")
