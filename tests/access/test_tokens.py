"""Access tokens at the endpoint: what they open, where, and when they stop. Keys are the subject of other tests."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from server.domain.principal import USUAL, Scope
from tests.access.firm import ADA, Firm, head, message
from tests.access.test_challenge import parameters

DISCOVER = message("server/discover")


@dataclass(frozen=True)
class Issued:
    """A machine's token and the connection behind it."""

    token: str
    client_id: str
    connection: str


async def issue(weir: Firm, name: str, workspace: str, *scopes: Scope, host: str = "127.0.0.1") -> Issued:
    """A token of a new machine, asked for under the server's name `host`."""
    authorization = weir.served.weir.authorization
    machine, secret = await authorization.clients.add_machine(name, workspace, frozenset(scopes or USUAL))
    async with httpx2.AsyncClient(base_url=f"http://{host}:{urlsplit(weir.url).port}") as http:
        granted = await http.post("/token", data={"grant_type": "client_credentials"}, auth=(machine.client_id, secret))
    granted.raise_for_status()
    (connection,) = [
        one.id for one in await authorization.connections.in_workspace(workspace) if one.client_id == machine.client_id
    ]
    return Issued(granted.json()["access_token"], machine.client_id, connection)


async def status(weir: Firm, token: str, host: str = "127.0.0.1", path: str = "/mcp") -> int:
    async with httpx2.AsyncClient(base_url=f"http://{host}:{urlsplit(weir.url).port}") as http:
        headers = {**head(DISCOVER), "Authorization": f"Bearer {token}"}
        return (await http.post(path, json=DISCOVER, headers=headers)).status_code


async def test_a_token_opens_both_paths_and_the_ledger_names_its_connection(weir: Firm) -> None:
    issued = await issue(weir, "nightly", "acme")
    assert [await status(weir, issued.token, path=path) for path in ("/mcp", "/")] == [200, 200]
    body = await weir.call(issued.token, "find_personal_email", profile_url="magic-valid-1")
    assert body["outcome"] == "found"
    analytics = await weir.call(issued.token, "get_account_analytics")
    assert [tally["name"] for tally in analytics["data"]["by_member"]] == ["machine:nightly"]


async def test_a_token_is_for_the_name_of_the_server_that_it_was_issued_under(weir: Firm) -> None:
    here = await issue(weir, "one", "acme", host="127.0.0.1")
    there = await issue(weir, "two", "acme", host="localhost")
    seen = [await status(weir, one.token, host) for one in (here, there) for host in ("127.0.0.1", "localhost")]
    assert seen == [200, 401, 401, 200]


async def test_a_token_of_less_is_told_what_more_to_ask_for(weir: Firm) -> None:
    issued = await issue(weir, "reader", "acme", Scope.READ)
    body = message("tools/call", name="find_work_email", arguments={})
    async with weir.http(issued.token) as http:
        refused = await http.post("/mcp", json=body, headers=head(body))
    said = dict(parameters(refused.headers["www-authenticate"]))
    assert (refused.status_code, said["scope"]) == (403, "enrich:read enrich:spend")


async def test_a_revoked_connection_stops_at_once(weir: Firm) -> None:
    issued = await issue(weir, "nightly", "acme")
    assert await status(weir, issued.token) == 200
    await weir.served.weir.authorization.connections.revoke(issued.connection, "test")
    assert await status(weir, issued.token) == 401


@pytest.mark.parametrize("change", ["signature", "algorithm", "payload"])
async def test_a_token_that_was_tampered_with_opens_nothing(weir: Firm, change: str) -> None:
    first, second, third = (await issue(weir, "nightly", "acme", Scope.READ)).token.split(".")
    match change:
        case "signature":
            third = third[:-4] + ("AAAA" if not third.endswith("AAAA") else "BBBB")
        case "algorithm":
            first, third = _edited(first, alg="none"), ""
        case _:
            second = _edited(second, scope="enrich:read enrich:spend admin", workspace="globex")
    assert await status(weir, f"{first}.{second}.{third}") == 401


def _edited(part: str, **change: Any) -> str:
    said = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) | change
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


async def test_a_session_belongs_to_the_machine_that_opened_it(weir: Firm) -> None:
    mine, other = await issue(weir, "one", "acme"), await issue(weir, "two", "acme")
    params: dict[str, Any] = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    }
    opening = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    plain = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    async with weir.http(mine.token) as me, weir.http(other.token) as stranger, weir.http(await weir.text(ADA)) as ada:
        session = (await me.post("/mcp", json=opening, headers=plain)).headers["mcp-session-id"]
        headers = {**plain, "Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}
        seen = [(await one.post("/mcp", json=ping, headers=headers)).status_code for one in (stranger, ada, me)]
    assert seen == [404, 404, 200]


async def test_connections_of_another_workspace_are_not_listed_and_their_answers_not_shared(weir: Firm) -> None:
    acme, globex = await issue(weir, "nightly", "acme"), await issue(weir, "nightly", "globex")
    connections = weir.served.weir.authorization.connections
    assert [one.id for one in await connections.in_workspace("acme")] == [acme.connection]
    assert [one.id for one in await connections.in_workspace("globex")] == [globex.connection]
    for issued in (acme, globex):
        body = await weir.call(issued.token, "find_personal_email", profile_url="magic-valid-1")
        assert body["receipt"]["cached"] is False
    assert await weir.served.bill() == {"leadmagic": 4.0}
