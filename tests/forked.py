"""`weir` in processes that are forked from one which has loaded it, so that starting one takes a moment, not seconds.

That it starts from nothing as well is what tests/test_make.py shows, and `spawn` of the shell's tests.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from server.cli.commands import run
from tests.isolation import clean_environment

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.forked", "server.batches.durable", "server.sandbox.app"])


def start(*words: str | Path, cwd: Path, log: Path, environment: Mapping[str, str]) -> ForkServerProcess:
    """The `weir` command in a process of its own, without settings and keys but those of `environment`."""
    log.touch()
    told = ("weir", *map(str, words))
    process = _forks.Process(target=_weir, args=(told, clean_environment(**environment), cwd, log), daemon=True)
    process.start()
    return process


def _weir(words: tuple[str, ...], environment: Mapping[str, str], cwd: Path, log: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.argv = list(words)
    run()
