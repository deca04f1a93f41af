"""Results of one batch on their way into storage: what waits is written at once, nothing is dropped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from server.batches.store import Standing, Store
from server.domain.batch import Settled
from server.domain.errors import StorageUnavailable

_PAUSE = 0.5
"""Seconds between two attempts while storage is away."""

logger = logging.getLogger(__name__)


class Settling:
    """Writes the results of one chunk. Those that come while a write is under way go together with the next."""

    def __init__(self, store: Store, batch_id: str) -> None:
        self._store = store
        self._batch_id = batch_id
        self._waiting: list[tuple[Sequence[Settled], asyncio.Future[Standing]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, settled: Sequence[Settled]) -> Standing:
        """Returns once `settled` is durable, with where the batch then stands."""
        done: asyncio.Future[Standing] = asyncio.get_running_loop().create_future()
        self._waiting.append((settled, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await done

    async def _write_all(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            try:
                outcome = await self._write([one for settled, _ in taken for one in settled])
            except Exception as error:  # noqa: BLE001 - the rows' own tasks have to learn of it, or wait for ever
                outcome = error
            for _, done in taken:
                if not done.done():
                    _end(done, outcome)
        self._writing = None

    async def _write(self, settled: list[Settled]) -> Standing:
        while True:
            try:
                return await self._store.settle(self._batch_id, settled)
            except StorageUnavailable as error:
                logger.warning("%d results of a bulk job wait for storage: %s", len(settled), error.message)
                await asyncio.sleep(_PAUSE)


def _end(done: asyncio.Future[Standing], outcome: Standing | Exception) -> None:
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
