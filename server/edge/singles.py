"""Single paid calls in a row: after some, what they are used for is a bulk job."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from server.domain.errors import UseBulk
from server.domain.money import plain
from server.domain.principal import Principal
from server.domain.query import AnyQuery
from server.domain.quote import Quote

SECONDS = 600.0
_MORE = 100
"""Further rows that the price of a bulk job is projected for."""

Key = tuple[str, str, str]


@dataclass(slots=True)
class Count:
    """What one member does with one tool."""

    paid: deque[float] = field(default_factory=deque[float])
    """When, on the clock, calls were made that asked a provider."""
    under_way: Counter[AnyQuery] = field(default_factory=Counter[AnyQuery])
    """The same question asked several times at once is one: its askers share the answer."""

    def within(self, now: float) -> int:
        """Calls of the last minutes, and those that have not ended."""
        while self.paid and self.paid[0] <= now - SECONDS:
            self.paid.popleft()
        return len(self.paid) + len(self.under_way)


class Singles:
    """Counts the paid calls of every member and tool; in this process alone, for it is advice and no limit.

    `kinds` are the enrichments of bulk jobs by the tool that does the same for one record, and `most` is how many
    calls pass; None lets all of them.
    """

    def __init__(self, kinds: Mapping[str, str], most: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._kinds = kinds if most is not None else dict[str, str]()
        self._most = most or 0
        self._clock = clock
        self._counts: dict[Key, Count] = {}

    def counts(self, tool: str) -> bool:
        """Whether calls of `tool` are counted."""
        return tool in self._kinds

    def full(self, principal: Principal, tool: str, query: AnyQuery) -> bool:
        """Whether a call that asks `query` would be one too many, if it costs something."""
        count = self._counts.get(_key(principal, tool))
        return count is not None and query not in count.under_way and count.within(self._clock()) >= self._most

    @asynccontextmanager
    async def counted(self, principal: Principal, tool: str, query: AnyQuery) -> AsyncGenerator[Callable[[bool], Any]]:
        """One call; the caller tells by the function whether it asked anybody, else it does not count."""
        count = self._counts.setdefault(_key(principal, tool), Count())
        count.under_way[query] += 1
        asked: list[bool] = []
        try:
            yield asked.append
        finally:
            count.under_way[query] -= 1
            if not count.under_way[query]:
                del count.under_way[query]
            if any(asked):
                count.paid.append(self._clock())

    def refusal(self, tool: str, quote: Quote) -> UseBulk:
        """What a caller is told, with the price of a hundred more such calls as `quote` is for one."""
        expected, most = (plain(cost.total) * _MORE for cost in (quote.expected, quote.most))
        return UseBulk(
            f"{tool} was called {self._most} times in {SECONDS / 60:g} minutes, one record at a time.",
            fix=f"Send the records that are left in one submit_detected_bulk_job with enrichment {self._kinds[tool]}: "
            f"up to 200 as rows, more as a file by create_bulk_upload_session. {_MORE} more cost about {expected:g} "
            f"credits and at most {most:g}; repeated and stored ones cost nothing.",
        )


def _key(principal: Principal, tool: str) -> Key:
    return principal.workspace, principal.member, tool
