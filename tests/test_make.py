"""What `make` hands to the server and to pytest; nothing is installed or started here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


OURS = ("MAKE", "MFLAGS", "PORT", "HOST", "HOME_DIR", "AUTH", "PROVIDERS", "ARGS", "PYTHON")
OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
"""The environment without what an outer `make test` hands down."""


def make(*arguments: str, cwd: Path = ROOT, **environment: str) -> str:
    """The commands that `make` would run."""
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", *arguments],
        cwd=cwd,
        env=OUTSIDE | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return " ".join(done.stdout.splitlines()[-1].split())


def test_make_variables_become_options_of_the_server():
    command = make("serve", "PORT=8123", "HOST=127.0.0.1", "HOME_DIR=/srv/my weir", "PROVIDERS=sandbox")
    assert command == (
        "exec .venv/bin/weir serve --host '127.0.0.1' --port '8123' --home '/srv/my weir' --providers 'sandbox'"
    )


def test_a_port_in_the_environment_reaches_the_server():
    assert make("serve", PORT="8124") == "exec .venv/bin/weir serve --port '8124'"


def test_a_host_that_a_shell_exports_does_not_decide_where_the_server_binds():
    assert make("serve", HOST="x86_64-conda-linux-gnu") == "exec .venv/bin/weir serve"


def test_the_sandbox_listens_on_9000_unless_told_otherwise():
    assert make("sandbox") == "exec .venv/bin/weir sandbox --port '9000'"
    assert make("sandbox", "PORT=9100") == "exec .venv/bin/weir sandbox --port '9100'"


def test_make_test_runs_pytest_and_nothing_else():
    assert make("test") == "exec .venv/bin/pytest"


def test_make_works_from_another_folder(tmp_path: Path):
    assert make("-f", str(ROOT / "Makefile"), "test", "ARGS=-x", cwd=tmp_path).endswith("exec .venv/bin/pytest -x")


def test_a_python_that_is_too_old_is_refused_with_the_fix(tmp_path: Path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "uv.lock", tmp_path)
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "test", f"PYTHON={old}"], cwd=tmp_path, env=OUTSIDE, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Weir needs Python 3.11 or newer" in done.stderr
    assert "make test PYTHON=/path/to/python3.11" in done.stderr
    assert not (tmp_path / ".venv").exists()
