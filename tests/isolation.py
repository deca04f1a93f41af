"""Keeps a developer's own settings, keys and `weir.toml` out of a test. Request `isolated`, or use it for a module."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def foreign(variable: str) -> bool:
    """Whether a variable of the environment says nothing to Weir."""
    return variable.startswith("WEIR_TEST_") or not (variable.startswith("WEIR_") or variable.endswith("_API_KEY"))


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without settings and keys, and with `more`."""
    return {name: value for name, value in os.environ.items() if foreign(name)} | more


@pytest.fixture
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings in the environment, and an empty folder to be in."""
    for name in os.environ:
        if not foreign(name):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
