"""The server that owns the home folder: the note it leaves there, and the operator's way into it."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from server import app
from server.domain.errors import InvalidInput
from server.operator import Rows
from server.settings import Settings

NOTE = "serving.json"


@dataclass(frozen=True, slots=True)
class Running:
    """A server on this machine: its own address, whatever clients call it, and the operator's secrets for this run."""

    url: str
    token: str
    """Lets commands in."""
    code: str
    """What the pages of approvals ask for where nobody signs in."""

    def ask(self, command: str, arguments: Mapping[str, str] | None = None, *, seconds: float = 60.0) -> Rows:
        """The rows of an operator's command.

        `InvalidInput` as the server says it; OSError or HTTPException where nobody answers, PermissionError where the
        token is not this server's.
        """
        address = urlsplit(self.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=seconds)
        body = json.dumps({"command": command, "arguments": arguments or {}})
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            connection.request("POST", "/operator", body, headers)
            response = connection.getresponse()
            return _rows(response.status, response.read())
        finally:
            connection.close()


def _rows(status: int, body: bytes) -> Rows:
    match status, json.loads(body):
        case 200, {"rows": rows}:
            return rows
        case 400, {"error": {"message": str(message), **rest}}:
            raise InvalidInput(message, field=rest.get("field"), fix=rest.get("fix"))
        case _:
            raise PermissionError("this server does not know the token")


def find(settings: Settings) -> Running | None:
    """The server that owns the home folder and answers; a note that a killed server left behind does not count."""
    try:
        noted = json.loads((settings.home / NOTE).read_text())
        running = Running(noted["url"], noted["token"], noted["code"])
        running.ask("ping", seconds=5.0)
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return None
    return running


def ask(settings: Settings, command: str, **arguments: str) -> Rows:
    """The rows of an operator's command, from the running server where there is one."""
    running = find(settings)
    if running is not None:
        return running.ask(command, arguments)
    return asyncio.run(_ask_here(settings, command, arguments))


async def _ask_here(settings: Settings, command: str, arguments: dict[str, str]) -> Rows:
    async with app.opened(settings) as weir:
        return await weir.operator.run(command, arguments)


@contextmanager
def announced(settings: Settings, running: Running) -> Generator[None]:
    """Leave the note in the home folder while serving."""
    note = settings.home / NOTE
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_privately(note, json.dumps(asdict(running)))
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def _write_privately(path: Path, text: str) -> None:
    """Write a file that only this user can read, all at once."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
