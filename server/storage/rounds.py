"""Work that is done again and again for as long as the product runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from server.domain.errors import StorageUnavailable

logger = logging.getLogger(__name__)


async def keep_doing(what: str, one_round: Callable[[], Awaitable[None]], *, every: float) -> NoReturn:
    """Do `one_round`, then wait for `every` seconds, and so on until cancelled.

    A round that fails is logged as `what`, and the next one tries again: nobody would notice that there are none any
    more, and other processes would wait for this one.
    """
    while True:
        try:
            await one_round()
        except StorageUnavailable as error:
            logger.warning("%s: waits for storage: %s", what, error.message)
        except Exception:
            logger.exception("%s: a round failed, and the next one tries again", what)
        await asyncio.sleep(every)
