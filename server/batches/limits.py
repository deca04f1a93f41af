"""What bulk jobs may do without asking anybody, and how long their results are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class BulkLimits:
    """The operator's settings for bulk jobs."""

    kept: timedelta = timedelta(days=30)
    """How long results can be fetched."""
    looks: bool = True
    """Whether this process looks at the rows of new batches; their files lie in the home folder of the servers."""
    chunks_at_once: int = 4
    """Slices that one process works on at the same time."""
    in_flight: int = 32
    """Rows of one slice that are asked at once, at most: enough to use a plan of several hundred requests a minute with
    a provider that takes seconds. Where answers come at once there are fewer, so that other callers hardly wait."""
