"""What is tried again, when, and what never is."""

from __future__ import annotations

import pytest

from server.domain.errors import (
    ProviderNonsense,
    ProviderOutcomeUnknown,
    ProviderRejectedRequest,
    ProviderUnavailable,
    RateLimited,
)
from tests.upstream.conftest import Benches
from tests.upstream.vendor import DROP, Bench, cut, reply


def sent(acme: Bench) -> int:
    return len(acme.vendor.received)


@pytest.mark.parametrize(
    "answer",
    [DROP, reply({"detail": "x"}, 500), reply(b"<html>", 503), cut(b"{", 9)],
    ids=["lost", "500", "503", "cut"],
)
async def test_a_paid_request_that_may_have_been_processed_is_never_repeated(acme: Bench, answer: bytes):
    acme.vendor.always = answer
    await acme.fail()
    await acme.fail("paid_get")
    assert [one.target.partition("?")[0] for one in acme.vendor.received] == ["/v1/look", "/v1/paid"]


@pytest.mark.parametrize("flow", ["ping", "search"])
@pytest.mark.parametrize(
    "answer",
    [DROP, reply({"detail": "x"}, 500), reply(b"<html>", 502), cut(b"{", 9)],
    ids=["lost", "500", "502", "cut"],
)
async def test_a_free_request_is_repeated_after_any_failure(acme: Bench, flow: str, answer: bytes):
    acme.says(answer, answer, reply())
    assert (await acme.ask(flow)).answer.value == "yes"
    assert sent(acme) == 3
    assert acme.clock.slept == [0.25, 0.5]


async def test_three_tries_are_the_most(acme: Bench):
    acme.vendor.always = reply({"detail": "x"}, 500)
    error = await acme.fail("ping")
    assert type(error) is ProviderUnavailable
    assert sent(acme) == 3


async def test_a_free_request_that_changes_something_is_not_repeated(acme: Bench):
    acme.vendor.always = DROP
    assert type(await acme.fail("add")) is ProviderUnavailable
    assert sent(acme) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 422])
async def test_a_definite_answer_is_not_asked_for_twice(acme: Bench, status: int):
    acme.vendor.always = reply({"detail": "no"}, status)
    await acme.fail("ping")
    assert sent(acme) == 1


async def test_a_shape_that_a_flow_cannot_read_is_not_asked_for_twice(acme: Bench):
    acme.vendor.always = reply({"values": 1})
    assert type(await acme.fail("ping")) is ProviderNonsense
    assert sent(acme) == 1


async def test_the_result_of_a_paid_job_is_polled_again_after_a_failure(acme: Bench):
    acme.says(reply({"value": "7", "cost": 3}), DROP, reply(b"<html>", 502), reply({"value": "done"}))
    assert (await acme.ask("job")).answer.value == "done"
    assert [one.target for one in acme.vendor.received] == ["/v1/jobs", "/v1/jobs/7", "/v1/jobs/7", "/v1/jobs/7"]


@pytest.mark.parametrize("flow", ["look", "paid_get", "add"])
async def test_a_request_turned_away_for_its_rate_is_sent_again_after_the_time_asked_for(acme: Bench, flow: str):
    acme.says(reply({}, 429, Retry_After="3"), reply())
    assert (await acme.ask(flow)).answer.value == "yes"
    assert acme.clock.slept == [pytest.approx(3.375)]
    assert sent(acme) == 2


async def test_the_time_asked_for_may_stand_in_the_body_or_be_a_date(acme: Bench):
    acme.says(reply({"wait": 2}, 429), reply())
    await acme.ask()
    # The wall clock of the bench is 1,800,000,000 s ahead of its monotonic one.
    assert acme.clock.slept == [2.25]
    acme.clock.now = 2000.0
    acme.says(reply({}, 429, Retry_After="Fri, 15 Jan 2027 08:33:24 GMT"), reply())
    await acme.ask()
    assert acme.clock.slept[1:] == [pytest.approx(4 * 1.125)]


async def test_without_a_time_asked_for_the_wait_doubles(acme: Bench):
    acme.says(reply({}, 429), reply({}, 429), reply())
    await acme.ask()
    assert acme.clock.slept == [1.125, 2.25]


async def test_a_wait_beyond_the_deadline_is_handed_to_the_caller(acme: Bench):
    acme.vendor.always = reply({}, 429, Retry_After="30")
    error = await acme.fail(within=20)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.message, acme.clock.slept, sent(acme)) == (30.0, "Acme is rate limiting.", [], 1)


async def test_no_more_than_three_requests_are_turned_away_for_their_rate(acme: Bench):
    acme.vendor.always = reply({}, 429, Retry_After="1")
    assert isinstance(await acme.fail(), RateLimited)
    assert sent(acme) == 3


async def test_a_failure_that_names_a_time_is_not_asked_again_before(acme: Bench):
    acme.says(reply({"detail": "x"}, 503, Retry_After="8"), reply())
    await acme.ask("ping")
    assert acme.clock.slept == [9.0]


async def test_a_connection_that_cannot_be_made_is_tried_three_times_even_for_a_paid_request(make: Benches):
    make().vendor.port = 1
    acme = make()
    assert type(await acme.fail()) is ProviderUnavailable
    assert acme.clock.slept == [0.25, 0.5]


async def test_a_server_that_comes_up_between_two_tries_answers_a_paid_request_once(make: Benches):
    acme = make()
    up = acme.hosts["default"]
    acme.hosts["default"] = "http://127.0.0.1:1/v1"
    acme.clock.woken = lambda: acme.hosts.update(default=up)
    acme.says(reply())
    assert (await acme.ask()).answer.value == "yes"
    assert (sent(acme), acme.clock.slept) == (1, [0.25])


async def test_a_retry_that_the_deadline_forbids_is_not_waited_for(acme: Bench):
    acme.vendor.always = reply({"detail": "x"}, 500)
    assert type(await acme.fail("ping", within=0.2)) is ProviderUnavailable
    assert (sent(acme), acme.clock.slept) == (1, [])


async def test_a_closed_idle_connection_is_replaced_without_losing_a_paid_request(acme: Bench):
    acme.says(reply(), b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b'{"value": "last"}', reply({"value": "new"}))
    assert [(await acme.ask()).answer.value for _ in range(3)] == ["yes", "last", "new"]
    assert [one.connection for one in acme.vendor.received] == [1, 1, 2]


async def test_rejections_keep_their_kind(make: Benches):
    acme = make()
    acme.says(reply({"detail": "bad"}, 418))
    error = await acme.fail()
    assert (type(error), error.message) == (ProviderRejectedRequest, "Acme rejected the request with HTTP 418 (bad).")


async def test_a_job_started_in_doubt_is_not_polled(acme: Bench):
    acme.says(DROP)
    assert type(await acme.fail("job")) is ProviderOutcomeUnknown
    assert [one.target for one in acme.vendor.received] == ["/v1/jobs"]
