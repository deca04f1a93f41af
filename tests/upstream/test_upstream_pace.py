"""The arithmetic of pacing, on clocks that only tests move."""

from __future__ import annotations

from bisect import bisect_left
from math import inf

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.upstream.limits import Limits
from server.upstream.pace import LATE, LONGEST_PAUSE, Pace, Paces

JITTER = 0.2
"""Seconds by which the network may delay a request, as measured against real networks."""
DELAY = LATE + JITTER
"""Seconds by which a request may arrive later than its slot."""


def grants(pace: Pace, arrivals: list[float]) -> list[float]:
    """The instants at which requests go that arrive at `arrivals`."""
    return [now + pace.reserve(now) for now in arrivals]


def most_within(instants: list[float], seconds: float) -> int:
    """The most instants in any half-open window of `seconds`."""
    ordered = sorted(instants)
    return max((bisect_left(ordered, first + seconds) - index for index, first in enumerate(ordered)), default=0)


@st.composite
def traffic(draw: st.DrawFn) -> tuple[float, int, list[float], list[float]]:
    """A limit, its burst, and a few minutes of arrivals with a delay each."""
    per_minute = draw(st.integers(1, 400))
    burst = draw(st.integers(1, 20))
    clumps = draw(st.lists(st.tuples(st.floats(0, 90), st.integers(1, 120)), min_size=1, max_size=12))
    arrivals: list[float] = []
    now = 0.0
    for gap, size in clumps:
        now += gap
        arrivals += [now] * size
    seed = draw(st.randoms(use_true_random=False))
    return float(per_minute), burst, arrivals, [seed.uniform(0, DELAY) for _ in arrivals]


@given(traffic())
@example((300.0, 5, [0.0] * 700, [DELAY] * 350 + [0.0] * 350))
@example((300.0, 20, [0.0] * 20 + [60.0] * 400, [0.0] * 420))
@example((1.0, 5, [0.0, 30.0, 60.0, 60.1], [0.2, 0.0, 0.0, 0.0]))
def test_no_window_of_sixty_seconds_at_the_provider_exceeds_the_limit(
    case: tuple[float, int, list[float], list[float]],
):
    per_minute, burst, arrivals, delays = case
    sent = grants(Pace(per_minute, burst), arrivals)
    assert most_within([at + delay for at, delay in zip(sent, delays, strict=True)], 60.0) <= per_minute


@given(traffic())
def test_no_window_of_a_bursts_worth_exceeds_the_burst(case: tuple[float, int, list[float], list[float]]):
    per_minute, burst, arrivals, _ = case
    worth = burst * 60.0 / per_minute
    assert most_within(grants(Pace(per_minute, burst), arrivals), worth) <= burst


@given(traffic())
def test_requests_go_in_the_order_in_which_they_came_and_never_before(
    case: tuple[float, int, list[float], list[float]],
):
    per_minute, burst, arrivals, _ = case
    sent = grants(Pace(per_minute, burst), arrivals)
    assert sent == sorted(sent)
    assert all(at >= arrival for at, arrival in zip(sent, arrivals, strict=True))


def test_a_busy_pace_uses_ninety_nine_percent_of_the_limit():
    sent = grants(Pace(300, 5), [0.0] * 3000)
    assert 3000 / sent[-1] * 60 == pytest.approx(300 * 0.99, rel=0.005)


def test_a_burst_goes_at_once_and_its_time_is_made_up_for():
    pace = Pace(60, 3)
    assert grants(pace, [0.0] * 5) == pytest.approx([0, 0, 0, 3.03, 4.04])


def test_a_new_burst_is_earned_by_silence():
    pace = Pace(60, 3)
    grants(pace, [0.0] * 3)
    assert grants(pace, [4.0, 4.0]) == pytest.approx([4.0, 5.01])
    assert grants(pace, [20.0] * 4) == pytest.approx([20, 20, 20, 23.03])


def test_waiting_does_not_take_the_slot():
    pace = Pace(60)
    pace.reserve(0.0)
    assert [pace.wait(0.01), pace.wait(0.01)] == pytest.approx([1.0, 1.0])
    assert pace.reserve(0.01) == pytest.approx(1.0)


def test_a_pause_moves_all_later_slots_and_allows_no_burst_after_it():
    pace = Pace(60, 5)
    pace.pause(0.0, 10.0)
    assert grants(pace, [1.0, 1.0, 1.0]) == pytest.approx([10, 11.01, 12.02])
    pace.pause(0.0, 1.0)
    assert pace.paused_until == 10.0


def test_no_pause_is_longer_than_an_hour():
    pace = Pace(60)
    pace.pause(0.0, 1e9)
    assert pace.reserve(0.0) == LONGEST_PAUSE


def test_a_live_limit_replaces_the_documented_one_downwards_and_upwards():
    pace = Pace(60)
    pace.learn(0.0, Limits(limit=30, remaining=30, reset=60))
    assert pace.spacing(0.0) == pytest.approx(2.02)
    pace.learn(0.0, Limits(limit=600, remaining=599, reset=60))
    assert pace.spacing(0.0) == pytest.approx(0.101, rel=0.01)


