"""Files to bring, and bytes as they go over the wire."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Frame, Page

from server.domain.principal import LOCAL, Principal
from tests.serving import Served

LEADS = b"Email,Full Name\r\nada@stripe.com,Ada Lovelace\r\nalan@stripe.com,Alan Turing\r\n"


async def link(weir: Served, principal: Principal = LOCAL, kind: str | None = None, name: str | None = None) -> str:
    """The URL of a new upload."""
    return f"{weir.url}/uploads/{(await weir.weir.uploads.open(principal, kind, name)).ticket}"


async def drop(where: Page | Frame, file: bytes, name: str) -> None:
    """Drop a file of text on the place for it."""
    dropped = await where.evaluate_handle(
        """([text, name]) => { const data = new DataTransfer();
        data.items.add(new File([text], name, { type: "text/csv" })); return data; }""",
        [file.decode(), name],
    )
    await where.dispatch_event(".drop", "drop", {"dataTransfer": dropped})


def kept(home: Path) -> list[str]:
    """The names of all files in the folder of uploads."""
    return sorted(path.name for path in (home / "uploads").rglob("*"))


async def raw(url: str, *pieces: bytes, hang_up: bool = False) -> bytes:
    """Send bytes to the server of `url`, and read its answer to the end; nothing if we hang up."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return b"" if hang_up else await reader.read()
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def head(url: str, *lines: str, method: str = "PUT") -> bytes:
    """The head of a request."""
    parts = urlsplit(url)
    text = "\r\n".join((f"{method} {parts.path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close", *lines))
    return f"{text}\r\n\r\n".encode()
