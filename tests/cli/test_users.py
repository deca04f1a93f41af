"""`weir users`, `weir workspaces` and `weir audit`, alone and beside a running server."""

from __future__ import annotations

import io
import re
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.cli.conftest import Command, fetch, running

LINK = re.compile(r"http://127\.0\.0\.1:\d+/password/[\w-]{43}")


@pytest.fixture(params=["alone", "through a server"])
def place(request: pytest.FixtureRequest, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch):
    """A home of its own, without and with a server that owns it."""
    monkeypatch.setenv("WEIR_PROVIDERS", "sandbox")
    if request.param == "alone":
        yield home
        return
    with running("serve", "--home", home, folder=tmp_path, WEIR_PROVIDERS="sandbox", WEIR_AUTH="builtin") as server:
        yield server.home


def test_people_are_added_listed_locked_out_and_let_in_again(weir: Command, place: Path) -> None:
    def do(*words: str) -> str:
        done = weir(*words, "--home", place)
        assert (done.code, done.err) == (0, "")
        return done.out

    first = do("users", "add", "Ada@Example.com", "--name", "Ada Lovelace", "--admin").splitlines()
    assert first[:2] == [
        "ada@example.com belongs to default as an administrator.",
        "With this link ada@example.com chooses a password, once and within three days:",
    ]
    assert LINK.fullmatch(first[2].strip())
    do("users", "add", "grace@example.com")
    assert do("users", "list").splitlines() == [
        "ada@example.com\tAda Lovelace\tdefault:admin\tactive",
        "grace@example.com\tgrace\tdefault:member\tactive",
    ]
    assert do("users", "disable", "GRACE@example.com") == "grace@example.com is disabled.\n"
    assert do("users", "list").splitlines()[1] == "grace@example.com\tgrace\tdefault:member\tdisabled"
    refused = weir("users", "password", "grace@example.com", "--home", place)
    assert (refused.code, refused.err.splitlines()[1].strip()) == (2, "First: weir users enable grace@example.com")
    assert do("users", "enable", "grace@example.com") == "grace@example.com may sign in again.\n"
    assert LINK.search(do("users", "password", "grace@example.com"))
    events = [line.split("\t")[1] for line in do("audit").splitlines()]
    assert events == [
        "user.added",
        "workspace.joined",
        "password.link_made",
        "user.added",
        "workspace.joined",
        "password.link_made",
        "user.disabled",
        "user.enabled",
        "password.link_made",
    ]
    assert do("audit", "--since", "2999-01-01") == ""
    in_an_hour = datetime.now(timezone(timedelta(hours=-5))) + timedelta(hours=1)
    assert do("audit", "--since", in_an_hour.isoformat()) == ""


def test_workspaces_keep_at_least_one_administrator(weir: Command, place: Path) -> None:
    def do(*words: str) -> tuple[int, str]:
        done = weir(*words, "--home", place)
        return done.code, done.out or done.err.splitlines()[0]

    assert do("workspaces", "add", "acme", "--name", "Acme Corp")[0] == 0
    assert do("workspaces", "list") == (0, "acme\tAcme Corp\ndefault\tDefault\n")
    assert do("workspaces", "add", "acme") == (2, "weir: There is a workspace acme already.")
    assert do("workspaces", "add", "Acme!") == (2, "weir: 'Acme!' cannot be the id of a workspace.")
    do("users", "add", "ada@example.com", "--workspace", "acme", "--admin")
    last = (2, "weir: This is the last administrator of the workspace acme.")
    assert do("users", "disable", "ada@example.com") == last
    assert do("workspaces", "leave", "ada@example.com", "acme") == last
    assert do("workspaces", "join", "ada@example.com", "acme") == last
    do("users", "add", "grace@example.com")
    assert do("workspaces", "join", "grace@example.com", "acme", "--admin") == (
        0,
        "grace@example.com belongs to acme as an administrator.\n",
    )
    assert do("users", "list")[1].splitlines()[1] == "grace@example.com\tgrace\tdefault:member acme:admin\tactive"
    assert do("users", "disable", "ada@example.com") == (0, "ada@example.com is disabled.\n")
    assert do("workspaces", "leave", "grace@example.com", "acme") == last
    assert do("workspaces", "leave", "grace@example.com", "default") == (0, "grace@example.com has left default.\n")


def test_a_password_is_read_from_standard_input(weir: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_PROVIDERS", "sandbox")
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    refused = weir("users", "add", "ada@example.com", "--password-stdin", "--home", home)
    assert refused.code == 2
    assert refused.err.startswith("weir: This password cannot be used: it has 5 characters")
    monkeypatch.setattr(sys, "stdin", io.StringIO("four unrelated words\n"))
    added = weir("users", "add", "ada@example.com", "--password-stdin", "--home", home)
    assert (added.code, added.out) == (0, "ada@example.com belongs to default.\n"), "and no link"


@pytest.mark.parametrize("since", ["yesterday", "7", "-1d"])
def test_a_time_that_is_none_is_refused(weir: Command, home: Path, since: str) -> None:
    done = weir("audit", f"--since={since}", "--home", home)
    assert (done.code, "Write 7d, or 2026-11-21." in done.err) == (2, True)


def test_a_server_without_people_prints_a_link_until_there_is_somebody(weir: Command, tmp_path: Path) -> None:
    serve = ("serve", "--providers", "sandbox", "--auth", "builtin", "--home", tmp_path / "home")
    links: list[str] = []
    for _ in range(2):
        with running(*serve, folder=tmp_path) as server:
            assert fetch(server.port, "GET", "/health")[0] == 200
            server.stop()
            links += re.findall(rf"{server.url}/setup/[\w-]{{43}}", server.log.read_text())
    assert len(set(links)) == 2
    assert weir("users", "add", "ada@example.com", "--admin", "--home", tmp_path / "home").code == 0
    with running(*serve, folder=tmp_path) as server:
        server.stop()
        assert "/setup/" not in server.log.read_text()