def test_a_limit_of_a_window_longer_than_a_minute_is_not_taken_for_requests_per_minute():
    pace = Pace(60)
    pace.learn(0.0, Limits(limit=5000, remaining=4900, reset=3000))
    assert pace.spacing(0.0) == pytest.approx(1.01)


def test_what_is_left_is_spread_over_the_rest_of_the_window():
    pace = Pace(300, 5)
    pace.reserve(0.0)
    pace.learn(0.1, Limits(limit=300, remaining=10, reset=30))
    assert grants(pace, [0.1, 0.1]) == pytest.approx([3.03, 6.06])
    assert pace.spacing(31.0) == pytest.approx(0.202)


def test_plenty_left_does_not_hurry_the_pace():
    pace = Pace(60)
    pace.learn(0.0, Limits(limit=60, remaining=59, reset=1))
    assert pace.spacing(0.0) == pytest.approx(1.01)


def test_nothing_left_waits_for_the_reset():
    pace = Pace(60)
    pace.learn(5.0, Limits(limit=60, remaining=0, reset=12))
    assert pace.reserve(5.0) == pytest.approx(12)


def test_more_left_than_there_is_teaches_nothing():
    pace = Pace(60)
    pace.learn(0.0, Limits(limit=3, remaining=2847, reset=60))
    assert pace.spacing(0.0) == pytest.approx(1.01)


def test_an_infinite_rate_is_not_paced_but_can_be_paused():
    pace = Pace(inf)
    pace.learn(0.0, Limits(limit=3, remaining=0, reset=60))
    assert grants(pace, [0.0] * 1000) == [0.0] * 1000
    pace.pause(0.0, 5.0)
    assert pace.reserve(0.0) == 5.0


@given(st.integers(20, 400), st.integers(1, 20), st.data())
def test_following_the_headers_keeps_a_shared_limit(limit: int, burst: int, data: st.DataObject):
    """Another client spends from the same minute; we see it only in the headers of our own responses."""
    pace = Pace(400, burst)
    others = data.draw(st.integers(0, limit // 2))
    now, used = 0.0, others
    pace.learn(now, Limits(limit=limit, remaining=limit - used, reset=60.0))
    while True:
        now += pace.reserve(now)
        if now >= 60.0:
            break
        used += 1
        pace.learn(now, Limits(limit=limit, remaining=limit - used, reset=60.0 - now))
    assert used <= limit


@given(traffic(), st.integers(1, 100), st.data())
def test_an_operations_own_limit_and_that_of_all_hold_together(
    case: tuple[float, int, list[float], list[float]], own: int, data: st.DataObject
):
    per_minute, burst, arrivals, _ = case
    paces = Paces(Pace(per_minute, burst), {"own": Pace(own)})
    sent: dict[str, list[float]] = {"own": [], "other": []}
    for now in arrivals:
        operation = data.draw(st.sampled_from(["own", "other"]))
        slot = paces.reserve(operation, now, now + 100)
        if slot.taken:
            sent[operation].append(slot.at)
    assert most_within(sent["own"], 60.0) <= own
    assert most_within(sent["own"] + sent["other"], 60.0) <= per_minute


def test_an_operation_that_its_own_limit_holds_up_takes_nothing_from_the_others():
    paces = Paces(Pace(60), {"own": Pace(6)})
    assert paces.reserve("own", 0.0, 100.0).taken
    held = paces.reserve("own", 0.0, 100.0)
    assert (held.taken, held.at) == (False, pytest.approx(10.1 - 1.01))
    other = paces.reserve("other", 0.0, 100.0)
    assert (other.taken, other.at) == (True, pytest.approx(1.01))


def test_an_operation_asks_again_early_enough_to_wait_for_the_others_meanwhile():
    paces = Paces(Pace(60), {"own": Pace(6)})
    paces.reserve("own", 0.0, 100.0)
    again = paces.reserve("own", 0.0, 100.0).at
    paces.reserve("other", again, 100.0)
    slot = paces.reserve("own", again, 100.0)
    assert (slot.taken, slot.at) == (True, pytest.approx(10.1))


def test_a_slot_after_the_deadline_is_named_and_not_taken():
    paces = Paces(Pace(60), {"own": Pace(6)})
    paces.reserve("own", 0.0, 0.0)
    late = [paces.reserve(operation, 0.0, 1.0) for operation in ("other", "own", "other")]
    assert [slot.taken for slot in late] == [False] * 3
    assert [slot.at for slot in late] == pytest.approx([1.01, 10.1, 1.01])


def test_a_slot_lapses_when_it_is_not_used_in_time_unless_nothing_is_paced():
    assert Paces(Pace(60)).reserve("other", 5.0, 9.0).lapses == 5.0 + LATE
    assert Paces(Pace(inf)).reserve("other", 5.0, 9.0).lapses == inf
