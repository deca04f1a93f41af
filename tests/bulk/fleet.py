"""Servers, workers and a sandbox as processes of their own, which are killed and started again."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from server import app
from server.domain.batch import Order
from server.domain.money import credits
from server.domain.principal import LOCAL
from server.ledger import Line
from server.settings import load
from tests import forked
from tests.cli.conftest import PATIENCE, await_health, fetch, running
from tests.ports import free_port

_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}
_POLL = 0.02


@dataclass
class Fleet:
    """A server, and workers beside it where the database can be shared."""

    folder: Path
    sandbox: int
    """The sandbox's port."""
    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)
    processes: dict[str, ForkServerProcess] = field(default_factory=dict[str, ForkServerProcess])

    def start(self, name: str) -> None:
        """Start the process `server` or a worker of any other name; the server answers when this returns."""
        words = ("serve", "--port", str(self.port)) if name == "server" else ("work",)
        log = self.folder / f"{name}.log"
        command = (*words, "--home", self.folder / "home")
        process = forked.start(*command, cwd=self.folder, log=log, environment=self.environment)
        self.processes[name] = process
        if name == "server":
            await_health(process, self.port, log)

    def said(self, name: str) -> str:
        """All that a process has written."""
        return (self.folder / f"{name}.log").read_text()

    def await_words(self, name: str, words: str) -> None:
        """Wait until a process has said `words`."""
        deadline = time.monotonic() + PATIENCE
        while words not in (said := self.said(name)):
            assert time.monotonic() < deadline, said
            time.sleep(_POLL)

    def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        self.processes[name].kill()
        self.processes[name].join(PATIENCE)

    def stop(self) -> None:
        """End all processes in order."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.join(PATIENCE)

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool of the server returns."""
        params = {"name": tool, "arguments": arguments, "_meta": _META}
        headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
        }
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        status, text = fetch(self.port, "POST", "/mcp", request, headers)
        assert status == 200, text
        body = text if text.startswith("{") else text.partition("data: ")[2].splitlines()[0]
        result = json.loads(body)["result"]
        assert not result.get("isError"), result
        return result["structuredContent"]["data"]

    def until(self, job: str, *statuses: str) -> dict[str, Any]:
        """Wait for one of `statuses`; the job as it then stands."""
        deadline = time.monotonic() + 4 * PATIENCE
        while (standing := self.call("get_bulk_job_status", job_id=job))["status"] not in statuses:
            assert time.monotonic() < deadline, standing
            time.sleep(_POLL)
        return standing

    @property
    def billed(self) -> Mapping[str, Any]:
        """What the sandbox has on its bill for our key."""
        account: Mapping[str, Any] = json.loads(fetch(self.sandbox, "GET", "/bill")[1]).get("leadmagic", {})
        return account.get("sandbox", {"calls": 0, "charged": 0.0})

    def await_calls(self, more: int, within: float) -> None:
        """Wait until the sandbox has answered so many more requests, or for so many seconds."""
        calls, deadline = self.billed["calls"] + more, time.monotonic() + within
        while self.billed["calls"] < calls and time.monotonic() < deadline:
            time.sleep(_POLL)

    def crash(self, times: int, chance: Random) -> Counter[str]:
        """Kill a process and start it again, so many times, at moments that only `chance` knows; how often which."""
        killed = Counter[str]()
        for _ in range(times):
            self.await_calls(chance.randrange(60), within=3.0)
            name = chance.choice(sorted(self.processes))
            self.kill(name)
            killed[name] += 1
            self.start(name)
        return killed


@contextmanager
def fleet(folder: Path, *workers: str, **environment: str) -> Generator[Fleet]:
    """A sandbox that takes a little while to answer, and processes that call it as they would call the vendor."""
    folder.mkdir(parents=True, exist_ok=True)
    with running("sandbox", folder=folder) as sandbox:
        assert fetch(sandbox.port, "POST", "/control", {"latency_ms": 30})[0] == 200
        unlimited = dict.fromkeys(("LIMIT_PER_MEMBER_DAY", "LIMIT_PER_WORKSPACE_MONTH", "APPROVAL_ABOVE"), "none")
        settings = {
            "LEADMAGIC_API_KEY": "sandbox",
            "WEIR_LEADMAGIC_BASE_URL": f"{sandbox.url}/leadmagic",
            "WEIR_LEADMAGIC_PER_MINUTE": "none",
            **{f"WEIR_{name}": value for name, value in unlimited.items()},
            **environment,
        }
        made = Fleet(folder, sandbox.port, settings)
        try:
            yield made
        finally:
            for process in made.processes.values():
                process.kill()
                process.join(PATIENCE)


async def submit(made: Fleet, rows: Sequence[Sequence[str]], monkeypatch: pytest.MonkeyPatch) -> str:
    """Submit a job to a Weir that goes away before it has done anything; the job's id."""
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    async with app.opened(load(home=made.folder / "home")) as weir:
        source = await weir.batches.sources.open(await weir.batches.sources.keep(["Email"], rows))
        order = Order("email_validation", {"email": "Email"}, credits(100_000), name="people.csv")
        return (await weir.batches.submit(LOCAL, order, source)).id


@dataclass(frozen=True, slots=True)
class Books:
    """What the storage holds once all processes are gone."""

    lines: Sequence[Line]
    states: Mapping[int, str]
    """By row."""

    def of(self, kind: str) -> list[Line]:
        """The ledger's entries of one kind."""
        return [line for line in self.lines if line["kind"] == kind]

    def credits(self, kind: str) -> float:
        """Their sum."""
        return sum(float(line["credits"] or 0) for line in self.of(kind))


async def books(made: Fleet, job: str) -> Books:
    """Look into the storage; the environment is that of `submit`."""
    async with app.opened(load(home=made.folder / "home")) as weir:
        batch = await weir.batches.get(LOCAL, job)
        lines = [line async for line in weir.engine.books.ledger.export("default", batch.created_at)]
        results = await weir.batches.rows(LOCAL, job, 1, batch.rows)
        return Books(lines, {one.row: one.state.value for one in results})
