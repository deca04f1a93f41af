"""Ids of rulings that code and documents cite."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
CITED = re.compile(r"\b(?:C-\d\d|R\d)\b")
DEFINED = re.compile(r"^\| (C-\d\d|R\d) \|", re.MULTILINE)
RULINGS = ROOT / "docs" / "rulings.md"


def cited() -> set[str]:
    """Every id that stands in source, manifests, recordings or documents."""
    folders = ("server", "tools", "prompts", "resources", "tests/recordings", "docs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    return {found for path in (*files, ROOT / "README.md") for found in CITED.findall(path.read_text())}


SUFFIXES = frozenset({".py", ".toml", ".json", ".md", ".graphql"})


def test_every_ruling_that_is_cited_is_explained_once():
    explained = Counter(DEFINED.findall(RULINGS.read_text()))
    assert cited() - explained.keys() == set()
    assert {found: times for found, times in explained.items() if times > 1} == {}
