"""`weir suppress` and `weir prices`, alone and beside a running server."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.catalog import read_providers
from tests.cli.conftest import Command


@pytest.fixture(params=["alone", "through a server"])
def place(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, without and with a server that owns it."""
    monkeypatch.setenv("WEIR_PROVIDERS", "sandbox")
    return home if request.param == "alone" else request.getfixturevalue("server").home


def test_an_opt_out_counts_at_once_and_purges_what_is_stored(weir: Command, place: Path) -> None:
    ask = ("call", "validate_work_email", "email=grace@figma.com", "--home", place)
    assert weir(*ask).json["outcome"] == "found"
    added = weir("suppress", "add", " Grace@Figma.com ", "--reason", "letter of 3 May", "--home", place)
    assert (added.code, added.out) == (0, "grace@figma.com is suppressed; stored answers purged: 1.\n")
    refused = weir(*ask)
    assert (refused.json["outcome"], refused.json["receipt"]["cost"]["credits"]) == ("suppressed", {})
    subject, day, reason = weir("suppress", "list", "--home", place).out.strip().split("\t")
    assert (subject, len(day), reason) == ("grace@figma.com", 10, "letter of 3 May")

    assert weir("suppress", "remove", "grace@figma.com", "--home", place).out == "grace@figma.com is allowed again.\n"
    assert weir("suppress", "remove", "grace@figma.com", "--home", place).out == (
        "grace@figma.com was not on the list.\n"
    )
    assert weir("suppress", "list", "--home", place).out == ""
    allowed = weir(*ask)
    assert (allowed.json["outcome"], allowed.json["receipt"]["cached"]) == ("found", False), "the answer was purged"


def test_what_is_no_subject_is_refused(weir: Command, place: Path) -> None:
    done = weir("suppress", "add", "somebody", "--home", place)
    assert done.code == 2
    assert done.err.startswith("weir: subject ")
    assert "Send an e-mail address, a domain, a LinkedIn URL or a phone number" in done.err


def test_an_over_charge_raises_an_alarm_until_somebody_confirms_the_price(weir: Command, place: Path) -> None:
    ask = ("call", "validate_work_email", "force_refresh=true", "--home", place)
    assert weir("prices", "alarms", "--home", place).out == ""
    charged = weir(*ask, "email=over-charge@magic.example").json
    assert charged["receipt"]["cost"]["credits"] == {"leadmagic": 0.25}, "the caller pays what was quoted"

    alarm = weir("prices", "alarms", "--home", place).out
    assert alarm.startswith("leadmagic email_validation: charged 1.25 where at most 0.25 was quoted, ")
    assert alarm.endswith("then: weir prices confirm leadmagic email_validation\n")
    assert [one["provider"] for one in weir(*ask, "email=ada@figma.com").json["receipt"]["attempts"]] == ["xmagnet"]

    confirmed = weir("prices", "confirm", "leadmagic", "email_validation", "--home", place)
    assert (confirmed.code, confirmed.out) == (0, "leadmagic email_validation is back on automatic routing.\n")
    assert weir("prices", "alarms", "--home", place).out == ""
    assert weir(*ask, "email=ada@figma.com").json["receipt"]["attempts"][0]["provider"] == "leadmagic"


def test_confirming_what_raised_no_alarm_is_refused(weir: Command, place: Path) -> None:
    done = weir("prices", "confirm", "leadmagic", "email_finder", "--home", place)
    assert done.code == 2
    assert done.err == "weir: There is no price alarm about leadmagic email_finder.\n      See: weir prices alarms\n"


def test_every_priced_operation_is_listed(weir: Command) -> None:
    listed = [tuple(line.split()[:2]) for line in weir("prices").out.splitlines()]
    assert listed == [(name, op) for name, one in read_providers().items() for op in one.manifest.operations]
    (row,) = [line for line in weir("prices").out.splitlines() if line.split()[:2] == ["leadmagic", "email_validation"]]
    assert " ".join(row.split()[2:-1]) == "hit 0.25 miss 0 hold 0.25 per call, since"
