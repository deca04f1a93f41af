"""What it costs to ask who calls: processor time of a cached call with a credential, beside one with open access.

Both servers run on one core, pressed by turns; the difference is what the guard, the credential and its grant cost.

    python -m benchmarks.guarded [--credential key|token] [--json] [--rounds 5] [--seconds 3] [--connections 16]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.hot_path import Comparison, Mode, Plan, compare, cores, report
from benchmarks.servers import Credential, guarded_weir, weir


def measure(plan: Plan, credential: Credential) -> Comparison:
    """Start both servers and compare them."""
    with cores() as core, tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        homes = Path(folder)
        with guarded_weir(core, homes / "guarded", credential) as guarded, weir(core, homes / "open") as opened:
            return compare(guarded, opened, "modern", Mode(json=True, stateless=True), plan)


def added(comparison: Comparison) -> float:
    """Microseconds of processor time that the guard adds to a call."""
    return comparison.subject.cpu_us_per_request - comparison.baseline.cpu_us_per_request


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--credential", choices=("key", "token"), default="key")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round")
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    found = measure(Plan(options.rounds, options.seconds, options.connections), options.credential)
    if options.json:
        json.dump({"added_cpu_us": round(added(found), 1), **asdict(found)}, sys.stdout, indent=2)
        print()
    else:
        print(report([found], "guarded"))
        print(f"The guard adds {added(found):.0f} us of processor time to a call.")


if __name__ == "__main__":
    main()
