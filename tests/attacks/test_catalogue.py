"""The page about attacks tells of tests that exist, and of all that are here."""

from __future__ import annotations

import ast

from tests.attacks.catalogue import ATTACKS, PAGE, TESTS, page

NAMED = [attack.test for attack in ATTACKS]


def defined(path: str) -> set[str]:
    """The tests of a file below `tests`, with its path."""
    module = ast.parse((TESTS / path).read_text())
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {f"{path}::{one.name}" for one in functions if one.name.startswith("test_")}


def test_every_line_of_the_page_names_a_test_of_its_own_that_exists() -> None:
    existing = {test for path in {one.partition("::")[0] for one in NAMED} for test in defined(path)}
    assert set(NAMED) - existing == set()
    assert len(NAMED) == len(set(NAMED)) >= 60


def test_every_attack_that_is_tried_here_stands_on_the_page() -> None:
    here = {f"attacks/{path.name}" for path in (TESTS / "attacks").glob("test_*.py")} - {"attacks/test_catalogue.py"}
    assert {test for path in here for test in defined(path)} - set(NAMED) == set()


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run: python -m tests.attacks.catalogue"
