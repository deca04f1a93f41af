"""Guessing: passwords, addresses, links, and how often one may try."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from server.identity.attempts import PER_ACCOUNT, PER_ADDRESS
from tests.access.firm import ADA, BOB, EVE, Firm
from tests.attacks.attacker import CALLBACK, attacked, browser, noted, program
from tests.identity.conftest import CHEAP
from tests.pages.client import Program
from tests.pages.forms import PASSWORD, form

SENDERS: Sequence[str] = (
    "X-Forwarded-For",
    "X-Real-IP",
    "Forwarded",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Client-IP",
)
"""Headers in which proxies say for whom they ask."""


@pytest_asyncio.fixture
async def dear(tmp_path: Path, isolated: None) -> AsyncIterator[Firm]:
    """A Weir of the test's own, because attempts are counted."""
    async with attacked(tmp_path / "home") as running:
        yield running


@pytest_asyncio.fixture
async def weir(tmp_path: Path, isolated: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Firm]:
    """The same with passwords that are hashed cheaply: how often one may guess does not depend on it."""
    monkeypatch.setattr("argon2.PasswordHasher", lambda: CHEAP)
    async with attacked(tmp_path / "home") as running:
        yield running


async def tries(
    http: httpx2.AsyncClient, email: str, password: str = "a guess", headers: Mapping[str, str] | None = None
) -> httpx2.Response:
    """One attempt to sign in."""
    fields = form((await http.get("/sign-in")).text, "/sign-in").fields
    return await http.post("/sign-in", data=fields | {"email": email, "password": password}, headers=headers)


async def test_an_account_is_guessed_at_ten_times_however_its_address_is_written(weir: Firm) -> None:
    """And from wherever: nobody has named a proxy whose word on the sender's address counts."""
    spellings = [ADA, ADA.upper(), f" {ADA} ", "Ada@Acme.Example"]
    async with browser(weir) as http:
        seen = [
            (await tries(http, spellings[n % 4], headers={"X-Forwarded-For": f"203.0.113.{n}"})).status_code
            for n in range(PER_ACCOUNT)
        ]
        locked = await tries(http, ADA, PASSWORD, {"X-Forwarded-For": "203.0.113.99"})
    assert seen == [403] * PER_ACCOUNT
    assert (locked.status_code, 0 < int(locked.headers["retry-after"]) <= 900) == (429, True)
    assert "set-cookie" not in locked.headers
    failed = await noted(weir, "sign_in.failed", member=ADA)
    assert {entry.detail["address"] for entry in failed} == {"127.0.0.1"}
    assert len(failed) == PER_ACCOUNT


async def test_guesses_over_many_accounts_are_counted_by_address_that_nobody_can_make_up(weir: Firm) -> None:
    async with browser(weir) as http:
        seen: list[int] = []
        for n in range(PER_ADDRESS + 1):
            headers = dict.fromkeys(SENDERS, f"198.51.100.{n}")
            seen.append((await tries(http, f"somebody-{n}@acme.example", headers=headers)).status_code)
    assert seen == [403] * PER_ADDRESS + [429]


async def test_behind_a_trusted_proxy_only_what_the_proxy_wrote_counts(tmp_path: Path, isolated: None) -> None:
    async with attacked(tmp_path / "home", trusted_proxies=["127.0.0.1"]) as weir, browser(weir) as http:
        for n in range(3):
            await tries(http, ADA, headers={"X-Forwarded-For": f"10.9.8.{n}, 203.0.113.5"})
        assert {entry.detail["address"] for entry in await noted(weir, "sign_in.failed")} == {"203.0.113.5"}


async def test_the_form_for_another_password_is_no_way_to_guess_the_present_one(weir: Firm) -> None:
    async with browser(weir, BOB) as http:
        fields = form((await http.get("/account")).text, "/account/password").fields
        guess = fields | {"current": "a guess", "password": "chosen by the attacker"}
        seen = [(await http.post("/account/password", data=guess)).status_code for _ in range(PER_ACCOUNT + 1)]
    assert seen == [400] * PER_ACCOUNT + [429]
    assert len(await noted(weir, "password.changed", member=BOB)) == 1, "the one that he began with"


async def test_who_is_not_known_takes_as_long_as_who_is(dear: Firm) -> None:
    """Medians of attempts in turn, over the wire: a password's hash takes many times the rest.

    What counts is the processor's time, so that nothing depends on what else the machine does.
    """
    await dear.served.weir.identity.people.disable(BOB)
    spent: dict[str, list[float]] = {ADA: [], BOB: [], "nobody@acme.example": []}
    async with browser(dear) as http:
        fields = form((await http.get("/sign-in")).text, "/sign-in").fields | {"password": "a guess"}
        await http.post("/sign-in", data=fields | {"email": "warm@acme.example"})
        for _ in range(7):
            for email, times in spent.items():
                started = time.process_time()
                assert (await http.post("/sign-in", data=fields | {"email": email})).status_code == 403
                times.append(time.process_time() - started)
        started = time.process_time()
        await http.get("/sign-in")
        page = time.process_time() - started
    known, disabled, unknown = (statistics.median(times) for times in spent.values())
    assert max(known, disabled, unknown) < 2 * min(known, disabled, unknown)
    assert min(known, disabled, unknown) > page, "a hash was computed for each"


