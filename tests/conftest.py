"""Fixtures for every test."""

import os

import pytest

pytest_plugins = ["tests.databases"]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Twice as many workers as there are cores: most tests wait for servers and browsers longer than they compute."""
    return 2 * (os.cpu_count() or 1)
