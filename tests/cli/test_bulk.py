"""`weir bulk`: a file in, a finished file out, alone and through a running server."""

from __future__ import annotations

import csv
import json
import signal
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import PATIENCE, Command, Process, fetch, running, spawn

LEADS = "Name,Email\nAda,ada@stripe.com\nAda again,Ada@Stripe.com\nNobody,=nope\n"
VALIDATE = ("--kind", "email_validation", "--max-credits", "50", "--yes", "--providers", "sandbox")


@pytest.fixture(params=["alone", "through a server"])
def place(request: pytest.FixtureRequest, home: Path) -> Path:
    """A home, without and with a server that owns it."""
    return home if request.param == "alone" else request.getfixturevalue("server").home


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    """A small file."""
    path = tmp_path / "leads.csv"
    path.write_text(LEADS)
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_file_comes_back_with_what_was_found(weir: Command, place: Path, leads: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    done = weir("bulk", "run", leads, *VALIDATE, "--out", out, "--home", place)
    assert (done.code, done.err) == (0, "")
    column, reckoned, ended, written = done.out.splitlines()
    assert column == "email: column 'Email'"
    assert reckoned == "3 rows (1 to ask, 1 duplicates, 1 invalid): 0.25 credits expected, 1.25 at most."
    job = ended.split()[0]
    assert ended == f"{job} is completed: 3 of 3 rows, 2 found, 0.25 of at most 50 credits."
    assert written == f"3 rows are in {out}."
    rows = rows_of(out)
    assert [(row["Name"], row["Email"], row["weir_outcome"]) for row in rows] == [
        ("Ada", "ada@stripe.com", "found"),
        ("Ada again", "Ada@Stripe.com", "found"),
        ("Nobody", "'=nope", "invalid_input"),
    ]
    listed = weir("bulk", "list", "--home", place)
    assert listed.out.splitlines()[0] == f"{job}\tcompleted\t3/3\t0.25\temail_validation\tleads.csv"
    lines = tmp_path / "again.jsonl"
    assert weir("bulk", "export", job, "--out", lines, "--home", place).code == 0
    assert json.loads(lines.read_text().splitlines()[2])["Email"] == "=nope"


def test_rows_that_a_provider_does_not_charge_again_are_expected_to_cost_nothing(
    weir: Command, home: Path, leads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIR_ORDER", "leadiq")
    leads.write_text("First name,Last name,Website\nJane,Doe,acmecorp.com\n")
    options = ("--kind", "work_email_finder", "--max-credits", "50", "--yes", "--providers", "sandbox")
    expected = ("1 rows (1 to ask): 1.1 credits", "1 rows (1 to ask, 1 of them unlocked already): 0 credits")
    for reckoned in expected:
        done = weir("bulk", "run", leads, *options, "--home", home)
        assert done.code == 0, done.err
        assert any(line.startswith(f"{reckoned} expected, ") for line in done.out.splitlines()), done.out
        with closing(sqlite3.connect(home / "weir.db", isolation_level=None)) as database:
            database.execute("UPDATE answers SET expires_at = 0")


def test_nothing_begins_that_makes_no_sense(weir: Command, place: Path, leads: Path, tmp_path: Path) -> None:
    options = ("--max-credits", "5", "--yes", "--providers", "sandbox", "--home", place)
    unfit = weir("bulk", "run", leads, "--kind", "work_email_finder", *options)
    assert (unfit.code, "The columns are Name, Email." in unfit.err) == (2, True)
    misnamed = weir("bulk", "run", leads, *VALIDATE, "--home", place, "--out", tmp_path / "out.pdf")
    assert (misnamed.code, "out.pdf ends neither with .csv" in misnamed.err) == (2, True)
    unasked = weir("bulk", "run", leads, *VALIDATE[:-3], "--providers", "sandbox", "--home", place)
    assert (unasked.code, "Add --yes" in unasked.err) == (2, True)
    picture = tmp_path / "leads.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    refused = weir("bulk", "run", picture, *VALIDATE, "--home", place)
    assert (refused.code, "it is an image" in refused.err) == (2, True)
    leads.write_text("Name,Email\n")
    empty = weir("bulk", "run", leads, *VALIDATE, "--home", place)
    assert (empty.code, "The file has a header and no rows." in empty.err, empty.out) == (2, True, "")
    unknown = weir("bulk", "status", "job_doesnotexist", "--home", place)
    assert (unknown.code, "There is no bulk job" in unknown.err) == (2, True)


def test_a_job_that_meets_its_ceiling_exits_with_1_and_can_be_exported(
    weir: Command, server: Process, tmp_path: Path
) -> None:
    leads, out = tmp_path / "many.csv", tmp_path / "part.csv"
    leads.write_text("Email\n" + "".join(f"person{number}@notion.so\n" for number in range(60)))
    options = ("--kind", "email_validation", "--max-credits", "5", "--yes", "--home", server.home)
    done = weir("bulk", "run", leads, *options, "--out", out)
    assert done.code == 1
    assert "is paused:" in done.out
    assert not out.exists()
    job = next(line.split()[0] for line in done.out.splitlines() if line.startswith("job_"))
    assert weir("bulk", "export", job, "--out", out, "--url", server.url, "--home", tmp_path / "elsewhere").code == 0
    outcomes = [row["weir_outcome"] for row in rows_of(out)]
    assert (len(outcomes), {"found", "pending"} <= set(outcomes)) == (60, True)
    cancelled = weir("bulk", "cancel", job, "--home", server.home)
    assert (cancelled.code, f"{job} is cancelled" in cancelled.out) == (0, True)


def test_an_address_without_a_server_is_said_to_be_the_trouble(weir: Command, tmp_path: Path) -> None:
    done = weir("bulk", "list", "--url", "http://127.0.0.1:9", "--home", tmp_path)
    assert (done.code, "does not answer" in done.err) == (2, True)


@pytest.fixture
def slow(sandbox: Process, tmp_path: Path) -> Generator[Process]:
    """A server whose provider takes its time until it is told otherwise."""
    fetch(sandbox.port, "POST", "/control", {"latency_ms": 300})
    folder = tmp_path / "slow"
    provider = {
        "LEADMAGIC_API_KEY": "sandbox",
        "WEIR_LEADMAGIC_BASE_URL": f"{sandbox.url}/leadmagic",
        "WEIR_LEADMAGIC_PER_MINUTE": "none",
    }
    with running("serve", "--home", folder / "home", folder=folder, **provider) as process:
        yield process
    fetch(sandbox.port, "POST", "/control/reset")


def test_ctrl_c_pauses_the_job_and_says_how_to_go_on(
    weir: Command, slow: Process, sandbox: Process, tmp_path: Path
) -> None:
    leads, out, log = tmp_path / "many.csv", tmp_path / "out.csv", tmp_path / "run.log"
    leads.write_text("Email\n" + "".join(f"person{number}@airbnb.com\n" for number in range(400)))
    words = ("bulk", "run", leads, *VALIDATE[:2], "--max-credits", "400", "--yes", "--out", out, "--home", slow.home)
    process = spawn(*words, cwd=tmp_path, log=log)
    while "\trunning\t" not in weir("bulk", "list", "--home", slow.home).out:
        assert process.poll() is None, log.read_text()
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    *_, paused, going_on = log.read_text().splitlines()
    job = paused.split()[0]
    assert paused.startswith(f"{job} is paused: ")
    assert going_on == f"Go on with: weir bulk resume {job} --out {out}"
    fetch(sandbox.port, "POST", "/control/reset")
    resumed = weir("bulk", "resume", job, "--out", out, "--home", slow.home)
    assert (resumed.code, f"{job} is completed: 400 of 400 rows" in resumed.out) == (0, True)
    assert [row["weir_outcome"] for row in rows_of(out)] == ["found"] * 400


def test_the_secret_of_webhooks_is_shown_and_renewed(weir: Command, place: Path) -> None:
    first, again = (weir("webhooks", "secret", "--home", place).out for _ in range(2))
    assert first == again
    assert first.startswith("whsec_")
    assert weir("webhooks", "secret", "--renew", "--home", place).out not in ("", first)
    unknown = weir("webhooks", "secret", "--workspace", "nowhere", "--home", place)
    assert (unknown.code, "no workspace 'nowhere'" in unknown.err) == (2, True)
