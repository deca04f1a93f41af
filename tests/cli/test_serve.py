"""`weir serve` as an operator meets it: a process, its words, its signals."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.cli.clients import clients
from tests.cli.conftest import PATIENCE, Command, Process, answers, fetch, running, spawn
from tests.ports import free_port

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}
HEADERS = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Mcp-Name": "validate_work_email",
}


def validate(port: int, email: str) -> tuple[int, str]:
    """Status and raw text of a call over the modern wire."""
    params = {"name": "validate_work_email", "arguments": {"email": email}, "_meta": META}
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return fetch(port, "POST", "/mcp", request, HEADERS)


def test_an_address_beyond_loopback_is_refused_before_anything_listens(weir: Command, home: Path) -> None:
    port = free_port()
    done = weir("serve", "--host", "0.0.0.0", "--port", str(port), "--home", home)
    assert done.code == 2
    assert done.err == (
        "weir: Weir will not listen on 0.0.0.0 with open access: anybody who reaches it could spend the workspace's "
        "credits.\n      Set WEIR_HOST=127.0.0.1, or put a proxy that authenticates people in front of the loopback "
        "address.\n"
    )
    assert not home.exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_in_use_is_named_with_what_to_do(weir: Command, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = weir("serve", "--port", str(port), "--home", home)
    assert done.code == 2
    assert f"Weir cannot listen on 127.0.0.1:{port}: Address already in use." in done.err
    assert "make serve PORT=8001" in done.err


def test_a_second_server_on_one_home_says_who_owns_it(weir: Command, server: Process) -> None:
    done = weir("serve", "--port", "0", "--home", server.home, "--providers", "sandbox")
    assert done.code == 2
    assert f"{server.home} belongs to another running Weir (process {server.pid})." in done.err
    assert "Stop that process, give this one a WEIR_HOME of its own" in done.err
    assert answers(server.port), "the first one goes on"


def test_a_wrong_setting_ends_the_start_with_a_sentence(weir: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_PORT", "eighty")
    done = weir("serve")
    assert done.code == 2
    assert done.err.startswith("weir: The setting WEIR_PORT is wrong: ")
    assert "Traceback" not in done.err


def test_an_unknown_provider_in_the_order_is_named(weir: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_ORDER", "leadmagic,hunter")
    done = weir("serve", "--port", "0", "--home", home, "--providers", "sandbox")
    assert done.code == 2
    assert "WEIR_ORDER names 'hunter'" in done.err
    assert "The providers are leadcontact, leadiq, leadmagic, leadsonar, xmagnet." in done.err


def test_the_environment_reaches_the_server(tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"
    settings = {"WEIR_HOME": str(home), "WEIR_PROVIDERS": "sandbox", "WEIR_PUBLIC_URL": "https://weir.example"}
    with running("serve", folder=tmp_path, **settings) as process:
        catalog = json.loads(fetch(process.port, "GET", "/", headers={"Accept": "application/json"})[1])
        assert catalog["endpoint"] == "https://weir.example/mcp"
        assert (home / "weir.db").exists()
        assert json.loads((home / "serving.json").read_text())["url"] == process.url, "the shell goes the short way"
        assert process.stop() == 0
    assert "Weir is running on https://weir.example (simulated providers, nothing costs money)." in (
        process.log.read_text()
    )


def test_the_note_for_the_shell_is_private(server: Process) -> None:
    note = server.home / "serving.json"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    assert len(json.loads(note.read_text())["token"]) == 43
    assert [path.name for path in server.home.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_running_calls_finish_and_answer(tmp_path: Path, by: signal.Signals) -> None:
    with (
        running("sandbox", folder=tmp_path / "vendors") as vendors,
        running(
            "serve",
            folder=tmp_path,
            WEIR_HOME=str(tmp_path / "home"),
            LEADMAGIC_API_KEY="sandbox",
            WEIR_LEADMAGIC_BASE_URL=f"{vendors.url}/leadmagic",
        ) as process,
        ThreadPoolExecutor(1) as threads,
    ):
        fetch(vendors.port, "POST", "/control", {"provider": "leadmagic", "slow_ms": 3000})
        call = threads.submit(validate, process.port, "slow@magic.example")
        _await_call(vendors)
        assert process.stop(by) == 0
        status, text = call.result(PATIENCE)
        assert status == 200
        assert '"status":"verified"' in text
        assert not answers(process.port)
        assert not (process.home / "serving.json").exists()
        assert process.log.read_text().endswith("Press Ctrl-C to stop.\nStopped.\n")
        bill = json.loads(fetch(vendors.port, "GET", "/bill")[1])["leadmagic"]["sandbox"]
        assert bill["charged"] == 0.25


def _await_call(vendors: Process) -> None:
    """Wait until the simulated provider has charged for the call, which it does before it answers."""
    while not json.loads(fetch(vendors.port, "GET", "/bill")[1]).get("leadmagic", {}).get("sandbox", {}).get("calls"):
        pass


def test_a_killed_server_leaves_a_home_that_starts_again(tmp_path: Path, weir: Command) -> None:
    home = tmp_path / "home"
    with running("serve", "--providers", "sandbox", "--home", home, folder=tmp_path) as process:
        weir("call", "validate_work_email", "email=ada@stripe.com", "--home", home)
        process.stop(signal.SIGKILL)
    assert (home / "serving.json").exists()
    repeated = weir("call", "validate_work_email", "email=ada@stripe.com", "--home", home, "--providers", "sandbox")
    assert (repeated.code, repeated.json["receipt"]["cached"]) == (0, True)
    with running("serve", "--providers", "sandbox", "--home", home, folder=tmp_path) as again:
        assert '"cached":true' in validate(again.port, "ada@stripe.com")[1]
        assert again.stop() == 0


def test_the_greeting_can_be_pasted(server: Process) -> None:
    printed = server.log.read_text()
    endpoint = f"{server.url}/mcp"
    code, desktop, cursor, vscode = clients(endpoint)
    assert [client.text in printed for client in clients(endpoint)] == [True] * 4
    assert shlex.split(code.text) == ["claude", "mcp", "add", "--transport", "http", "weir", endpoint]
    assert json.loads(cursor.text) == {"mcpServers": {"weir": {"url": endpoint}}}
    assert json.loads(desktop.text)["mcpServers"]["weir"]["args"] == ["-y", "mcp-remote", endpoint]
    program, option, server_json = shlex.split(vscode.text)
    assert (program, option) == ("code", "--add-mcp")
    assert json.loads(server_json) == {"name": "weir", "type": "http", "url": endpoint}


def test_serving_is_quiet_by_default(server: Process) -> None:
    validate(server.port, "quiet@stripe.com")
    assert fetch(server.port, "POST", "/mcp", {}, HEADERS | {"Content-Type": "text/plain"})[0] == 400
    assert server.log.read_text().endswith("Press Ctrl-C to stop.\n")


def test_a_line_for_each_call_names_nobody(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running("serve", "--providers", "sandbox", "--home", home, folder=tmp_path, WEIR_LOG_LEVEL="info") as process:
        for email in ("grace@figma.com", "grace@figma.com", "grace"):
            validate(process.port, email)
        assert process.stop() == 0
    logged = [line.split(" ", 1)[1] for line in process.log.read_text().splitlines() if " INFO " in line]
    assert [re.sub(r"ms=\d+", "ms=N", line) for line in logged] == [
        "INFO server.edge.server tool=validate_work_email outcome=found cached=false credits=0.25 ms=N",
        "INFO server.edge.server tool=validate_work_email outcome=found cached=true credits=0 ms=N",
        "INFO server.edge.server tool=validate_work_email outcome=invalid_input cached=false credits=0 ms=N "
        "error=invalid_input",
    ]


def test_the_sandbox_runs_alone(sandbox: Process) -> None:
    status, text = fetch(sandbox.port, "GET", "/health")
    assert (status, json.loads(text)) == (200, {"ok": True, "service": "weir-sandbox"})


def test_the_module_is_the_command(tmp_path: Path) -> None:
    process = spawn("--version", cwd=tmp_path, log=tmp_path / "log")
    assert process.wait(PATIENCE) == 0
    assert (tmp_path / "log").read_text() == "weir, version 0.1.0\n"
