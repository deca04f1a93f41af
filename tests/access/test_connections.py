"""What a person lets a client do holds at the endpoint, and ends when they say so or lose access."""

from __future__ import annotations

from typing import Any

from server.domain.money import Credits
from server.domain.principal import USUAL, Scope
from server.oauth.authorization import Decision
from tests.access.firm import ADA, BOB, Firm, head, message
from tests.databases import Clock
from tests.oauth.door import Door, Pkce, received
from tools import FAMILIES

DISCOVER = message("server/discover")
NAME = "credits_per_connection_month"


async def connect(weir: Firm, email: str, **decided: Any) -> str:
    """The access token of a new client that a person of `acme` lets in; by default for everything it asks for."""
    product = weir.served.weir
    async with weir.http() as http:
        door = Door(weir.url, http, product.authorization, product.identity, Clock(), f"id-{email}")
        client = (await door.register(client_name="Claude"))["client_id"]
        pkce = Pkce()
        asked = await product.authorization.request(door.asked(client, pkce), weir.url, weir.url)
        usual: dict[str, Any] = {"scopes": frozenset(USUAL)}
        decision = Decision(f"id-{email}", email, "acme", **(usual | decided))
        code = received(await product.authorization.approve(asked, decision))["code"]
        answer = await door.exchange(client, code, pkce)
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


async def status(weir: Firm, token: str) -> int:
    async with weir.http(token) as http:
        return (await http.post("/mcp", json=DISCOVER, headers=head(DISCOVER))).status_code


async def test_scopes_toolsets_and_limit_are_those_that_were_decided(weir: Firm) -> None:
    scopes = frozenset((Scope.READ, Scope.SPEND, Scope.ACCOUNT))
    token = await connect(weir, ADA, scopes=scopes, toolsets=("contact",), monthly_limit=Credits(300))
    async with weir.client(token) as client:
        seen = {tool.name for tool in (await client.list_tools()).tools}
    families = {tool.name: tool.family for family in FAMILIES for tool in family.tools}
    assert {families[name] for name in seen} == {"contact", "account"}
    limits = (await weir.call(token, "check_credit_balance"))["data"]["limits"]
    assert [limit for limit in limits if limit["name"] == NAME] == [
        {"name": NAME, "limit": 3.0, "used": 0, "left": 3.0}
    ]
    outcomes = [
        (await weir.call(token, "find_personal_email", profile_url=f"magic-valid-{n}"))["outcome"] for n in (1, 2)
    ]
    assert outcomes == ["found", "out_of_budget"]


async def test_what_the_person_changes_holds_from_the_next_request_on(weir: Firm) -> None:
    token = await connect(weir, ADA)
    connections = weir.served.weir.authorization.connections
    (mine,) = await connections.of(f"id-{ADA}")
    await weir.call(token, "find_personal_email", profile_url="magic-valid-1")
    await connections.change(mine.id, toolsets=("contact",), monthly_limit=Credits(200))
    refused = await weir.call(token, "find_personal_email", profile_url="magic-valid-2")
    assert refused["error"]["field"] == NAME, "what was spent before the limit was set counts as well"
    async with weir.client(token) as client:
        assert "enrich_company" not in {tool.name for tool in (await client.list_tools()).tools}


async def test_another_connection_of_the_same_person_goes_on(weir: Firm) -> None:
    first, second = await connect(weir, ADA), await connect(weir, ADA)
    assert [await status(weir, token) for token in (first, second)] == [200, 200]
    connections = weir.served.weir.authorization.connections
    await connections.revoke((await connections.of(f"id-{ADA}"))[0].id, "test")
    assert sorted([await status(weir, token) for token in (first, second)]) == [200, 401]


async def test_who_is_locked_out_is_out_at_once(weir: Firm) -> None:
    bobs, adas = await connect(weir, BOB), await connect(weir, ADA)
    assert [await status(weir, token) for token in (bobs, adas)] == [200, 200]
    await weir.served.weir.identity.people.disable(BOB)
    assert [await status(weir, token) for token in (bobs, adas)] == [401, 200]


async def test_who_leaves_the_workspace_is_out_of_it_at_once(weir: Firm) -> None:
    token = await connect(weir, BOB)
    assert await status(weir, token) == 200
    await weir.served.weir.identity.workspaces.leave("acme", f"id-{BOB}")
    assert await status(weir, token) == 401


async def test_the_ledger_names_the_client_as_it_calls_itself(weir: Firm) -> None:
    token = await connect(weir, ADA)
    await weir.call(token, "find_personal_email", profile_url="magic-valid-1")
    analytics = (await weir.call(token, "get_account_analytics"))["data"]
    assert [tally["name"] for tally in analytics["by_member"]] == [ADA]
    assert [tally["name"] for tally in analytics["by_client"]] == ["mcp"]


async def test_connections_are_listed_by_person_and_by_workspace(weir: Firm) -> None:
    await connect(weir, ADA)
    await connect(weir, BOB)
    connections = weir.served.weir.authorization.connections
    assert [one.member for one in await connections.of(f"id-{BOB}")] == [BOB]
    assert {one.member for one in await connections.in_workspace("acme")} == {ADA, BOB}
    assert await connections.in_workspace("globex") == ()
