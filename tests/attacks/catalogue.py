"""What is tried against Weir, what it meets, and which test tries it. `docs/security.md` is written from this:

python -m tests.attacks.catalogue
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

TESTS = Path(__file__).parent.parent
PAGE = TESTS.parent / "docs" / "security.md"

_OPENING = """# What attackers meet

Every line is tried by a test, nearly always over real HTTP: nothing is let in, granted or spent, and the answer is the
one given here.
`invalid_token` is the 401 of RFC 6750 with the challenge of RFC 9728; the other codes are those of OAuth and come with
400 where nothing else is said. This page is generated from `tests/attacks/attacks.toml`, and a test keeps it in step.
"""


@dataclass(frozen=True, slots=True)
class Attack:
    """One line of the page."""

    section: str
    tried: str
    meets: str
    test: str
    """Path below `tests` and name."""


ATTACKS = tuple(
    Attack(**one) for one in tomllib.loads((TESTS / "attacks" / "attacks.toml").read_text(encoding="utf-8"))["attack"]
)


def page() -> str:
    """The text of `docs/security.md`."""
    sections = groupby(ATTACKS, lambda attack: attack.section)
    return "\n".join([_OPENING, *(_section(title, attacks) for title, attacks in sections)])


def _section(title: str, attacks: Iterable[Attack]) -> str:
    rows = [f"| {one.tried} | {one.meets} | {_link(one.test)} |" for one in attacks]
    return "\n".join([f"## {title}", "", "| what is tried | what it meets | test |", "|---|---|---|", *rows, ""])


def _link(test: str) -> str:
    path = test.partition("::")[0]
    return f"[{Path(path).stem.removeprefix('test_')}](../tests/{path})"


if __name__ == "__main__":
    PAGE.write_text(page())
