"""Who is asked, in which order, and who makes no offer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

import pytest

from server.catalog import Catalog, read_providers
from server.domain.contact import FindMobile, FindPersonalEmail, FindWorkEmail, ValidateEmail
from server.domain.errors import InvalidInput, NoOffer, PriceUnknown
from server.domain.money import Micros
from server.domain.query import AnyQuery
from tests.serving import served

PROVIDERS = read_providers()
ON = ("leadiq", "leadmagic", "leadsonar", "xmagnet")
ADA = FindWorkEmail(first_name="Ada", last_name="Lovelace", company_domain="stripe.com")
MOBILE = FindMobile(
    profile_url="ada-lovelace",
    first_name="Ada",
    last_name="Lovelace",
    company_domain="stripe.com",
    company_name="Stripe",
)
GRACE = {"first_name": "Grace", "last_name": "Valid", "company_domain": "valid.magic.example"}


def asked(
    query: AnyQuery,
    *,
    ready: Collection[str] = ON,
    order: Sequence[str] = (),
    today: date = date(2026, 11, 21),
    per_credit: dict[str, Micros] | None = None,
    without: frozenset[tuple[str, str]] = frozenset(),
) -> list[str]:
    catalog = Catalog(PROVIDERS, ready=ready, today=lambda: today, order=order, per_credit=per_credit)
    return [offer.provider for offer in catalog.offers(query, without)]


def test_the_cheapest_comes_first_and_leadsonar_last() -> None:
    assert asked(ADA) == ["leadmagic", "xmagnet", "leadiq", "leadsonar"]
    assert asked(ValidateEmail(email="ada@stripe.com")) == ["leadmagic", "xmagnet"]


def test_leadsonar_stays_last_even_where_its_credits_are_the_cheapest() -> None:
    assert asked(ADA, per_credit={"leadsonar": Micros(1)})[-1] == "leadsonar"


def test_dearer_credits_move_a_provider_back() -> None:
    assert asked(ADA, per_credit={"leadmagic": Micros(900_000)}) == ["xmagnet", "leadiq", "leadmagic", "leadsonar"]


def test_a_provider_that_knows_less_comes_after_those_that_know_it_all() -> None:
    assert asked(MOBILE) == ["leadmagic", "leadiq", "xmagnet", "leadsonar"]


def test_the_operators_order_comes_before_price_and_rank() -> None:
    assert asked(ADA, order=["leadsonar", "xmagnet"]) == ["leadsonar", "xmagnet", "leadmagic", "leadiq"]


def test_a_flow_that_is_not_automatic_is_asked_only_where_the_order_names_its_provider() -> None:
    assert asked(ValidateEmail(email="ada@stripe.com"), order=["leadmagic", "leadiq"]) == [
        "leadmagic",
        "leadiq",
        "xmagnet",
    ]


def test_who_has_no_key_no_price_in_force_or_a_price_alarm_makes_no_offer() -> None:
    assert asked(ADA, ready=["xmagnet"]) == ["xmagnet"]
    assert asked(ADA, today=date(2025, 12, 31)) == []
    assert asked(ADA, without=frozenset({("leadmagic", "email_finder")})) == ["xmagnet", "leadiq", "leadsonar"]


def test_nobody_to_ask_is_said_with_what_would_help() -> None:
    catalog = Catalog(PROVIDERS, ready=["xmagnet"], today=lambda: date(2026, 11, 21))
    with pytest.raises(NoOffer, match="No configured provider answers find_personal_email") as refused:
        catalog.require(FindPersonalEmail(profile_url="ada-lovelace"))
    assert refused.value.fix == "Set the API key of LeadMagic."
    sonar = Catalog(PROVIDERS, ready=["leadsonar"], today=lambda: date(2026, 11, 21))
    with pytest.raises(NoOffer, match="from these arguments"):
        sonar.require(FindWorkEmail(full_name="Ada Lovelace", company_name="Stripe"))


ALARM = frozenset({("leadmagic", "personal_email_finder")})
PERSONAL = FindPersonalEmail(profile_url="ada-lovelace")


@pytest.mark.parametrize(
    ("today", "without", "refusal", "said", "fix"),
    [
        (
            date(2025, 12, 31),
            frozenset[tuple[str, str]](),
            PriceUnknown,
            "No price of LeadMagic for find_personal_email is in force",
            "price row",
        ),
        (
            date(2026, 11, 21),
            ALARM,
            NoOffer,
            "LeadMagic charged more for find_personal_email than its price list says",
            "weir prices confirm leadmagic personal_email_finder",
        ),
    ],
)
def test_a_price_that_keeps_everybody_from_being_asked_is_named(
    today: date, without: frozenset[tuple[str, str]], refusal: type[NoOffer], said: str, fix: str
) -> None:
    catalog = Catalog(PROVIDERS, ready=ON, today=lambda: today)
    with pytest.raises(NoOffer, match=said) as refused:
        catalog.require(PERSONAL, without)
    assert type(refused.value) is refusal
    assert fix in (refused.value.fix or "")


async def test_the_setting_decides_whom_a_call_asks_first(tmp_path: Path) -> None:
    async with served(tmp_path, order="leadiq, xmagnet") as weir:
        body = await weir.call("find_work_email", GRACE)
        assert [attempt["provider"] for attempt in body["receipt"]["attempts"]] == ["leadiq"]


async def test_an_order_that_names_nobody_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="WEIR_ORDER names 'leadmagik'") as refused:
        async with served(tmp_path, order="leadmagik"):
            pass
    assert "leadmagic" in (refused.value.fix or "")
