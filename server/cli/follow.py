"""A bulk job followed from the shell until nothing happens any more; Ctrl-C pauses it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import Any

import click

from server.cli.counter import Counter
from server.cli.transfer import fetch
from server.domain.batch import Status
from server.domain.errors import InvalidInput

DONE, STOPPED, INTERRUPTED = 0, 1, 130
"""Exit codes: the job is complete; it was cancelled, paused or could not begin; Ctrl-C paused it."""

_LOOK = 0.5
_STANDS = frozenset({Status.PAUSED, Status.COMPLETED, Status.CANCELLED, Status.FAILED})
_GOING = frozenset({Status.QUEUED, Status.RUNNING})


async def follow(counter: Counter, job_id: str, out: Path | None) -> int:
    """Show progress until the job stands still, and fetch its file where it is complete; the exit code."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, over.set)
    try:
        job = await _watch(counter, job_id, over)
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    if over.is_set() and Status(job["status"]) not in _STANDS:
        return await _interrupt(counter, job, out)
    click.echo(in_words(job))
    if job["status"] != Status.COMPLETED:
        return STOPPED
    if out is not None:
        await export(counter, job_id, out)
    return DONE


async def export(counter: Counter, job_id: str, out: Path) -> None:
    """Write the job's rows as they stand to `out`, whose ending names the format."""
    written = await counter.call("export_bulk_job", job_id=job_id, format=format_of(out))
    await asyncio.to_thread(fetch, written["file"]["url"], out)
    click.echo(f"{written['rows']} rows are in {out}.")


def format_of(out: Path) -> str:
    """`csv`, `jsonl` or `xlsx`; `InvalidInput` for a file that is called otherwise, or cannot be there."""
    ending = out.suffix.lower().removeprefix(".")
    if ending not in ("csv", "jsonl", "xlsx"):
        raise InvalidInput(
            f"{out} ends neither with .csv nor with .jsonl or .xlsx.", field="out", fix="Name the file by its format."
        )
    if not out.parent.is_dir():
        raise InvalidInput(f"There is no folder {out.parent}.", field="out", fix="Make it, or write elsewhere.")
    return ending


def in_words(job: dict[str, Any]) -> str:
    """One job in a line, with why it stands where it stands."""
    said = f"{job['job_id']} is {job['status']}: {job['settled']} of {job['rows']} rows, {job['found']} found"
    spent = f", {job['credits']:g} of at most {job['max_credits']:g} credits."
    return said + spent + (f" {job['reason']}" if job.get("reason") else "")


async def _watch(counter: Counter, job_id: str, over: asyncio.Event) -> dict[str, Any]:
    asked = False
    with click.progressbar(length=1, label=job_id, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        while True:
            job = await counter.call("get_bulk_job_status", job_id=job_id)
            bar.length = max(job["rows"], 1)
            bar.update(job["settled"] - bar.pos)
            if over.is_set() or Status(job["status"]) in _STANDS:
                return job
            if job.get("approval_url") and not asked:
                click.echo(f"A person has to approve it: {job['approval_url']}\nor: weir approvals", err=True)
                asked = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), _LOOK)


async def _interrupt(counter: Counter, job: dict[str, Any], out: Path | None) -> int:
    """Pause what runs; what is still looked at or waits for a person goes on by itself."""
    job_id, into = job["job_id"], f" --out {out}" if out is not None else ""
    if Status(job["status"]) in _GOING:
        job = await counter.call("control_bulk_job", job_id=job_id, action="pause")
        click.echo(f"{in_words(job)}\nGo on with: weir bulk resume {job_id}{into}")
    else:
        click.echo(f"{in_words(job)}\nStop it with: weir bulk cancel {job_id}")
    return INTERRUPTED
