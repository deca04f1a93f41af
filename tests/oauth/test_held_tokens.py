"""Machines, revocation (RFC 7009) and introspection (RFC 7662)."""

from __future__ import annotations

import pytest

from server.domain.errors import InvalidInput
from server.domain.money import Credits
from server.domain.principal import Scope
from server.oauth.bearer import TokenRefused
from tests.oauth.door import Door, refusal

READ = frozenset({Scope.READ, Scope.ACCOUNT})


async def test_a_machine_gets_a_token_for_its_workspace_by_its_secret(stored_site: Door) -> None:
    site = stored_site
    machine, secret = await site.authorization.clients.add_machine("Nightly", "default", READ)
    form = {"grant_type": "client_credentials"}
    answer = await site.http.post("/token", data=form, auth=(machine.client_id, secret))
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in answer.json() if name != "access_token"} == {
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "enrich:read account:read",
    }
    bearer = await site.authorization.tokens.verify(answer.json()["access_token"], site.url)
    principal = bearer.principal
    assert (principal.workspace, principal.member, principal.client) == ("default", "machine:Nightly", "Nightly")
    assert (principal.grant.scopes, bearer.subject) == (READ, machine.client_id)
    posted = await site.token(**form, client_id=machine.client_id, client_secret=secret, scope="enrich:read")
    assert posted.json()["scope"] == "enrich:read"


async def test_a_machine_cannot_exceed_what_it_was_given(site: Door) -> None:
    machine, secret = await site.authorization.clients.add_machine("Nightly", "default", READ)
    usual = {"grant_type": "client_credentials", "client_id": machine.client_id, "client_secret": secret}
    assert refusal(await site.token(**usual | {"client_secret": "wrong"})) == (401, "invalid_client")
    assert refusal(await site.token(**usual, scope="enrich:read enrich:spend")) == (400, "invalid_scope")
    assert refusal(await site.token(**usual, resource="https://elsewhere.example/mcp")) == (400, "invalid_target")
    for other in ("authorization_code", "refresh_token"):
        assert refusal(await site.token(**usual | {"grant_type": other}))[1] == "unauthorized_client"


async def test_a_machine_has_its_limit_from_the_start(site: Door) -> None:
    made = await site.authorization.clients.add_machine("Nightly", "default", READ, Credits(2000))
    usual = {"client_id": made[0].client_id, "client_secret": made[1]}
    token = (await site.token(grant_type="client_credentials", **usual)).json()["access_token"]
    bearer = await site.authorization.tokens.verify(token, site.url)
    assert bearer.principal.grant.monthly_limit == Credits(2000)


async def test_a_machine_that_is_removed_is_out_at_once(site: Door) -> None:
    clients = site.authorization.clients
    machine, secret = await clients.add_machine("Nightly", "default", READ)
    usual = {"grant_type": "client_credentials", "client_id": machine.client_id, "client_secret": secret}
    token = (await site.token(**usual)).json()["access_token"]
    await site.authorization.tokens.verify(token, site.url)
    assert await clients.machines() == (machine,)
    await site.authorization.remove_machine(machine.client_id)
    assert await clients.machines() == ()
    with pytest.raises(TokenRefused, match="has ended"):
        await site.authorization.tokens.verify(token, site.url)
    assert refusal(await site.token(**usual)) == (401, "invalid_client")


async def test_a_machine_whose_connection_was_revoked_gets_no_more_tokens(site: Door) -> None:
    machine, secret = await site.authorization.clients.add_machine("Nightly", "default", READ)
    (connection,) = await site.authorization.connections.in_workspace("default")
    await site.authorization.connections.revoke(connection.id, "by an administrator")
    usual = {"grant_type": "client_credentials", "client_id": machine.client_id, "client_secret": secret}
    assert refusal(await site.token(**usual)) == (400, "invalid_grant")


async def test_two_machines_of_a_workspace_cannot_have_one_name(site: Door) -> None:
    await site.identity.workspaces.create("other", "Other")
    await site.authorization.clients.add_machine("Nightly", "default", READ)
    await site.authorization.clients.add_machine("Nightly", "other", READ)
    with pytest.raises(InvalidInput, match="already"):
        await site.authorization.clients.add_machine("Nightly", "default", READ)


