"""Rate limit windows and the headers that LeadMagic sends with every answer."""

from __future__ import annotations

import time
from dataclasses import dataclass

from server.sandbox.accounts import Account

PER_DAY = 500_000
_DAY = 86_400


@dataclass(slots=True)
class Window:
    """Requests of one key in the present minute."""

    minute: int = 0
    used: int = 0

    def count(self, now: float) -> int:
        minute = int(now) // 60
        if minute != self.minute:
            self.minute, self.used = minute, 0
        self.used += 1
        return self.used


_windows: dict[tuple[str, str], Window] = {}


def count(key: str, operation: str) -> int:
    """Count a request against its operation's minute; how many there were, this one included."""
    return _windows.setdefault((key, operation), Window()).count(time.time())


def used(key: str) -> int:
    """The busiest operation of this minute, as the dashboard shows it."""
    minute = int(time.time()) // 60
    return max((w.used for (of, _), w in _windows.items() if of == key and w.minute == minute), default=0)


def seconds_left() -> int:
    """Seconds until the present minute ends."""
    return 60 - int(time.time()) % 60


def headers(account: Account, per_minute: int | None, used: int, charged: int | None) -> dict[str, str]:
    """The documented headers; without `per_minute` the operation is not limited, without `charged` nothing is said."""
    now = int(time.time())
    found = {"X-Credits-Remaining": f"{account.balance / 100:.2f}"}
    if charged is not None:
        found["X-Credits-Cost"] = f"{charged / 100:g}"
    if per_minute is not None:
        found |= _limits(per_minute, used, now, min(account.calls, PER_DAY))
    return found


def _limits(limit: int, used: int, now: int, today: int) -> dict[str, str]:
    left, reset = str(max(limit - used, 0)), 60 - now % 60
    found = {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": left,
        "RateLimit-Reset": str(reset),
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": left,
        "X-RateLimit-Reset": str(now + reset),
        "X-RateLimit-Limit-Daily": str(PER_DAY),
        "X-RateLimit-Remaining-Daily": str(PER_DAY - today),
        "X-RateLimit-Reset-Daily": str(now - now % _DAY + _DAY),
        "X-RateLimit-Daily-Usage-Percent": str(today * 100 // PER_DAY),
        "X-RateLimit-RPM-Usage-Percent": str(min(used * 100 // limit, 100)),
        "X-RateLimit-Soft-Mode": "true",
        "X-Concurrent-Requests": "1",
        "X-Active-Reservations": "0",
        "X-Peak-Concurrency": "1",
    }
    if used > limit:
        found["X-RateLimit-Soft-Exceeded"] = "true"
    return found
