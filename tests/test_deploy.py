"""What the container files repeat of the project, held against the project itself."""

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text()
COMPOSE = (ROOT / "deploy" / "compose.yaml").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def the(pattern: str, text: str) -> str:
    """The one group of the one match of `pattern`."""
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return found


def test_the_container_installs_with_the_same_uv_as_make():
    assert the(r"^ARG UV_VERSION=(\S+)$", CONTAINERFILE) == the(
        r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text()
    )


def test_the_container_has_a_python_that_the_project_supports():
    lowest = the(r"^>=3\.(\d+)$", PROJECT["project"]["requires-python"])
    assert int(the(r"^FROM python:3\.(\d+)-slim$", CONTAINERFILE)) >= int(lowest)


def test_the_container_holds_every_package_and_its_context_lets_them_in():
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert [f"COPY {name} {name}" in CONTAINERFILE for name in packages] == [True] * len(packages)
    let_in = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in (*packages, "pyproject.toml", "uv.lock", "README.md", "LICENSE")} <= set(let_in)


def test_nothing_makes_the_container_listen_beyond_loopback():
    assert not re.search(r"^[^#]*(WEIR_HOST|--host)", CONTAINERFILE + COMPOSE, re.MULTILINE)
    assert "network_mode: host" in COMPOSE


def test_the_container_runs_as_nobody_special_and_keeps_state_in_its_volume():
    assert CONTAINERFILE.index("USER weir") < CONTAINERFILE.index('CMD ["weir", "serve"]')
    assert the(r"WEIR_HOME=(\S+)", CONTAINERFILE) == the(r"^VOLUME (\S+)$", CONTAINERFILE)


@pytest.fixture(params=[200, 503])
def health(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """A server that answers `/health` with a status: the status and its port."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(request.param if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Stay quiet."""

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield request.param, server.server_port
        server.shutdown()


def test_the_health_check_succeeds_exactly_when_the_server_is_healthy(health: tuple[int, int]):
    status, port = health
    command = json.loads(the(r"^    CMD (\[.*\])$", CONTAINERFILE))
    checked = subprocess.run(
        [sys.executable, *command[1:]],
        env=os.environ | {"WEIR_PORT": str(port)},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (checked.returncode == 0) == (status == 200)
