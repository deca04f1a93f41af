"""Sessions of older clients in the hands of others, and of their owners after their rights have ended."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.access.firm import ADA, BOB, EVE, Firm
from tests.access.test_isolation import INITIALIZE
from tests.attacks.attacker import browser, challenged, connected, token

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAIN = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
LISTING: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
SPENDING: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {"name": "find_personal_email", "arguments": {"profile_url": "magic-valid-1"}},
}


async def opened(http: httpx2.AsyncClient, bearer: str) -> dict[str, str]:
    """The headers of a session that the bearer opened."""
    headers = {**PLAIN, "Authorization": f"Bearer {bearer}"}
    session = (await http.post("/mcp", json=INITIALIZE, headers=headers)).headers["mcp-session-id"]
    return {**PLAIN, "Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}


def by(bearer: str) -> dict[str, str]:
    """The header that says who asks."""
    return {"Authorization": f"Bearer {bearer}"}


@pytest.mark.parametrize("email", [BOB, EVE], ids=["a colleague", "a stranger"])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_a_session_of_one_person_does_not_exist_for_another(weir: Firm, email: str, method: str) -> None:
    mine, theirs = await connected(weir, ADA), await connected(weir, email, workspace=_workspace(email))
    async with browser(weir) as http:
        session = await opened(http, mine.tokens["access_token"])
        body = LISTING if method == "POST" else None
        stolen = await http.request(method, "/mcp", json=body, headers=session | by(theirs.tokens["access_token"]))
        assert (stolen.status_code, '"result"' in stolen.text) == (404, False)
        alive = await http.post("/mcp", json=LISTING, headers=session | by(mine.tokens["access_token"]))
        assert alive.status_code == 200


def _workspace(email: str) -> str:
    return "globex" if email == EVE else "acme"


async def test_a_session_without_a_credential_is_asked_for_one(weir: Firm) -> None:
    one = await connected(weir)
    async with browser(weir) as http:
        session = await opened(http, one.tokens["access_token"])
        challenged(weir, await http.post("/mcp", json=LISTING, headers=session), None)


async def test_a_session_ends_for_whoever_loses_the_right_to_it(weir: Firm) -> None:
    one = await connected(weir)
    async with browser(weir) as http:
        session = await opened(http, one.tokens["access_token"]) | by(one.tokens["access_token"])
        assert (await http.post("/mcp", json=LISTING, headers=session)).status_code == 200
        await weir.served.weir.authorization.connections.revoke(one.connection.id, "test")
        for method in ("POST", "GET", "DELETE"):
            body = LISTING if method == "POST" else None
            challenged(weir, await http.request(method, "/mcp", json=body, headers=session))


async def test_a_session_is_worth_what_each_request_shows_and_not_what_opened_it(weir: Firm) -> None:
    """Opened with everything, used with a token that was narrowed to reading."""
    one = await connected(weir)
    renewed = await token(
        weir,
        grant_type="refresh_token",
        client_id=one.program.client_id,
        refresh_token=one.tokens["refresh_token"],
        scope="enrich:read",
    )
    narrow = renewed.json()["access_token"]
    async with browser(weir) as http:
        session = await opened(http, one.tokens["access_token"])
        refused = await http.post("/mcp", json=SPENDING, headers=session | by(narrow))
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
    assert await weir.served.bill() == {}


async def test_a_connection_without_credits_spends_none_in_a_session(weir: Firm) -> None:
    one = await connected(weir, limit="0")
    async with browser(weir) as http:
        session = await opened(http, one.tokens["access_token"]) | by(one.tokens["access_token"])
        answer = await http.post("/mcp", json=SPENDING, headers=session)
    assert "out_of_budget" in answer.text
    assert await weir.served.bill() == {}


async def test_an_invented_session_is_none(weir: Firm) -> None:
    key = await weir.text(ADA)
    async with browser(weir) as http:
        for session in ("0" * 32, "../..", "' OR 1=1", "a" * 5000):
            headers = {**PLAIN, **by(key), "Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}
            refused = await http.post("/mcp", json=LISTING, headers=headers)
            assert (refused.status_code, '"result"' in refused.text) == (404, False)
