"""What a failure says about the bill: charged, certainly not charged, or nobody knows."""

from __future__ import annotations

import pytest

from server.domain.errors import (
    ProviderError,
    ProviderNonsense,
    ProviderNotFound,
    ProviderOutcomeUnknown,
    ProviderOutOfCredits,
    ProviderRejectedKey,
    ProviderRejectedRequest,
    ProviderUnavailable,
    RateLimited,
)
from server.domain.money import FREE, Credits
from server.upstream import Connection, Upstream
from server.upstream.exchange import MAX_BODY
from tests.upstream.conftest import Benches
from tests.upstream.vendor import DROP, HANG, KEY, Acme, Bench, Clock, Vendor, cut, manifest, reply, timeout

HTML = b"<html>Bad gateway</html>"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ProviderRejectedRequest),
        (401, ProviderRejectedKey),
        (402, ProviderOutOfCredits),
        (403, ProviderRejectedKey),
        (404, ProviderNotFound),
        (422, ProviderRejectedRequest),
        (429, RateLimited),
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
    ],
)
async def test_a_definite_failure_is_not_billed(acme: Bench, status: int, kind: type[ProviderError]):
    acme.says(reply({"detail": "no"}, status, X_Request_ID="req_9"))
    error = await acme.fail(within=0.5)
    assert type(error) is kind
    assert (error.billed_unknown, error.charged, error.request_id) == (False, None, "req_9")


@pytest.mark.parametrize(
    "answer",
    [reply({"detail": "x"}, 502), reply({"detail": "x"}, 504), reply(HTML, 500), reply(HTML, 503), reply(b"", 500)],
    ids=["502", "504", "500 html", "503 html", "500 empty"],
)
async def test_a_gateways_failure_proves_no_charge_of_zero(acme: Bench, answer: bytes):
    acme.says(answer)
    error = await acme.fail()
    assert type(error) is ProviderOutcomeUnknown
    assert (error.charged, error.retryable, len(acme.vendor.received)) == (None, False, 1)


async def test_a_gateways_failure_that_tells_its_charge_is_definite(acme: Bench):
    acme.says(reply({"detail": "upstream source down"}, 502, X_Credits_Cost="0"))
    error = await acme.fail()
    assert type(error) is ProviderUnavailable
    assert error.charged == FREE


async def test_a_gateways_failure_of_a_free_operation_is_plain_unavailability(acme: Bench):
    acme.vendor.always = reply(HTML, 502)
    error = await acme.fail("ping")
    assert type(error) is ProviderUnavailable
    assert error.charged == FREE


async def test_a_failure_that_still_charges_says_how_much(acme: Bench):
    acme.says(reply({"detail": "too late", "cost": 0.25}, 422))
    error = await acme.fail()
    assert (type(error), error.charged) == (ProviderRejectedRequest, Credits(25))


async def test_no_connection_means_nothing_was_sent(acme: Bench, make: Benches):
    acme.vendor.port = 1
    error = await make().fail()
    assert type(error) is ProviderUnavailable
    assert error.message.startswith("Acme could not be reached: no connection")
    assert error.fix == "Check the network, and the provider's base URL in the settings."
    assert (error.billed_unknown, error.charged) == (False, None)


async def test_a_connection_lost_after_sending_leaves_a_paid_outcome_unknown(acme: Bench):
    acme.says(DROP)
    error = await acme.fail()
    assert type(error) is ProviderOutcomeUnknown
    assert (error.billed_unknown, error.charged, len(acme.vendor.received)) == (True, None, 1)
    assert error.message == (
        "Acme took the request and did not answer: the connection broke. It may have charged for it, so the request is "
        "not repeated."
    )
    assert error.request_id == acme.vendor.received[0].headers["x-request-id"]


async def test_a_time_out_after_sending_leaves_a_paid_outcome_unknown(make: Benches):
    acme = make(**timeout("look", 0.05))
    acme.says(HANG)
    error = await acme.fail()
    assert type(error) is ProviderOutcomeUnknown
    assert "no answer within 0.05 s" in error.message
    assert len(acme.vendor.received) == 1


