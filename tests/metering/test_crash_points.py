"""A process that dies right after a transaction: whatever was paid for by then is not paid for again."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2

from server import app
from server.domain.outcome import Outcome
from server.domain.plan import ask
from server.domain.principal import LOCAL
from server.domain.result import Result
from server.sandbox import app as sandbox
from server.settings import load
from tests.metering.dying import NOBODY


async def _die(home: Path, sandbox_url: str, kind: str, count: int) -> None:
    command = [sys.executable, "-m", "tests.metering.dying", str(home), sandbox_url, kind, str(count)]
    died = await asyncio.to_thread(subprocess.run, command, check=False)
    assert died.returncode == -signal.SIGKILL


async def _ask(home: Path, sandbox_url: str) -> Result[Any]:
    async with app.opened(load(home=home, providers="sandbox"), sandbox_url=sandbox_url) as weir:
        return await weir.engine.run(ask(NOBODY), LOCAL, "find_work_email")


async def _billed(control: httpx2.AsyncClient) -> dict[str, float]:
    accounts = (await control.get("/bill")).json()
    charged = {provider: account["charged"] for provider, keys in accounts.items() for account in keys.values()}
    return {provider: credits for provider, credits in charged.items() if credits}


async def test_what_a_look_up_came_to_is_stored_together_with_its_last_bill(tmp_path: Path):
    async with sandbox.running() as sandbox_url, httpx2.AsyncClient(base_url=sandbox_url) as control:
        await control.post("/bill/reset")
        await _die(tmp_path, sandbox_url, "release", 1)
        result = await _ask(tmp_path, sandbox_url)
        assert (result.outcome, result.receipt.cached) == (Outcome.NOT_FOUND, True)
        assert await _billed(control) == {"leadsonar": 1.0}
