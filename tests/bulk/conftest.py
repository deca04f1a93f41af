"""What the tests of bulk jobs share with others."""

from __future__ import annotations

from tests.cli.conftest import loggers, sandbox, weir
from tests.databases import postgres_url
from tests.isolation import isolated

__all__ = ["isolated", "loggers", "postgres_url", "sandbox", "weir"]
