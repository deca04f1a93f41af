"""A program that wants to be connected, with a listener on loopback, as command-line assistants have it."""

from __future__ import annotations

import asyncio
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2


@dataclass(slots=True)
class Program:
    """An OAuth client of its own making."""

    server: str
    redirect_uri: str
    client_id: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    answers: asyncio.Queue[dict[str, str]] = field(default_factory=asyncio.Queue[dict[str, str]])
    """The parameters that came back."""
    onward: str = ""
    """Where the listener sends the browser once it has its answer."""

    async def register(self, name: str) -> None:
        """Become known under a name."""
        said = {"client_name": name, "redirect_uris": [self.redirect_uri], "token_endpoint_auth_method": "none"}
        async with httpx2.AsyncClient() as http:
            response = await http.post(f"{self.server}/register", json=said)
        assert response.status_code == 201, response.text
        self.client_id = response.json()["client_id"]

    def query(self, **changes: str) -> str:
        """What the program sends people to `/authorize` with."""
        challenge = urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "enrich:read enrich:spend bulk:submit account:read offline_access",
            "state": "a state with ümlauts & signs",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return urlencode(asked | changes)

    def url(self, **changes: str) -> str:
        """The address that the program opens in a browser."""
        return f"{self.server}/authorize?{self.query(**changes)}"

    async def tokens(self, code: str) -> dict[str, Any]:
        """What the code is exchanged for."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        async with httpx2.AsyncClient() as http:
            response = await http.post(f"{self.server}/token", data=asked)
        assert response.status_code == 200, response.text
        return response.json()

    async def heard(self) -> dict[str, str]:
        """What the browser brings."""
        async with asyncio.timeout(30):
            return await self.answers.get()

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request of the browser, and note what it brought."""
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
        if urlsplit(path).path == "/callback":
            self.answers.put_nowait({name: values[0] for name, values in parse_qs(urlsplit(path).query).items()})
        body = b"<!doctype html><title>Connected</title>You can close this window."
        moved = self.onward and urlsplit(path).path == "/callback"
        status = f"302 Found\r\nLocation: {self.onward}" if moved else "200 OK"
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close"
        writer.write(f"{head}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def program(server: str, name: str = "Claude Code") -> AsyncGenerator[Program]:
    """A registered program whose listener runs."""
    made = Program(server, "")
    listener = await asyncio.start_server(made.hear, "127.0.0.1", 0)
    made.redirect_uri = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/callback"
    await made.register(name)
    async with listener:
        yield made
