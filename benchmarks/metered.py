"""An uncached `validate_work_email`: hold, upstream call, capture and stored answer; then the same calls cached.

The sandbox answers at once, in a process of its own. Every request of the first round asks about another address, so
every one is held, asked, captured and stored; the second round asks the same again. The ratio of CPU per call is what
metering costs; the sandbox and the load share the machine, so requests per second are a lower bound.

    python -m benchmarks.metered [--calls 3000] [--at-once 32] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

import httpx2

from benchmarks.servers import Served, weir_over_sandbox

TOOL = "validate_work_email"
WARM_UP = 200


@dataclass(frozen=True, slots=True)
class Figures:
    """One round of calls."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


async def press(weir: Served, numbers: range, at_once: int) -> Figures:
    """One call for each number, `at_once` at a time, and what they took."""
    taken: list[float] = []
    waiting = iter(numbers)
    cpu, started = weir.cpu_seconds(), time.perf_counter()

    async def worker() -> None:
        async with httpx2.AsyncClient() as http:
            for number in waiting:
                message, headers = weir.message(TOOL, {"email": f"person{number}@valid.magic.example"})
                began = time.perf_counter()
                response = await http.post(f"{weir.url}/mcp", content=message, headers=headers)
                taken.append((time.perf_counter() - began) * 1000)
                if response.json()["result"]["isError"]:
                    raise RuntimeError(response.text)

    await asyncio.gather(*(worker() for _ in range(at_once)))
    seconds, used = time.perf_counter() - started, weir.cpu_seconds() - cpu
    return Figures(
        per_second=round(len(numbers) / seconds, 1),
        p50_ms=round(median(taken), 2),
        p99_ms=round(quantiles(taken, n=100)[98], 2),
        cpu_us=round(used / len(numbers) * 1e6, 1),
    )


async def _measure(calls: int, at_once: int) -> dict[str, Figures]:
    with tempfile.TemporaryDirectory() as folder, weir_over_sandbox(Path(folder)) as (weir, _):
        await press(weir, range(-WARM_UP, 0), at_once)
        return {name: await press(weir, range(calls), at_once) for name in ("metered", "cached")}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--at-once", type=int, default=32)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rounds = asyncio.run(_measure(options.calls, options.at_once))
    if options.json:
        print(json.dumps({name: asdict(figures) for name, figures in rounds.items()}))
        return
    print(f"{'':<10}{'calls/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'CPU us':>10}")
    for name, figures in rounds.items():
        print(
            f"{name:<10}{figures.per_second:>10.0f}{figures.p50_ms:>10.1f}{figures.p99_ms:>10.1f}{figures.cpu_us:>10.0f}"
        )
    print(f"CPU of a metered call: {rounds['metered'].cpu_us / rounds['cached'].cpu_us:.1f} times a cached one")


if __name__ == "__main__":
    main()
