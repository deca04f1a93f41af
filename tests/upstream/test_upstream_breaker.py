"""The circuit breaker and the memory of refusals, as state machines."""

from __future__ import annotations

import pytest

from server.domain.errors import ProviderOutOfCredits, ProviderRejectedKey, ProviderUnavailable
from server.upstream.breaker import Breaker, BreakerState, Refusals


def tripped(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(5):
        breaker.failed(now)
    return breaker


def test_five_failures_in_a_row_open_it_for_thirty_seconds():
    breaker = Breaker()
    for _ in range(4):
        breaker.failed(0.0)
    assert (breaker.state(0.0), breaker.wait(0.0)) == (BreakerState.CLOSED, 0.0)
    breaker.failed(1.0)
    assert (breaker.state(1.0), breaker.wait(1.0), breaker.wait(21.0)) == (BreakerState.OPEN, 30.0, 10.0)


def test_a_success_in_between_starts_the_count_anew():
    breaker = Breaker()
    for _ in range(4):
        breaker.failed(0.0)
    breaker.succeeded()
    for _ in range(4):
        breaker.failed(0.0)
    assert breaker.closed()


def test_a_single_probe_goes_after_the_rest_and_its_success_closes():
    breaker = tripped()
    assert (breaker.state(30.0), breaker.wait(30.0)) == (BreakerState.HALF_OPEN, 0.0)
    assert breaker.enter() is True
    assert breaker.wait(30.0) == 1.0
    breaker.succeeded()
    assert (breaker.state(30.0), breaker.wait(30.0), breaker.enter()) == (BreakerState.CLOSED, 0.0, False)


def test_a_failed_probe_doubles_the_rest_up_to_five_minutes():
    breaker, now, rests = tripped(), 0.0, list[float]()
    for _ in range(6):
        rests.append(breaker.wait(now))
        now += breaker.wait(now)
        breaker.enter()
        breaker.failed(now)
    assert rests == [30.0, 60.0, 120.0, 240.0, 300.0, 300.0]


def test_after_a_success_the_rest_is_short_again():
    breaker = tripped()
    breaker.enter()
    breaker.failed(30.0)
    breaker.succeeded()
    for _ in range(5):
        breaker.failed(100.0)
    assert breaker.wait(100.0) == 30.0


def test_late_failures_of_older_requests_do_not_prolong_the_rest():
    breaker = tripped()
    breaker.failed(20.0)
    breaker.failed(29.0)
    assert breaker.wait(30.0) == 0.0


def test_a_probe_that_ended_without_a_verdict_makes_room_for_the_next():
    breaker = tripped()
    breaker.enter()
    breaker.leave()
    assert (breaker.wait(30.0), breaker.enter()) == (0.0, True)


def test_a_rejected_key_concerns_every_operation_for_a_minute():
    refusals = Refusals()
    refusals.note(ProviderRejectedKey("No.", fix="Check the key."), "look", 401, 0.0)
    standing = refusals.standing("other", 59.0)
    assert isinstance(standing, ProviderRejectedKey)
    assert (standing.message, standing.fix) == ("No.", "Check the key.")
    assert refusals.standing("other", 60.0) is None


@pytest.mark.parametrize(("error", "status"), [(ProviderRejectedKey("No."), 403), (ProviderOutOfCredits("No."), 402)])
def test_a_missing_scope_or_too_few_credits_concern_the_operation_that_asked(error: ProviderRejectedKey, status: int):
    refusals = Refusals()
    refusals.note(error, "look", status, 0.0)
    assert type(refusals.standing("look", 1.0)) is type(error)
    assert refusals.standing("ping", 1.0) is None


def test_other_failures_are_no_refusals():
    refusals = Refusals()
    refusals.note(ProviderUnavailable("Down."), "look", 500, 0.0)
    assert refusals.standing("look", 0.0) is None
