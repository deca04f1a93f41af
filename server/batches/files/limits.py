"""What a file may hold at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RECORD: Final = 1 << 20
"""Characters of one row, and of one JSON object. Not a setting: the buffers are built around it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Going over any of them is `InvalidInput`, and the file is refused as a whole."""

    rows: int = 1_000_000
    """Rows with data; blank ones are not counted."""
    bytes: int = 500_000_000
    unpacked: int = 2_000_000_000
    """Bytes of a workbook's parts together, as they are once they are decompressed."""
    columns: int = 1_000
    cell: int = 32_767
    """Characters. It is Excel's own limit, so that every cell that came in fits into every format that goes out."""
