"""Codes, refresh tokens and secrets in the hands of somebody for whom they were not meant."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from server.domain.principal import Scope
from server.identity.workspaces import Role
from tests.access.firm import ADA, EVE, Firm
from tests.attacks.attacker import (
    CALLBACK,
    Connected,
    allowed,
    browser,
    challenged,
    connected,
    noted,
    post,
    program,
    refused_as,
    token,
)
from tests.pages.client import Program

pytestmark = pytest.mark.asyncio(loop_scope="module")


def exchange(asking: Program, code: str) -> dict[str, str]:
    """The form that buys tokens for a code."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": asking.client_id,
        "redirect_uri": asking.redirect_uri,
        "code_verifier": asking.verifier,
    }


def renewal(one: Connected, **changes: str) -> dict[str, str]:
    """The form that renews the tokens of a connection."""
    usual = {
        "grant_type": "refresh_token",
        "client_id": one.program.client_id,
        "refresh_token": one.tokens["refresh_token"],
    }
    return usual | changes


async def alive(weir: Firm, access_token: str) -> bool:
    """Whether an access token opens the endpoint."""
    return (await post(weir, Authorization=f"Bearer {access_token}")).status_code == 200


async def test_a_replayed_code_ends_the_connection_and_its_tokens(weir: Firm) -> None:
    one = await connected(weir)
    assert await alive(weir, one.tokens["access_token"])
    assert refused_as(await token(weir, **exchange(one.program, one.code))) == (400, "invalid_grant")
    challenged(weir, await post(weir, Authorization=f"Bearer {one.tokens['access_token']}"))
    assert refused_as(await token(weir, **renewal(one))) == (400, "invalid_grant")
    (entry,) = await noted(weir, "connection.revoked", connection=one.connection.id)
    assert (entry.member, entry.detail["why"]) == (ADA, "code used twice")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"code_verifier": secrets.token_urlsafe(48)}, "invalid_grant", id="another verifier"),
        pytest.param({"code_verifier": ""}, "invalid_request", id="no verifier"),
        pytest.param({"code_verifier": "a" * 42}, "invalid_request", id="a verifier that is too short"),
        pytest.param({"code_verifier": "a" * 129}, "invalid_request", id="a verifier that is too long"),
        pytest.param({"redirect_uri": "http://127.0.0.1:1/callback"}, "invalid_grant", id="another port"),
        pytest.param({"redirect_uri": f"{CALLBACK}/../x"}, "invalid_grant", id="another path"),
        pytest.param({"resource": "https://elsewhere.example"}, "invalid_target", id="another resource"),
        pytest.param({"code": "x" * 43}, "invalid_grant", id="an invented code"),
        pytest.param({"code": "\0"}, "invalid_request", id="a NUL for a code"),
        pytest.param({"code": "' OR 1=1 --"}, "invalid_grant", id="SQL for a code"),
        pytest.param({"grant_type": "password"}, "unsupported_grant_type", id="the password grant"),
        pytest.param({"grant_type": "implicit"}, "unsupported_grant_type", id="the implicit grant"),
        pytest.param(
            {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "unsupported_grant_type", id="an assertion"
        ),
        pytest.param(
            {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"},
            "unsupported_grant_type",
            id="a token exchange",
        ),
        pytest.param({"grant_type": "refresh_token"}, "invalid_request", id="a code as a refresh token"),
    ],
)
async def test_a_stolen_code_buys_nothing(weir: Firm, change: dict[str, str], error: str) -> None:
    asking = await program(weir)
    code = await allowed(weir, asking)
    stolen = exchange(asking, code) | change
    assert refused_as(await token(weir, **{name: value for name, value in stolen.items() if value})) == (400, error)
    assert await asking.tokens(code), "the program itself can still use it"


@pytest.mark.parametrize("challenge", ["the verifier itself", "the verifier in another case"])
async def test_the_challenge_is_no_verifier(weir: Firm, challenge: str) -> None:
    asking = await program(weir)
    code = await allowed(weir, asking)
    shown = dict(part.split("=") for part in asking.query().split("&"))["code_challenge"]
    guess = shown if challenge == "the verifier itself" else asking.verifier.swapcase()
    assert refused_as(await token(weir, **exchange(asking, code) | {"code_verifier": guess})) == (400, "invalid_grant")


async def test_a_code_that_another_program_shows_stays_good_for_its_own(weir: Firm) -> None:
    mine, other = await program(weir), await program(weir, "Other")
    code = await allowed(weir, mine)
    as_other = exchange(mine, code) | {"client_id": other.client_id}
    assert refused_as(await token(weir, **as_other)) == (400, "invalid_grant")
    assert "access_token" in await mine.tokens(code)


async def test_of_twenty_uses_of_a_code_at_once_one_wins_and_then_the_connection_ends(weir: Firm) -> None:
    asking = await program(weir)
    code = await allowed(weir, asking)
    answers = await asyncio.gather(*(token(weir, **exchange(asking, code)) for _ in range(20)))
    assert sorted(one.status_code for one in answers) == [200] + [400] * 19
    (won,) = (one.json() for one in answers if one.status_code == 200)
    assert not await alive(weir, won["access_token"])


async def test_a_refresh_token_of_another_program_ends_nothing_and_buys_nothing(weir: Firm) -> None:
    mine, other = await connected(weir), await connected(weir)
    stolen = renewal(mine, client_id=other.program.client_id)
    assert refused_as(await token(weir, **stolen)) == (400, "invalid_grant")
    assert (await token(weir, **renewal(mine))).status_code == 200


