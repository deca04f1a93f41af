"""How far something is that somebody waits for."""

from __future__ import annotations

from typing import Protocol


class Report(Protocol):
    """Tells whoever waits how far it is, if they want to know."""

    async def __call__(self, progress: float, total: float | None, message: str) -> None:
        """`progress` of `total`, which is None as long as nobody knows it; `message` is for people."""
        ...


async def silent(progress: float, total: float | None, message: str) -> None:
    """Nobody wants to know."""
