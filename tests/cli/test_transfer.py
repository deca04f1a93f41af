"""What is said of an address at which there is no Weir."""

from __future__ import annotations

from tests.cli.conftest import Command, Process


def test_an_address_without_a_weir_is_told_of_with_what_to_check(weir: Command, server: Process) -> None:
    done = weir("bulk", "list", "--url", f"{server.url}/elsewhere")
    assert done.code == 2
    assert done.err == (
        "weir: The server answered with status 404.\n"
        "      Check that the address is that of a Weir, and that no proxy before it answers in its place.\n"
    )
