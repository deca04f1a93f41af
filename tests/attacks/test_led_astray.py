"""Attempts to have an answer sent to another place, or the server visit one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest
import pytest_asyncio

from server import app
from server.settings import load
from server.upstream.documents import Documents
from tests.access.firm import ADA, Firm
from tests.attacks.attacker import browser, noted, program, refused_as
from tests.pages.client import Program
from tests.pages.forms import form
from tests.serving import listening

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTED = "https://client.example/callback"
LOCAL = "http://127.0.0.1:33418/callback"

ASTRAY = {
    "user information": "https://client.example@evil.example/callback",
    "user information on loopback": "http://evil@127.0.0.1:33418/callback",
    "a password before the host": "http://127.0.0.1:33418@evil.example/callback",
    "the host as a subdomain": "https://client.example.evil.example/callback",
    "the host as a suffix": "https://evilclient.example/callback",
    "a subdomain of the host": "https://evil.client.example/callback",
    "a full stop after the host": "https://client.example./callback",
    "a cyrillic letter in the host": "https://\u0441lient.example/callback",
    "the same in Punycode": "https://xn--lient-wze.example/callback",
    "a full-width full stop": "https://client\uff0eexample/callback",
    "an upper-case path": "https://client.example/CALLBACK",
    "a slash after the path": "https://client.example/callback/",
    "a longer path": "https://client.example/callback/more",
    "path traversal": "https://client.example/callback/../open",
    "encoded path traversal": "https://client.example/callback%2F..%2Fopen",
    "backslashes": "https://client.example\\@evil.example/callback",
    "another query": "https://client.example/callback?next=https://evil.example",
    "a fragment": "https://client.example/callback#",
    "http for https": "http://client.example/callback",
    "another port": "https://client.example:8443/callback",
    "port zero": "http://127.0.0.1:0/callback",
    "a port that is too large": "http://127.0.0.1:65536/callback",
    "a port that is no number": "http://127.0.0.1:3x/callback",
    "a port with a sign": "http://127.0.0.1:+3341/callback",
    "https for http on loopback": "https://127.0.0.1:33418/callback",
    "localhost for 127.0.0.1": "http://localhost:33418/callback",
    "127.1": "http://127.1:33418/callback",
    "127.0.0.2": "http://127.0.0.2:33418/callback",
    "0.0.0.0": "http://0.0.0.0:33418/callback",
    "a decimal address": "http://2130706433:33418/callback",
    "IPv6 for IPv4": "http://[::1]:33418/callback",
    "an IPv4 address in IPv6": "http://[::ffff:127.0.0.1]:33418/callback",
    "loopback as a subdomain": "http://127.0.0.1.evil.example:33418/callback",
    "localhost as a subdomain": "http://localhost.evil.example/callback",
    "no scheme": "//client.example/callback",
    "a relative path": "/callback",
    "a script": "javascript:alert(document.domain)//client.example/callback",
    "data": "data:text/html,<script>alert(1)</script>",
    "a line break": "https://client.example/callback\r\nSet-Cookie: weir=x",
    "a NUL": "https://client.example/callback\0.evil.example",
    "a tab before": "\thttps://client.example/callback",
    "two of them": "https://client.example/callback https://evil.example",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(weir: Firm) -> Program:
    """A program that announced one address on the web and one on loopback."""
    made = Program(weir.url, HOSTED)
    async with browser(weir) as http:
        said = {"redirect_uris": [HOSTED, LOCAL], "token_endpoint_auth_method": "none"}
        made.client_id = (await http.post("/register", json=said)).json()["client_id"]
    return made


@pytest.mark.parametrize("uri", ASTRAY.values(), ids=list(ASTRAY))
async def test_no_answer_goes_to_an_address_that_was_not_announced(weir: Firm, asking: Program, uri: str) -> None:
    async with browser(weir, ADA) as http:
        for wrong in ({}, {"response_type": "token"}, {"scope": "nothing"}):
            refused = await http.get(asking.url(redirect_uri=uri, **wrong))
            assert (refused.status_code, "location" in refused.headers) == (400, False)
            assert "Nothing was sent there." in refused.text
            assert "evil.example" not in refused.text
        # The form of an honest request, sent with the address of a dishonest one.
        fields = form((await http.get(asking.url())).text).fields
        query = asking.query(redirect_uri=uri)
        for decision in ("allow", "cancel"):
            posted = await http.post("/authorize", data=fields | {"request": query, "decision": decision})
            assert (posted.status_code, "location" in posted.headers, 'http-equiv="refresh"' in posted.text) == (
                400,
                False,
                False,
            )
    assert await noted(weir, "connection.added", client_id=asking.client_id) == []


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://client.example/x",
        "about:blank",
        "ftp://client.example/",
        "http://client.example/callback",
        "http://0.0.0.0/callback",
        "http://127.1/callback",
        "http://localhost.evil.example/callback",
        "https://user@client.example/callback",
        "https://client.example/callback#fragment",
        "https:///callback",
        "https://client.example/\r\nLocation: https://evil.example",
        'https://client.example/"><script>',
        "https://\u0441lient.example/",
        "",
        "//client.example",
        "*",
        "https://" + "a" * 2100 + ".example/",
    ],
)
async def test_an_address_that_could_lead_astray_is_not_registered(weir: Firm, uri: str) -> None:
    async with browser(weir) as http:
        refused = await http.post("/register", json={"redirect_uris": [HOSTED, uri]})
    assert refused_as(refused) == (400, "invalid_redirect_uri")
    assert "client_id" not in refused.json()


BARRED = (
    "its host is not on the public internet",
    "its host name does not resolve",
    "its address is not a URL",
    "its address names a port",
    "not known here",
)


@pytest.mark.parametrize(
    "place",
    [
        "https://127.0.0.1/c.json",
        "https://127.1/c.json",
        "https://2130706433/c.json",
        "https://0x7f000001/c.json",
        "https://0177.0.0.1/c.json",
        "https://0/c.json",
        "https://0.0.0.0/c.json",
        "https://localhost/c.json",
        "https://localhost./c.json",
        "https://10.0.0.1/c.json",
        "https://172.16.0.1/c.json",
        "https://192.168.0.1/c.json",
        "https://100.64.0.1/c.json",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/c.json",
        "https://[::]/c.json",
        "https://[::ffff:127.0.0.1]/c.json",
        "https://[::ffff:a9fe:a9fe]/c.json",
        "https://[64:ff9b::7f00:1]/c.json",
        "https://[2002:7f00:1::]/c.json",
        "https://[fe80::1]/c.json",
        "https://[fd00::1]/c.json",
        "https://224.0.0.1/c.json",
        "https://255.255.255.255/c.json",
        "https://user@client.example/c.json",
        "https://client.example:22/c.json",
        "https://inside.example/c.json",
        "https://both.example/c.json",
    ],
)
async def test_the_server_is_not_sent_into_its_own_network(resolving: str, place: str) -> None:
    """By an address however it is written, by a name that leads there, or by one that leads there as well."""
    async with httpx2.AsyncClient(base_url=resolving, trust_env=False) as http:
        refused = await http.get(Program(resolving, HOSTED, client_id=place).url())
    assert (refused.status_code, "location" in refused.headers) == (400, False)
    # What does not even have the form of a document's address is looked for among those that registered.
    assert "cannot be used: " in refused.text or "not known here" in refused.text
    # That a connection to it would fail anyway is not what keeps the server out.
    assert any(why in refused.text for why in BARRED), refused.text


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def resolving(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A Weir whose names resolve as an attacker wishes."""
    home = tmp_path_factory.mktemp("resolving") / "home"
    settings = load(home=home, providers="sandbox", auth="builtin")
    async with app.opened(settings, documents=Documents(resolve=_resolve)) as weir, listening(weir) as url:
        yield url


