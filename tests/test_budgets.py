"""Limits that hold however many calls come at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from server.budgets import Budgets, Limits
from server.domain.errors import OutOfBudget
from server.domain.money import Credits
from server.domain.principal import Grant, Principal
from server.storage.database import Database
from tests.calls import ADA
from tests.databases import Clock

GRACE = Principal("acme", "grace")
STRANGER = Principal("globex", "ada")

Make = Callable[[Limits], Budgets]
Reserve = Callable[..., Awaitable[None]]


@pytest.fixture
def budgets(database: Database, clock: Clock) -> Make:
    return lambda limits: Budgets(limits, database, clock)


@pytest.fixture
def reserve(database: Database) -> Reserve:
    async def reserve(budgets: Budgets, who: Principal, amount: int, at: datetime | None = None) -> None:
        await database.write(lambda tx: budgets.reserve(tx, who, Credits(amount), at))

    return reserve


async def used(budgets: Budgets, who: Principal = ADA) -> dict[str, tuple[int, int | None]]:
    return {use.name: (use.used, use.left) for use in await budgets.usage(who)}


async def test_without_a_word_from_the_operator_there_are_limits(budgets: Make):
    assert await used(budgets(Limits())) == {
        "credits_per_call": (0, 100_00),
        "credits_per_member_day": (0, 500_00),
        "credits_per_workspace_month": (0, 5000_00),
    }
    assert Limits().approval_above == 100_00


async def test_what_is_reserved_counts_for_the_member_and_the_workspace(budgets: Make, reserve: Reserve):
    limited = budgets(Limits())
    await reserve(limited, ADA, 1_00)
    await reserve(limited, GRACE, 2_00)
    await reserve(limited, STRANGER, 4_00)
    assert await used(limited, ADA) == {
        "credits_per_call": (0, 100_00),
        "credits_per_member_day": (1_00, 499_00),
        "credits_per_workspace_month": (3_00, 4997_00),
    }


async def test_what_connections_have_used_this_month_is_told_of_all_at_once(
    budgets: Make, reserve: Reserve, clock: Clock
):
    limited = budgets(Limits())
    for grant, amount in (("one", 1_00), ("two", 2_00), ("two", 50), ("three", 8_00)):
        await reserve(limited, Principal("acme", "ada", "", Grant(grant)), amount)
    await reserve(limited, Principal("acme", "ada", "", Grant("one")), 4_00, clock() - timedelta(days=30))
    assert await limited.spent("acme", ["one", "two", "unused"]) == {"one": 1_00, "two": 2_50, "unused": 0}
    assert await limited.spent("globex", ["one"]) == {"one": 0}
    assert await limited.spent("acme", []) == {}


async def test_what_is_given_back_may_be_used_again(budgets: Make, reserve: Reserve, database: Database, clock: Clock):
    limited = budgets(Limits(per_member_day=Credits(10_00)))
    await reserve(limited, ADA, 10_00)
    with pytest.raises(OutOfBudget):
        await reserve(limited, ADA, 1)
    await database.write(lambda tx: limited.give_back(tx, ADA, Credits(3_00), clock()))
    await reserve(limited, ADA, 3_00)
    assert (await used(limited))["credits_per_member_day"] == (10_00, 0)


@pytest.mark.parametrize(
    ("limits", "asked", "refusal"),
    [
        (
            Limits(per_call=Credits(5_00)),
            5_01,
            (
                "This may cost up to 5.01 credits, and credits_per_call leaves 5 of 5.",
                "Ask for less or have the operator raise WEIR_LIMIT_PER_CALL.",
            ),
        ),
        (
            Limits(per_member_day=Credits(9_50)),
            2_00,
            (
                "This may cost up to 2 credits, and credits_per_member_day leaves 1.5 of 9.5.",
                "Ask for less, wait for the next day (UTC), or have the operator raise WEIR_LIMIT_PER_MEMBER_DAY.",
            ),
        ),
        (
            Limits(per_workspace_month=Credits(9_50)),
            2_00,
            (
                "This may cost up to 2 credits, and credits_per_workspace_month leaves 1.5 of 9.5.",
                "Ask for less, wait for the next month (UTC), or have the operator raise "
                "WEIR_LIMIT_PER_WORKSPACE_MONTH.",
            ),
        ),
    ],
)
async def test_a_refusal_names_the_limit_what_is_left_and_the_setting(
    budgets: Make, reserve: Reserve, limits: Limits, asked: int, refusal: tuple[str, str]
):
    await reserve(budgets(Limits()), ADA, 8_00)
    with pytest.raises(OutOfBudget) as raised:
        await reserve(budgets(limits), ADA, asked)
    assert (raised.value.message, raised.value.fix) == refusal
    assert (await used(budgets(Limits())))["credits_per_workspace_month"] == (8_00, 4992_00)


async def test_the_last_credit_of_a_limit_may_be_spent_and_not_one_hundredth_more(budgets: Make, reserve: Reserve):
    limited = budgets(Limits(per_workspace_month=Credits(10_00)))
    await reserve(limited, ADA, 9_99)
    with pytest.raises(OutOfBudget):
        await reserve(limited, GRACE, 2)
    await reserve(limited, GRACE, 1)
    assert (await used(limited))["credits_per_workspace_month"] == (10_00, 0)


async def test_five_hundred_calls_at_once_never_overshoot_a_limit(budgets: Make, reserve: Reserve):
    limited = budgets(Limits(per_workspace_month=Credits(100_00)))
    members = [Principal("acme", f"m{number % 7}") for number in range(500)]
    outcomes = await asyncio.gather(*(reserve(limited, who, 70) for who in members), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 142
    assert sum(isinstance(outcome, OutOfBudget) for outcome in outcomes) == 358
    assert (await used(limited))["credits_per_workspace_month"] == (99_40, 60)
    days = [(await used(limited, who))["credits_per_member_day"][0] for who in members[:7]]
    assert sum(days) == 99_40


async def test_replicas_share_their_limits(postgres_url: str, clock: Clock):
    limits = Limits(per_workspace_month=Credits(50_00))
    databases = [await Database.open(postgres_url) for _ in range(2)]
    replicas = [(database, Budgets(limits, database, clock)) for database in databases]
    outcomes = await asyncio.gather(
        *(
            database.write(lambda tx, budgets=budgets: budgets.reserve(tx, ADA, Credits(1_00)))
            for database, budgets in replicas * 100
        ),
        return_exceptions=True,
    )
    assert sum(outcome is None for outcome in outcomes) == 50
    assert (await used(replicas[0][1]))["credits_per_workspace_month"] == (50_00, 0)
    for database in databases:
        await database.close()


async def test_a_new_day_and_a_new_month_start_at_nothing(budgets: Make, reserve: Reserve, clock: Clock):
    limited = budgets(Limits())
    clock.now = datetime(2026, 11, 29, 23, 59, tzinfo=UTC)
    await reserve(limited, ADA, 5_00)
    clock.advance(minutes=2)
    await reserve(limited, ADA, 1_00)
    today = await used(limited)
    assert (today["credits_per_member_day"][0], today["credits_per_workspace_month"][0]) == (1_00, 6_00)
    clock.advance(days=1)
    december = await used(limited)
    assert (december["credits_per_member_day"][0], december["credits_per_workspace_month"][0]) == (0, 0)


async def test_credits_go_back_to_the_day_they_were_reserved_on(
    budgets: Make, reserve: Reserve, database: Database, clock: Clock
):
    limited = budgets(Limits())
    clock.now = begun = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    await reserve(limited, ADA, 5_00, begun)
    clock.advance(minutes=2)
    await database.write(lambda tx: limited.give_back(tx, ADA, Credits(5_00), begun))
    assert (await used(limited))["credits_per_workspace_month"] == (0, 5000_00)
    clock.now = begun
    assert (await used(limited))["credits_per_member_day"] == (0, 500_00)


async def test_a_limit_that_is_switched_off_still_counts(budgets: Make, reserve: Reserve):
    unlimited = budgets(Limits(per_call=None, per_member_day=None, per_workspace_month=None))
    await reserve(unlimited, ADA, 90_000_00)
    assert await used(unlimited) == {
        "credits_per_call": (0, None),
        "credits_per_member_day": (90_000_00, None),
        "credits_per_workspace_month": (90_000_00, None),
    }


async def test_a_limit_of_nothing_allows_free_calls_only(budgets: Make, reserve: Reserve):
    frozen = budgets(Limits(per_workspace_month=Credits(0)))
    await reserve(frozen, ADA, 0)
    with pytest.raises(OutOfBudget, match="leaves 0 of 0"):
        await reserve(frozen, ADA, 1)
