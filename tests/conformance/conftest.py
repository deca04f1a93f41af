"""A real `weir serve` over the sandbox, and Node.js with the official clients."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import running
from tests.nodejs import node

__all__ = ["node"]


@pytest.fixture
def weir_url(tmp_path: Path) -> Iterator[str]:
    """The MCP endpoint of a server that was started for this test."""
    with serving(tmp_path) as url:
        yield url


@contextmanager
def serving(folder: Path) -> Generator[str]:
    """A server with its state in `folder`; yields its MCP endpoint."""
    with running("serve", "--providers", "sandbox", "--home", folder / "home", folder=folder) as process:
        yield f"{process.url}/mcp"
