"""A process that dies right after a transaction: whatever was paid for by then is not paid for again."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server import app
from server.domain.outcome import Outcome
from server.domain.plan import ask
from server.domain.principal import LOCAL
from server.domain.result import Result
from server.sandbox import app as sandbox
from tests.metering.dying import NOBODY, settings


async def _die(home: Path, sandbox_url: str, kind: str, count: int) -> None:
    command = [sys.executable, "-m", "tests.metering.dying", str(home), sandbox_url, kind, str(count)]
    died = await asyncio.to_thread(subprocess.run, command, check=False)
    assert died.returncode == -signal.SIGKILL


async def _ask(home: Path, sandbox_url: str) -> Result[Any]:
    async with app.opened(settings(str(home)), sandbox_url=sandbox_url) as weir:
        return await weir.engine.run(ask(NOBODY), LOCAL, "find_work_email")


async def _billed(control: httpx2.AsyncClient) -> dict[str, float]:
    accounts = (await control.get("/bill")).json()
    charged = {provider: account["charged"] for provider, keys in accounts.items() for account in keys.values()}
    return {provider: credits for provider, credits in charged.items() if credits}


@pytest.mark.parametrize(
    ("kind", "cached"), [("capture", False), ("release", True)], ids=["after the first bill", "after the last bill"]
)
async def test_what_was_paid_for_is_not_paid_for_again(tmp_path: Path, kind: str, *, cached: bool):
    async with sandbox.running() as sandbox_url, httpx2.AsyncClient(base_url=sandbox_url) as control:
        # Tests before this one in the same process had the same sandbox.
        await control.post("/bill/reset")
        await control.post("/control/reset")
        await _die(tmp_path, sandbox_url, kind, 1)
        assert await _billed(control) == {"leadsonar": 1.0}
        result = await _ask(tmp_path, sandbox_url)
        assert (result.outcome, result.receipt.cached) == (Outcome.NOT_FOUND, cached)
        assert "leadsonar" not in {attempt.provider for attempt in result.receipt.attempts}
        assert (await _ask(tmp_path, sandbox_url)).receipt.cached
        assert await _billed(control) == {"leadsonar": 1.0}
