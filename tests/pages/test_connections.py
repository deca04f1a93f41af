"""What people see of their connections and keys, and what they can change of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx2
import pytest_asyncio

from server.domain.money import Credits
from server.domain.principal import Grant, Principal, Scope
from server.oauth.connections import Connection
from tests.pages.client import Program
from tests.pages.forms import form, forms, sign_in
from tests.pages.test_consent import answer, granted
from tests.serving import Served


@pytest_asyncio.fixture
async def bobs(weir: Served) -> AsyncIterator[httpx2.AsyncClient]:
    """Bob's browser, signed in."""
    async with httpx2.AsyncClient(base_url=weir.url) as client:
        await sign_in(client, "bob@example.com")
        yield client


async def connect(http: httpx2.AsyncClient, weir: Served, claude: Program, email: str) -> tuple[Connection, str]:
    """Let the program in; the newest connection of the person, and its access token."""
    fields = form((await http.get(claude.url())).text).fields
    workspace: dict[str, str] = {"workspace": "default", "decision": "allow"}
    said = answer(await http.post("/authorize", data=fields | workspace))
    return (await granted(weir, email))[0], (await claude.tokens(said["code"]))["access_token"]


def shown(page: str) -> str:
    """The text of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def opens(weir: Served, token: str) -> bool:
    """Whether a token or key is worth anything."""
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        accept = {"Accept": "application/json, text/event-stream"}
        return (await http.post(f"{weir.url}/mcp", json=body, headers=accept)).status_code != 401


async def test_a_connection_is_listed_with_what_it_may_and_has_spent(
    weir: Served, bobs: httpx2.AsyncClient, claude: Program
) -> None:
    connection, _ = await connect(bobs, weir, claude, "bob@example.com")
    who = Principal("default", "bob@example.com", "", Grant(connection.id))
    budgets = weir.weir.engine.books.budgets
    await weir.weir.engine.books.database.write(lambda tx: budgets.reserve(tx, who, Credits(425)))
    text = shown((await bobs.get("/connections")).text)
    assert "Claude Code Workspace Default Since" in text
    assert "Look up what costs nothing; Spend credits of the workspace; Run bulk jobs; See the account" in text
    assert "Tools all Spent this month 4.25 of 500 credits" in text


async def test_limit_and_tools_can_be_changed(weir: Served, bobs: httpx2.AsyncClient, claude: Program) -> None:
    connection, _ = await connect(bobs, weir, claude, "bob@example.com")
    fields = form((await bobs.get("/connections")).text, "/change").fields
    assert fields["limit"] == "500"
    path = f"/connections/{connection.id}/change"
    wrong = await bobs.post(path, data=fields | {"limit": "9000"})
    assert (wrong.status_code, f'href="#limit-{connection.id}"' in wrong.text) == (400, True)
    changed = await bobs.post(path, data=fields | {"limit": "20", "toolset": ["jobs"]})
    assert changed.headers["location"] == "/connections?done=changed"
    (after,) = await granted(weir, "bob@example.com")
    assert (after.monthly_limit, after.toolsets) == (Credits(2000), ("jobs", "account"))


async def test_an_ended_connection_opens_nothing_any_more(
    weir: Served, bobs: httpx2.AsyncClient, claude: Program
) -> None:
    connection, token = await connect(bobs, weir, claude, "bob@example.com")
    assert await opens(weir, token)
    fields = form((await bobs.get("/connections")).text, "/end").fields
    assert (await bobs.post(f"/connections/{connection.id}/end", data={"seal": "0" * 64})).status_code == 403
    assert await opens(weir, token)
    assert (await bobs.post(f"/connections/{connection.id}/end", data=fields)).status_code == 303
    assert not await opens(weir, token)
    assert (await bobs.post(f"/connections/{connection.id}/end", data=fields)).status_code == 404


async def test_all_connections_can_be_ended_at_once(weir: Served, bobs: httpx2.AsyncClient, claude: Program) -> None:
    tokens = [(await connect(bobs, weir, claude, "bob@example.com"))[1] for _ in range(2)]
    fields = form((await bobs.get("/connections")).text, "/end-all").fields
    await bobs.post("/connections/end-all", data=fields)
    assert [await opens(weir, token) for token in tokens] == [False, False]
    assert "No program is connected in your name." in (await bobs.get("/connections")).text


async def test_others_are_seen_and_ended_by_administrators_only(
    weir: Served, http: httpx2.AsyncClient, bobs: httpx2.AsyncClient, claude: Program
) -> None:
    await sign_in(http, "ada@example.com")
    adas, _ = await connect(http, weir, claude, "ada@example.com")
    bobs_connection, token = await connect(bobs, weir, claude, "bob@example.com")
    page = (await bobs.get("/connections")).text
    assert adas.id not in page
    seal = {"seal": form(page, "/sign-out").fields["seal"]}
    for action in ("end", "change"):
        response = await bobs.post(f"/connections/{adas.id}/{action}", data=seal | {"limit": "1"})
        assert response.status_code == 404
    page = (await http.get("/connections")).text
    assert "Of others in the workspaces that you administer" in page
    seal = {"seal": form(page, "/sign-out").fields["seal"]}
    assert (await http.post(f"/connections/{bobs_connection.id}/end", data=seal)).status_code == 303
    assert not await opens(weir, token)
    assert [one.id for one in await granted(weir, "ada@example.com")] == [adas.id]


async def test_a_key_is_shown_once_and_opens_the_door_until_it_is_ended(weir: Served, bobs: httpx2.AsyncClient) -> None:
    fields = form((await bobs.get("/keys")).text, "/keys").fields
    wanted = fields | {
        "name": "nightly import",
        "workspace": "default",
        "scope": ["enrich:read"],
        "limit": "7",
        "days": "30",
    }
    made = await bobs.post("/keys", data=wanted)
    (key,) = re.findall(r"weir_[\w-]{43}", made.text)
    assert key not in (await bobs.get("/keys")).text
    (kept,) = await weir.weir.identity.keys.of_workspace("default")
    assert (kept.name, kept.member, kept.scopes, kept.monthly_limit, kept.toolsets) == (
        "nightly import",
        "bob@example.com",
        {Scope.READ},
        Credits(700),
        None,
    )
    assert kept.expires_at is not None
    assert (kept.expires_at - kept.created_at).days in {29, 30}
    assert await opens(weir, key)
    assert "Last used never May Look up what costs nothing Tools all Spent this month 0 credits" in shown(made.text)
    seal = {"seal": fields["seal"]}
    assert (await bobs.post(f"/keys/{kept.id}/end", data=seal)).headers["location"] == "/keys?done=ended"
    assert not await opens(weir, key)
    assert "You have no keys." in (await bobs.get("/keys")).text


async def test_a_key_that_cannot_be_made_is_explained(weir: Served, bobs: httpx2.AsyncClient) -> None:
    fields = form((await bobs.get("/keys")).text, "/keys").fields
    wanted = fields | {"name": "a key", "workspace": "default", "limit": "7", "days": "30"}
    wrong: list[tuple[dict[str, str | list[str]], str, str]] = [
        ({"name": " "}, "Give the key a name", "name"),
        ({"scope": []}, "Allow at least one thing.", "scopes"),
        ({"limit": "much"}, "Give the monthly limit as a number", "limit"),
        ({"days": "4000"}, "Choose how long the key is valid.", "days"),
        ({"scope": ["admin"]}, "Only an administrator of the workspace", "scopes"),
        ({"workspace": "elsewhere"}, "is no active member of the workspace", "workspace"),
    ]
    for changes, words, field in wrong:
        refused = await bobs.post("/keys", data=wanted | changes)
        assert (refused.status_code, words in refused.text) == (400, True)
        assert f'href="#{field}"' in refused.text
        assert f'id="{field}"' in refused.text
    assert await weir.weir.identity.keys.everywhere() == ()


async def test_every_form_is_sealed(weir: Served, bobs: httpx2.AsyncClient, claude: Program) -> None:
    await connect(bobs, weir, claude, "bob@example.com")
    for path in ("/connections", "/keys", "/account", f"/authorize?{claude.query()}"):
        found = forms((await bobs.get(path)).text)
        assert len(found) >= 2
        for one in found:
            assert len(str(one.fields["seal"])) == 64
            response = await bobs.post(one.action or "/authorize", data=one.fields | {"seal": "0" * 64})
            assert response.status_code == 403
