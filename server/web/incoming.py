"""A file on its way to disk, written as it arrives."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import Generator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from server.web.refusal import Refusal

_PIECE = 1 << 20
"""Bytes that are written at once: the most of the file that is in memory."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Incoming:
    """The file at `path`, which must not be there before, of `most` bytes at most.

    `Refusal` with status 413 for more than that, with 507 where the disk is full, and with 503 where it cannot be
    written at all. The caller removes the file.
    """

    def __init__(self, path: Path, most: int) -> None:
        self.path = path
        self.size = 0
        self._most = most
        self._held = bytearray()
        self._hash = sha256()

    @property
    def sha256(self) -> str:
        """Of what was written, in hexadecimal digits."""
        return self._hash.hexdigest()

    async def __aenter__(self) -> Self:
        with on_disk():
            self._file = await asyncio.to_thread(self.path.open, "xb")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with on_disk():
            try:
                if error is None:
                    await self._write()
            finally:
                self._file.close()

    async def write(self, data: bytes) -> None:
        """Take the next bytes of the file."""
        self.size += len(data)
        if self.size > self._most:
            raise too_large(self._most)
        self._held += data
        if len(self._held) >= _PIECE:
            with on_disk():
                await self._write()

    async def _write(self) -> None:
        piece, self._held = self._held, bytearray()
        await asyncio.to_thread(self._put, piece)

    def _put(self, piece: bytearray) -> None:
        self._hash.update(piece)
        self._file.write(piece)
        self._file.flush()


def too_large(most: int) -> Refusal:
    """What is said of a file of more than `most` bytes."""
    return Refusal(
        f"The file has more than {most:,} bytes.", fix="Split it into several files and bring each.", status=413
    )


@contextlib.contextmanager
def on_disk() -> Generator[None]:
    """Failures of the file system become a `Refusal`, with status 507 where there is no room and 503 otherwise."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Refusal(
                "The server's disk has no room for the file.", fix="Tell whoever runs the server.", status=507
            ) from error
        raise Refusal(
            f"The server cannot keep the file: {error.strerror or error}.",
            fix="Tell whoever runs the server.",
            status=503,
        ) from error
