"""The official TypeScript client, run by one Node.js process for as long as it is needed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.conversation import Json, Said

SCRIPT = Path(__file__).parent / "client.mjs"
PATIENCE = 60.0
"""Seconds that the process gets to end."""


@dataclass(frozen=True, slots=True)
class TypeScript:
    """A connected client. Its methods are the client's own, by name: `ask("readResource", uri=...)`."""

    process: subprocess.Popen[str]
    protocol: str
    server: str

    def ask(self, method: str, **params: Any) -> Json:
        """The result of one of the client's methods; a failure of the protocol fails the test."""
        answer = self.answer(method, **params)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def answer(self, method: str, **params: Any) -> Json:
        """`{"result": ...}`, or `{"error": ...}` where the client threw."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"method": method, "params": params}) + "\n")
        self.process.stdin.flush()
        return _line(self.process)

    def call(self, tool: str, arguments: Json) -> Said:
        """What the client saw of a tool call. Once it has listed the tools, it checks results against their schemas."""
        result = self.ask("callTool", name=tool, arguments=arguments)
        text = "".join(block["text"] for block in result["content"])
        return Said(text, result["structuredContent"], result.get("isError", False))


@contextmanager
def connected(node: str, url: str, era: str) -> Generator[TypeScript]:
    """A client in its own process, connected to `url` in that era."""
    process = subprocess.Popen(
        [node, SCRIPT, url, era], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        hello = _line(process)
        yield TypeScript(process, hello["protocol"], hello["server"]["name"])
    finally:
        process.communicate(timeout=PATIENCE)


def _line(process: subprocess.Popen[str]) -> Json:
    """The next line; where the process has ended, what it said of it."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return json.loads(line)
