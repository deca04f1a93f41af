"""What goes over the wire, and what comes back of a flow."""

from __future__ import annotations

import gzip
import re

import pytest

from server import __version__
from server.domain.errors import ProviderNonsense, ProviderUnavailable
from server.domain.money import Credits
from server.provider import Request
from server.upstream import Connection, Upstream
from tests.upstream.conftest import Benches
from tests.upstream.vendor import KEY, Acme, Ask, Bench, Clock, Vendor, manifest, reply


async def test_a_request_carries_key_agent_id_and_json_below_the_base_path(acme: Bench):
    acme.says(reply({"value": "yes"}))
    await acme.ask()
    (sent,) = acme.vendor.received
    assert (sent.method, sent.target, sent.json) == ("POST", "/v1/look", {"text": "ada@example.com"})
    assert sent.headers["x-api-key"] == KEY
    assert sent.headers["user-agent"] == f"weir/{__version__}"
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["accept"] == "application/json"
    assert sent.headers["host"] == f"127.0.0.1:{acme.vendor.port}"
    assert re.fullmatch("[0-9a-f]{32}", sent.headers["x-request-id"])


async def test_parameters_are_encoded_and_a_get_has_no_body(acme: Bench):
    acme.says(reply())
    await acme.ask("paid_get", text="a b&c=ü")
    (sent,) = acme.vendor.received
    assert (sent.method, sent.target, sent.body) == ("GET", "/v1/paid?q=a%20b%26c%3D%C3%BC&n=2", b"")
    assert "content-length" not in sent.headers
    assert "content-type" not in sent.headers


async def test_a_path_goes_to_the_host_that_the_flow_names_and_cannot_leave_it(acme: Bench):
    acme.says(reply(), reply())
    await acme.ask("list")
    await acme.ask("search")
    assert [sent.target for sent in acme.vendor.received] == ["/other/lists", "/v1/search"]


async def test_a_provider_may_authenticate_in_its_own_way(acme: Bench, monkeypatch: pytest.MonkeyPatch):
    def credentials(_: object, key: str, request: Request) -> dict[str, str]:
        return {"Authorization": f"Basic {key}", "X-Path": request.path}

    monkeypatch.setattr(type(acme.provider), "credentials", credentials)
    acme.says(reply())
    await acme.ask()
    (sent,) = acme.vendor.received
    assert sent.headers["authorization"] == f"Basic {KEY}"
    assert sent.headers["x-path"] == "/look"
    assert "x-api-key" not in sent.headers


async def test_the_answer_comes_with_its_charge_and_the_providers_request_id(acme: Bench):
    acme.says(reply({"value": "yes", "cost": 0.25}, X_Request_ID="req_42"))
    driven = await acme.ask()
    assert (driven.answer.value, driven.charged, driven.request_id) == ("yes", Credits(25), "req_42")


async def test_without_an_id_of_the_providers_ours_stands(acme: Bench):
    acme.says(reply({"value": None}))
    driven = await acme.ask()
    assert (driven.answer, driven.charged) == (None, None)
    assert driven.request_id == acme.vendor.received[0].headers["x-request-id"]


async def test_charges_of_all_responses_are_added_up(acme: Bench):
    acme.says(reply({"value": "a"}, X_Credits_Cost="1.5"), reply({"value": "b", "cost": 0.25}))
    driven = await acme.ask("pages")
    assert (driven.answer.value, driven.charged) == ("ab", Credits(175))
    assert [sent.json for sent in acme.vendor.received] == [{"page": 1}, {"page": 2}]


async def test_a_poll_waits_as_long_as_the_flow_says(acme: Bench):
    acme.says(reply({"value": "7", "cost": 3}), reply({"value": "running"}), reply({"value": "done"}))
    driven = await acme.ask("job")
    assert (driven.answer.value, driven.charged) == ("done", Credits(300))
    assert [sent.target for sent in acme.vendor.received] == ["/v1/jobs", "/v1/jobs/7", "/v1/jobs/7"]
    assert acme.clock.slept == [2.0, 2.0]


async def test_a_poll_beyond_the_deadline_is_not_waited_for(acme: Bench):
    acme.says(reply({"value": "7", "cost": 3}))
    error = await acme.fail("job", within=1.5)
    assert isinstance(error, ProviderUnavailable)
    assert error.message == "Acme was not ready before the deadline."
    assert (error.charged, acme.clock.slept, len(acme.vendor.received)) == (Credits(300), [], 1)


async def test_a_compressed_body_is_read(acme: Bench):
    acme.says(reply(gzip.compress(b'{"value": "small"}'), Content_Encoding="gzip"))
    assert (await acme.ask()).answer.value == "small"


async def test_header_names_are_read_in_any_case(acme: Bench):
    acme.says(reply({"value": "yes"}, X_CREDITS_COST="2", x_request_ID="r-1"))
    driven = await acme.ask()
    assert (driven.charged, driven.request_id) == (Credits(200), "r-1")


async def test_connections_are_reused(acme: Bench):
    acme.vendor.always = reply()
    for _ in range(5):
        await acme.ask()
    assert {sent.connection for sent in acme.vendor.received} == {1}


async def test_cookies_are_not_kept(acme: Bench):
    acme.says(reply(None, Set_Cookie="session=1; Path=/"), reply())
    await acme.ask()
    await acme.ask()
    assert "cookie" not in acme.vendor.received[1].headers


async def test_a_redirect_is_not_followed(acme: Bench):
    acme.says(reply({}, 307, Location=f"http://127.0.0.1:{acme.vendor.port}/elsewhere"))
    error = await acme.fail()
    assert isinstance(error, ProviderNonsense)
    assert error.message == "Acme answered with a redirect (HTTP 307)."
    assert error.fix is not None
    assert "base URL" in error.fix
    assert len(acme.vendor.received) == 1


async def test_a_proxy_of_the_environment_is_not_used(acme: Bench, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    acme.says(reply())
    assert (await acme.ask()).answer.value == "yes"


async def test_the_operators_proxy_is_used(vendor: Vendor):
    acme = Bench(vendor, *_through_proxy(vendor))
    vendor.script.append(reply({"value": "by proxy"}))
    assert (await acme.ask()).answer.value == "by proxy"
    assert vendor.received[0].target == "http://acme.invalid/v1/look"
    await acme.upstream.close()


def _through_proxy(vendor: Vendor):
    clock = Clock()
    connection = Connection(KEY, {"default": "http://acme.invalid/v1"})
    proxy = f"http://127.0.0.1:{vendor.port}"
    return Acme(manifest()), Upstream({"acme": connection}, clock=clock, sleep=clock.sleep, proxy=proxy), clock


async def test_a_provider_without_a_key_is_not_asked(acme: Bench):
    upstream = Upstream({}, clock=acme.clock)
    with pytest.raises(ProviderUnavailable) as caught:
        await upstream.drive(acme.offering("look"), Ask(), deadline=acme.clock.now + 9)
    assert (caught.value.message, caught.value.fix) == ("Acme has no key.", "Set ACME_API_KEY.")


async def test_a_bug_before_the_first_request_is_not_blamed_on_the_provider(make: Benches):
    acme = make()
    with pytest.raises(KeyError, match="before anything was asked"):
        await acme.ask("odd_before")
    assert acme.upstream.health("acme").failed == 0
