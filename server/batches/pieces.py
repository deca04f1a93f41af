"""Which pieces of durable work this process has begun and could not finish."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from server.domain.errors import StorageUnavailable

logger = logging.getLogger(__name__)


class Unfinished(Exception):
    """Something of a piece is left."""


class Pieces:
    """Pieces by id: a slice of a batch, or the look at one. A piece may be begun again while it is still under way."""

    def __init__(self) -> None:
        self._latest: dict[str, object] = {}
        """The latest beginning of each that is under way."""
        self._dropped: dict[str, object] = {}
        """The beginning of each that nobody has begun again here."""

    @contextmanager
    def begun(self, piece: str) -> Generator[None]:
        """While a piece is under way. What is left of it, or finds no storage, is to be begun again.

        Durable work takes only what ends by itself for done, so that raises `asyncio.CancelledError`.
        """
        beginning = self._latest[piece] = object()
        self._dropped.pop(piece, None)
        try:
            yield
        except (Unfinished, StorageUnavailable) as error:
            if isinstance(error, StorageUnavailable):
                logger.warning("a piece of a bulk job is begun again, because storage failed: %s", error.message)
            # Otherwise it was begun here once more, and that beginning sees to what is left.
            if self._latest.get(piece) is beginning:
                self._dropped[piece] = beginning
            raise asyncio.CancelledError from None
        finally:
            if self._latest.get(piece) is beginning:
                del self._latest[piece]

    @property
    def dropped(self) -> Mapping[str, object]:
        """Pieces that are to be begun again, each with the beginning that came to nothing."""
        return dict(self._dropped)

    def still(self, dropped: Mapping[str, object]) -> frozenset[str]:
        """Which of those that were `dropped` at an earlier time are so still, by the same beginning."""
        return frozenset(piece for piece, beginning in dropped.items() if self._dropped.get(piece) is beginning)

    def forget(self, dropped: Mapping[str, object]) -> None:
        """Take note that they are to be begun again no more, because they were queued."""
        for piece in self.still(dropped):
            del self._dropped[piece]
