"""Servers to measure: started on one core of their own, asked by the plainest HTTP there is."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parent.parent
HOST = "127.0.0.1"
PATIENCE = 20.0
"""Seconds until a server must answer."""

PROVIDERS = ("leadmagic", "xmagnet", "leadiq", "leadsonar")
LIMITS = (
    "WEIR_LIMIT_PER_CALL",
    "WEIR_LIMIT_PER_MEMBER_DAY",
    "WEIR_LIMIT_PER_WORKSPACE_MONTH",
    "WEIR_USE_BULK_AFTER",
)

Era = Literal["modern", "legacy"]
ERAS: tuple[Era, ...] = ("modern", "legacy")

_CLIENT = {"name": "weir-benchmark", "version": "1.0.0"}
_MODERN_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": _CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Mode:
    """How a server answers in the legacy era; the modern one is the same for all."""

    json: bool
    stateless: bool


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    name: str
    pid: int
    port: int
    credential: str = ""
    """The personal key or access token to present, where the server asks who calls."""

    @property
    def url(self) -> str:
        """Where it answers, without a path."""
        return f"http://{HOST}:{self.port}"

    def cpu_seconds(self) -> float:
        """Processor time that the server's process has used, all threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def call(self, tool: str, arguments: Mapping[str, Any]) -> None:
        """One modern call whose answer does not matter, such as the one that fills the cache."""
        self._post(_call("modern", tool, arguments), self._headers("modern", tool))

    def message(self, tool: str, arguments: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        """Body and headers of one modern call, for a client of the caller's choice."""
        return _call("modern", tool, arguments), {**_ACCEPT, **self._headers("modern", tool)}

    def requests(self, era: Era, tool: str, arguments: Mapping[str, Any], connections: int) -> list[bytes]:
        """One tool call as raw HTTP for each connection; in the legacy era each has a session of its own."""
        body = _call(era, tool, arguments)
        return [
            _raw(self.port, {**_ACCEPT, **self._presented, **self._headers(era, tool)}, body)
            for _ in range(connections)
        ]

    def mode(self) -> Mode:
        """How this server answers in the legacy era."""
        _, headers = self._initialize()
        return Mode(json="json" in headers["content-type"], stateless="mcp-session-id" not in headers)

    @property
    def _presented(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.credential}"} if self.credential else {}

    def _headers(self, era: Era, tool: str) -> dict[str, str]:
        if era == "modern":
            return {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": tool}
        _, headers = self._initialize()
        session = {"mcp-protocol-version": "2025-11-25"}
        if "mcp-session-id" in headers:
            session["mcp-session-id"] = headers["mcp-session-id"]
        self._post(_rpc("notifications/initialized", {}, None), session)
        return session

    def _initialize(self) -> tuple[bytes, dict[str, str]]:
        params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": _CLIENT}
        return self._post(_rpc("initialize", params, 0), {})

    def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
        connection = HTTPConnection(HOST, self.port, timeout=PATIENCE)
        connection.request("POST", "/mcp", body, {**_ACCEPT, **self._presented, **headers})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        if response.status >= 300:
            raise RuntimeError(f"{self.name} answered {response.status}: {content[:500]!r}")
        return content, {name.lower(): value for name, value in response.getheaders()}


def _call(era: Era, tool: str, arguments: Mapping[str, Any]) -> bytes:
    params: dict[str, Any] = {"name": tool, "arguments": arguments}
    if era == "modern":
        params["_meta"] = _MODERN_META
    return _rpc("tools/call", params, 1)


def _rpc(method: str, params: Mapping[str, Any], identity: int | None) -> bytes:
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
    if identity is not None:
        message["id"] = identity
    return json.dumps(message, separators=(",", ":")).encode()


def _raw(port: int, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = ["POST /mcp HTTP/1.1", f"host: {HOST}:{port}", *lines, f"content-length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


@contextmanager
def bare(core: int, mode: Mode) -> Generator[Served]:
    """The SDK's own server, answering in `mode`."""
    options = ["--json"] * mode.json + ["--stateless"] * mode.stateless
    with _serving("bare", core, ["-m", "benchmarks.bare", *options]) as served:
        yield served


@contextmanager
def weir(core: int, home: Path, **variables: str) -> Generator[Served]:
    """Weir over its sandbox, with its state in `home`; `variables` are further settings."""
    command = ["-m", "server", "serve", "--providers", "sandbox", "--home", str(home)]
    with _serving("weir", core, command, variables) as served:
        yield served


Credential = Literal["key", "token"]


@contextmanager
def guarded_weir(core: int, home: Path, credential: Credential) -> Generator[Served]:
    """The same, for whoever presents a key or an access token; with one."""
    member, place = "bench@example.com", ("--home", str(home))
    _run("users", "add", member, *place)
    key = _run("keys", "create", "--name", "benchmark", "--member", member, *place).splitlines()[0]
    machine = dict(line.split("=", 1) for line in _run("clients", "add", "benchmark", *place).splitlines())
    with weir(core, home, WEIR_AUTH="builtin", WEIR_ACCESS_TOKEN_MINUTES="60") as served:
        presented = key if credential == "key" else _token(served, machine["client_id"], machine["client_secret"])
        yield replace(served, credential=presented)


def _token(served: Served, client_id: str, secret: str) -> str:
    """An access token for a machine client."""
    connection = HTTPConnection(HOST, served.port, timeout=PATIENCE)
    basic = b64encode(f"{client_id}:{secret}".encode()).decode()
    headers = {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/token", "grant_type=client_credentials", headers)
    granted = json.loads(connection.getresponse().read())
    connection.close()
    return granted["access_token"]


def _run(*words: str) -> str:
    """What a `weir` command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "server", *words],
        cwd=ROOT,
        env={**os.environ, "WEIR_PROVIDERS": "sandbox"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


@contextmanager
def weir_over_sandbox(home: Path, **variables: str) -> Generator[tuple[Served, Served]]:
    """A Weir that calls a sandbox in another process as it would call the vendors; yields both.

    No limit and no pace stands in the way; `variables` are further settings.
    """
    with _serving("sandbox", None, ["-m", "server", "sandbox"]) as sandbox:
        at = sandbox.url
        environment = {
            **{f"{name.upper()}_API_KEY": "sandbox" for name in ("leadmagic", "xmagnet", "leadsonar")},
            "LEADIQ_API_KEY": b64encode(b"sandbox").decode(),
            **{f"WEIR_{name.upper()}_BASE_URL": f"{at}/{name}" for name in PROVIDERS},
            "WEIR_LEADIQ_PROSPECTOR_BASE_URL": f"{at}/prospector",
            **{f"WEIR_{name.upper()}_PER_MINUTE": "none" for name in PROVIDERS},
            **dict.fromkeys(LIMITS, "none"),
            **variables,
        }
        command = ["-m", "server", "serve", "--providers", "auto", "--home", str(home)]
        with _serving("weir", None, command, environment) as weir:
            yield weir, sandbox


@contextmanager
def _serving(
    name: str, core: int | None, command: Sequence[str], variables: Mapping[str, str] | None = None
) -> Generator[Served]:
    port = free_port()
    mine = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})  # the child inherits it from its first instruction on
    process = subprocess.Popen(
        [sys.executable, *command, "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, **(variables or {})},
        stdout=subprocess.DEVNULL,
    )
    os.sched_setaffinity(0, mine)
    try:
        _await_port(process, port)
        yield Served(name, process.pid, port)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _await_port(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("A server to measure did not start.") from error
            time.sleep(0.05)
        else:
            return