async def _resolve(host: str, port: int) -> list[str]:
    attackers = {"inside.example": ["10.0.0.7"], "both.example": ["93.184.216.34", "127.0.0.1"]}
    if host in attackers:
        return attackers[host]
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@pytest.mark.parametrize(
    "state",
    ["x\r\nSet-Cookie: weir=evil", "x&code=evil&iss=https://evil.example", "#code=evil", '"><script>alert(1)</script>'],
    ids=["line breaks", "parameters", "a fragment", "markup"],
)
async def test_a_state_comes_back_as_one_parameter_whatever_it_holds(weir: Firm, asking: Program, state: str) -> None:
    async with browser(weir, ADA) as http:
        wrong = await http.get(asking.url(state=state, response_type="token"))
    place = urlsplit(wrong.headers["location"])
    said = parse_qs(place.query)
    assert (f"{place.scheme}://{place.netloc}{place.path}", place.fragment) == (HOSTED, "")
    assert (said["state"], said["iss"], "code" in said) == ([state], [weir.url], False)
    assert "set-cookie" not in wrong.headers


async def test_a_stranger_is_forwarded_to_no_other_site(weir: Firm) -> None:
    """Not even to one that a program announced: whoever registers one would borrow the server's name for it."""
    lure = await program(weir, uri="https://evil.example/phish")
    async with browser(weir) as http:
        sent = await http.get(lure.url(response_type="token"))
        assert (sent.status_code, sent.headers["location"].partition("?")[0]) == (303, "/sign-in")
        for return_to in ("https://evil.example", "//evil.example", "/\\evil.example", "/authorize@evil.example"):
            page = await http.get(f"/sign-in?return_to={quote(return_to, '')}")
            assert form(page.text, "/sign-in").fields["return_to"] == "/connections"
