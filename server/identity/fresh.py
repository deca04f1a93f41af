"""What storage said a moment ago: whoever comes in is looked up once for many calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

SECONDS = 2.0
"""How long another process may have taken something away before this one notices."""

_MOST = 10_000

T = TypeVar("T")


class Fresh(Generic[T]):
    """Remembers for two seconds what `read` found under a name; what was not there is looked for every time.

    `timer` counts seconds that do not jump.
    """

    def __init__(self, read: Callable[[str], Awaitable[T | None]], timer: Callable[[], float]) -> None:
        self._read = read
        self._timer = timer
        self._kept: dict[str, tuple[T, float]] = {}

    async def get(self, name: str) -> T | None:
        """What is under the name, as it was at most two seconds ago."""
        kept, now = self._kept.get(name), self._timer()
        if kept is not None and now - kept[1] < SECONDS:
            return kept[0]
        remembered = self._kept
        found = await self._read(name)
        if len(remembered) >= _MOST:
            remembered.clear()
        # What was forgotten while it was read goes to where nobody looks any more.
        if found is not None:
            remembered[name] = (found, now)
        return found

    def forget(self, name: str | None = None) -> None:
        """Read that name again when it is next needed, or every name."""
        self._kept = {} if name is None else {key: kept for key, kept in self._kept.items() if key != name}
