"""Node.js, with the clients and tools that tests run on it. It is required where WEIR_TEST_REQUIRE=1."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browsing import missing

PACKAGES = Path(__file__).parent / "conformance"
MODULES = PACKAGES / "node_modules"


@pytest.fixture(scope="session")
def node() -> str:
    """Where Node.js is; what the lock file names is installed."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        missing("Node.js is not installed")
    assert found is not None
    assert npm is not None
    with (PACKAGES / "package-lock.json").open() as lock:
        # Several processes run tests, and one of them is enough to install.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _outdated():
            subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=PACKAGES, check=True)
    return found


def _outdated() -> bool:
    installed, lock = MODULES / ".package-lock.json", PACKAGES / "package-lock.json"
    return not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime
