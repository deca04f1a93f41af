"""A form that is sent twice is carried out once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable

_SECONDS = 10.0
"""A second click comes soon; whoever comes back later means it."""


class Once:
    """Remembers for ten seconds what was answered to a form, for whoever clicked twice."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, tuple[asyncio.Future[str], float]] = {}

    async def __call__(self, form: Hashable, carry_out: Callable[[], Awaitable[str]]) -> str:
        """The result of `carry_out`, or of the call before it for the same form."""
        now = time.monotonic()
        self._answers = {key: kept for key, kept in self._answers.items() if now - kept[1] < _SECONDS}
        if form not in self._answers:
            self._answers[form] = (asyncio.ensure_future(carry_out()), now)
        # The first browser request may be given up for the second; what it started goes on.
        return await asyncio.shield(self._answers[form][0])