async def test_machines_outlive_the_sweep_however_idle(site: Door) -> None:
    machine, secret = await site.authorization.clients.add_machine("Nightly", "default", READ)
    site.clock.advance(days=400)
    await site.authorization.sweep()
    usual = {"grant_type": "client_credentials", "client_id": machine.client_id, "client_secret": secret}
    assert (await site.token(**usual)).status_code == 200


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "refresh_token", "unheard_of"])
async def test_revoking_either_token_ends_the_connection(site: Door, which: str, hint: str | None) -> None:
    client_id = (await site.register())["client_id"]
    tokens = await site.tokens(client_id)
    await site.authorization.tokens.verify(tokens["access_token"], site.url)
    form = {"client_id": client_id, "token": tokens[which]} | ({"token_type_hint": hint} if hint else {})
    answer = await site.http.post("/revoke", data=form)
    assert (answer.status_code, answer.json()) == (200, {})
    with pytest.raises(TokenRefused, match="has ended"):
        await site.authorization.tokens.verify(tokens["access_token"], site.url)
    assert refusal(await site.refresh(client_id, tokens["refresh_token"])) == (400, "invalid_grant")
    assert (await site.http.post("/revoke", data=form)).status_code == 200


async def test_revoking_takes_the_right_client_and_a_token(site: Door) -> None:
    mine, other = (await site.register())["client_id"], (await site.register())["client_id"]
    tokens = await site.tokens(mine)
    for which in ("access_token", "refresh_token"):
        form = {"client_id": other, "token": tokens[which]}
        assert refusal(await site.http.post("/revoke", data=form)) == (400, "invalid_grant")
    assert refusal(await site.http.post("/revoke", data={"client_id": mine})) == (400, "invalid_request")
    assert refusal(await site.http.post("/revoke", data={"token": tokens["access_token"]})) == (401, "invalid_client")
    # What is no token needs no revoking.
    assert (await site.http.post("/revoke", data={"client_id": mine, "token": "nonsense"})).status_code == 200
    assert (await site.refresh(mine, tokens["refresh_token"])).status_code == 200


async def test_a_machine_learns_of_tokens_of_its_own_workspace_only(stored_site: Door) -> None:
    site = stored_site
    await site.identity.workspaces.create("other", "Other")
    insider, secret = await site.authorization.clients.add_machine("Insider", "default", READ)
    outsider, outer = await site.authorization.clients.add_machine("Outsider", "other", READ)
    client_id = (await site.register())["client_id"]
    tokens = await site.tokens(client_id)

    async def ask(token: str, client: str, its_secret: str) -> dict[str, object]:
        answer = await site.http.post("/introspect", data={"token": token}, auth=(client, its_secret))
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        return answer.json()

    now = int(site.clock().timestamp())
    access = await ask(tokens["access_token"], insider.client_id, secret)
    assert len(str(access.pop("jti"))) == 32
    common = {
        "active": True,
        "client_id": client_id,
        "username": "ada@example.com",
        "sub": site.ada,
        "scope": "enrich:read enrich:spend bulk:submit account:read",
        "aud": f"{site.url}/mcp",
        "iss": site.url,
        "iat": now,
    }
    assert access == common | {"exp": now + 600, "token_type": "Bearer"}
    refresh = await ask(tokens["refresh_token"], insider.client_id, secret)
    assert refresh == common | {"exp": now + 30 * 86_400}
    for token in (tokens["access_token"], tokens["refresh_token"], "nonsense"):
        assert await ask(token, outsider.client_id, outer) == {"active": False}
    site.clock.advance(minutes=11)
    assert await ask(tokens["access_token"], insider.client_id, secret) == {"active": False}
    await site.http.post("/revoke", data={"client_id": client_id, "token": tokens["refresh_token"]})
    assert await ask(tokens["refresh_token"], insider.client_id, secret) == {"active": False}


async def test_introspection_is_not_for_public_clients(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    token = (await site.tokens(client_id))["access_token"]
    answer = await site.http.post("/introspect", data={"token": token, "client_id": client_id})
    assert refusal(answer) == (401, "invalid_client")
    registered = await site.register(token_endpoint_auth_method="client_secret_basic")
    auth = (registered["client_id"], registered["client_secret"])
    assert (await site.http.post("/introspect", data={"token": token}, auth=auth)).json() == {"active": False}