async def test_pages_and_headers_do_not_tell_who_is_known(weir: Firm) -> None:
    """Wrong password, nobody, somebody disabled, somebody without a password, and an address that is none."""
    people = weir.served.weir.identity.people
    await people.disable(BOB)
    await people.add("without@acme.example", "Without", workspace="acme")
    seen: set[tuple[int, str, tuple[str, ...]]] = set()
    async with browser(weir) as http:
        for email in (ADA, BOB, "nobody@acme.example", "without@acme.example"):
            page = await tries(http, email)
            names = tuple(sorted(set(page.headers) - {"date", "content-length"}))
            seen.add((page.status_code, page.text.replace(email, "EMAIL"), names))
    assert len(seen) == 1


ODD: Mapping[str, str] = {
    "NUL at the end": f"{ADA}\0",
    "NUL": "\0",
    "SQL": "' OR '1'='1' --",
    "SQL after an address": f"{ADA}' --",
    "formats": "%s%n{0}{{7*7}}",
    "a cyrillic letter": "\u0430da@acme.example",
    "line breaks": f"{ADA}\r\nBcc: {EVE}",
    "50 KB": "a" * 50_000,
    "an ideographic full stop": "ada@acme\u3002example",
    "letters that grow when they are normalised": "\ufdfa" * 1000,
    "nothing": "",
}


@pytest.mark.parametrize("storage", ["sqlite", "postgresql"])
async def test_an_address_that_is_odd_signs_nobody_in_and_breaks_nothing(
    tmp_path: Path, isolated: None, request: pytest.FixtureRequest, storage: str
) -> None:
    settings = {} if storage == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    async with attacked(tmp_path / "home", **settings) as weir, browser(weir) as http:
        for name, email in ODD.items():
            refused = await tries(http, email, PASSWORD)
            expected = 400 if "NUL" in name else 403
            assert (name, refused.status_code, "set-cookie" in refused.headers) == (name, expected, False)
        failed = await noted(weir, "sign_in.failed")
        assert len(failed) == sum("NUL" not in name for name in ODD)
        assert all(len(entry.member) <= 500 for entry in failed)
        assert (await tries(http, "Ada@ACME.example", PASSWORD)).status_code == 303


async def test_a_password_of_64_kilobytes_is_refused_without_being_hashed(weir: Firm) -> None:
    async with browser(weir) as http:
        assert (await tries(http, ADA, "p" * 60_000)).status_code == 403
        assert (await tries(http, ADA, PASSWORD + "\0")).status_code == 400
        assert (await tries(http, ADA, PASSWORD)).status_code == 303


async def test_links_are_good_once_for_one_person_and_one_purpose(weir: Firm) -> None:
    identity = weir.served.weir.identity
    other = await identity.people.add("carol@acme.example", "Carol", workspace="acme")
    bob, carol = [await identity.invitations.invite(user_id) for user_id in (f"id-{BOB}", other.id)]
    chosen = {"password": "another good password", "email": EVE, "name": "x", "user_id": other.id}
    async with browser(weir) as http:
        seal = form((await http.get("/sign-in")).text, "/sign-in").fields
        assert (await http.post(f"/setup/{bob}", data=seal | chosen)).status_code == 400
        assert (await http.post(f"/password/{bob}", data=seal | chosen)).status_code == 303
        later = form((await http.get("/account")).text, "/sign-out").fields
        assert (await http.post(f"/password/{bob}", data=later | chosen)).status_code == 404
        assert (await http.get(f"/password/{bob}")).status_code == 404
        await identity.people.disable(other.email)
        for method in ("GET", "POST"):
            assert (await http.request(method, f"/password/{carol}", data=later | chosen)).status_code == 404
        for guess in ("x" * 43, bob.swapcase(), bob[:-1], "%00", "..%2f..", "' OR 1=1"):
            assert (await http.get(f"/password/{guess}")).status_code == 404
    assert await identity.people.check_password(BOB, chosen["password"]) is not None
    assert await noted(weir, "password.changed", member=other.email) == []
    assert await identity.invitations.setup() is None, "there is somebody already"


async def test_registrations_are_limited_by_an_address_that_nobody_can_make_up(weir: Firm) -> None:
    async with browser(weir) as http:
        said = {"redirect_uris": [CALLBACK]}
        seen = [
            (await http.post("/register", json=said, headers={"X-Forwarded-For": f"203.0.113.{n}"})).status_code
            for n in range(101)
        ]
        flooded = await http.post("/register", json=said)
    assert seen == [201] * 100 + [429]
    assert (flooded.json()["error"], int(flooded.headers["retry-after"]) > 0) == ("temporarily_unavailable", True)


async def test_a_stranger_has_the_server_read_a_hundred_documents_and_no_more(weir: Firm) -> None:
    async with browser(weir) as http:
        seen = [
            (await http.get(Program(weir.url, CALLBACK, f"https://10.0.0.{n}/c.json").url())).status_code
            for n in range(101)
        ]
    assert seen == [400] * 100 + [429]
    async with browser(weir, ADA) as signed_in:
        assert (await signed_in.get((await program(weir)).url())).status_code == 200
