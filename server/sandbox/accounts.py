"""Keys, balances and the bill. Amounts are integer hundredths of a credit."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from server.sandbox import magic

OPENING = 10_000_00
_UNLIMITED = 1_000_000_000_00
_TEST_KEYS = {"xmagnet": "xm_test_"}
_OVER = 5


class BadKey(Exception):
    """Nobody has this key."""


class OutOfCredits(Exception):
    """The account holds less than the request needs."""

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(f"needs {needed / 100:g} credits, has {available / 100:g}")
        self.needed = needed
        self.available = available


@dataclass(slots=True)
class Usage:
    """What one operation, or one day of it, was charged."""

    calls: int = 0
    chargeable: int = 0
    found: int = 0
    charged: int = 0
    most: int = 0

    def add(self, charged: int, found: bool) -> None:
        self.calls += 1
        self.chargeable += charged > 0
        self.found += found
        self.charged += charged
        self.most = max(self.most, charged)


@dataclass(slots=True)
class Account:
    """One key's account with one provider."""

    provider: str
    key: str
    opening: int
    billed: bool = True
    charged: int = 0
    calls: int = 0
    by_operation: dict[str, Usage] = field(default_factory=dict[str, Usage])
    by_day: dict[date, dict[str, Usage]] = field(default_factory=dict[date, dict[str, Usage]])
    latencies: dict[date, deque[float]] = field(default_factory=dict[date, "deque[float]"])
    """Milliseconds of the newest requests of a day."""
    first: datetime | None = None
    last: datetime | None = None

    @property
    def balance(self) -> int:
        return self.opening - self.charged

    def require(self, amount: int) -> None:
        """Refuse a request that may cost more than the account holds."""
        available = 0 if magic.wants("no-credits") else self.balance
        if self.billed and amount > available:
            raise OutOfCredits(amount, max(available, 0))

    def charge(self, operation: str, amount: int, *, found: bool | None = None) -> int:
        """Count a call and take `amount`; returns what was really taken, which is what the answer has to report."""
        self.require(amount)
        taken = 0 if not self.billed else amount * (_OVER if magic.wants("over-charge") else 1)
        self.charged += taken
        self.calls += 1
        self._note(operation, taken, taken > 0 if found is None else found)
        return taken

    def _note(self, operation: str, taken: int, found: bool) -> None:
        self.last = datetime.now(UTC)
        self.first = self.first or self.last
        self.by_operation.setdefault(operation, Usage()).add(taken, found)
        self.by_day.setdefault(self.last.date(), {}).setdefault(operation, Usage()).add(taken, found)

    def took(self, started: float) -> None:
        """Note how long a request took, from its `time.perf_counter()` at the start."""
        today = datetime.now(UTC).date()
        kept = self.latencies.setdefault(today, deque(maxlen=1000))
        kept.append((time.perf_counter() - started) * 1000)

    def bill(self) -> dict[str, Any]:
        return {
            "charged": self.charged / 100,
            "balance": self.balance / 100,
            "calls": self.calls,
            "by_operation": {
                name: {"calls": usage.calls, "charged": usage.charged / 100}
                for name, usage in sorted(self.by_operation.items())
            },
        }


_accounts: dict[tuple[str, str], Account] = {}


def of(provider: str, key: str | None) -> Account:
    """The account of a key, opened with 10,000 credits on first use.

    `sandbox-empty` holds nothing, `sandbox-unlimited` enough for load tests; `sandbox-bad` and whatever does not begin
    with `sandbox` is nobody's.
    """
    account = _accounts.get((provider, key or ""))
    if account is None:
        account = _accounts[provider, key or ""] = _open(provider, key or "")
    if magic.wants("bad-key"):
        raise BadKey
    return account


def _open(provider: str, key: str) -> Account:
    test = _TEST_KEYS.get(provider)
    if test and key.startswith(test):
        return Account(provider, key, OPENING, billed=False)
    match key:
        case "sandbox-bad":
            raise BadKey
        case "sandbox-empty":
            return Account(provider, key, 0)
        case "sandbox-unlimited":
            return Account(provider, key, _UNLIMITED)
        case _ if key == "sandbox" or key.startswith("sandbox-"):
            return Account(provider, key, OPENING)
        case _:
            raise BadKey


def bill() -> dict[str, dict[str, Any]]:
    """What every key of every provider was charged so far."""
    found: dict[str, dict[str, Any]] = {}
    for (provider, key), account in sorted(_accounts.items()):
        found.setdefault(provider, {})[key] = account.bill()
    return found


def reset() -> None:
    """Forget all charges: every key starts anew."""
    _accounts.clear()
