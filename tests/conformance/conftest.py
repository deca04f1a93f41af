"""A real `weir serve` over the sandbox, and Node.js with the official clients."""

import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.nodejs import node
from tests.ports import free_port

__all__ = ["node"]

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0
"""Seconds until the server must answer; generous, because test machines are slow and busy."""


@pytest.fixture
def weir_url(tmp_path: Path) -> Iterator[str]:
    """The MCP endpoint of a server that was started for this test."""
    with serving(tmp_path) as url:
        yield url


@contextmanager
def serving(folder: Path) -> Generator[str]:
    """A server with its state in `folder`; yields its MCP endpoint."""
    port = free_port()
    log = folder / "serve.log"
    command = [sys.executable, "-m", "server", "serve", "--providers", "sandbox", "--port", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, "--home", str(folder / "home")], cwd=ROOT, env=_environment(), stdout=output, stderr=output
        )
    try:
        _await_health(server, port, log)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _environment() -> dict[str, str]:
    """The environment without settings and keys of the developer's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WEIR_") and "API_KEY" not in name}


def _await_health(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _healthy(port):
        if server.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"The server did not come up:\n{log.read_text()}")
        time.sleep(0.05)


def _healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
