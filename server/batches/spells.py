"""Work for the processor on the event loop, in spells so short that others hardly notice.

A thread would be no better: it gives the interpreter back only every few milliseconds, and whoever is served by the
event loop would wait for that in every round that its call takes.
"""

from __future__ import annotations

import asyncio
import time

_SPELL_SECONDS = 0.001


class Spells:
    """One piece of work."""

    def __init__(self) -> None:
        self._until = time.thread_time() + _SPELL_SECONDS

    async def pause(self) -> None:
        """Where a spell is over, let others have their turn; to be called after every small part of the work."""
        if time.thread_time() >= self._until:
            await asyncio.sleep(0)
            self._until = time.thread_time() + _SPELL_SECONDS