async def test_the_deadline_cuts_an_answer_off_like_a_time_out(acme: Bench):
    acme.says(HANG)
    error = await acme.fail(within=0.05)
    assert type(error) is ProviderOutcomeUnknown


async def test_a_time_out_while_connecting_means_nothing_was_sent(make: Benches):
    acme = make(**timeout("look", 0.05))
    acme.hosts["default"] = f"https://127.0.0.1:{acme.vendor.port}"
    error = await acme.fail()
    assert type(error) is ProviderUnavailable
    assert error.message.startswith("Acme could not be reached: no ")
    assert acme.vendor.received == []


async def test_a_proxy_that_hangs_up_means_nothing_was_sent(vendor: Vendor):
    clock = Clock()
    connections = {"acme": Connection(KEY, {"default": "https://acme.invalid/v1"})}
    upstream = Upstream(connections, clock=clock, sleep=clock.sleep, proxy=f"http://127.0.0.1:{vendor.port}")
    acme = Bench(vendor, Acme(manifest()), upstream, clock)
    error = await acme.fail()
    assert type(error) is ProviderUnavailable
    assert error.message == "Acme could not be reached: the connection broke."
    assert [one.method for one in vendor.received] == ["CONNECT"] * 3
    assert "x-api-key" not in vendor.received[0].headers
    await upstream.close()


async def test_a_time_out_of_a_free_operation_is_plain_unavailability(make: Benches):
    acme = make(**timeout("ping", 0.05))
    acme.vendor.always = HANG
    error = await acme.fail("ping")
    assert (type(error), error.charged) == (ProviderUnavailable, FREE)


async def test_a_paid_get_is_as_unknown_as_a_paid_post(acme: Bench):
    acme.says(DROP)
    assert type(await acme.fail("paid_get")) is ProviderOutcomeUnknown
    assert len(acme.vendor.received) == 1


