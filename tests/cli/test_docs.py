"""Documents repeat what the code says, and nobody types it twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from server.cli import docs
from server.cli.clients import clients
from server.cli.transcript import transcript
from server.settings import Settings
from tests.cli.conftest import Command
from tools import FAMILIES

EXAMPLES = tuple(f"docs/examples/{path.name}" for path in (docs.ROOT / "docs" / "examples").iterdir())
DOCUMENTS = ("README.md", "docs/sandbox.md", "deploy/.env.example", *EXAMPLES)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the documents, for `weir docs` to work on."""
    root = tmp_path / "project"
    for name in DOCUMENTS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(docs.ROOT / name, root / name)
    monkeypatch.setattr(docs, "ROOT", root)
    return root


def test_the_documents_are_up_to_date(weir: Command) -> None:
    done = weir("docs", "--check")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_stale_document_is_named_left_alone_and_then_rewritten(weir: Command, copy: Path) -> None:
    readme, example = copy / "README.md", copy / "deploy" / ".env.example"
    fresh = readme.read_text()
    stale = fresh.replace("| `WEIR_PORT` | `8000` |", "| `WEIR_PORT` | `9999` |")
    readme.write_text(stale)
    example.unlink()
    checked = weir("docs", "--check")
    assert (checked.code, checked.err) == (
        1,
        "README.md is stale; run: weir docs\ndeploy/.env.example is stale; run: weir docs\n",
    )
    assert (readme.read_text(), example.exists()) == (stale, False)
    assert weir("docs").out == "wrote README.md\nwrote deploy/.env.example\n"
    assert readme.read_text() == fresh
    assert weir("docs", "--check").code == 0


def test_what_is_set_here_does_not_leak_into_the_documents(
    weir: Command, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIR_PORT", "9")
    monkeypatch.setenv("WEIR_HOME", str(tmp_path / "operator"))
    monkeypatch.setenv("WEIR_LEADMAGIC_USD_PER_CREDIT", "7")
    monkeypatch.setenv("LEADMAGIC_API_KEY", "secret")
    Path("weir.toml").write_text("order = ['leadsonar']")
    assert weir("docs", "--check").code == 0
    assert not (tmp_path / "operator").exists()


def test_a_missing_marker_is_an_error(weir: Command, copy: Path) -> None:
    (copy / "README.md").write_text("# Weir\n")
    done = weir("docs")
    assert done.code == 1
    assert "the markers <!-- transcript --> and <!-- /transcript --> are missing" in done.err


def test_the_transcript_is_the_same_every_time_and_names_no_moment() -> None:
    first = transcript()
    assert first == transcript()
    assert "fetched_at" not in first
    assert "127.0.0.1" not in first
    assert "It was stored, so it cost nothing." in first


def test_the_readme_holds_every_tool_setting_and_client() -> None:
    readme = (docs.ROOT / "README.md").read_text()
    tools = [tool.name for family in FAMILIES for tool in family.tools]
    assert [name for name in tools if f"| `{name}` |" not in readme] == []
    assert [name for name in Settings.model_fields if f"| `WEIR_{name.upper()}` |" not in readme] == []
    assert [one.name for one in clients("http://127.0.0.1:8000/mcp") if f"`{one.text}`" not in readme] == []


def test_the_example_of_an_environment_sets_nothing() -> None:
    lines = (docs.ROOT / "deploy" / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
    assert "#WEIR_LEADIQ_PROSPECTOR_BASE_URL=https://prospector.leadiq.com" in lines
