"""`weir approvals`, and the code that `weir serve` prints."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.approvals.rounds import send
from tests.approvals.spending import ABOVE
from tests.cli.conftest import Command, Process, loggers, running, weir
from tests.isolation import isolated
from tests.pages.forms import form

__all__ = ["isolated", "loggers", "weir"]

pytestmark = pytest.mark.usefixtures("isolated")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    """A server process whose operator wants to be asked."""
    home, above = tmp_path / "home", str(ABOVE)
    options = ("--providers", "sandbox", "--home", home)
    with running("serve", *options, folder=tmp_path, WEIR_APPROVAL_ABOVE=above) as process:
        yield process


def asked(server: Process) -> str:
    """Make a call that has to be approved; the address of its page."""
    body = asyncio.run(send(server.url, capabilities={}))["result"]["structuredContent"]
    assert body["outcome"] == "approval_required"
    return body["error"]["approval_url"]


def outcome(server: Process) -> str:
    """What the same call comes to now."""
    return asyncio.run(send(server.url, capabilities={}))["result"]["structuredContent"]["outcome"]


def test_the_operator_sees_what_waits_and_decides(weir: Command, server: Process) -> None:
    home = ("--home", server.home)
    assert weir("approvals", *home).out == ""
    approval_id = asked(server).rpartition("/")[2]
    assert re.fullmatch("[0-9a-f]{64}", approval_id), "a dash in front would be taken for an option"
    listed = weir("approvals", *home).out
    assert listed.startswith(f"{approval_id}  waits until ")
    assert "  At most: 33 credits" in listed
    assert "  Tool: find_company_employees\n" in listed
    allowed = weir("approvals", "allow", approval_id, *home)
    assert (allowed.code, allowed.out) == (0, "Approved. The same call may run once now.\n")
    assert (outcome(server), outcome(server)) == ("found", "approval_required")
    again = weir("approvals", "allow", approval_id, *home)
    assert again.code == 2
    assert "There is nothing to decide here" in again.err
    (second,) = [line.split()[0] for line in weir("approvals", *home).out.splitlines() if "waits until" in line]
    assert weir("approvals", "refuse", second, *home).out == "Refused. Nothing is spent.\n"
    assert weir("approvals", *home).out == ""


def test_the_code_in_the_terminal_opens_the_page_and_is_new_for_every_run(weir: Command, server: Process) -> None:
    printed = re.search(r"ask for this code: (\d{4}-\d{4}-\d{4})\n", server.log.read_text())
    assert printed is not None
    code = printed[1]
    assert weir("approvals", "--home", server.home).err == f"The code for the pages of approvals is {code}.\n"
    assert json.loads((server.home / "serving.json").read_text())["code"] == code
    page = asked(server)
    with httpx2.Client() as http:
        fields = {**form(http.get(page).text).fields, "decision": "approve", "code": code}
        assert http.post(page, data=fields).status_code == 303
    assert outcome(server) == "found"


def test_where_people_sign_in_there_is_no_code(tmp_path: Path, weir: Command) -> None:
    with running("serve", "--providers", "sandbox", "--auth", "builtin", folder=tmp_path) as process:
        assert "ask for this code" not in process.log.read_text()
