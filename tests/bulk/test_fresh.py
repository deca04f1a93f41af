"""A job that asks anew also where an answer is stored: after a crash, its own answers count as fresh."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import httpx2

from server import app
from server.batches.batches import Batches
from server.domain.batch import Batch
from server.domain.principal import LOCAL
from server.sandbox import app as sandbox
from server.settings import load


async def test_a_row_that_was_paid_for_and_not_recorded_is_not_paid_for_again(tmp_path: Path):
    async with sandbox.running() as sandbox_url, httpx2.AsyncClient(base_url=sandbox_url) as control:
        await control.post("/bill/reset")
        command = [sys.executable, "-m", "tests.bulk.dying", str(tmp_path), sandbox_url]
        died = await asyncio.to_thread(subprocess.run, command, check=False, capture_output=True, text=True)
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert await _calls(control) == 1
        async with app.opened(load(home=tmp_path, providers="sandbox"), sandbox_url=sandbox_url) as weir:
            batch = await _ended(weir.batches, died.stdout.strip())
            assert (batch.done, batch.failed, batch.cached) == (1, 0, 1)
        assert await _calls(control) == 1


async def _ended(batches: Batches, job: str) -> Batch:
    while True:
        now = await batches.get(LOCAL, job)
        if now.status.over:
            return now
        await asyncio.sleep(0.02)


async def _calls(control: httpx2.AsyncClient) -> int:
    accounts = (await control.get("/bill")).json()
    return sum(account["calls"] for keys in accounts.values() for account in keys.values())
