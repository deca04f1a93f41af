"""A metered call as the engine writes it down, for tests of what it writes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from server.budgets import Budgets
from server.domain.money import Cost, Credits, Micros
from server.domain.outcome import Outcome
from server.domain.principal import Principal
from server.ledger import Hold, Ledger
from server.storage.database import Database, Transaction
from tests.databases import Clock

ADA = Principal("acme", "ada", "claude-ai")
SINCE = date(2026, 11, 1)


def cost(credits: int, provider: str = "leadmagic") -> Cost:
    """Hundredths of a credit, at a cent each."""
    return Cost({provider: Credits(credits)}, Micros(credits * 100))


@dataclass(frozen=True)
class Books:
    """Ledger and budgets over one database."""

    database: Database
    ledger: Ledger
    budgets: Budgets
    clock: Clock

    async def open(
        self,
        credits: int,
        who: Principal = ADA,
        *,
        provider: str = "leadmagic",
        operation: str = "email_finder",
        most: int | None = None,
    ) -> Hold:
        """Hold, and the intent to ask one provider, for all of the hold or for `most`."""
        hold = Hold.of(who, "find_work_email", cost(credits, provider), self.clock())

        def unit(tx: Transaction) -> None:
            self.budgets.reserve(tx, who, Credits(credits), hold.at)
            self.ledger.hold(tx, hold)
            self.attempt(tx, hold, credits if most is None else most, provider, operation)

        await self.database.write(unit)
        return hold

    def attempt(
        self, tx: Transaction, hold: Hold, most: int, provider: str = "leadmagic", operation: str = "email_finder"
    ) -> None:
        """The intent to ask one more provider."""
        self.ledger.attempt(
            tx,
            hold,
            provider=provider,
            operation=operation,
            most=Credits(most),
            priced_since=SINCE,
            usd=Micros(most * 100),
        )

    def capture(
        self, tx: Transaction, hold: Hold, credits: int, provider: str = "leadmagic", operation: str = "email_finder"
    ) -> None:
        """A provider's answer, found."""
        self.ledger.capture(
            tx,
            hold,
            provider=provider,
            operation=operation,
            credits=Credits(credits),
            usd=Micros(credits * 100),
            outcome=Outcome.FOUND if credits else Outcome.NOT_FOUND,
            request_id="req-1",
        )

    def release(self, tx: Transaction, hold: Hold, spent: int) -> None:
        """Give back what was not spent."""
        back = self.ledger.release(tx, hold, cost(hold.cost.total - spent))
        self.budgets.give_back(tx, hold.principal, back, hold.at)

    async def settle(
        self, hold: Hold, credits: int, *, provider: str = "leadmagic", operation: str = "email_finder"
    ) -> None:
        """Capture and release."""

        def unit(tx: Transaction) -> None:
            self.capture(tx, hold, credits, provider, operation)
            self.release(tx, hold, credits)

        await self.database.write(unit)

    async def used(self, who: Principal = ADA) -> dict[str, int]:
        """What the budgets count, by limit."""
        return {use.name: use.used for use in await self.budgets.usage(who)}
