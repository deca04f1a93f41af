"""`weir call` and `weir preview`, alone and through a running server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command, Process

ADA = ("first_name=Ada", "last_name=Lovelace", "company_domain=stripe.com")


@pytest.fixture(params=["alone", "through a server"])
def place(request: pytest.FixtureRequest, home: Path) -> Path:
    """A home, without and with a server that owns it."""
    return home if request.param == "alone" else request.getfixturevalue("server").home


def test_a_call_prints_its_result_and_is_paid_once(weir: Command, place: Path) -> None:
    first = weir("call", "find_work_email", *ADA, "--home", place, "--providers", "sandbox")
    again = weir("call", "find_work_email", *ADA, "--home", place, "--providers", "sandbox")
    assert (first.code, again.code, first.err) == (0, 0, "")
    assert first.json["data"]["email"] == again.json["data"]["email"] == "ada.lovelace@stripe.com"
    assert first.json["receipt"]["cost"]["credits"] == {"leadmagic": 1}
    assert again.json["receipt"] == {
        "cost": {"credits": {}, "usd": 0},
        "cached": True,
        "sandbox": True,
        "attempts": [],
    }


def test_a_preview_spends_nothing_and_bounds_the_call(weir: Command, place: Path) -> None:
    address = "email=preview@stripe.com"
    quote = weir("preview", "validate_work_email", address, "--home", place, "--providers", "sandbox").json["data"]
    assert quote["max"]["credits"]["leadmagic"] == 0.25
    result = weir("call", "validate_work_email", address, "--home", place, "--providers", "sandbox").json
    assert result["receipt"]["cached"] is False
    assert result["receipt"]["cost"]["credits"] == {"leadmagic": 0.25}


def test_arguments_may_be_numbers_json_and_contain_equals_signs(weir: Command, place: Path) -> None:
    people = weir(
        "call",
        "find_company_employees",
        "company_domain=stripe.com",
        "limit=2",
        "--home",
        place,
        "--providers",
        "sandbox",
    )
    assert len(people.json["data"]["people"]) == 2
    refused = weir("call", "validate_work_email", "email=a=b", "--home", place, "--providers", "sandbox")
    assert refused.json["error"]["field"] == "email"


def test_a_refused_call_exits_with_1_and_says_what_to_mend(weir: Command, place: Path) -> None:
    done = weir("call", "validate_work_email", "email=ada", "--home", place, "--providers", "sandbox")
    assert done.code == 1
    assert (done.json["outcome"], done.json["error"]["field"]) == ("invalid_input", "email")
    assert done.json["error"]["fix"]


def test_an_unknown_tool_exits_with_2(weir: Command, place: Path) -> None:
    done = weir("call", "no_such_tool", "--home", place, "--providers", "sandbox")
    assert (done.code, done.out) == (2, "")
    assert "no_such_tool" in done.err
    assert "Traceback" not in done.err
    preview = weir("preview", "no_such_tool", "--home", place, "--providers", "sandbox")
    assert (preview.code, preview.json["error"]["field"]) == (1, "tool")


@pytest.mark.parametrize("word", ["email", "=ada@stripe.com", ""])
def test_a_word_that_is_no_pair_exits_with_2(weir: Command, home: Path, word: str) -> None:
    done = weir("call", "validate_work_email", word, "--home", home)
    assert done.code == 2
    assert "is not KEY=VALUE." in done.err
    assert not home.exists()


def test_a_note_of_a_server_that_is_gone_does_not_mislead(weir: Command, home: Path, server: Process) -> None:
    home.mkdir()
    note = (server.home / "serving.json").read_text()
    (home / "serving.json").write_text(note.replace('"token": "', '"token": "not-'))
    done = weir("call", "validate_work_email", "email=elsewhere@stripe.com", "--home", home, "--providers", "sandbox")
    assert (done.code, done.json["receipt"]["cached"]) == (0, False)
    assert (home / "weir.db").exists(), "another server on the old port is not taken for the owner of this home"


def test_what_is_open_already_is_named(weir: Command, server: Process, tmp_path: Path) -> None:
    note = server.home / "serving.json"
    hidden = tmp_path / "note"
    note.rename(hidden)
    try:
        done = weir("call", "validate_work_email", "email=ada@stripe.com", "--home", server.home)
    finally:
        hidden.rename(note)
    assert done.code == 2
    assert f"belongs to another running Weir (process {server.pid})" in done.err
