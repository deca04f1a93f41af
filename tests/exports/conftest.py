"""Exports in tests wait for their files, however busy the machine is, unless a test says otherwise."""

from __future__ import annotations

import pytest

from server.web import promises


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file is there with its link."""
    monkeypatch.setattr(promises, "_PATIENCE", 60.0)