@pytest.mark.parametrize("scope", ["enrich:read admin", "admin", "enrich:spend", "bulk:submit enrich:read"])
async def test_a_refresh_widens_no_scope(weir: Firm, scope: str) -> None:
    one = await connected(weir, scope=["enrich:read", "account:read"])
    assert refused_as(await token(weir, **renewal(one, scope=scope))) == (400, "invalid_scope")
    assert set((await token(weir, **renewal(one))).json()["scope"].split()) == {
        "enrich:read",
        "account:read",
        "offline_access",
    }


async def test_a_refresh_names_no_other_resource(weir: Firm) -> None:
    one = await connected(weir)
    elsewhere = renewal(one, resource="https://elsewhere.example/mcp")
    assert refused_as(await token(weir, **elsewhere)) == (400, "invalid_target")


async def test_tokens_of_others_are_neither_revoked_nor_told_about(weir: Firm) -> None:
    victim, thief = await connected(weir), await connected(weir)
    async with browser(weir) as http:
        said = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_basic"}
        registered = await http.post("/register", json=said)
        secret = (registered.json()["client_id"], registered.json()["client_secret"])
        for stolen in (victim.tokens["access_token"], victim.tokens["refresh_token"]):
            await http.post("/revoke", data={"token": stolen, "client_id": thief.program.client_id})
            told = await http.post("/introspect", data={"token": stolen}, auth=secret)
            assert (told.status_code, told.json()) == (200, {"active": False})
        nobody = await http.post("/introspect", data={"token": victim.tokens["access_token"]})
        assert refused_as(nobody) == (401, "invalid_client")
    assert await alive(weir, victim.tokens["access_token"])
    assert (await token(weir, **renewal(victim))).status_code == 200


async def test_a_machine_gets_no_more_than_it_was_given_and_a_stranger_nothing(weir: Firm) -> None:
    machine, secret = await weir.served.weir.authorization.clients.add_machine(
        "nightly", "acme", frozenset({Scope.READ})
    )
    asked = {"grant_type": "client_credentials", "client_id": machine.client_id, "client_secret": secret}
    for scope in ("admin", "enrich:read enrich:spend"):
        assert refused_as(await token(weir, **asked, scope=scope)) == (400, "invalid_scope")
    assert refused_as(await token(weir, **asked | {"client_secret": secret[:-1] + "_"})) == (401, "invalid_client")
    assert refused_as(await token(weir, **asked | {"client_secret": ""})) == (401, "invalid_client")
    asking = await program(weir)
    public = {"grant_type": "client_credentials", "client_id": asking.client_id}
    assert refused_as(await token(weir, **public)) == (401, "invalid_client")
    granted = await token(weir, **asked)
    assert (granted.json()["scope"], "refresh_token" in granted.json()) == ("enrich:read", False)


async def test_a_program_that_registers_with_a_secret_is_given_no_rights_of_a_machine(weir: Firm) -> None:
    said = {
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_method": "client_secret_post",
        "client_id": "chosen-by-myself",
        "client_secret": "chosen-by-myself",
        "workspace": "acme",
        "scope": "admin",
        "kind": "machine",
    }
    async with browser(weir) as http:
        made = (await http.post("/register", json=said)).json()
    assert not {"workspace", "kind"} & made.keys()
    assert "chosen-by-myself" not in made.values()
    assert made["grant_types"] == ["authorization_code"]
    secret = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    assert refused_as(await token(weir, grant_type="client_credentials", **secret)) == (400, "unauthorized_client")


async def test_a_program_with_a_secret_cannot_be_impersonated_without_it(weir: Firm) -> None:
    asking = Program(weir.url, CALLBACK)
    async with browser(weir) as http:
        said = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post"}
        made = (await http.post("/register", json=said)).json()
        asking.client_id = made["client_id"]
        code = await allowed(weir, asking)
        form = exchange(asking, code)
        assert refused_as(await token(weir, **form)) == (401, "invalid_client")
        wrong = await http.post("/token", data=form, auth=(asking.client_id, "guess"))
        assert (refused_as(wrong), wrong.headers["www-authenticate"]) == ((401, "invalid_client"), "Basic")
        assert refused_as(await token(weir, **form, client_secret="guess")) == (401, "invalid_client")
        right = await token(weir, **form, client_secret=made["client_secret"])
    assert right.status_code == 200


async def test_what_was_granted_ends_with_the_right_to_grant_it(weir: Firm) -> None:
    """An administrator's connection loses `admin` once its person is a member only, and everything once they leave."""
    workspaces, authorization = weir.served.weir.identity.workspaces, weir.served.weir.authorization
    await workspaces.create("team", "Team")
    for email in (ADA, EVE):
        await workspaces.join("team", f"id-{email}", Role.ADMIN)
    asking = await program(weir)
    code = await allowed(weir, asking, query={"scope": "admin enrich:read"}, workspace="team", scope=["admin"])
    held = (await asking.tokens(code))["access_token"]
    assert (await authorization.tokens.verify(held, weir.url)).principal.grant.scopes == {Scope.ADMIN}
    await workspaces.join("team", f"id-{ADA}", Role.MEMBER)
    assert (await authorization.tokens.verify(held, weir.url)).principal.grant.scopes == frozenset()
    await workspaces.leave("team", f"id-{ADA}")
    challenged(weir, await post(weir, Authorization=f"Bearer {held}"))


async def test_the_answer_of_the_token_endpoint_is_kept_by_nobody(weir: Firm) -> None:
    renewed = await token(weir, **renewal(await connected(weir)))
    assert (renewed.headers["cache-control"], renewed.headers["pragma"]) == ("no-store", "no-cache")
