"""White space around the value of a header is no part of it (RFC 9110, section 5.5)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.access.firm import Firm, head, message
from tests.serving import served

PING = message("tools/call", name="check_credit_balance", arguments={})


async def status(url: str, headers: dict[str, str]) -> int:
    """The status of a request whose headers are sent byte by byte as they are."""
    where, body = urlsplit(url), json.dumps(PING).encode()
    lines = {"Host": where.netloc, "Content-Length": str(len(body)), "Connection": "close", **headers}
    text = "".join(f"{name}:{value}\r\n" for name, value in lines.items())
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(f"POST /mcp HTTP/1.1\r\n{text}\r\n".encode() + body)
    answer = await reader.readline()
    writer.close()
    return int(answer.split()[1])


def spread(headers: dict[str, str]) -> dict[str, str]:
    """The same headers with white space around every value."""
    return {name: f" \t {value} \t " for name, value in headers.items()}


async def test_those_who_sign_in_may_send_it(weir: Firm) -> None:
    key = {"Authorization": f"Bearer {await weir.text()}"}
    assert await status(weir.url, spread(head(PING) | key | {"Host": urlsplit(weir.url).netloc})) == 200


@pytest.mark.parametrize("name", ["check_credit_balance", "find_work_email"])
async def test_anybody_may_send_it_where_access_is_open(tmp_path: Path, isolated: None, name: str) -> None:
    async with served(tmp_path / "home") as running:
        sent = spread(head(PING) | {"Mcp-Name": name})
        assert await status(running.url, sent) == (200 if name == "check_credit_balance" else 400)
