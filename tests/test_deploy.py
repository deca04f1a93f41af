"""What the container files repeat of the project, held against the project itself."""

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.domain.errors import InvalidInput
from server.settings import Auth, Untouched, load, setting_variables
from tests.cli.conftest import fetch, running
from tests.isolation import isolated

__all__ = ["isolated"]

ROOT = Path(__file__).parent.parent
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
KUBERNETES: list[dict[str, Any]] = [*yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text())]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def the(pattern: str, text: str) -> str:
    """The one group of the one match of `pattern`."""
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return found


def test_the_container_installs_with_the_same_uv_as_make():
    assert the(r"^ARG UV_VERSION=(\S+)$", CONTAINERFILE) == the(
        r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text()
    )


def test_the_container_has_a_python_that_the_project_supports():
    lowest = the(r"^>=3\.(\d+)$", PROJECT["project"]["requires-python"])
    assert int(the(r"^FROM python:3\.(\d+)-slim$", CONTAINERFILE)) >= int(lowest)


def test_the_container_holds_every_package_and_its_context_lets_them_in():
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert [f"COPY {name} {name}" in CONTAINERFILE for name in packages] == [True] * len(packages)
    let_in = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in (*packages, "pyproject.toml", "uv.lock", "README.md", "LICENSE")} <= set(let_in)


def in_the_container() -> dict[str, str]:
    """The settings that the image brings."""
    return dict(re.findall(r"^ {4}(WEIR_\w+)=([^\s\\]+)", CONTAINERFILE, re.MULTILINE))


@pytest.mark.usefixtures("isolated")
def test_the_container_asks_who_calls_wherever_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in in_the_container().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match="without its public URL") as refused:
        load()
    assert "WEIR_PUBLIC_URL" in str(refused.value.fix)
    monkeypatch.setenv("WEIR_PUBLIC_URL", "https://weir.example.com")
    assert (load().host, load().auth) == ("0.0.0.0", Auth.BUILTIN)
    monkeypatch.setenv("WEIR_AUTH", "open")
    with pytest.raises(InvalidInput, match="with open access"):
        load()


def test_compose_publishes_on_this_machine_only_under_the_name_that_tokens_are_for() -> None:
    weir = COMPOSE["services"]["weir"]
    assert weir["ports"] == ["127.0.0.1:8000:8000"]
    assert weir["environment"] == {"WEIR_PUBLIC_URL": "${WEIR_PUBLIC_URL:-http://localhost:8000}"}
    assert "ports" not in COMPOSE["services"]["postgres"]
    assert "network_mode" not in weir


def test_a_server_with_the_containers_settings_lets_nobody_in_without_a_credential(tmp_path: Path) -> None:
    settings = in_the_container() | {"WEIR_PUBLIC_URL": "http://localhost:8000", "WEIR_HOME": str(tmp_path / "home")}
    with running("serve", folder=tmp_path, **settings) as process:
        assert fetch(process.port, "POST", "/mcp", {})[0] == 401
        assert fetch(process.port, "GET", "/health")[0] == 200
        assert fetch(process.port, "GET", "/clients", headers={"Host": "localhost:8000"})[0] == 200
        assert fetch(process.port, "GET", "/clients", headers={"Host": "evil.example"})[0] == 421
        log = process.log.read_text()
    assert "http://localhost:8000/setup/" in log


def of(kind: str) -> dict[str, Any]:
    """The one object of a kind in the manifests for Kubernetes."""
    (found,) = [one for one in KUBERNETES if one["kind"] == kind]
    return found


def test_the_manifests_select_the_pods_that_they_make() -> None:
    pod = of("Deployment")["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert of("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert of("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert of("Service")["spec"]["selector"] == labels
    assert of("PodDisruptionBudget")["spec"]["minAvailable"] < of("Deployment")["spec"]["replicas"]
    (rule,) = of("Ingress")["spec"]["rules"]
    assert rule["http"]["paths"][0]["backend"]["service"]["name"] == of("Service")["metadata"]["name"]
    assert of("ConfigMap")["data"]["WEIR_PUBLIC_URL"] == f"https://{rule['host']}"


def test_two_versions_never_run_over_one_database() -> None:
    assert of("Deployment")["spec"]["strategy"] == {"type": "Recreate"}


def test_the_pod_is_as_confined_as_the_container_and_waits_for_running_calls() -> None:
    pod = of("Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsUser"] == int(the(r"--uid (\d+)", CONTAINERFILE))
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "limits" in container["resources"]
    assert pod["terminationGracePeriodSeconds"] > Untouched().call_seconds + 5
    mounted = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    assert the(r"WEIR_HOME=(\S+)", CONTAINERFILE) in mounted
    assert set(mounted.values()) == {one["name"] for one in pod["volumes"]}
    probes = [container[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")]
    assert probes == ["/health", "/health", "/ready"]
    (port,) = container["ports"]
    assert port["containerPort"] == int(the(r"^EXPOSE (\d+)$", CONTAINERFILE)) == Untouched().port


@pytest.mark.usefixtures("isolated")
def test_the_manifests_settings_are_settings_and_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (in_the_container() | of("ConfigMap")["data"]).items():
        assert name in setting_variables()
        monkeypatch.setenv(name, value)
    assert load().public_url == "https://weir.example.com"


def test_the_container_runs_as_nobody_special_and_keeps_state_in_its_volume():
    assert CONTAINERFILE.index("USER weir") < CONTAINERFILE.index('CMD ["weir", "serve"]')
    assert the(r"WEIR_HOME=(\S+)", CONTAINERFILE) == the(r"^VOLUME (\S+)$", CONTAINERFILE)


@pytest.fixture(params=[200, 503])
def health(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """A server that answers `/health` with a status: the status and its port."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(request.param if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Stay quiet."""

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield request.param, server.server_port
        server.shutdown()


def test_the_health_check_succeeds_exactly_when_the_server_is_healthy(health: tuple[int, int]):
    status, port = health
    command = json.loads(the(r"^    CMD (\[.*\])$", CONTAINERFILE))
    checked = subprocess.run(
        [sys.executable, *command[1:]],
        env=os.environ | {"WEIR_PORT": str(port)},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (checked.returncode == 0) == (status == 200)
