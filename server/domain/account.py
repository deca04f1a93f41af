"""Questions about the operator's own accounts with the providers; always free, never cached as answers."""

from __future__ import annotations

from typing import ClassVar

from server.domain.query import Answer, Query


class Balance(Answer):
    """What one provider's account holds, in that provider's credits."""

    plan: str | None = None
    available: float | None = None
    used: float | None = None
    total: float | None = None
    resets_at: str | None = None
    """ISO 8601."""
    unit: str = "credits"


class GetBalance(Query[Balance]):
    """What does this provider's account hold? Asked of every configured provider."""

    answer: ClassVar[type[Answer]] = Balance
    free: ClassVar[bool] = True
