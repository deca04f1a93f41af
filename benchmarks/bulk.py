"""A bulk job from file to result: rows a second, memory, the share of a rate limit, and what other callers notice.

The file is that of `benchmarks.people_file`; the server runs as a process of its own, and so does the sandbox. While
the job runs, a cached call is made about ten times a second. A second job over the same file finds every answer at
hand: what it reaches is the engine's ceiling.

    python -m benchmarks.bulk [--rows 100000] [--distinct 0.25] [--per-minute none] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks import people_file
from benchmarks.servers import HOST, ROOT, Served, weir_over_sandbox
from server import app
from server.batches.batches import Batches
from server.domain.batch import Batch, Order
from server.domain.money import credits
from server.domain.principal import LOCAL
from server.manifest import read_manifest
from server.settings import load

CACHED = {"email": "person1@company1.example.com"}
_PAUSE = 0.1
_UNPACED = "none"


@dataclass(frozen=True, slots=True)
class Run:
    """One job. Seconds and rows a second count from the moment the server begins to look at the file."""

    rows: int
    asked: int
    """Rows for which the provider was asked."""
    failed: int
    checked_seconds: float
    """Of these, until the rows had been looked at."""
    seconds: float
    rows_per_second: float
    asked_per_second: float
    used: float | None
    """Of what the rate limit permits while asking; None without one."""
    peak_mib: float
    """Most memory that the server's process has used so far."""
    cpu_ms_per_row: float
    cached_p50_ms: float
    cached_p99_ms: float


async def submit(home: Path, environment: Mapping[str, str], file: Path) -> str:
    """A job that waits for a server to begin; its id."""
    os.environ.update(environment)
    async with app.opened(load(home=home)) as weir:
        return (await _submit(weir.batches, file)).id


async def _submit(batches: Batches, file: Path) -> Batch:
    source, place = batches.sources.new()
    shutil.copyfile(file, place)
    await batches.sources.examine(source, name=file.name)
    order = Order("email_validation", {"email": "Work email"}, credits(1_000_000), name=file.name)
    return await batches.submit(LOCAL, order, await batches.sources.open(source))


def follow(served: Served, job: str, per_minute: float | None) -> Run:
    """Watch the job until it is over, and call something else meanwhile."""
    begun, spent = time.monotonic(), served.cpu_seconds()
    checked, waits = 0.0, list[float]()
    served.call("validate_work_email", CACHED)
    while (standing := _status(served, job))["status"] in ("checking", "queued", "running"):
        if not checked and standing["status"] != "checking":
            checked = time.monotonic() - begun
        for _ in range(5):
            called = time.monotonic()
            served.call("validate_work_email", CACHED)
            waits.append((time.monotonic() - called) * 1000)
            time.sleep(_PAUSE)
    if standing["status"] != "completed":
        raise RuntimeError(f"The job is {standing['status']}: {standing['reason']}")
    seconds, cpu = time.monotonic() - begun, served.cpu_seconds() - spent
    waits.sort()
    rows, asked = standing["rows"], standing["rows"] - standing["cached"] - standing["skipped"]
    asking = max(seconds - checked, 0.001)
    return Run(
        rows=rows,
        asked=asked,
        failed=standing["failed"],
        checked_seconds=checked,
        seconds=seconds,
        rows_per_second=rows / seconds,
        asked_per_second=asked / asking,
        used=None if per_minute is None else asked / asking / (per_minute / 60),
        peak_mib=_peak(served.pid),
        cpu_ms_per_row=cpu / rows * 1000,
        cached_p50_ms=waits[len(waits) // 2],
        cached_p99_ms=waits[len(waits) * 99 // 100],
    )


def _status(served: Served, job: str) -> dict[str, Any]:
    body, headers = served.message("get_bulk_job_status", {"job_id": job})
    connection = HTTPConnection(HOST, served.port, timeout=60)
    connection.request("POST", "/mcp", body, headers)
    text = connection.getresponse().read().decode()
    connection.close()
    answer = text if text.startswith("{") else text.partition("data: ")[2].splitlines()[0]
    return json.loads(answer)["result"]["structuredContent"]["data"]


def _peak(pid: int) -> float:
    """Most memory that a process has had resident, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@contextmanager
def _folder() -> Generator[Path]:
    path = Path(tempfile.mkdtemp())
    try:
        yield path
    finally:
        shutil.rmtree(path)


def _permitted(plan: float) -> float:
    """Validations a minute that a plan of so many requests a minute permits."""
    manifest = read_manifest(ROOT / "server" / "providers" / "leadmagic.toml")
    validations = manifest.operations["email_validation"].rate
    return plan if validations is None else plan * validations.per_minute / manifest.rate.per_minute


def measure(rows: int, distinct: float, per_minute: str) -> Iterator[Run]:
    """The file with nothing at hand, then again with every answer at hand."""
    limit = None if per_minute == _UNPACED else _permitted(float(per_minute))
    # The job waits for a server with other settings than these, so they may name any provider.
    variables = {
        "LEADMAGIC_API_KEY": "sandbox-unlimited",
        "WEIR_LEADMAGIC_PER_MINUTE": per_minute,
        "WEIR_APPROVAL_ABOVE": "none",
        "WEIR_ORDER": "leadmagic",
    }
    with _folder() as folder:
        file, home = folder / "people.csv", folder / "home"
        people_file.write(file, rows, distinct=distinct)
        for _ in range(2):
            job = asyncio.run(submit(home, variables, file))
            with weir_over_sandbox(home, **variables) as (weir, _):
                yield follow(weir, job, limit)


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--distinct", type=float, default=people_file.DISTINCT, help="the share of new people")
    parser.add_argument("--per-minute", default=_UNPACED, help="the provider's plan, such as 500")
    parser.add_argument("--json", action="store_true", help="one object a line")
    arguments = parser.parse_args()
    runs = measure(arguments.rows, arguments.distinct, arguments.per_minute)
    for title, run in zip(("nothing at hand", "all at hand"), runs, strict=True):
        figures = asdict(run)
        told = ", ".join(f"{name} {value}" for name, value in figures.items())
        print(json.dumps(figures) if arguments.json else f"{title}: {told}", flush=True)


if __name__ == "__main__":
    main()
