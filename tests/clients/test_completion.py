"""Every client signs in through real pages, calls, renews, and starts over once its person has ended it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from server.oauth.client_documents import is_document
from tests.clients.person import Person
from tests.clients.program import DOCUMENT, NAME, Program, Setup
from tests.clients.python import python
from tests.clients.remote import remote
from tests.clients.site import Site
from tests.clients.typescript import typescript

MAIL = {"email": "alex.rivera@example.com"}


async def completes(
    weir: Site, ada: Person, name: str, client: AbstractAsyncContextManager[Program], document: str | None = None
) -> None:
    """All that a client has to be able to do; it registers unless it has a `document`."""
    async with client as program:
        first = await program.call("validate_work_email", MAIL)
        assert (first["data"]["status"], first["receipt"]["cost"]["credits"]) == ("verified", {"leadmagic": 0.25})
        assert ada.asked == [name]
        await known(weir, document)
        await renews(weir, program)
        assert ada.asked == [name]
        await ada.end(name)
        assert await weir.connections() == ()
        await starts_over(weir, program)
        assert ada.asked == [name, name]


async def known(weir: Site, document: str | None) -> None:
    """The client is known by its document, which spares it the registration, or has registered once."""
    (connection,) = await weir.connections()
    assert is_document(connection.client_id) is (document is not None)
    assert document in (connection.client_id, None)
    assert weir.traffic.seen.count("POST /register 201") == (0 if document else 1)


async def renews(weir: Site, program: Program) -> None:
    """The client gets by without its person when its access token is over."""
    (before,) = await weir.connections()
    weir.clock.advance(minutes=11)
    weir.traffic.seen.clear()
    program.age()
    again = await program.call("validate_work_email", MAIL)
    assert (again["data"]["status"], again["receipt"]["cached"]) == ("verified", True)
    assert weir.traffic.seen.count("POST /token 200") == 1
    assert [one.id for one in await weir.connections()] == [before.id]


async def starts_over(weir: Site, program: Program) -> None:
    """The client is refused, asks its person again, and is let in by another connection."""
    weir.traffic.seen.clear()
    again = await program.call("validate_work_email", MAIL)
    assert again["receipt"]["cached"] is True
    assert "POST /mcp 401" in weir.traffic.seen
    assert len(await weir.connections()) == 1


@pytest.mark.parametrize(("era", "document"), [("modern", None), ("legacy", DOCUMENT)])
async def test_the_official_python_client_completes(weir: Site, ada: Person, era: str, document: str | None) -> None:
    setup = Setup(weir.endpoint, era, document)
    await completes(weir, ada, NAME, python(setup, ada), document)


@pytest.mark.parametrize(
    "package",
    [("v2", "modern", DOCUMENT), ("v2", "legacy", None), ("v1", "legacy", None)],
    ids=["v2-modern", "v2-legacy", "v1-legacy"],
)
async def test_the_official_typescript_clients_complete(
    weir: Site, ada: Person, node: str, package: tuple[str, str, str | None]
) -> None:
    name, era, document = package
    setup = Setup(weir.endpoint, era, document)
    await completes(weir, ada, NAME, typescript(node, name, setup, ada), document)


async def test_mcp_remote_completes(weir: Site, ada: Person, node: str, tmp_path: Path) -> None:
    client = remote(node, weir.endpoint, tmp_path / "mcp-remote", ada)
    await completes(weir, ada, "MCP CLI Proxy", client)
