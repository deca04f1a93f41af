"""Staying connected: renewing, replays, revoking, expiry."""

from __future__ import annotations

import asyncio

import pytest

from server.domain.money import Credits
from server.domain.principal import Scope
from server.identity.workspaces import Role
from server.oauth.authorization import Authorization
from server.oauth.bearer import TokenRefused
from server.storage.database import Database
from tests.databases import Clock
from tests.oauth.door import Door, Pkce, door, refusal


async def test_a_refresh_token_is_replaced_at_every_use(stored_site: Door) -> None:
    site = stored_site
    client_id = (await site.register())["client_id"]
    seen = [await site.tokens(client_id)]
    for _ in range(3):
        site.clock.advance(minutes=9)
        answer = await site.refresh(client_id, seen[-1]["refresh_token"])
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        seen.append(answer.json())
    assert len({tokens["refresh_token"] for tokens in seen}) == 4
    bearer = await site.authorization.tokens.verify(seen[-1]["access_token"], site.url)
    (connection,) = await site.authorization.connections.of(site.ada)
    assert bearer.principal.grant.id == connection.id


async def test_a_client_that_renews_twice_at_once_is_not_logged_out(stored_site: Door) -> None:
    site = stored_site
    client_id = (await site.register())["client_id"]
    token = (await site.tokens(client_id))["refresh_token"]
    answers = await asyncio.gather(*(site.refresh(client_id, token) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    renewed = {answer.json()["refresh_token"] for answer in answers}
    assert len(renewed) == 4
    site.clock.advance(seconds=30)
    assert (await site.refresh(client_id, token)).status_code == 200
    assert [(await site.refresh(client_id, one)).status_code for one in renewed] == [200] * 4


async def test_a_refresh_token_that_comes_back_later_ends_the_connection(stored_site: Door) -> None:
    site = stored_site
    client_id = (await site.register())["client_id"]
    first = await site.tokens(client_id)
    second = (await site.refresh(client_id, first["refresh_token"])).json()
    await site.authorization.tokens.verify(second["access_token"], site.url)
    site.clock.advance(seconds=31)
    assert refusal(await site.refresh(client_id, first["refresh_token"])) == (400, "invalid_grant")
    assert refusal(await site.refresh(client_id, second["refresh_token"])) == (400, "invalid_grant")
    with pytest.raises(TokenRefused, match="has ended"):
        await site.authorization.tokens.verify(second["access_token"], site.url)
    entries = await site.identity.audit.since(site.clock())
    assert [(entry.event, entry.member, entry.client, entry.detail["why"]) for entry in entries] == [
        ("connection.revoked", "ada@example.com", "Claude", "refresh token used twice")
    ]


async def test_a_refresh_token_of_one_client_is_nothing_to_another(site: Door) -> None:
    mine, other = (await site.register())["client_id"], (await site.register())["client_id"]
    token = (await site.tokens(mine))["refresh_token"]
    assert refusal(await site.refresh(other, token)) == (400, "invalid_grant")
    assert (await site.refresh(mine, token)).status_code == 200


async def test_scopes_may_be_narrowed_for_a_while_and_never_widened(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    tokens = await site.tokens(client_id, scope="enrich:read enrich:spend")
    narrow = (await site.refresh(client_id, tokens["refresh_token"], scope="enrich:read")).json()
    assert narrow["scope"] == "enrich:read"
    bearer = await site.authorization.tokens.verify(narrow["access_token"], site.url)
    assert bearer.principal.grant.scopes == {Scope.READ}
    wide = await site.refresh(client_id, narrow["refresh_token"], scope="enrich:read account:read")
    assert refusal(wide) == (400, "invalid_scope")
    again = (await site.refresh(client_id, narrow["refresh_token"])).json()
    assert again["scope"] == "enrich:read enrich:spend"


async def test_a_connection_that_nobody_uses_expires_and_one_in_use_does_not(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    idle = (await site.tokens(client_id))["refresh_token"]
    used = (await site.tokens(client_id))["refresh_token"]
    for _ in range(3):
        site.clock.advance(days=29)
        used = (await site.refresh(client_id, used)).json()["refresh_token"]
    assert refusal(await site.refresh(client_id, idle)) == (400, "invalid_grant")
    await site.authorization.sweep()
    assert len(await site.authorization.connections.of(site.ada)) == 1
    assert (await site.refresh(client_id, used)).status_code == 200


async def test_a_new_login_leaves_other_connections_alone(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    first = await site.tokens(client_id)
    second = await site.tokens(client_id)
    assert len(await site.authorization.connections.of(site.ada)) == 2
    for tokens in (first, second):
        await site.authorization.tokens.verify(tokens["access_token"], site.url)
        assert (await site.refresh(client_id, tokens["refresh_token"])).status_code == 200


async def test_an_access_token_expires(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    token = (await site.tokens(client_id))["access_token"]
    site.clock.advance(minutes=9, seconds=59)
    await site.authorization.tokens.verify(token, site.url)
    site.clock.advance(seconds=30)
    with pytest.raises(TokenRefused, match="expired"):
        await site.authorization.tokens.verify(token, site.url)


async def test_revoking_a_connection_kills_its_tokens_at_once(stored_site: Door) -> None:
    site = stored_site
    client_id = (await site.register())["client_id"]
    tokens = await site.tokens(client_id)
    bearer = await site.authorization.tokens.verify(tokens["access_token"], site.url)
    connections = site.authorization.connections
    assert await connections.revoke(bearer.principal.grant.id, "by its owner") is True
    with pytest.raises(TokenRefused, match="has ended"):
        await site.authorization.tokens.verify(tokens["access_token"], site.url)
    assert refusal(await site.refresh(client_id, tokens["refresh_token"])) == (400, "invalid_grant")
    assert await connections.revoke(bearer.principal.grant.id, "again") is False


async def test_a_change_of_a_connection_counts_for_tokens_that_are_out_already(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    token = (await site.tokens(client_id))["access_token"]
    grant = (await site.authorization.tokens.verify(token, site.url)).principal.grant
    await site.authorization.connections.change(grant.id, toolsets=("contact", "jobs"), monthly_limit=Credits(100))
    changed = (await site.authorization.tokens.verify(token, site.url)).principal.grant
    assert (changed.toolsets, changed.monthly_limit) == (("contact", "jobs"), 100)


async def test_who_is_disabled_or_leaves_the_workspace_takes_the_tokens_along(stored_site: Door) -> None:
    site = stored_site
    grace = await site.identity.people.add("grace@example.com", "Grace", role=Role.ADMIN)
    assert grace.email == "grace@example.com"
    client_id = (await site.register())["client_id"]
    tokens = await site.tokens(client_id)
    await site.identity.workspaces.leave("default", site.ada)
    assert refusal(await site.refresh(client_id, tokens["refresh_token"])) == (400, "invalid_grant")
    with pytest.raises(TokenRefused, match="has ended"):
        await site.authorization.tokens.verify(tokens["access_token"], site.url)
    assert await site.authorization.connections.of(site.ada) == ()


async def test_another_process_notices_a_revocation_within_two_seconds(database: Database, clock: Clock) -> None:
    async with door(database, clock) as here:
        elsewhere = Authorization(
            database,
            here.identity.audit,
            here.identity.throttle,
            clock,
            lives=here.authorization.lives,
            timer=lambda: clock().timestamp(),
        )
        client_id = (await here.register())["client_id"]
        token = (await here.tokens(client_id))["access_token"]
        bearer = await elsewhere.tokens.verify(token, here.url)
        await here.authorization.connections.revoke(bearer.principal.grant.id, "by its owner")
        clock.advance(seconds=2)
        with pytest.raises(TokenRefused, match="has ended"):
            await elsewhere.tokens.verify(token, here.url)


async def test_use_is_written_down_by_the_minute(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    token = (await site.tokens(client_id))["access_token"]
    site.clock.advance(minutes=5)
    await site.authorization.tokens.verify(token, site.url)
    await site.authorization.sweep()
    (connection,) = await site.authorization.connections.of(site.ada)
    assert connection.used_at == site.clock()


async def test_sweeping_ends_what_was_allowed_and_never_fetched(stored_site: Door) -> None:
    site = stored_site
    client_id = (await site.register())["client_id"]
    await site.code(client_id, Pkce())
    await site.authorization.sweep()
    assert len(await site.authorization.connections.of(site.ada)) == 1
    site.clock.advance(hours=3)
    await site.authorization.sweep()
    assert await site.authorization.connections.of(site.ada) == ()
