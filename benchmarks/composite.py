"""Composite tools where every provider takes a second: beside the slowest chain of their steps, and beside their sum.

The tool is called over MCP; afterwards each step of the same plan is asked by itself, one after the other. What the
tool should take is the longest way through its plan, where a step comes after those whose answers it needs; what it
would take without asking at the same time is the sum.

    python -m benchmarks.composite [--latency 1.0] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
from mcp import Client

from benchmarks.servers import weir_over_sandbox
from server import app
from server.domain.plan import Plan, ask
from server.domain.principal import Principal
from server.domain.query import Answer
from server.edge.tool import Tool
from server.settings import Providers, Untouched

CALLS: Mapping[str, Mapping[str, Any]] = {
    "find_decision_makers": {
        "company_domain": "stripe.com",
        "titles": ["CEO", "CRO", "VP Sales", "CTO"],
        "include_validation": True,
    },
    "account_intel": {"company_domain": "stripe.com", "jobs_limit": 15, "jobs_per_page": 5},
    "enrich_contact": {
        "email": "jane@example.com",
        "auto_resolve_profile": True,
        "include_personal_email": True,
        "include_mobile": True,
        "include_job_change": True,
    },
    "research_account": {"company_domain": "globex.com"},
}
GOAL = 1.2
"""Most that a tool may take, in slowest chains."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds that one tool took, and that its steps take."""

    tool: str
    steps: int
    """That arose; what an earlier answer made superfluous does not count."""
    wall: float
    chain: float
    total: float

    @property
    def of_chain(self) -> float:
        """Wall time in slowest chains."""
        return self.wall / self.chain

    @property
    def of_total(self) -> float:
        """Wall time in sums of all steps."""
        return self.wall / self.total


async def step_by_step(weir: app.Weir, plan: Plan[Any], tool: str) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of each step that arises, by itself and with the slowest way to it."""
    alone: dict[str, float] = {}
    chains: dict[str, float] = {}
    answers: dict[str, Answer | None] = {}
    for step in plan.steps:
        query = step.query if step.then is None else step.then({name: answers[name] for name in step.after})
        before = max((chains[name] for name in step.after), default=0.0)
        answers[step.name], chains[step.name] = None, before
        if query is not None:
            # In a workspace of its own nothing is stored yet.
            principal = Principal(f"{tool} {step.name}", "benchmark")
            started = time.perf_counter()
            answers[step.name] = (await weir.engine.run(ask(query), principal, "benchmark")).answer
            alone[step.name] = time.perf_counter() - started
            chains[step.name] = before + alone[step.name]
    return alone, chains


async def wall(url: str, tool: str, arguments: Mapping[str, Any], rounds: int) -> float:
    """Median seconds of a call over MCP; each call asks the providers anew."""
    seconds: list[float] = []
    async with Client(f"{url}/mcp") as client:
        for _ in range(rounds):
            started = time.perf_counter()
            result = await client.call_tool(tool, {**arguments, "force_refresh": True})
            seconds.append(time.perf_counter() - started)
            assert result.structured_content is not None
            assert result.structured_content["outcome"] == "found", result.structured_content
    return median(seconds)


async def measure(url: str, sandbox_url: str, home: Path, latency: float, rounds: int) -> list[Taken]:
    """Every composite tool, warmed up without latency first."""
    unlimited = dict.fromkeys(("limit_per_call", "limit_per_member_day", "limit_per_workspace_month"))
    settings = Untouched(home=home, providers=Providers.SANDBOX, **unlimited)
    async with app.opened(settings, sandbox_url=sandbox_url) as weir:
        for name, arguments in CALLS.items():
            await wall(url, name, arguments, 1)
            await step_by_step(weir, _plan(weir.registries.everything.require(name), arguments), f"warm-up {name}")
        async with httpx2.AsyncClient() as http:
            change = {"provider": "*", "latency_ms": latency * 1000}
            (await http.post(f"{sandbox_url}/control", json=change)).raise_for_status()
        return [await _compared(weir, url, name, arguments, rounds) for name, arguments in CALLS.items()]


async def _compared(weir: app.Weir, url: str, name: str, arguments: Mapping[str, Any], rounds: int) -> Taken:
    taken = await wall(url, name, arguments, rounds)
    alone, chains = await step_by_step(weir, _plan(weir.registries.everything.require(name), arguments), name)
    return Taken(name, len(alone), taken, max(chains.values()), sum(alone.values()))


def _plan(tool: Tool, arguments: Mapping[str, Any]) -> Plan[Any]:
    plan = tool.planned(arguments)
    assert plan is not None
    return plan


def report(found: Sequence[Taken], latency: float) -> str:
    """The figures as a table."""
    heads = f"{'tool':<22}{'steps':>6}{'wall s':>9}{'chain s':>9}{'sum s':>9}{'of chain':>10}{'of sum':>9}"
    rows = [
        f"{one.tool:<22}{one.steps:>6}{one.wall:>9.2f}{one.chain:>9.2f}{one.total:>9.2f}{one.of_chain:>10.2f}"
        f"{one.of_total:>9.2f}"
        for one in found
    ]
    return "\n".join((f"every request to a provider takes {latency:g} s", "", heads, *rows))


def main() -> None:
    """Measure and print; exits 1 where a tool takes much longer than its slowest chain."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=1.0, help="seconds of every request to a provider")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        homes = Path(folder)
        with weir_over_sandbox(homes / "served", WEIR_APPROVAL_ABOVE="none") as (weir, sandbox):
            steps = measure(weir.url, sandbox.url, homes / "steps", options.latency, options.rounds)
            found = asyncio.run(steps)
    if options.json:
        ratios = [asdict(one) | {"of_chain": one.of_chain, "of_total": one.of_total} for one in found]
        print(json.dumps({"latency": options.latency, "tools": ratios}, indent=2))
    else:
        print(report(found, options.latency))
    sys.exit(0 if all(one.of_chain <= GOAL for one in found) else 1)


if __name__ == "__main__":
    main()
