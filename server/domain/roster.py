"""Which sources a provider draws from, where it is a waterfall itself; free."""

from __future__ import annotations

from typing import ClassVar

from server.domain.person import Part
from server.domain.query import Answer, Query


class Source(Part):
    """One source of a provider."""

    name: str
    emails: bool
    phones: bool
    tier: str | None = None
    """The provider's own order: T1 is asked first."""
    enabled: bool


class Roster(Answer):
    """The sources of a provider."""

    sources: tuple[Source, ...]
    enabled: int | None = None
    """How many sources the provider says are switched on; the list may be shorter."""

    @property
    def units(self) -> int:
        return len(self.sources)


class ListSources(Query[Roster]):
    """Which sources does this provider draw from?"""

    answer: ClassVar[type[Answer]] = Roster
    free: ClassVar[bool] = True
