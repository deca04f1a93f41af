"""Files to and from a server by its links, in bounded memory."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from server.domain.errors import InvalidInput

_SECONDS = 120.0
"""Of silence, after which the server counts as gone."""


def send(path: Path, url: str) -> None:
    """Bring the file at `path` by an upload link; `InvalidInput` as the server says it, or where nobody answers."""
    headers = {"Content-Length": str(path.stat().st_size), "Accept": "application/json"}
    with path.open("rb") as file, _answer("PUT", url, headers, file) as response:
        body = response.read()
    if response.status >= 400:
        raise _refused(response.status, body)


def fetch(url: str, out: Path) -> int:
    """Write what a download link gives to `out`, whole or not at all; its bytes. `InvalidInput` as for `send`.

    While the server says that the file is still being written, it is asked again.
    """
    unfinished = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    try:
        while (again := _fetched(url, unfinished)) is not None:
            time.sleep(again)
        unfinished.replace(out)
        return out.stat().st_size
    finally:
        unfinished.unlink(missing_ok=True)


def _fetched(url: str, path: Path) -> float | None:
    """Seconds to wait before the file can be fetched; None where it is at `path` now."""
    with path.open("wb") as file, _answer("GET", url, {}) as response:
        again = response.headers.get("Retry-After", "")
        if response.status == 503 and again.isdigit():
            return float(again)
        if response.status != 200:
            raise _refused(response.status, response.read())
        shutil.copyfileobj(response, file)
        # A file that was sent as it grew has no length; where that breaks off, reading it fails.
        expected = response.headers.get("Content-Length")
    if expected is not None and path.stat().st_size != int(expected):
        # The server keeps the link for another try.
        raise InvalidInput("The download broke off.", field="out", fix="Try again: weir bulk export")
    return None


def answers(url: str) -> None:
    """`InvalidInput` unless a server answers at `url`."""
    with _answer("GET", f"{url}/health", {}) as response:
        if response.status != 200:
            raise _refused(response.status, response.read())


@contextmanager
def _answer(
    method: str, url: str, headers: Mapping[str, str], body: IO[bytes] | None = None
) -> Generator[HTTPResponse]:
    address = urlsplit(url)
    connect = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = connect(address.hostname or "", address.port, timeout=_SECONDS)
    try:
        connection.request(method, address.path, body, dict(headers))
        yield connection.getresponse()
    except (OSError, HTTPException) as error:
        raise InvalidInput(
            f"{address.scheme}://{address.netloc} does not answer as a Weir should: {error or type(error).__name__}.",
            field="url",
            fix="Check the address, and that the server runs.",
        ) from error
    finally:
        connection.close()


def _refused(status: int, body: bytes) -> InvalidInput:
    try:
        said = json.loads(body)["error"]
        return InvalidInput(said["message"], field="file", fix=said.get("fix"))
    except (ValueError, KeyError, TypeError):
        return InvalidInput(
            f"The server answered with status {status}.",
            field="url",
            fix="Check that the address is that of a Weir, and that no proxy before it answers in its place.",
        )
