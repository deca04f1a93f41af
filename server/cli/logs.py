"""What Weir writes to standard error: one line for each event, and nothing about anybody who was looked up."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import cast

from server.settings import LogLevel
from server.upstream.redaction import redacted

OURS = ("server", "tools")


def configure(level: LogLevel) -> None:
    """Log our own events from `level` on, and those of libraries from warnings on.

    Libraries log requests and headers below that, which are full of names and keys.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet())
    logging.basicConfig(level=max(logging.WARNING, _number(level)), handlers=[handler], force=True)
    for package in OURS:
        logging.getLogger(package).setLevel(_number(level))


def _number(level: LogLevel) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


class Discreet(logging.Formatter):
    """`time level logger message`, with addresses and numbers blanked out.

    Of an error it shows types and places, never its text, because libraries quote what was sent.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"{at} {record.levelname} {record.name} {redacted(record.getMessage())}"
        return f"{line} | {self.formatException(record.exc_info)}" if record.exc_info else line

    def formatException(  # noqa: N802 - the base class names it so
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Each error of the chain with its innermost places, the last error first."""
        return "; caused by ".join(_described(error) for error in _chain(ei[1]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            group = cast("BaseExceptionGroup[BaseException]", error)
            yield from (one for inner in group.exceptions for one in _chain(inner))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _described(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}" if places else type(error).__name__
