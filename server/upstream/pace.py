"""When the next request may go: a reservation GCRA (generic cell rate algorithm), as pure arithmetic over instants.

Requests are spaced evenly, 1 % slower than the limit, so that 200 ms of network jitter cannot push a sixty-second
window at the provider over it. A burst is earned by silence: after a pause as long as the burst is worth, so many may
go at once, and the time is made up for afterwards. No window ever holds more than an even pace would allow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isinf

from server.upstream.limits import Limits

MARGIN = 0.01
WINDOW = 60.0
"""The documented limits count requests per minute."""
LATE = 0.25
"""Seconds after which a slot that was not used is lost. Fits into the margin, with `SLACK` and the network's jitter."""
SLACK = 0.1
"""Seconds by which a request within an operation's own limit may be late and the next one keep its time."""
LONGEST_PAUSE = 3600.0
"""Seconds; the longest that one response may silence us, however far away the reset it names."""

NEVER = -inf


@dataclass(slots=True)
class Pace:
    """The clock of one limit. All instants are seconds on one clock, whichever that is."""

    per_minute: float
    """Infinity: no limit is kept or learned, and only pauses count."""
    burst: int = 1
    paused_until: float = NEVER
    """No request goes before this instant, because the provider asked for silence."""
    learned: float | None = None
    """Requests per minute as the provider's responses state them, in place of `per_minute`."""
    due: float = NEVER
    """The theoretical arrival time: when an evenly paced next request is due."""
    last: float = NEVER
    """The slot that was taken last."""
    credit: int = 0
    """How many may still go at once."""
    slow: float = 0.0
    """Seconds between two requests until `slow_until`, where that is slower than the limit."""
    slow_until: float = NEVER

    def wait(self, now: float) -> float:
        """Seconds until the next free slot, without taking it."""
        return max(0.0, self.slot(now) - now)

    def reserve(self, now: float) -> float:
        """Take the next free slot; how many seconds away it is."""
        slot = self.slot(now)
        self.take(slot)
        return slot - now

    def slot(self, now: float) -> float:
        """The instant of the next free slot."""
        return now if self.credit else max(now, self.due)

    def take(self, slot: float, slack: float = 0.0) -> None:
        """Take the free slot at the instant `slot`; the time before it is given up, where it is more than `slack`."""
        spacing = self.spacing(slot)
        if slot >= self.due + (self._at_once() - 1) * spacing:
            self.credit = self._at_once() - 1
        elif self.credit:
            self.credit -= 1
        self.due = (self.due if slot - self.due <= slack else slot) + spacing
        self.last = slot

    def spacing(self, at: float) -> float:
        """Seconds between two requests around the instant `at`."""
        return max(self._even(), self.slow) if at < self.slow_until else self._even()

    def pause(self, now: float, seconds: float) -> None:
        """Send nothing for `seconds`, and nothing in a burst afterwards."""
        until = now + min(seconds, LONGEST_PAUSE)
        self.paused_until = max(self.paused_until, until)
        self.due = max(self.due, until)
        self.credit = 0

    def learn(self, now: float, limits: Limits) -> None:
        """Follow what a response says about the limit: its live size, and how much of the window is left."""
        if limits.nonsense or isinf(self.per_minute):
            return
        if limits.limit is not None and (limits.reset is None or limits.reset <= WINDOW):
            self.learned = limits.limit
            self.credit = min(self.credit, self._at_once() - 1)
        if limits.remaining is None or limits.reset is None:
            return
        if limits.remaining == 0:
            self.pause(now, limits.reset)
        else:
            self._stretch(now, limits.reset, limits.remaining)

    def _limit(self) -> float:
        return self.per_minute if self.learned is None else self.learned

    def _even(self) -> float:
        return WINDOW * (1 + MARGIN) / self._limit()

    def _at_once(self) -> int:
        return max(1, int(min(self.burst, self._limit())))

    def _stretch(self, now: float, reset: float, remaining: int) -> None:
        """Spread what is left of the window over what is left of its time, where that is slower than the even pace."""
        self.slow = min(reset, LONGEST_PAUSE) / remaining * (1 + MARGIN)
        self.slow_until = now + min(reset, LONGEST_PAUSE)
        if self.slow > self._even():
            self.due = max(self.due, self.last + self.slow)
            self.credit = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """An instant to wait for."""

    at: float
    taken: bool
    """True where a request may go then; False where it may only ask again."""
    lapses: float
    """The last instant at which it may be used."""


@dataclass(frozen=True, slots=True)
class Paces:
    """The limits of one provider: of all requests, and of the operations that have one of their own."""

    general: Pace
    own: dict[str, Pace] = field(default_factory=dict[str, Pace])

    def of(self, operation: str) -> Pace:
        """The limit that responses to `operation` speak of."""
        return self.own.get(operation, self.general)

    def wait(self, operation: str, now: float) -> float:
        """Seconds until `operation` may go, without taking the slot."""
        return max(self.general.wait(now), self.of(operation).wait(now))

    def paused(self, operation: str, now: float) -> bool:
        """Whether the provider asked for silence that still lasts."""
        return now < self.general.paused_until or now < self.of(operation).paused_until

    def silence(self, now: float) -> float:
        """Seconds that are left of the longest silence that the provider asked for, of all or of an operation."""
        return max(0.0, *(pace.paused_until - now for pace in (self.general, *self.own.values())))

    def reserve(self, operation: str, now: float, deadline: float) -> Slot:
        """A slot of every limit that concerns `operation`, at one instant and taken together.

        Nothing is taken where it would be after the `deadline`, nor while the operation's own limit is what holds it
        up: others may go meanwhile.
        """
        own, slot = self.own.get(operation), self.general.slot(now)
        if own is not None and own.slot(slot) > slot:
            # Asked again as much sooner as there is to wait for the others, so that no slot of its own is wasted.
            sooner = 0.0 if own.slot(now) > deadline else slot - now
            return Slot(own.slot(now) - sooner, taken=False, lapses=now)
        if slot > deadline:
            return Slot(slot, taken=False, lapses=now)
        self.general.take(slot)
        if own is not None:
            own.take(slot, SLACK)
        return Slot(slot, taken=True, lapses=inf if isinf(self.general.per_minute) else slot + LATE)
