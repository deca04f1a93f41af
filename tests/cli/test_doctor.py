"""`weir doctor`: every failure has a name and a fix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Process, fetch
from tests.ports import free_port


def lines(out: str) -> dict[str, tuple[str, str]]:
    """Verdict and words by subject; the last line of a subject counts."""
    findings = [line for line in out.splitlines() if not line.startswith(" ")]
    return {line.split()[1]: (line.split()[0], " ".join(line.split()[2:])) for line in findings}


def fixes(out: str) -> list[str]:
    return [line.strip().removeprefix("fix: ") for line in out.splitlines() if line.strip().startswith("fix: ")]


def test_a_healthy_sandbox_has_nothing_to_mend(weir: Command, home: Path) -> None:
    done = weir("doctor", "--home", home)
    found = lines(done.out)
    assert done.code == 0
    assert {verdict for verdict, _ in found.values()} == {"ok"}
    assert found["settings"] == ("ok", f"read; state lives in {home}")
    assert found["storage"] == ("ok", "takes writes")
    assert found["providers"][1].startswith("simulated by the sandbox")
    assert [name for name, (_, said) in found.items() if said.startswith("reachable, key accepted, ")] == [
        "leadiq",
        "leadmagic",
        "leadsonar",
        "xmagnet",
    ]
    assert found["leadcontact"][1].startswith("makes no offers: it is off by default")
    assert fixes(done.out) == []


def test_a_rejected_key_is_named_with_its_variable(
    weir: Command, home: Path, sandbox: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADMAGIC_API_KEY", "sandbox-bad")
    monkeypatch.setenv("WEIR_LEADMAGIC_BASE_URL", f"{sandbox.url}/leadmagic")
    done = weir("doctor", "--home", home)
    found = lines(done.out)
    assert done.code == 1
    assert found["leadmagic"][0] == "FAIL"
    assert fixes(done.out) == ["Correct LEADMAGIC_API_KEY."]
    assert done.err == ""
    assert found["xmagnet"] == ("ok", "makes no offers: XMAGNET_API_KEY is not set")
    assert "providers" not in found, "with a key, nothing is simulated"
    assert "sandbox-bad" not in done.out


def test_a_good_key_is_recognised_and_its_balance_shown(
    weir: Command, home: Path, sandbox: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADMAGIC_API_KEY", "sandbox-doctor")
    monkeypatch.setenv("WEIR_LEADMAGIC_BASE_URL", f"{sandbox.url}/leadmagic")
    done = weir("doctor", "--home", home)
    assert done.code == 0
    assert lines(done.out)["leadmagic"] == ("ok", "reachable, key accepted, 10000 credits left")
    assert "sandbox-doctor" not in json.loads(fetch(sandbox.port, "GET", "/bill")[1]).get("leadmagic", {}) or (
        json.loads(fetch(sandbox.port, "GET", "/bill")[1])["leadmagic"]["sandbox-doctor"]["charged"] == 0
    ), "an examination costs nothing"


def test_a_provider_that_cannot_be_reached_is_named(weir: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XMAGNET_API_KEY", "sandbox")
    monkeypatch.setenv("WEIR_XMAGNET_BASE_URL", f"http://127.0.0.1:{free_port()}")
    done = weir("doctor", "--home", home)
    assert done.code == 1
    assert lines(done.out)["xmagnet"][0] == "FAIL"
    assert fixes(done.out) == ["Check the network, and the provider's base URL in the settings."]


def test_storage_that_cannot_be_written_is_named(weir: Command, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    done = weir("doctor", "--home", tmp_path / "home")
    assert done.code == 1
    assert lines(done.out)["storage"][0] == "FAIL"
    assert fixes(done.out) == ["Make the folder writable for the user that runs Weir, or set WEIR_HOME to one that is."]


def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    weir: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIR_DATABASE_URL", f"postgresql://weir:s3cret@127.0.0.1:{free_port()}/weir")
    done = weir("doctor", "--home", home)
    assert done.code == 1
    assert lines(done.out)["storage"][0] == "FAIL"
    assert fixes(done.out) == ["Check that PostgreSQL runs and that WEIR_DATABASE_URL is right."]
    assert "s3cret" not in done.out + done.err


def test_a_wrong_setting_ends_the_examination(weir: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_PORT", "eighty")
    done = weir("doctor")
    assert done.code == 1
    assert list(lines(done.out)) == ["settings"]
    assert fixes(done.out) == ["Correct it. What it means: Port to listen on; 0 picks a free one."]


def test_a_misspelt_variable_is_found(weir: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_LIMIT_PER_CAL", "5")
    monkeypatch.setenv("LEADMAGIK_API_KEY", "secret")
    done = weir("doctor", "--home", home)
    assert done.code == 1
    assert fixes(done.out) == [
        "Rename it to WEIR_LIMIT_PER_CALL, or take it away.",
        "Rename it to LEADMAGIC_API_KEY, or take it away.",
    ]
    assert "secret" not in done.out


def test_a_running_server_is_examined_from_inside(weir: Command, server: Process) -> None:
    done = weir("doctor", "--home", server.home)
    found = lines(done.out)
    assert done.code == 0
    assert found["server"] == ("ok", f"runs on {server.url}; what follows is its own examination")
    assert found["storage"] == ("ok", "takes writes")
    assert found["leadmagic"][1].startswith("reachable, key accepted")
