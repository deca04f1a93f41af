"""Pacing, breaker, refusals, the cap and health, as calls meet them."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from math import inf
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.domain.errors import (
    ProviderError,
    ProviderOutOfCredits,
    ProviderRejectedKey,
    ProviderUnavailable,
    RateLimited,
)
from server.upstream import BreakerState, Connection, Health, Upstream
from server.upstream.channel import CONNECTIONS
from tests.upstream.conftest import Benches
from tests.upstream.vendor import DROP, HANG, KEY, Acme, Bench, Clock, Vendor, cut, manifest, reply, timeout

SLOW = {"rate": {"per_minute": 60, "burst": 1}}
SPACING = 1.01


def sent(acme: Bench) -> int:
    return len(acme.vendor.received)


async def test_calls_are_spaced_by_the_documented_rate(make: Benches):
    acme = make(**SLOW)
    acme.vendor.always = reply()
    for _ in range(3):
        await acme.ask()
    assert acme.clock.slept == [SPACING, SPACING]


async def test_every_page_of_a_flow_counts(make: Benches):
    acme = make(**SLOW)
    acme.vendor.always = reply()
    await acme.ask("pages")
    assert acme.clock.slept == [SPACING]


async def test_calls_at_once_get_one_slot_each(make: Benches):
    acme = make(rate={"per_minute": 60, "burst": 3})
    acme.vendor.always = reply()
    await asyncio.gather(*(acme.ask() for _ in range(6)))
    assert acme.clock.slept == [pytest.approx(SPACING * slot, abs=0.001) for slot in (3, 4, 5)]


async def test_a_slot_after_the_deadline_is_refused_without_sending(make: Benches):
    acme = make(**SLOW)
    acme.vendor.always = reply()
    await acme.ask()
    error = await acme.fail(within=1.0)
    assert isinstance(error, RateLimited)
    assert error.message == "Acme's rate limit has no place before this call's deadline; nothing was sent."
    assert (error.retry_after, error.fix, error.charged) == (pytest.approx(SPACING), "Try again in 1 s.", None)
    assert sent(acme) == 1
    assert (await acme.ask(within=1.02)).answer.value == "yes"


async def test_an_operation_with_a_rate_of_its_own_keeps_both(make: Benches):
    acme = make()
    acme.vendor.always = reply()
    await asyncio.gather(*(acme.ask("own_rate") for _ in range(3)))
    assert acme.clock.now == pytest.approx(1000 + 2 * SPACING)
    await acme.ask("look")
    assert acme.clock.now == pytest.approx(1000 + 2 * SPACING)


async def test_a_queue_too_long_for_the_deadline_is_refused_at_its_end_at_once(make: Benches):
    acme = make()
    acme.vendor.always = reply()
    acme.clock.hold = asyncio.Event()
    calls = [asyncio.create_task(acme.ask("own_rate", within=2.1)) for _ in range(5)]
    done: set[asyncio.Task[Any]] = set()
    while len(done) < 3:
        more, _ = await asyncio.wait(set(calls) - done, return_when=asyncio.FIRST_COMPLETED)
        done |= more
    assert [type(call.exception()) for call in calls if call.done()] == [type(None), RateLimited, RateLimited]
    acme.clock.hold.set()
    await asyncio.wait(calls)
    assert [call.exception() for call in calls[1:3]] == [None, None]
    assert sent(acme) == 3


async def test_the_operators_plan_scales_every_limit(make: Benches):
    acme = make(per_minute=12_000)
    acme.vendor.always = reply()
    await asyncio.gather(*(acme.ask("own_rate") for _ in range(3)))
    assert acme.clock.now == pytest.approx(1000 + SPACING)


async def test_an_infinite_rate_never_waits(make: Benches):
    acme = make(per_minute=inf, **SLOW)
    acme.vendor.always = reply(None, RateLimit_Limit="1", RateLimit_Remaining="0", RateLimit_Reset="60")
    for _ in range(5):
        await acme.ask()
        await acme.ask("own_rate")
    assert acme.clock.slept == []


async def test_headers_slow_the_next_call_down(acme: Bench):
    acme.says(reply(None, RateLimit_Limit="6000", RateLimit_Remaining="5", RateLimit_Reset="10"), reply())
    await acme.ask()
    await acme.ask()
    assert acme.clock.slept == [2.02]


async def test_legacy_headers_name_the_reset_as_unix_time(acme: Bench):
    reset = str(int(acme.clock.wall()) + 7)
    acme.says(reply(None, X_RateLimit_Limit="300", X_RateLimit_Remaining="0", X_RateLimit_Reset=reset), reply())
    await acme.ask()
    await acme.ask()
    assert acme.clock.slept == [7.0]


async def test_headers_of_an_operation_with_a_rate_of_its_own_concern_it_alone(acme: Bench):
    acme.says(reply(None, RateLimit_Limit="6", RateLimit_Remaining="5", RateLimit_Reset="60"), reply(), reply())
    await acme.ask("own_rate")
    await acme.ask("look")
    assert acme.clock.slept == []
    await acme.ask("own_rate")
    assert acme.clock.slept == [pytest.approx(12.12)]


async def test_silence_asked_of_one_call_holds_for_all(acme: Bench):
    acme.says(reply({}, 429, Retry_After="20"), reply())
    await acme.fail(within=10)
    assert acme.upstream.health("acme").paused_for == 22.5
    error = await acme.fail(within=10)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, sent(acme)) == (22.5, 1)
    await acme.ask(within=30)
    assert acme.clock.slept == [22.5]


async def test_those_who_wait_for_a_slot_also_wait_for_a_pause_that_is_learned_meanwhile(make: Benches):
    acme = make(**SLOW)
    acme.says(reply({}, 429, Retry_After="40"), reply())
    acme.vendor.gate = asyncio.Event()
    acme.clock.hold = asyncio.Event()
    first = asyncio.create_task(acme.fail(within=10))
    await acme.vendor.arrived.wait()
    second = asyncio.create_task(acme.ask())
    await acme.clock.asleep.wait()
    acme.vendor.gate.set()
    assert type(await first) is RateLimited
    acme.clock.hold.set()
    assert (await second).answer.value == "yes"
    assert acme.clock.slept == [SPACING, pytest.approx(45 - SPACING)]
    assert acme.clock.now == 1045.0


async def test_five_failures_in_a_row_stop_all_requests_until_a_probe_succeeds(acme: Bench):
    acme.vendor.always = reply({"detail": "down"}, 500)
    for _ in range(5):
        await acme.fail()
    error = await acme.fail()
    assert type(error) is ProviderUnavailable
    assert error.message == (
        "Acme keeps failing, so it is not asked for another 30 s. Its last failure: provider_unavailable: Acme failed "
        "with HTTP 500 (down)."
    )
    assert (sent(acme), acme.upstream.health("acme").state, error.charged) == (5, BreakerState.OPEN, None)
    acme.clock.now += 30
    assert acme.upstream.health("acme").state is BreakerState.HALF_OPEN
    acme.vendor.always = reply()
    assert (await acme.ask()).answer.value == "yes"
    assert acme.upstream.health("acme").state is BreakerState.CLOSED


@pytest.mark.parametrize(
    "answer",
    [DROP, cut(b"{", 9), reply(b"no JSON"), reply(b"<html>", 502), reply({"values": 1}), reply({"down": True})],
    ids=["lost", "truncated", "no JSON", "gateway", "shape", "says so in a 200"],
)
async def test_lost_connections_and_nonsense_count_as_failures(acme: Bench, answer: bytes):
    acme.vendor.always = answer
    for _ in range(5):
        await acme.fail()
    assert acme.upstream.health("acme").state is BreakerState.OPEN


@pytest.mark.parametrize("status", [400, 404, 422, 429])
async def test_definite_answers_are_no_failures_of_the_provider(acme: Bench, status: int):
    acme.vendor.always = reply({}, status)
    for _ in range(8):
        await acme.fail(within=0.5)
        acme.clock.now += 60
    assert acme.upstream.health("acme").state is BreakerState.CLOSED


async def test_a_definite_answer_in_between_starts_the_count_of_failures_anew(acme: Bench):
    down = [reply({}, 500)] * 4
    acme.says(down, reply({}, 404), down, reply())
    for _ in range(9):
        await acme.fail()
    assert (await acme.ask()).answer.value == "yes"


async def test_a_definite_answer_to_the_probe_closes_the_breaker(acme: Bench):
    acme.says([reply({}, 500)] * 5, reply({}, 422))
    for _ in range(5):
        await acme.fail()
    acme.clock.now += 30
    await acme.fail()
    assert acme.upstream.health("acme").state is BreakerState.CLOSED


async def test_only_one_probe_goes_at_a_time(acme: Bench):
    acme.vendor.always = reply({}, 500)
    for _ in range(5):
        await acme.fail()
    acme.clock.now += 30
    acme.vendor.always = reply()
    acme.vendor.gate = asyncio.Event()
    acme.vendor.arrived.clear()
    probe = asyncio.create_task(acme.ask())
    await acme.vendor.arrived.wait()
    assert type(await acme.fail()) is ProviderUnavailable
    acme.vendor.gate.set()
    assert (await probe).answer.value == "yes"
    assert sent(acme) == 6


async def test_a_probe_that_is_cancelled_makes_room_for_another(acme: Bench):
    acme.vendor.always = reply({}, 500)
    for _ in range(5):
        await acme.fail()
    acme.clock.now += 30
    acme.vendor.always = HANG
    acme.vendor.arrived.clear()
    probe = asyncio.create_task(acme.ask())
    await acme.vendor.arrived.wait()
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    acme.vendor.always = reply()
    assert (await acme.ask()).answer.value == "yes"


async def test_an_open_breaker_stops_the_retries_of_free_requests(acme: Bench):
    acme.vendor.always = reply({}, 500)
    await acme.fail("ping")
    await acme.fail("ping")
    assert sent(acme) == 5


async def test_a_time_out_for_want_of_our_own_time_is_not_held_against_the_provider(acme: Bench):
    acme.vendor.always = HANG
    for _ in range(6):
        await acme.fail(within=0.01)
    assert acme.upstream.health("acme").state is BreakerState.CLOSED


async def test_a_time_out_of_the_operation_is_held_against_the_provider(make: Benches):
    acme = make(**timeout("look", 0.01))
    acme.vendor.always = HANG
    for _ in range(5):
        await acme.fail()
    assert acme.upstream.health("acme").state is BreakerState.OPEN


@pytest.mark.parametrize(
    ("status", "kind", "others_too"),
    [(401, ProviderRejectedKey, True), (403, ProviderRejectedKey, False), (402, ProviderOutOfCredits, False)],
)
async def test_a_refusal_is_given_back_for_a_minute_without_asking(
    acme: Bench, status: int, kind: type[ProviderError], *, others_too: bool
):
    acme.vendor.always = reply({}, status)
    first, second = await acme.fail(), await acme.fail()
    assert (type(second), second.message, second.fix) == (kind, first.message, first.fix)
    assert sent(acme) == 1
    await acme.fail("ping")
    assert sent(acme) == (1 if others_too else 2)
    acme.clock.now += 60
    acme.vendor.always = reply()
    assert (await acme.ask()).answer.value == "yes"


async def test_at_most_fifty_requests_are_under_way_at_once(make: Benches):
    acme = make(per_minute=inf)
    acme.vendor.always = reply()
    acme.vendor.gate = asyncio.Event()
    asking = [asyncio.create_task(acme.ask()) for _ in range(CONNECTIONS + 10)]
    while sent(acme) < CONNECTIONS:
        acme.vendor.arrived.clear()
        await acme.vendor.arrived.wait()
    error = await acme.fail(within=0.01)
    assert type(error) is ProviderUnavailable
    assert error.message == "Acme still works on 50 other requests of ours; nothing was sent."
    acme.vendor.gate.set()
    assert [driven.answer.value for driven in await asyncio.gather(*asking)] == ["yes"] * 60
    assert (acme.vendor.most_at_once, sent(acme)) == (CONNECTIONS, 60)
    assert acme.upstream.health("acme").state is BreakerState.CLOSED


async def test_a_call_that_gets_a_connection_too_late_for_the_rate_gives_it_back(make: Benches):
    acme = make(per_minute=inf)
    acme.says(reply({}, 429, Retry_After="100"))
    acme.vendor.always = reply()
    calls: list[asyncio.Task[Any]] = []
    for _ in range(2):
        acme.vendor.gate = asyncio.Event()
        calls = [asyncio.create_task(acme.ask(within=50)) for _ in range(CONNECTIONS + 1)]
        already = sent(acme)
        while sent(acme) < already + CONNECTIONS:
            acme.vendor.arrived.clear()
            await acme.vendor.arrived.wait()
        acme.vendor.gate.set()
        await asyncio.wait(calls)
        acme.clock.now += 200
    assert sum(call.exception() is None for call in calls) == CONNECTIONS + 1
    assert sent(acme) == 2 * CONNECTIONS + 1


async def test_health_of_a_provider_that_was_never_asked_is_blank(acme: Bench):
    assert acme.upstream.health("acme") == Health("acme")


async def test_health_tells_of_the_last_requests(acme: Bench):
    acme.says(reply(), reply(), reply({"detail": "ada@example.com"}, 422))
    await acme.ask()
    await acme.ask()
    await acme.fail()
    acme.clock.now += 12
    assert acme.upstream.health("acme") == Health(
        provider="acme",
        succeeded=2,
        failed=1,
        latency_ms=0.0,
        last_error="provider_rejected_request: Acme rejected the request with HTTP 422 ([email]).",
        last_error_ago=12.0,
    )


async def test_health_tells_of_a_rejected_key(acme: Bench):
    acme.says(reply({}, 401))
    await acme.fail()
    assert acme.upstream.health("acme").refused == "Acme refused the key."


async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(tmp_path: Path):
    vendor = Vendor(always=reply())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    connections = {"acme": Connection(KEY, {"default": f"https://127.0.0.1:{port}"})}
    clock = Clock()
    trust = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    strict = Bench(vendor, Acme(manifest()), Upstream(connections, clock=clock, sleep=clock.sleep), clock)
    trusting = Bench(vendor, strict.provider, Upstream(connections, clock=clock, sleep=clock.sleep, tls=trust), clock)
    error = await strict.fail(within=10)
    assert type(error) is ProviderUnavailable
    assert "certificate verify failed" in error.message
    assert vendor.received == []
    assert (await trusting.ask(within=10)).answer.value == "yes"
    await strict.upstream.close()
    await trusting.upstream.close()
    server.close()


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "cert.pem"
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path
