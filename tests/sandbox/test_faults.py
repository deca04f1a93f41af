"""Magic inputs, scripted faults, the bill, and the sandbox as a server on a real socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.sandbox import accounts, app, control, magic, world
from tests.sandbox.calling import Caller
from tests.sandbox.leadmagic_calls import ask

VALIDATION = "/v1/people/email-validation"
DOCUMENT = Path(__file__).parents[2] / "docs" / "sandbox.md"


@pytest.fixture
async def remote() -> AsyncGenerator[Caller]:
    """LeadMagic over a real connection."""
    async with app.running() as url, httpx2.AsyncClient(base_url=url) as client:
        yield Caller(client, "leadmagic")


@pytest.mark.parametrize("name", magic.OUTCOMES)
def test_every_outcome_is_named_by_address_domain_profile_and_family_name(name: str):
    family = "Magic" + "".join(word.capitalize() for word in name.split("-"))
    texts = [
        f"{name}@magic.example",
        f"https://{name}.magic.example/x",
        f"linkedin.com/in/magic-{name}",
        f"Ada {family}",
    ]
    for text in (*texts, *map(str.upper, texts)):
        found = magic.of(f'{{"value": "{text}"}}')
        assert found
        assert found.name == name


@pytest.mark.parametrize(
    "text",
    [
        "valid@leadmagic.io",
        "LeadMagic unknown",
        "leadmagic-valid",
        "invalid@magic.example.com",
        "magic.example",
        "Magica",
    ],
)
def test_ordinary_text_forces_nothing(text: str):
    assert magic.of(text) is None


def test_a_refusal_comes_before_an_answer():
    found = magic.of("valid@magic.example and timeout@magic.example")
    assert found
    assert found.name == "timeout"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("rate-limited", 429),
        ("server-error", 500),
        ("unavailable", 503),
        ("bad-gateway", 502),
        ("forbidden", 403),
        ("error-old", 500),
        ("error-bare", 500),
        ("no-credits", 402),
        ("bad-key", 401),
    ],
)
async def test_a_refusal_has_its_status_and_is_free(leadmagic: Caller, name: str, status: int):
    await ask(leadmagic, VALIDATION, email="unknown@magic.example")
    response = await leadmagic.post(VALIDATION, {"email": f"{name}@magic.example"})
    assert response.status_code == status
    assert await leadmagic.bill() == {"email_validation": 0}


async def test_errors_come_in_each_documented_envelope(leadmagic: Caller):
    async def body(name: str) -> dict[str, Any]:
        return (await leadmagic.post(VALIDATION, {"email": f"{name}@magic.example"})).json()

    newest, old, bare = await body("server-error"), await body("error-old"), await body("error-bare")
    assert (newest["success"], newest["errors"][0]["code"]) == (False, "internal_error")
    assert set(old) == {"error", "message"}
    assert "success" not in bare
    assert bare["errors"][0]["code"] == "INTERNAL_ERROR"


async def test_a_rate_limited_answer_says_when_to_come_back(leadmagic: Caller):
    response = await leadmagic.post(VALIDATION, {"email": "rate-limited@magic.example"})
    assert response.headers["retry-after"] == "1"


async def test_faults_are_taken_one_per_request(leadmagic: Caller):
    await leadmagic.control(faults=["500", "rate-limited"])
    statuses = [(await leadmagic.post(VALIDATION, {"email": "ada@stripe.com"})).status_code for _ in range(3)]
    assert statuses == [500, 429, 200]


async def test_controls_of_one_provider_leave_the_others_alone(client: httpx2.AsyncClient, leadmagic: Caller):
    await leadmagic.control(latency_ms=3, rate_limit="hard", faults=["timeout"])
    shown = (await client.get("/control")).json()
    calm: dict[str, Any] = {"latency_ms": 0, "slow_ms": 20_000, "rate_limit": "soft", "faults": []}
    assert shown["leadmagic"] == {"latency_ms": 3, "slow_ms": 20_000, "rate_limit": "hard", "faults": ["timeout"]}
    assert shown["xmagnet"] == calm
    assert (await client.post("/control/reset")).json()["leadmagic"] == calm


@pytest.mark.parametrize("change", [{"faults": ["earthquake"]}, {"latency_ms": -1}, {"provider": "acme"}, {"x": 1}])
async def test_a_control_that_cannot_be_is_refused(client: httpx2.AsyncClient, change: dict[str, Any]):
    response = await client.post("/control", json=change)
    assert response.status_code == 400
    assert response.json()["error"]
    assert control.of("leadmagic").shown()["faults"] == []


async def test_the_bill_adds_up_by_key_and_operation(client: httpx2.AsyncClient, leadmagic: Caller):
    for email in ("valid@magic.example", "invalid@magic.example", "unknown@magic.example"):
        await ask(leadmagic, VALIDATION, email=email)
    bill = (await client.get("/bill")).json()["leadmagic"][leadmagic.key]
    assert bill == {
        "charged": 0.5,
        "balance": 9999.5,
        "calls": 3,
        "by_operation": {"email_validation": {"calls": 3, "charged": 0.5}},
    }


def test_a_new_bill_starts_every_key_anew(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(accounts, "_accounts", dict[Any, Any]())
    accounts.of("leadmagic", "sandbox").charge("email_finder", 100)
    assert accounts.bill()["leadmagic"]["sandbox"]["balance"] == 9999
    accounts.reset()
    assert accounts.bill() == {}
    assert accounts.of("leadmagic", "sandbox").balance == accounts.OPENING


@pytest.mark.parametrize("key", ["", "sandbox-bad", "lm_live_1", "SANDBOX", None])
def test_unknown_keys_have_no_account(key: str | None):
    with pytest.raises(accounts.BadKey):
        accounts.of("leadmagic", key)


async def test_contacts_are_people_of_the_world_and_the_same_every_time(client: httpx2.AsyncClient):
    contacts = (await client.get("/people", params={"limit": 200, "seed": 1})).json()
    assert contacts == (await client.get("/people", params={"limit": 200, "seed": 1})).json()
    assert contacts != (await client.get("/people", params={"limit": 200, "seed": 2})).json()
    known = 0
    for one in contacts:
        company = world.company(one["company_domain"])
        assert company
        assert company.name == one["company_name"]
        person = world.person(one["first_name"], one["last_name"], company)
        known += person is not None and person.title == one["title"]
    assert len(contacts) == 200
    assert 165 <= known <= 195


async def test_a_slow_answer_arrives_late_and_whole(remote: Caller):
    await remote.control(slow_ms=150)
    started = time.perf_counter()
    found = await ask(remote, VALIDATION, email="slow@magic.example")
    assert 0.15 <= time.perf_counter() - started < 20, "slow answers take twenty seconds where nothing is said"
    assert found["credits_consumed"] == 0.25


async def test_latency_delays_every_answer(remote: Caller):
    await remote.control(latency_ms=80)
    started = time.perf_counter()
    await ask(remote, VALIDATION, email="ada@stripe.com")
    assert time.perf_counter() - started >= 0.08


async def test_a_timed_out_call_was_charged(remote: Caller):
    waiting = asyncio.create_task(ask(remote, VALIDATION, email="timeout@magic.example"))
    while not (await remote.client.get("/bill")).json().get("leadmagic"):
        assert not waiting.done()
        await asyncio.sleep(0.02)
    await asyncio.wait([waiting], timeout=0.1)
    assert waiting.cancel(), "it is never answered"
    assert await remote.bill() == {"email_validation": 0.25}


async def test_a_call_that_was_hung_up_was_charged(remote: Caller):
    with pytest.raises(httpx2.RemoteProtocolError):
        await remote.post(VALIDATION, {"email": "hang-up@magic.example"})
    assert await remote.bill() == {"email_validation": 0.25}


@pytest.mark.parametrize("name", ["truncated", "malformed"])
async def test_a_broken_body_comes_with_an_honest_length_and_was_charged(remote: Caller, name: str):
    response = await remote.post(VALIDATION, {"email": f"{name}@magic.example"})
    assert response.status_code == 200
    assert int(response.headers["content-length"]) == len(response.content) > 0
    with pytest.raises(ValueError, match=r"line 1|char"):
        response.json()
    assert await remote.bill() == {"email_validation": 0.25}


async def test_two_sandboxes_in_one_loop_have_ports_of_their_own():
    async with app.running() as one, app.running() as other, httpx2.AsyncClient() as client:
        answers = await asyncio.gather(client.get(f"{one}/health"), client.get(f"{other}/health"))
    assert one != other
    assert [answer.json()["ok"] for answer in answers] == [True, True]


def test_every_outcome_and_every_share_is_documented():
    text = DOCUMENT.read_text()
    assert magic.table() in text
    assert world.coverage_table() in text
