"""When the next request may go: a reservation GCRA (generic cell rate algorithm), as pure arithmetic over instants.

Requests are spaced evenly, 1 % slower than the limit, so that 200 ms of network jitter cannot push a sixty-second
window at the provider over it. A burst is earned by silence: after a pause as long as the burst is worth, so many may
go at once, and the time is made up for afterwards. No window ever holds more than an even pace would allow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isinf

from server.upstream.limits import Limits

MARGIN = 0.01
WINDOW = 60.0
"""The documented limits count requests per minute."""
LONGEST_PAUSE = 3600.0
"""Seconds; the longest that one response may silence us, however far away the reset it names."""

_NEVER = float("-inf")


@dataclass(slots=True)
class Pace:
    """The clock of one limit. All instants are seconds on one monotonic clock."""

    per_minute: float
    """Infinity: no limit is kept or learned, and only pauses count."""
    burst: int = 1
    paused_until: float = _NEVER
    """No request goes before this instant, because the provider asked for silence."""
    _even: float = field(init=False)
    _at_once: int = field(init=False)
    _due: float = field(init=False, default=_NEVER)
    """The theoretical arrival time: when an evenly paced next request is due."""
    _last: float = field(init=False, default=_NEVER)
    _credit: int = field(init=False, default=0)
    _slow: float = field(init=False, default=0.0)
    _slow_until: float = field(init=False, default=_NEVER)

    def __post_init__(self) -> None:
        self._set(self.per_minute)

    def wait(self, now: float) -> float:
        """Seconds until the next free slot, without taking it."""
        return max(0.0, self._slot(now) - now)

    def reserve(self, now: float) -> float:
        """Take the next free slot; how many seconds away it is."""
        slot = self._slot(now)
        spacing = self.spacing(slot)
        if slot >= self._due + (self._at_once - 1) * spacing:
            self._credit = self._at_once - 1
        elif self._credit:
            self._credit -= 1
        self._due = max(self._due, slot) + spacing
        self._last = slot
        return slot - now

    def spacing(self, at: float) -> float:
        """Seconds between two requests around the instant `at`."""
        return max(self._even, self._slow) if at < self._slow_until else self._even

    def pause(self, now: float, seconds: float) -> None:
        """Send nothing for `seconds`, and nothing in a burst afterwards."""
        until = now + min(seconds, LONGEST_PAUSE)
        self.paused_until = max(self.paused_until, until)
        self._due = max(self._due, until)
        self._credit = 0

    def learn(self, now: float, limits: Limits) -> None:
        """Follow what a response says about the limit: its live size, and how much of the window is left."""
        if limits.nonsense or isinf(self.per_minute):
            return
        if limits.limit is not None and (limits.reset is None or limits.reset <= WINDOW):
            self._set(limits.limit)
        if limits.remaining is None or limits.reset is None:
            return
        if limits.remaining == 0:
            self.pause(now, limits.reset)
        else:
            self._stretch(now, limits.reset, limits.remaining)

    def _set(self, per_minute: float) -> None:
        self._even = WINDOW * (1 + MARGIN) / per_minute
        self._at_once = max(1, int(min(self.burst, per_minute)))
        self._credit = min(self._credit, self._at_once - 1)

    def _stretch(self, now: float, reset: float, remaining: int) -> None:
        """Spread what is left of the window over what is left of its time, where that is slower than the even pace."""
        self._slow = min(reset, LONGEST_PAUSE) / remaining * (1 + MARGIN)
        self._slow_until = now + min(reset, LONGEST_PAUSE)
        if self._slow > self._even:
            self._due = max(self._due, self._last + self._slow)
            self._credit = 0

    def _slot(self, now: float) -> float:
        return now if self._credit else max(now, self._due)
