"""A process killed in the middle of a paid call: the ledger says what may have been charged, and the rest goes on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client

from benchmarks.servers import HOST, ROOT
from server.sandbox import app as sandbox
from tests.ports import free_port

GRACE = {"first_name": "Grace", "last_name": "Valid", "company_domain": "valid.magic.example"}
VARIABLES = {"LEADMAGIC_API_KEY": "sandbox", "XMAGNET_API_KEY": "sandbox"}


@contextmanager
def serving(home: Path, sandbox_url: str) -> Generator[tuple[subprocess.Popen[bytes], str]]:
    """`weir serve` as a process of its own, calling the sandbox as it would call the vendors."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "serve", "--port", str(port), "--home", str(home)],
        cwd=ROOT,
        env={
            **os.environ,
            **VARIABLES,
            "WEIR_LEADMAGIC_BASE_URL": f"{sandbox_url}/leadmagic",
            "WEIR_XMAGNET_BASE_URL": f"{sandbox_url}/xmagnet",
        },
        stdout=subprocess.DEVNULL,
    )
    url = f"http://{HOST}:{port}"
    try:
        yield process, url
    finally:
        process.kill()
        process.wait()


def _await_answer(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx2.get(f"{url}/health")
        except httpx2.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


async def test_a_server_killed_in_mid_call_comes_back_knowing_what_may_have_been_charged(tmp_path: Path) -> None:
    async with sandbox.running() as upstream, httpx2.AsyncClient(base_url=upstream) as control:
        await control.post("/bill/reset")
        await control.post("/control", json={"provider": "leadmagic", "faults": ["timeout"]})
        with serving(tmp_path, upstream) as (process, url):
            await asyncio.to_thread(_await_answer, url)
            call = asyncio.create_task(_call(url, "find_work_email", GRACE))
            while not (await control.get("/bill")).json().get("leadmagic"):
                assert not call.done()
                await asyncio.sleep(0.02)
            process.kill()
            await asyncio.gather(call, return_exceptions=True)
        with serving(tmp_path, upstream) as (process, url):
            await asyncio.to_thread(_await_answer, url)
            spent = await _call(url, "get_account_analytics", {"period": "today"})
            assert [(one["name"], one["credits"], one["unresolved"]) for one in spent["data"]["by_operation"]] == [
                ("leadmagic email_finder", 1.0, 1.0)
            ]
            assert {limit["used"] for limit in spent["data"]["limits"]} == {0.0, 1.0}
            again = await _call(url, "find_work_email", GRACE)
            assert again["receipt"]["cost"]["credits"] == {"leadmagic": 1.0}
            spent = await _call(url, "get_account_analytics", {"period": "today"})
            billed = (await control.get("/bill")).json()["leadmagic"]["sandbox"]["charged"]
            assert spent["data"]["totals"][0]["cost"]["credits"] == {"leadmagic": billed} == {"leadmagic": 2.0}
        await control.post("/control/reset")


async def _call(url: str, tool: str, arguments: dict[str, str]) -> dict[str, Any]:
    async with Client(f"{url}/mcp") as client:
        result = await client.call_tool(tool, arguments)
    assert result.structured_content is not None
    return result.structured_content
