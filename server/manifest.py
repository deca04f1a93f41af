"""What a provider's `.toml` says: hosts, key, rate limits, plans, and dated prices with their source.

Prices are appended with a date and never edited: the newest row that is in force prices a call.
"""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from server.domain import money
from server.domain.money import FREE, Credits, Micros

Amount = Annotated[Credits, BeforeValidator(money.credits)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Auth(_Entry):
    """How the key travels."""

    header: str
    scheme: str = ""
    """Put before the key, such as `Bearer`."""


class Rate(_Entry):
    """Documented requests per minute, and how many may go at once."""

    per_minute: float
    burst: int = 1


class Plan(_Entry):
    """A documented price plan."""

    name: str
    usd: float
    credits: int
    source: str

    @property
    def per_credit(self) -> Micros:
        """Dollars per credit, in micros, rounded up."""
        return Micros(-(-round(self.usd * 1_000_000) // self.credits))


class Price(_Entry):
    """One dated price row, in the provider's credits."""

    since: date
    hit: Amount
    """Per chargeable unit that comes back."""
    miss: Amount
    """Per request that comes back empty."""
    hold: Amount
    """The highest figure that any document gives, per unit: what must be reserved (ruling R1)."""
    unit: str = "call"
    """`call`: one unit whatever comes back; `row`: one unit per returned row."""
    floor: Amount = FREE
    """The least that a request is held at, per `page` units."""
    page: int = 1
    extras: dict[str, Amount] = Field(default_factory=dict[str, Credits])
    """Credits per unit for each further data class that the query selects."""
    confirmed: bool = True
    """False where the figure is a guess, because the vendor documents none."""
    source: str

    def most(self, units: int, extras: tuple[str, ...] = ()) -> Credits:
        """The bound: what a request for `units` may cost at the most."""
        units = units if self.unit == "row" else 1
        pages = -(-units // self.page)
        each = self.hold + sum(self.extras[name] for name in extras)
        return Credits(max(self.floor * pages, each * units, self.miss))

    def charge(self, units: int, extras: tuple[str, ...] = ()) -> Credits:
        """What `units` returned units cost by the price list; `miss` where there are none."""
        if units == 0:
            return self.miss
        units = units if self.unit == "row" else 1
        return Credits((self.hit + sum(self.extras[name] for name in extras)) * units)


class Operation(_Entry):
    """One operation of a provider: the flow of the same name, its limits and its prices."""

    name: str
    title: str
    rate: Rate | None = None
    """Where the operation has a limit of its own, beside the provider's."""
    timeout: float = 30.0
    """Seconds to wait for one response."""
    unlocked_days: float | None = None
    """For how long the provider does not charge again for the record that it answered with; for operations that
    answer with one record, of providers whose replies do not say what they cost."""
    prices: tuple[Price, ...]

    @property
    def unlocked(self) -> timedelta | None:
        """`unlocked_days` as a duration."""
        return None if self.unlocked_days is None else timedelta(days=self.unlocked_days)

    def in_force(self, today: date) -> Price | None:
        """The price row in force; None where there is none, and then the operation makes no offers."""
        return max((row for row in self.prices if row.since <= today), key=lambda row: row.since, default=None)

    @property
    def free(self) -> bool:
        """True where no row has ever charged anything."""
        return all(row.hit == row.miss == row.hold == row.floor == FREE and not row.extras for row in self.prices)


class Manifest(_Entry):
    """A provider, as its `.toml` describes it."""

    name: str
    title: str
    docs: str
    hosts: dict[str, str]
    """Base URLs by host name; `default` is the main one."""
    auth: Auth
    enabled: bool = True
    """False where the operator has to switch the provider on."""
    last: bool = False
    """Asked only after every other provider (ruling C-92)."""
    tier: str = "standard"
    keep_days: float | None = None
    """The longest that its answers may be kept, where the vendor says so."""
    rate: Rate
    quota_per_day: int | None = None
    """Requests, of the smallest paid plan; shown only. A provider whose quota is used up says for how long it rests."""
    plans: tuple[Plan, ...] = ()
    operations: dict[str, Operation]

    @property
    def keep(self) -> timedelta | None:
        """`keep_days` as a duration."""
        return None if self.keep_days is None else timedelta(days=self.keep_days)

    @property
    def dearest(self) -> Micros | None:
        """Micros per credit of the dearest documented plan; None where no plan is documented."""
        return max((plan.per_credit for plan in self.plans), default=None)

    @property
    def environment(self) -> str:
        """The environment variable that holds the key."""
        return f"{self.name.upper()}_API_KEY"


@cache
def read_manifest(path: Path) -> Manifest:
    """The manifest in `path`, read once; the provider's name is the file's."""
    data: dict[str, Any] = tomllib.loads(path.read_text())
    for name, operation in data.get("operations", {}).items():
        operation["name"] = name
    return Manifest.model_validate({"name": path.stem, **data})
