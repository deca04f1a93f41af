"""Is the process up, and can it serve."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import pytest

from server import __version__, app
from server.sandbox import app as sandbox
from server.settings import load
from tests.serving import Served, listening

HEALTHY = {"ok": True, "service": "weir", "version": __version__}


@contextmanager
def locked(database: Path) -> Generator[None]:
    """Somebody else holds the database's write lock, so that nothing can be written."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_health_says_what_is_running(http: httpx2.AsyncClient) -> None:
    response = await http.get("/health")
    assert (response.status_code, response.json()) == (200, HEALTHY)
    assert (await http.post("/health")).status_code == 405


async def test_health_answers_at_once_while_storage_is_stuck(http: httpx2.AsyncClient, tmp_path: Path) -> None:
    with locked(tmp_path / "home" / "weir.db"):
        waiting = asyncio.create_task(http.get("/ready"))
        response = await http.get("/health")
        assert (response.status_code, response.json()) == (200, HEALTHY)
        assert not waiting.done(), "health must not wait for storage, which gives up after two seconds"
        assert (await waiting).status_code == 503


async def test_readiness_tells_storage_and_providers(http: httpx2.AsyncClient) -> None:
    response = await http.get("/ready")
    assert response.status_code == 200
    assert response.json() == {
        "ok": True,
        "storage": {"ok": True},
        "sandbox": True,
        "providers": {
            "leadcontact": {"configured": False},
            "leadiq": {"configured": True, "state": "closed"},
            "leadmagic": {"configured": True, "state": "closed"},
            "leadsonar": {"configured": True, "state": "closed"},
            "xmagnet": {"configured": True, "state": "closed"},
        },
    }


async def test_a_server_that_cannot_write_is_not_ready_and_spends_nothing(
    weir: Served, http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    with locked(tmp_path / "home" / "weir.db"):
        response = await http.get("/ready")
        refused = await weir.call("validate_work_email", {"email": "ada@stripe.com"})
    assert response.status_code == 503
    assert response.json()["ok"] is False
    assert "locked" in response.json()["storage"]["error"]
    assert refused["error"]["code"] == "storage_unavailable"
    assert await weir.bill() == {}
    assert (await http.get("/ready")).json()["storage"] == {"ok": True}


async def test_with_keys_only_their_providers_are_ready_and_asked(
    tmp_path: Path, isolated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sandbox.running() as provider:
        monkeypatch.setenv("XMAGNET_API_KEY", "sandbox")
        monkeypatch.setenv("WEIR_XMAGNET_BASE_URL", f"{provider}/xmagnet")
        async with app.opened(load(home=tmp_path / "home")) as weir, listening(weir) as url:
            async with httpx2.AsyncClient() as http:
                ready = (await http.get(f"{url}/ready")).json()
            result = await Served(url, weir, provider).call("validate_work_email", {"email": "valid@magic.example"})
    assert [name for name, state in ready["providers"].items() if state["configured"]] == ["xmagnet"]
    assert ready["sandbox"] is False
    assert result["outcome"] == "found"
    assert [attempt["provider"] for attempt in result["receipt"]["attempts"]] == ["xmagnet"]
    assert result["receipt"]["sandbox"] is False, "whoever has set a key is told that money moves"
