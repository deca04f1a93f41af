"""What a response's headers say about rate limits, as pure data.

Read are `RateLimit-Limit/-Remaining/-Reset` (reset in seconds), their legacy `X-` twins (reset as UNIX time) and
`Retry-After` (seconds or an HTTP date), as LeadMagic documents them (API reference, rate limit headers; C-16, C-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite

_UNIX = 1_000_000_000.0
"""A reset above this many seconds is an instant, not a duration."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests per window, how many of them are left, and the seconds until the window ends."""

    limit: float | None = None
    remaining: int | None = None
    reset: float | None = None

    @property
    def nonsense(self) -> bool:
        """True where more is left than there is (C-22)."""
        return self.limit is not None and self.remaining is not None and self.remaining > self.limit


def limits_of(headers: Mapping[str, str], unix_now: float) -> Limits | None:
    """The limit that `headers` (names in lower case) tell of; None where they tell of none."""
    for prefix in ("ratelimit-", "x-ratelimit-"):
        limit = _number(headers.get(prefix + "limit"))
        remaining = _number(headers.get(prefix + "remaining"))
        reset = _number(headers.get(prefix + "reset"))
        if limit is None and remaining is None:
            continue
        return Limits(limit or None, None if remaining is None else int(remaining), _seconds(reset, unix_now))
    return None


def retry_after(headers: Mapping[str, str], unix_now: float) -> float | None:
    """Seconds that `Retry-After` asks to wait; None where it is absent or unreadable."""
    said = headers.get("retry-after", "")
    seconds = _number(said)
    if seconds is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - unix_now)
    except (ValueError, OverflowError):
        return None


def _number(said: str | None) -> float | None:
    """The leading number, which later drafts of the standard follow with parameters such as `;w=60`."""
    if said is None:
        return None
    try:
        number = float(said.split(",", 1)[0].split(";", 1)[0])
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def _seconds(reset: float | None, unix_now: float) -> float | None:
    if reset is None or reset < _UNIX:
        return reset
    return max(0.0, reset - unix_now)
