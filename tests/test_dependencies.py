"""What is imported is declared: a library that only another one brings along goes away with it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT, DEVELOPMENT = ("server", "tools", "resources", "prompts"), ("tests", "benchmarks")
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text())


def normal(name: str) -> str:
    """The name of a distribution as the indexes compare it, without its versions."""
    return re.split(r"[^A-Za-z0-9._-]", name)[0].lower().replace("_", "-")


def modules(path: Path) -> Iterator[str]:
    """The first part of everything that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def imported(folders: Iterable[str]) -> set[str]:
    """The distributions that the code in `folders` uses; modules of our own belong to none."""
    # What npm installs for the tests brings Python of its own.
    paths = (path for one in folders for path in (ROOT / one).rglob("*.py") if "node_modules" not in path.parts)
    found = {module for path in paths for module in modules(path)}
    installed = packages_distributions()
    return {normal(one) for module in found - sys.stdlib_module_names for one in installed.get(module, ())}


@pytest.mark.parametrize("folders", [PRODUCT, PRODUCT + DEVELOPMENT])
def test_whatever_is_imported_is_declared(folders: tuple[str, ...]) -> None:
    product = DECLARED["project"]["dependencies"]
    known = product if folders == PRODUCT else product + DECLARED["dependency-groups"]["dev"]
    assert imported(folders) - {"weir-mcp"} - {normal(one) for one in known} == set()
