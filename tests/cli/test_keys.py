"""`weir keys`, and commands that present a key, alone and beside a server that asks who calls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Process

ADA = "ada@acme.example"


@pytest.fixture(params=["alone", "through a server"])
def place(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch, weir: Command) -> Path:
    """A home in which Ada is known, without and with a server that owns it."""
    monkeypatch.setenv("WEIR_PROVIDERS", "sandbox")
    place = home if request.param == "alone" else request.getfixturevalue("guarded").home
    if ADA not in weir("users", "list", "--home", place).out:
        assert weir("users", "add", ADA, "--admin", "--home", place).code == 0
    return place


def listed(weir: Command, place: Path, id_: str) -> list[str]:
    """The columns of one key."""
    (row,) = [line for line in weir("keys", "list", "--home", place).out.splitlines() if line.startswith(f"{id_}\t")]
    return row.split("\t")


def created(weir: Command, place: Path, *options: str) -> tuple[str, str]:
    """Text and id of a new key of Ada's."""
    done = weir("keys", "create", "--name", "laptop", "--member", ADA, *options, "--home", place)
    assert done.code == 0, done.err
    id_ = re.search(r"key-[0-9a-f]{16}", done.err)
    assert id_
    assert re.fullmatch(r"weir_[\w-]{43}\n", done.out)
    return done.out.strip(), id_[0]


def test_a_key_is_made_listed_and_revoked(weir: Command, place: Path) -> None:
    text, id_ = created(weir, place, "--scopes", "enrich:read,account:read", "--limit", "12.5")
    assert listed(weir, place, id_) == [
        id_, "active", "laptop", ADA, "default", "enrich:read account:read", "12.5", "never",
    ]  # fmt: skip
    assert text not in weir("keys", "list", "--home", place).out
    assert weir("keys", "revoke", id_, "--home", place).out == f"{id_} is revoked.\n"
    assert weir("keys", "revoke", id_, "--home", place).out == f"{id_} is no key that is in force.\n"
    assert listed(weir, place, id_)[1] == "revoked"


def test_a_key_ends_after_ninety_days_unless_it_is_said_otherwise(weir: Command, place: Path) -> None:
    assert "until it is revoked" not in weir("keys", "create", "--name", "a", "--member", ADA, "--home", place).err
    forever = weir("keys", "create", "--name", "a", "--member", ADA, "--expires", "never", "--home", place)
    assert "valid until it is revoked" in forever.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--member", "nobody@acme.example"), "no active member of the workspace 'default'"),
        (("--workspace", "other"), "no active member of the workspace 'other'"),
        (("--scopes", "enrich:all"), "There is no scope 'enrich:all'."),
        (("--scopes", ""), "Without a scope it opens nothing."),
        (("--toolsets", "contact,everything"), "There is no toolset 'everything'."),
        (("--limit", "-1"), "limit is '-1', which is no number of credits."),
        (("--limit", "nan"), "limit is 'nan', which is no number of credits."),
        (("--expires", "0d"), "expires is '0d', which is no number of days."),
        (("--expires", "soon"), "expires is 'soon', which is no number of days."),
    ],
)
def test_what_makes_no_sense_makes_no_key(weir: Command, place: Path, options: tuple[str, ...], said: str) -> None:
    before = weir("keys", "list", "--home", place).out
    done = weir("keys", "create", "--name", "laptop", "--member", ADA, *options, "--home", place)
    assert (done.code, said in done.err) == (2, True), done.err
    assert weir("keys", "list", "--home", place).out == before


def test_a_call_through_a_server_that_asks_who_calls_takes_a_key(
    weir: Command, guarded: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = guarded.home
    weir("users", "add", ADA, "--admin", "--home", home)
    ask = ("call", "find_personal_email", "profile_url=magic-valid-1", "--home", home)
    without = weir(*ask)
    assert (without.code, without.err.splitlines()[0]) == (2, "weir: Sign in, or send a personal key.")
    assert "WEIR_KEY" in without.err

    text, id_ = created(weir, home, "--scopes", "enrich:read enrich:spend")
    monkeypatch.setenv("WEIR_KEY", text)
    assert weir(*ask).json["outcome"] == "found"
    quoted = weir("preview", "find_personal_email", "profile_url=magic-valid-2", "--home", home).json
    assert quoted["data"]["max"]["credits"] == {"leadmagic": 2}
    more = weir("call", "check_credit_balance", "--home", home)
    assert (more.code, more.err.splitlines()[0]) == (2, "weir: This operation needs account:read as well.")

    weir("keys", "revoke", id_, "--home", home)
    assert weir(*ask).err.startswith("weir: This key is not valid"), "a running server forgets it at once"


def test_who_is_locked_out_loses_their_keys_at_once(
    weir: Command, guarded: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, bob = guarded.home, "bob@acme.example"
    weir("users", "add", bob, "--home", home)
    made = weir("keys", "create", "--name", "laptop", "--member", bob, "--home", home)
    monkeypatch.setenv("WEIR_KEY", made.out.strip())
    ask = ("call", "list_job_types", "--home", home)
    assert weir(*ask).code == 0
    weir("users", "disable", bob, "--home", home)
    assert weir(*ask).err.startswith("weir: This key is not valid")


def test_who_leaves_a_workspace_loses_the_keys_to_it_at_once(
    weir: Command, guarded: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, eve = guarded.home, "eve@acme.example"
    weir("users", "add", eve, "--home", home)
    made = weir("keys", "create", "--name", "laptop", "--member", eve, "--home", home)
    monkeypatch.setenv("WEIR_KEY", made.out.strip())
    ask = ("call", "list_job_types", "--home", home)
    assert weir(*ask).code == 0
    weir("workspaces", "leave", eve, "default", "--home", home)
    assert weir(*ask).err.startswith("weir: This key is not valid")
