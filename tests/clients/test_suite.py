"""The official conformance suite against a whole Weir."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from server import app
from server.domain.principal import USUAL
from server.identity.keys import NewKey
from server.identity.workspaces import Role
from server.settings import load
from tests.clients import suite
from tests.clients.exclusions import EXCLUSIONS
from tests.clients.person import Person
from tests.clients.site import ADA, Site
from tests.clients.suite import Check
from tests.ports import free_port
from tests.serving import listening

REVISIONS = ("2025-11-25", "2026-07-28")
EXCLUDED = [entry for entries in EXCLUSIONS.values() for entry in entries]


@asynccontextmanager
async def serving(home: Path, auth: str) -> AsyncGenerator[str]:
    """A Weir; where people sign in, every request bears a key of Ada's, because the suite can present none."""
    async with app.opened(load(home=home, providers="sandbox", auth=auth)) as weir:
        await weir.identity.people.add(ADA, "Ada", role=Role.ADMIN)
        key, _ = await weir.identity.keys.create(NewKey("conformance", "default", ADA, frozenset(USUAL)))

        def bearing(application: ASGIApp) -> ASGIApp:
            async def with_key(scope: Scope, receive: Receive, send: Send) -> None:
                header = (b"authorization", f"Bearer {key}".encode())
                sent = [*scope["headers"], header] if scope["type"] == "http" else []
                await application({**scope, "headers": sent}, receive, send)

            return with_key

        async with listening(weir, bearing) if auth == "builtin" else listening(weir) as url:
            yield url


def matching(check: Check, entry: str) -> bool:
    """Whether an exclusion speaks of a check: by its scenario, or by that and its own name."""
    scenario, _, name = entry.partition(":")
    return check.scenario == scenario and name in ("", check.name)


def surprises(checks: Sequence[Check]) -> list[str]:
    """What failed and is not excluded, and what is excluded though nothing is wrong with it."""
    failed = [check for check in checks if not check.good]
    unexpected = [
        f"{one.scenario}:{one.name}: {one.message}"
        for one in failed
        if not any(matching(one, entry) for entry in EXCLUDED)
    ]
    ran = {check.scenario for check in checks}
    stale = [
        f"{entry} is excluded and passes"
        for entry in EXCLUDED
        if entry.partition(":")[0] in ran and not any(matching(one, entry) for one in failed)
    ]
    return unexpected + stale


@pytest.mark.parametrize("auth", ["open", "builtin"])
@pytest.mark.parametrize("revision", REVISIONS)
async def test_the_endpoint_conforms(node: str, isolated: None, tmp_path: Path, revision: str, auth: str) -> None:
    async with serving(tmp_path / "home", auth) as url:
        checks = await suite.run(node, tmp_path / "found", "server", "--url", f"{url}/mcp", "--requirements", revision)
    assert surprises(checks) == []
    assert {"tools-list", "resources-list", "prompts-list", "dns-rebinding-protection"} <= {
        check.scenario for check in checks
    }


@pytest.mark.parametrize("path", ["", "/mcp"])
async def test_the_authorization_server_conforms(weir: Site, ada: Person, node: str, tmp_path: Path, path: str) -> None:
    port = free_port()
    said = {"redirect_uris": [f"http://127.0.0.1:{port}/callback"], "token_endpoint_auth_method": "none"}
    async with httpx2.AsyncClient(base_url=weir.served.url, trust_env=False) as http:
        client = (await http.post("/register", json=said)).json()["client_id"]
    where = ("--url", f"{weir.served.url}{path}", "--client-id", client, "--port", str(port))
    checks = await suite.run(node, tmp_path / "found", "authorization", *where, opens=ada.allow)
    found = {check.name: (check.status, check.message) for check in checks}
    assert found == dict.fromkeys(
        ("authorization-server-metadata", "authorization-server-metadata-cimd", "authorization-code-grant"),
        ("SUCCESS", ""),
    )
    assert len(await weir.connections()) == 1
