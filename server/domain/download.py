"""Files that are handed over outside of tool results, which never carry many rows."""

from __future__ import annotations

from server.domain.person import Part
from server.domain.query import Answer


class Download(Part):
    """A file that waits to be fetched. Whoever has the link may fetch it, once."""

    name: str
    size: int | None = None
    """Bytes; none while the file is being written, which its link waits for."""
    url: str
    expires_at: str
    """ISO 8601, UTC."""


class Export(Answer):
    """A table in a file."""

    file: Download
    rows: int
    columns: tuple[str, ...]
