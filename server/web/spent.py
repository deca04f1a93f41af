"""What a connection or key has spent this month."""

from __future__ import annotations

from server.budgets import PER_CONNECTION_MONTH, Budgets
from server.domain.money import FREE, Credits
from server.domain.principal import Grant, Principal


async def spent(budgets: Budgets, workspace: str, connection: str) -> Credits:
    """Hundredths of credits used or held in this calendar month (UTC)."""
    # With a limit, because without one the connection's own use is left out.
    who = Principal(workspace, "", grant=Grant(connection, monthly_limit=FREE))
    return next(one.used for one in await budgets.usage(who) if one.name == PER_CONNECTION_MONTH)
