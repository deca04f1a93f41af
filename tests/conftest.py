"""Fixtures for every test."""

import os

import httpx2
import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.databases"]

# Five seconds, the library's own, are little where many tests share a machine: whoever wants to give up sooner says so.
# And nobody reads all certificates anew for every client, which takes longer than most calls.
_USUAL = {"timeout": httpx2.Timeout(60), "verify": httpx2.create_ssl_context()}
for _asks in (httpx2.AsyncClient.__init__, httpx2.Client.__init__, httpx2.get, httpx2.post):
    assert _asks.__kwdefaults__ is not None
    _asks.__kwdefaults__.update(_USUAL)

# No example is too slow on a busy machine, and a change is judged by the same examples wherever it is tested.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("steady")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Twice as many workers as there are cores: most tests wait for servers and browsers longer than they compute."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first, so that nobody waits for it at the end."""
    items.sort(key=_lasts, reverse=True)


def _lasts(item: pytest.Item) -> bool:
    limit = item.get_closest_marker("timeout")
    return limit is not None and limit.args[0] > 600
