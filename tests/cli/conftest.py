"""The `weir` command in the test's own process, and servers beside it."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from server.cli.commands import run
from tests import forked
from tests.isolation import clean_environment, isolated
from tests.ports import free_port

__all__ = ["isolated"]

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0
"""Seconds until a process must have come up or gone; generous, because test machines are slow and busy."""

pytestmark = pytest.mark.usefixtures("isolated")


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture
def loggers() -> Generator[None]:
    """Puts logging back as it was."""
    ours = [logging.getLogger(name) for name in ("server", "tools")]
    root, dbos = logging.getLogger(), logging.getLogger("dbos")
    handlers, levels = root.handlers[:], [logger.level for logger in (root, *ours)]
    yield
    root.handlers[:] = handlers
    # Its handler writes to what stood for the terminal during this test.
    dbos.handlers.clear()
    for logger, level in zip((root, *ours), levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def weir(isolated: None, loggers: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line: `weir("doctor", "--home", home)`."""

    def invoke(*words: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["weir", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run()
        printed = capsys.readouterr()
        return Done(int(ended.value.code or 0), printed.out, printed.err)

    return invoke


@dataclass(frozen=True, slots=True)
class Process:
    """A server process of ours."""

    port: int
    home: Path
    log: Path
    pid: int
    _process: ForkServerProcess

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal and wait; the exit code."""
        os.kill(self.pid, by)
        self._process.join(PATIENCE)
        assert self._process.exitcode is not None, self.log.read_text()
        return self._process.exitcode


def spawn(*words: str | Path, cwd: Path, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """`weir` as a process of its own, from nothing."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "server", *map(str, words)],
            cwd=cwd,
            env=clean_environment(PYTHONPATH=str(ROOT), **environment),
            stdout=output,
            stderr=output,
        )


@contextmanager
def running(command: str, *words: str | Path, folder: Path, **environment: str) -> Generator[Process]:
    """`weir serve` or `weir sandbox` on a free port, once it answers; its home is `folder`/home."""
    folder.mkdir(parents=True, exist_ok=True)
    port, log, home = free_port(), folder / f"{command}.log", folder / "home"
    log.unlink(missing_ok=True)
    process = forked.start(command, "--port", str(port), *words, cwd=folder, log=log, environment=environment)
    try:
        await_health(process, port, log)
        assert process.pid is not None
        yield Process(port, home, log, process.pid, process)
    finally:
        process.kill()
        process.join(PATIENCE)


def await_health(process: ForkServerProcess, port: int, log: Path) -> None:
    """Wait until the process answers."""
    deadline = time.monotonic() + PATIENCE
    while not answers(port):
        if not process.is_alive() or time.monotonic() > deadline:
            pytest.fail(f"The process did not come up:\n{log.read_text()}")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Whether `/health` on the port says 200."""
    try:
        return fetch(port, "GET", "/health")[0] == 200
    except OSError:
        return False


def fetch(
    port: int, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Status and text of one request."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Generator[Process]:
    """Simulated providers in a process of their own."""
    with running("sandbox", folder=tmp_path_factory.mktemp("sandbox")) as process:
        yield process


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Process]:
    """A running Weir on its own sandbox."""
    folder = tmp_path_factory.mktemp("server")
    with running("serve", "--providers", "sandbox", "--home", folder / "home", folder=folder) as process:
        yield process


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Generator[Process]:
    """A running Weir that asks who calls."""
    folder = tmp_path_factory.mktemp("guarded")
    words = ("--providers", "sandbox", "--auth", "builtin", "--home", folder / "home")
    with running("serve", *words, folder=folder) as process:
        yield process


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder for state that does not exist yet."""
    return tmp_path / "home"
