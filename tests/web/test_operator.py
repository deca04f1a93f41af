"""`POST /operator`: only for who can read the note in the home folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from starlette.types import ASGIApp

from server import app
from server.domain.principal import Scope
from server.identity.keys import NewKey
from server.identity.workspaces import Role
from server.settings import load

TOKEN = "the token of this run"
PING = {"command": "ping"}


@pytest_asyncio.fixture
async def web(tmp_path: Path, isolated: None) -> AsyncIterator[ASGIApp]:
    """The application with the operator's route."""
    async with app.opened(load(home=tmp_path / "home", providers="sandbox")) as weir:
        yield app.web(weir, "http://127.0.0.1:8000", token=TOKEN)


def caller(web: ASGIApp, token: str, address: str = "127.0.0.1") -> httpx2.AsyncClient:
    """Somebody at `address` who sends `token`."""
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=web, client=(address, 5000)),
        base_url="http://127.0.0.1:8000",
        headers={"Authorization": f"Bearer {token}"},
    )


async def test_the_token_opens_it(web: ASGIApp) -> None:
    async with caller(web, TOKEN) as operator:
        response = await operator.post("/operator", json=PING)
    assert (response.status_code, response.json()) == (200, {"rows": []})


@pytest.mark.parametrize("token", ["", "another", TOKEN[:-1], f"{TOKEN}s", "t\u00f6ken"])
async def test_without_the_token_it_stays_shut(web: ASGIApp, token: str) -> None:
    async with caller(web, "x") as stranger:
        headers = {b"Authorization": f"Bearer {token}".encode("latin-1")}
        response = await stranger.post("/operator", json=PING, headers=headers)
    assert response.status_code == 403


async def test_no_key_opens_it_however_much_it_may(tmp_path: Path, isolated: None) -> None:
    async with app.opened(load(home=tmp_path / "home", providers="sandbox", auth="builtin")) as weir:
        await weir.identity.people.add("ada@example.com", "Ada", role=Role.ADMIN)
        key, _ = await weir.identity.keys.create(NewKey("laptop", "default", "ada@example.com", frozenset(Scope)))
        async with caller(app.web(weir, "http://127.0.0.1:8000", token=TOKEN), key) as administrator:
            assert (await administrator.post("/operator", json=PING)).status_code == 403


async def test_no_authorization_at_all_is_refused(web: ASGIApp) -> None:
    async with caller(web, TOKEN) as stranger:
        del stranger.headers["Authorization"]
        assert (await stranger.post("/operator", json=PING)).status_code == 403


async def test_the_token_is_worth_nothing_from_another_machine(web: ASGIApp) -> None:
    async with caller(web, TOKEN, address="192.0.2.7") as stranger:
        assert (await stranger.post("/operator", json=PING)).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_the_token_is_worth_nothing_through_a_proxy_on_this_machine(web: ASGIApp, header: str) -> None:
    async with caller(web, TOKEN) as stranger:
        response = await stranger.post("/operator", json=PING, headers={header: "127.0.0.1"})
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "This is not a command."),
        ({"command": "ping", "more": 1}, "This is not a command."),
        ({"command": "spend"}, "There is no command 'spend' with these arguments."),
        ({"command": "suppress"}, "There is no command 'suppress' with these arguments."),
    ],
)
async def test_what_is_not_a_command_is_explained(web: ASGIApp, body: dict[str, object], message: str) -> None:
    async with caller(web, TOKEN) as operator:
        response = await operator.post("/operator", json=body)
    assert (response.status_code, response.json()["error"]["message"]) == (400, message)


async def test_without_a_token_there_is_no_such_route(tmp_path: Path, isolated: None) -> None:
    async with (
        app.opened(load(home=tmp_path / "home", providers="sandbox")) as weir,
        caller(app.web(weir, "http://127.0.0.1:8000"), TOKEN) as operator,
    ):
        assert (await operator.post("/operator", json=PING)).status_code == 404
