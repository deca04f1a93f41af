"""What an attacker has at hand: browsers of people, programs that people let in, and a look at what was noted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from server.identity.audit import Entry
from server.oauth.connections import Connection
from tests.access.firm import ADA, EVERYBODY, Firm, firm, head, message
from tests.access.test_challenge import parameters
from tests.pages.client import Program
from tests.pages.forms import PASSWORD, form
from tests.pages.test_consent import answer

DISCOVER = message("server/discover")
CALLBACK = "http://127.0.0.1:33418/callback"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@asynccontextmanager
async def attacked(home: Path, **settings: Any) -> AsyncGenerator[Firm]:
    """A firm whose people can sign in; all have the same password."""
    async with firm(home, **settings) as running:
        identity = running.served.weir.identity
        for workspace in ("acme", "globex"):
            await identity.workspaces.create(workspace, workspace.title())
        for email, _, _ in EVERYBODY:
            await identity.people.set_password(f"id-{email}", PASSWORD)
        yield running


@asynccontextmanager
async def browser(weir: Firm, email: str | None = None, **headers: str) -> AsyncGenerator[httpx2.AsyncClient]:
    """A browser that is signed in as somebody, or nobody's; it follows nothing."""
    async with httpx2.AsyncClient(base_url=weir.url, headers=headers, trust_env=False) as http:
        if email is not None:
            token = await weir.served.weir.identity.sign_ins.start(f"id-{email}", "password")
            http.cookies.set("weir", token)
        yield http


@dataclass(frozen=True, slots=True)
class Connected:
    """A program that somebody let in."""

    program: Program
    code: str
    tokens: dict[str, Any]
    connection: Connection


async def program(weir: Firm, name: str = "Claude", uri: str = CALLBACK) -> Program:
    """A program that registered itself."""
    made = Program(weir.url, uri)
    await made.register(name)
    return made


async def allowed(
    weir: Firm, asking: Program, email: str = ADA, query: Mapping[str, str] | None = None, **changes: Any
) -> str:
    """The code that the program gets once somebody allowed it what it asks for, or the `changes` of the form."""
    async with browser(weir, email) as http:
        page = await http.get(asking.url(**(query or {})))
        return answer(await http.post("/authorize", data=form(page.text).fields | {"decision": "allow"} | changes))[
            "code"
        ]


async def connected(weir: Firm, email: str = ADA, **changes: Any) -> Connected:
    """A program with its first tokens."""
    asking = await program(weir)
    code = await allowed(weir, asking, email, **changes)
    tokens = await asking.tokens(code)
    connections = await weir.served.weir.authorization.connections.of(f"id-{email}")
    (own,) = [one for one in connections if one.client_id == asking.client_id]
    return Connected(asking, code, tokens, own)


async def post(weir: Firm, body: Any = DISCOVER, path: str = "/mcp", **headers: str) -> httpx2.Response:
    """One request to the endpoint with these headers besides those of the protocol."""
    async with browser(weir) as http:
        return await http.post(path, json=body, headers={**head(body), **headers})


async def token(weir: Firm, **fields: str) -> httpx2.Response:
    """One request to the token endpoint."""
    async with browser(weir) as http:
        return await http.post("/token", data=fields)


def challenged(weir: Firm, refused: httpx2.Response, error: str | None = "invalid_token") -> None:
    """Assert that a request was turned away with the challenge of RFC 6750 and RFC 9728 and nothing else."""
    said = dict(parameters(refused.headers["www-authenticate"]))
    assert (refused.status_code, said.get("error")) == (401, error), refused.text
    assert said["resource_metadata"] == f"{weir.url}/.well-known/oauth-protected-resource/mcp"
    assert (refused.headers["cache-control"], "result" in refused.json()) == ("no-store", False)


def refused_as(response: httpx2.Response) -> tuple[int, str]:
    """Status and code of an OAuth error, which carries no token."""
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert not body.keys() & {"access_token", "refresh_token", "code"}
    return response.status_code, body["error"]


async def noted(weir: Firm, event: str, **about: str) -> list[Entry]:
    """Entries of the audit trail of that event whose member or details are `about` that."""
    entries = await weir.served.weir.identity.audit.since(datetime(2020, 1, 1, tzinfo=UTC))
    return [
        entry
        for entry in entries
        if entry.event == event
        and all(({**entry.detail, "member": entry.member}).get(name) == value for name, value in about.items())
    ]


async def raw(weir: Firm, request: bytes) -> bytes:
    """What the server answers to bytes on the wire, until it hangs up or says nothing more for half a second."""
    parts = urlsplit(weir.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(request)
    await writer.drain()
    heard = b""
    try:
        while chunk := await asyncio.wait_for(reader.read(65_536), 0.5 if heard else 60):
            heard += chunk
    except TimeoutError:
        pass
    finally:
        writer.close()
    return heard


def statuses(heard: bytes) -> list[int]:
    """The status of every answer in what was heard."""
    lines = [line for line in heard.split(b"\r\n") if line.startswith(b"HTTP/1.")]
    return [int(line.split(b" ")[1]) for line in lines]
