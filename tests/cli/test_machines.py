"""`weir clients`: a program that gets access tokens for a secret, alone and beside a running server."""

from __future__ import annotations

from base64 import b64encode
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.cli.conftest import PATIENCE, Command, Process


@pytest.fixture(params=["alone", "through a server"])
def place(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, without and with a server that owns it."""
    monkeypatch.setenv("WEIR_PROVIDERS", "sandbox")
    return home if request.param == "alone" else request.getfixturevalue("guarded").home


def added(weir: Command, home: Path, name: str, *options: str) -> tuple[str, str]:
    """Client ID and secret of a new machine."""
    done = weir("clients", "add", name, *options, "--home", home)
    assert done.code == 0, done.err
    said = dict(line.split("=", 1) for line in done.out.splitlines())
    return said["client_id"], said["client_secret"]


def token_request(process: Process, id_: str, secret: str) -> int:
    """The status of a request for an access token."""
    connection = HTTPConnection("127.0.0.1", process.port, timeout=PATIENCE)
    headers = {
        "Authorization": f"Basic {b64encode(f'{id_}:{secret}'.encode()).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", "/token", urlencode({"grant_type": "client_credentials"}), headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_machine_is_added_listed_and_removed(weir: Command, place: Path) -> None:
    id_, secret = added(weir, place, "nightly", "--scopes", "enrich:read", "--limit", "20")
    listed = weir("clients", "list", "--home", place).out
    assert f"{id_}\tnightly\tdefault\tenrich:read\n" in listed
    assert secret not in listed
    assert weir("clients", "remove", id_, "--home", place).out == f"{id_} is removed.\n"
    assert weir("clients", "remove", id_, "--home", place).out == f"{id_} is no machine of this server.\n"
    assert id_ not in weir("clients", "list", "--home", place).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nightly", "--workspace", "other"), "There is no workspace 'other'."),
        (("nightly", "--scopes", "admin"), "Only people can have the scope admin."),
        (("nightly", "--scopes", "everything"), "There is no scope 'everything'."),
        (("nightly", "--limit", "much"), "limit is 'much', which is no number of credits."),
        (("  ",), "A machine needs a name."),
        (("taken",), "has a machine named 'taken' already"),
    ],
)
def test_what_makes_no_sense_makes_no_machine(weir: Command, place: Path, words: tuple[str, ...], said: str) -> None:
    if "taken" not in weir("clients", "list", "--home", place).out:
        added(weir, place, "taken")
    before = weir("clients", "list", "--home", place).out
    done = weir("clients", "add", *words, "--home", place)
    assert (done.code, said in done.err) == (2, True), done.err
    assert weir("clients", "list", "--home", place).out == before


def test_a_machine_gets_tokens_until_it_is_removed(weir: Command, guarded: Process) -> None:
    id_, secret = added(weir, guarded.home, "hourly")
    assert [token_request(guarded, id_, given) for given in (secret, f"{secret}x")] == [200, 401]
    weir("clients", "remove", id_, "--home", guarded.home)
    assert token_request(guarded, id_, secret) == 401