async def test_without_time_left_nothing_is_sent(acme: Bench):
    error = await acme.fail(within=0.0)
    assert type(error) is ProviderUnavailable
    assert error.message == "There was no time left to ask Acme; nothing was sent."
    assert acme.vendor.received == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (cut(b'{"value": "y', 500), "Acme answered, but the connection broke."),
        (reply(b"plain", Content_Encoding="gzip"), "Acme answered, but its body is not encoded as its headers say."),
        (reply(b"[" + b"0," * (MAX_BODY // 2) + b"0]"), "Acme answered, but its body is longer than 8 MiB."),
        (reply(b"surely not JSON"), "The provider's answer is not JSON."),
        (reply([1, 2]), "The provider's answer is not a JSON object."),
        (reply(b"[" * 100_000), "Acme answered HTTP 200 in an unexpected shape."),
        (reply({"values": "yes"}), "Acme answered in an unexpected shape."),
        (reply({"value": {"deep": 1}}), "Acme answered in an unexpected shape."),
        (reply({"blame": "a fault hook that trips"}), "Acme answered HTTP 200 in an unexpected shape."),
    ],
    ids=["truncated", "encoding", "too long", "no JSON", "no object", "too deep", "no field", "wrong type", "fault"],
)
async def test_an_answer_that_makes_no_sense_may_have_been_charged(acme: Bench, answer: bytes, words: str):
    acme.says(answer)
    error = await acme.fail()
    assert type(error) is ProviderNonsense
    assert error.message == words
    assert (error.billed_unknown, error.charged, len(acme.vendor.received)) == (True, None, 1)


async def test_nonsense_whose_headers_tell_the_charge_is_billed_exactly(acme: Bench):
    acme.says(cut(b'{"value": "y', 500, X_Credits_Cost="0.25"))
    error = await acme.fail()
    assert (type(error), error.charged) == (ProviderNonsense, Credits(25))


async def test_an_answer_that_the_flow_trips_over_still_tells_its_charge(acme: Bench):
    acme.says(reply({"values": "yes", "cost": 2}))
    error = await acme.fail()
    assert (type(error), error.charged) == (ProviderNonsense, Credits(200))


@pytest.mark.parametrize("trip", ["key", "index", "attribute", "value", "type", "division", "model", "input"])
async def test_whatever_odd_data_makes_a_flow_raise_is_nonsense(acme: Bench, trip: str):
    acme.says(reply({"trip": trip, "list": []}))
    error = await acme.fail("odd")
    assert type(error) is ProviderNonsense
    assert error.message == "Acme answered in an unexpected shape."
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize("cost", ["plenty", -5, "NaN", True, {"credits": 1}, 1e300])
async def test_a_charge_that_cannot_be_read_counts_as_not_told(acme: Bench, cost: object):
    acme.says(reply({"value": "yes", "cost": cost}))
    assert (await acme.ask()).charged is None


async def test_a_failure_on_a_later_page_comes_with_the_earlier_charges(acme: Bench):
    acme.says(reply({"value": "a", "cost": 1.5}), reply({"detail": "down"}, 500))
    error = await acme.fail("pages")
    assert (type(error), error.charged) == (ProviderUnavailable, Credits(150))


async def test_a_failure_on_a_later_page_leaves_silent_earlier_pages_unknown(acme: Bench):
    acme.says(reply({"value": "a"}), reply({"detail": "down"}, 500))
    error = await acme.fail("pages")
    assert (type(error), error.charged) == (ProviderOutcomeUnknown, None)
    assert error.message == "Acme failed with HTTP 500 (down). Earlier requests of this call may have been charged."


async def test_an_unknown_later_page_makes_the_whole_bill_unknown(acme: Bench):
    acme.says(reply({"value": "a", "cost": 1.5}), DROP)
    error = await acme.fail("pages")
    assert (type(error), error.charged) == (ProviderOutcomeUnknown, None)


async def test_a_lost_poll_of_a_job_that_told_its_charge_is_billed_exactly(acme: Bench):
    acme.says(reply({"value": "7", "cost": 3}))
    acme.vendor.always = DROP
    error = await acme.fail("job")
    assert (type(error), error.charged) == (ProviderUnavailable, Credits(300))


async def test_a_lost_poll_of_a_silent_job_leaves_its_outcome_unknown(acme: Bench):
    acme.says(reply({"value": "7"}))
    acme.vendor.always = DROP
    error = await acme.fail("job")
    assert (type(error), error.charged) == (ProviderOutcomeUnknown, None)


async def test_a_flows_own_failure_after_a_silent_paid_answer_leaves_the_bill_unknown(acme: Bench):
    acme.says(reply({}))
    error = await acme.fail("fails")
    assert (type(error), error.charged) == (ProviderOutcomeUnknown, None)
    assert "ada@example.com" not in error.message


async def test_no_message_or_log_line_holds_key_person_or_body(acme: Bench, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG", logger="server.upstream")
    detail = f"key {KEY} of ada@example.com, +1 (555) 123-4567, is\u200b bad"
    acme.says(reply({"detail": detail}, 422, X_Request_ID="req_1\u00ff<b>"), reply({"value": "secret"}))
    error = await acme.fail()
    await acme.ask()
    assert error.message == ("Acme rejected the request with HTTP 422 (key [key] of [email], [phone], is  bad).")
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == (
        "provider=acme operation=look status=422 ms=0 request_id=req_1b error=provider_rejected_request"
    )
    sent = acme.vendor.received[1].headers["x-request-id"]
    assert lines[1] == f"provider=acme operation=look status=200 ms=0 request_id={sent}"
    assert len(lines) == 2


async def test_a_key_that_cannot_be_a_header_is_not_shown(make: Benches):
    for key in (f"{KEY}\nX-Evil: 1", f"{KEY}\u2019"):
        bench = make(key=key)
        error = await bench.fail()
        assert type(error) is ProviderUnavailable
        assert "stray characters in the key" in error.message
        assert KEY not in f"{error!r} {error.__cause__!r} {error.__context__!r}"
        assert bench.vendor.received == []
