"""Calls that wait for a job to stand still, of which each member has so many at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from server.domain.principal import Principal

MOST = 20
"""Calls of one member that wait at the same time, in one process: each looks at its job once a second."""


class Waiting:
    """Who waits. One per process."""

    def __init__(self) -> None:
        self._calls = Counter[tuple[str, str]]()

    @contextmanager
    def call(self, principal: Principal, seconds: float) -> Generator[float]:
        """A call that would wait for `seconds`; yields for how long it may, which is 0 where too many wait already."""
        whose = principal.workspace, principal.member
        if not seconds or self._calls[whose] >= MOST:
            yield 0.0
            return
        self._calls[whose] += 1
        try:
            yield seconds
        finally:
            self._calls[whose] -= 1
            if not self._calls[whose]:
                del self._calls[whose]
