"""Two hundred realistic contacts through `find_work_email` over MCP, twice: hit rates, cost, and the bill.

Starts a sandbox and a Weir that calls it by base URL and key, as it would call the vendors. The first run pays; the
ledger must equal the sandbox's own bill to the hundredth of a credit; the second run must cost nothing.

    python -m benchmarks.contacts [--count 200] [--at-once 16]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client

from benchmarks.servers import weir_over_sandbox

TOOL = "find_work_email"
FIELDS = ("first_name", "last_name", "company_domain")


@dataclass(frozen=True, slots=True)
class Run:
    """What came of all contacts."""

    outcomes: Mapping[str, int]
    attempts: Mapping[str, int]
    hits: Mapping[str, int]
    credits: Mapping[str, float]
    usd: float
    seconds: float

    @property
    def total(self) -> float:
        """Credits of all providers together."""
        return round(sum(self.credits.values()), 2)


async def contacts(sandbox_url: str, count: int) -> list[dict[str, str]]:
    """People of the sandbox's world, the same ones every time."""
    async with httpx2.AsyncClient() as http:
        people = (await http.get(f"{sandbox_url}/people", params={"limit": count, "seed": 7})).json()
    return [{field: person[field] for field in FIELDS} for person in people]


async def bill(sandbox_url: str) -> dict[str, float]:
    """What the sandbox charged, by provider."""
    async with httpx2.AsyncClient() as http:
        accounts = (await http.get(f"{sandbox_url}/bill")).json()
    charged = {provider: sum(one["charged"] for one in by_key.values()) for provider, by_key in accounts.items()}
    return {provider: round(amount, 2) for provider, amount in charged.items() if amount}


async def ledger(url: str) -> dict[str, float]:
    """What Weir's ledger says it spent today, by provider."""
    async with Client(f"{url}/mcp") as client:
        result = await client.call_tool("get_account_analytics", {"period": "today"})
    assert result.structured_content is not None
    return result.structured_content["data"]["totals"][0]["cost"]["credits"]


async def run(url: str, people: Sequence[Mapping[str, str]], at_once: int) -> Run:
    """Look up every contact over one MCP connection, `at_once` at a time."""
    gate = asyncio.Semaphore(at_once)
    started = time.perf_counter()
    async with Client(f"{url}/mcp") as client:

        async def look_up(person: Mapping[str, str]) -> dict[str, Any]:
            async with gate:
                result = await client.call_tool(TOOL, dict(person))
            assert result.structured_content is not None
            return result.structured_content

        bodies = await asyncio.gather(*(look_up(person) for person in people))
    return _summed(bodies, time.perf_counter() - started)


def _summed(bodies: Sequence[dict[str, Any]], seconds: float) -> Run:
    attempts = [attempt for body in bodies for attempt in body["receipt"]["attempts"]]
    credits: Counter[str] = Counter()
    for attempt in attempts:
        credits[attempt["provider"]] += round(attempt["credits"] * 100)
    return Run(
        outcomes=Counter(body["outcome"] for body in bodies),
        attempts=Counter(attempt["provider"] for attempt in attempts),
        hits=Counter(attempt["provider"] for attempt in attempts if attempt["outcome"] == "found"),
        credits={provider: amount / 100 for provider, amount in credits.items() if amount},
        usd=round(sum(body["receipt"]["cost"]["usd"] for body in bodies), 6),
        seconds=seconds,
    )


def report(first: Run, second: Run, in_ledger: Mapping[str, float], billed: Mapping[str, float]) -> str:
    """The figures as a table, and whether they agree."""
    lines = [f"{'provider':<12}{'asked':>7}{'hits':>7}{'rate':>8}{'credits':>10}{'ledger':>10}{'bill':>10}"]
    for provider, asked in first.attempts.items():
        hits = first.hits.get(provider, 0)
        lines.append(
            f"{provider:<12}{asked:>7}{hits:>7}{hits / asked:>8.0%}{first.credits.get(provider, 0):>10.2f}"
            f"{in_ledger.get(provider, 0):>10.2f}{billed.get(provider, 0):>10.2f}"
        )
    found = first.outcomes.get("found", 0)
    lines += [
        "",
        f"outcomes     {dict(first.outcomes)}",
        f"cost         {first.total:g} credits for {found} addresses, {first.total / max(1, found):.2f} each",
        f"second run   {second.total:g} credits, {second.seconds:.1f} s after {first.seconds:.1f} s",
        f"ledger       {'equals' if in_ledger == billed else 'DIFFERS FROM'} the sandbox's bill",
    ]
    return "\n".join(lines)


async def _main(count: int, at_once: int) -> bool:
    with tempfile.TemporaryDirectory() as folder, weir_over_sandbox(Path(folder)) as (weir, sandbox):
        url, sandbox_url = weir.url, sandbox.url
        people = await contacts(sandbox_url, count)
        first = await run(url, people, at_once)
        billed, in_ledger = await bill(sandbox_url), await ledger(url)
        second = await run(url, people, at_once)
        print(report(first, second, in_ledger, billed))
        return in_ledger == billed == await bill(sandbox_url) and second.total == 0


def main() -> None:
    """Run the script; exits 1 where ledger and bill differ or the second run cost anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=16)
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(_main(options.count, options.at_once)) else 1)


if __name__ == "__main__":
    main()
