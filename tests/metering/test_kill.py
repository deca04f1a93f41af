"""A process killed in the middle of a paid call: the ledger says what may have been charged, and the rest goes on."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client

from server.sandbox import app as sandbox
from tests.cli.conftest import Process, running

GRACE = {"first_name": "Grace", "last_name": "Valid", "company_domain": "valid.magic.example"}
VARIABLES = {"LEADMAGIC_API_KEY": "sandbox", "XMAGNET_API_KEY": "sandbox"}


def serving(folder: Path, sandbox_url: str) -> AbstractContextManager[Process]:
    """`weir serve` as a process of its own, calling the sandbox as it would call the vendors."""
    settings = {
        **VARIABLES,
        "WEIR_LEADMAGIC_BASE_URL": f"{sandbox_url}/leadmagic",
        "WEIR_XMAGNET_BASE_URL": f"{sandbox_url}/xmagnet",
    }
    return running("serve", "--home", folder / "home", folder=folder, **settings)


async def test_a_server_killed_in_mid_call_comes_back_knowing_what_may_have_been_charged(tmp_path: Path) -> None:
    async with sandbox.running() as upstream, httpx2.AsyncClient(base_url=upstream) as control:
        await control.post("/bill/reset")
        await control.post("/control", json={"provider": "leadmagic", "faults": ["timeout"]})
        with serving(tmp_path, upstream) as process:
            call = asyncio.create_task(_call(process.url, "find_work_email", GRACE))
            while not (await control.get("/bill")).json().get("leadmagic"):
                assert not call.done()
                await asyncio.sleep(0.02)
            process.stop(signal.SIGKILL)
            await asyncio.gather(call, return_exceptions=True)
        with serving(tmp_path, upstream) as process:
            spent = await _call(process.url, "get_account_analytics", {"period": "today"})
            assert [(one["name"], one["credits"], one["unresolved"]) for one in spent["data"]["by_operation"]] == [
                ("leadmagic email_finder", 1.0, 1.0)
            ]
            assert {limit["used"] for limit in spent["data"]["limits"]} == {0.0, 1.0}
            again = await _call(process.url, "find_work_email", GRACE)
            assert again["receipt"]["cost"]["credits"] == {"leadmagic": 1.0}
            spent = await _call(process.url, "get_account_analytics", {"period": "today"})
            billed = (await control.get("/bill")).json()["leadmagic"]["sandbox"]["charged"]
            assert spent["data"]["totals"][0]["cost"]["credits"] == {"leadmagic": billed} == {"leadmagic": 2.0}
        await control.post("/control/reset")


async def _call(url: str, tool: str, arguments: dict[str, str]) -> dict[str, Any]:
    async with Client(f"{url}/mcp") as client:
        result = await client.call_tool(tool, arguments)
    assert result.structured_content is not None
    return result.structured_content
