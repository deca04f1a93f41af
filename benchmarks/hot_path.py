"""A cached `validate_work_email` over HTTP: Weir beside a bare SDK server, in one run and by turns.

Ratios travel, absolute figures do not. The server has one core, the load generator another. Weir answers from its
cache with receipt, limits and suppression in place; the baseline returns a constant 12-field model.

    python -m benchmarks.hot_path [--json] [--eras modern legacy] [--rounds 3] [--seconds 3] [--subject weir|bare]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import uvloop

from benchmarks.load import Load, load
from benchmarks.servers import ERAS, HOST, Era, Mode, Served, bare, weir

TOOL = "validate_work_email"
ARGUMENTS = {"email": "alex.rivera@example.com"}
WARM_UP = 1.0
"""Seconds of load before each server's first measured round."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over the rounds of one server in one era."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us_per_request: float
    rounds: tuple[float, ...]
    """Requests per second, round by round."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One era: the subject beside the baseline."""

    era: Era
    mode: str
    subject: Figures
    baseline: Figures

    @property
    def ratio(self) -> float:
        """Requests per second of the subject for each of the baseline's."""
        return self.subject.requests_per_second / self.baseline.requests_per_second

    @property
    def cpu_ratio(self) -> float:
        """The same by processor time per request, which other work on the machine disturbs less."""
        return self.baseline.cpu_us_per_request / self.subject.cpu_us_per_request


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard to press."""

    rounds: int
    seconds: float
    connections: int


def compare(subject: Served, baseline: Served, era: Era, mode: Mode, plan: Plan) -> Comparison:
    """Press both servers by turns."""
    servers = (subject, baseline)
    requests = [server.requests(era, TOOL, ARGUMENTS, plan.connections) for server in servers]
    for server, raw in zip(servers, requests, strict=True):
        server.call(TOOL, ARGUMENTS)
        press(server, raw, WARM_UP)
    rounds: tuple[list[tuple[Load, float]], ...] = ([], [])
    for _ in range(plan.rounds):
        for server, raw, seen in zip(servers, requests, rounds, strict=True):
            seen.append(press(server, raw, plan.seconds))
    return Comparison(era, described(era, mode), figures(rounds[0]), figures(rounds[1]))


def press(server: Served, requests: Sequence[bytes], seconds: float) -> tuple[Load, float]:
    """One round of load, and the server's processor time per request in microseconds."""
    before = server.cpu_seconds()
    measured = uvloop.run(load(HOST, server.port, requests, seconds))
    return measured, (server.cpu_seconds() - before) / measured.requests * 1e6


def figures(rounds: Sequence[tuple[Load, float]]) -> Figures:
    """The medians of several rounds."""
    loads = [measured for measured, _ in rounds]
    return Figures(
        requests_per_second=round(median(one.requests_per_second for one in loads), 1),
        p50_ms=round(median(one.p50_ms for one in loads), 3),
        p99_ms=round(median(one.p99_ms for one in loads), 3),
        cpu_us_per_request=round(median(cpu for _, cpu in rounds), 1),
        rounds=tuple(round(one.requests_per_second, 1) for one in loads),
    )


def described(era: Era, mode: Mode) -> str:
    """How both servers answer, for the reader."""
    if era == "modern":
        return "JSON, stateless"
    return f"{'JSON' if mode.json else 'event stream'}, {'stateless' if mode.stateless else 'sessions'}"


@contextmanager
def cores() -> Generator[int]:
    """Keep this process to one core and give the number of the one for the servers; the same if there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {allowed[-1]})
    try:
        yield allowed[0]
    finally:
        os.sched_setaffinity(0, set(allowed))


def measure(subject: str, eras: Sequence[Era], plan: Plan) -> list[Comparison]:
    """Start both servers and compare them in each era."""
    with ExitStack() as stack:
        core = stack.enter_context(cores())
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weir-bench-")))
        measured = stack.enter_context(
            bare(core, Mode(json=True, stateless=False)) if subject == "bare" else weir(core, home)
        )
        mode = measured.mode()
        baseline = stack.enter_context(bare(core, mode))
        return [compare(measured, baseline, era, mode, plan) for era in eras]


def report(comparisons: Sequence[Comparison], subject: str) -> str:
    """The comparisons as a table."""
    lines = [
        f"{'era':8}{'server':10}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'CPU us':>10}{'ratio':>9}{'by CPU':>9}"
    ]
    for one in comparisons:
        ratios = f"{one.ratio:9.2f}{one.cpu_ratio:9.2f}"
        for name, shown, ratio in ((subject, one.subject, ratios), ("baseline", one.baseline, "")):
            lines.append(
                f"{one.era:8}{name:10}{shown.requests_per_second:12,.0f}{shown.p50_ms:10.2f}{shown.p99_ms:10.2f}"
                f"{shown.cpu_us_per_request:10.0f}{ratio}"
            )
        lines.append(f"        ({one.mode}; rounds {one.subject.rounds} beside {one.baseline.rounds})")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--eras", nargs="+", choices=ERAS, default=list(ERAS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument(
        "--subject", choices=("weir", "bare"), default="weir", help="bare measures the benchmark itself"
    )
    options = parser.parse_args()
    plan = Plan(options.rounds, options.seconds, options.connections)
    comparisons = measure(options.subject, options.eras, plan)
    if options.json:
        found = [
            asdict(one) | {"ratio": round(one.ratio, 3), "cpu_ratio": round(one.cpu_ratio, 3)} for one in comparisons
        ]
        json.dump({"subject": options.subject, "plan": asdict(plan), "comparisons": found}, sys.stdout, indent=2)
        print()
    else:
        print(report(comparisons, options.subject))


if __name__ == "__main__":
    main()
