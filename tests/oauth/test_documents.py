"""Clients that are described by a document, and fetching such documents without being led astray."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.oauth.authorization_request import AuthorizationRefused
from server.storage.database import Database
from server.upstream.documents import Documents, NoDocument
from server.upstream.guarded import public
from tests.databases import Clock
from tests.oauth.door import Door, Pkce, door, refusal

CLIENT_ID = "https://client.example/oauth/meta.json"
SAID = {
    "client_id": CLIENT_ID,
    "client_name": "Claude Code",
    "redirect_uris": ["http://localhost/callback"],
    "token_endpoint_auth_method": "none",
}
JSON_TYPE = {"content-type": "application/json"}


@dataclass
class Publisher:
    """A web server that answers every request alike, and counts them."""

    url: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: dict(JSON_TYPE))
    body: bytes = b""
    asked: list[str] = field(default_factory=list[str])
    silent: bool = False
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, content: object, **headers: str) -> None:
        """Answer with JSON."""
        self.body, self.headers = json.dumps(content).encode(), {**JSON_TYPE, **headers}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if self.silent:
            await self.released.wait()
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        writer.write(f"HTTP/1.1 {self.status} X\r\n{head}Connection: close\r\n\r\n".encode() + self.body)
        try:
            await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()


@asynccontextmanager
async def publishing(tls: ssl.SSLContext | None = None) -> AsyncGenerator[Publisher]:
    publisher = Publisher()
    server = await asyncio.start_server(publisher.serve, "127.0.0.1", 0, ssl=tls)
    scheme = "http" if tls is None else "https"
    publisher.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield publisher
    finally:
        publisher.released.set()
        server.close()


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    async with publishing() as running:
        yield running


@pytest.fixture
async def site(sqlite: Database, clock: Clock, publisher: Publisher) -> AsyncIterator[Door]:
    documents = Documents(allow={CLIENT_ID: f"{publisher.url}/meta.json"})
    async with door(sqlite, clock, documents=documents) as served:
        yield served


async def test_a_client_connects_by_its_document_without_registering(site: Door, publisher: Publisher) -> None:
    publisher.say(SAID)
    pkce, callback = Pkce(), "http://localhost:51763/callback"
    params = site.asked(CLIENT_ID, pkce, redirect_uri=callback)
    facts = (await site.authorization.request(params, site.url, site.url)).client
    assert (facts.name, facts.domain) == ("Claude Code", "client.example")
    assert (facts.redirect_host, facts.loopback) == ("localhost", True)
    code = (await site.code(CLIENT_ID, pkce, redirect_uri=callback))["code"]
    tokens = (await site.exchange(CLIENT_ID, code, pkce, redirect_uri=callback)).json()
    assert (await site.refresh(CLIENT_ID, tokens["refresh_token"])).status_code == 200
    (connection,) = await site.authorization.connections.of(site.ada)
    assert (connection.client_name, connection.client_id) == ("Claude Code", CLIENT_ID)
    assert len(publisher.asked) == 1


async def test_asking_does_not_store_the_client_before_a_person_has_agreed(site: Door, publisher: Publisher) -> None:
    publisher.say(SAID)
    params = site.asked(CLIENT_ID, Pkce(), redirect_uri="http://localhost/callback")
    await site.authorization.request(params, site.url, site.url)
    assert refusal(await site.refresh(CLIENT_ID, "whatever")) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"client_id": "https://client.example/other.json"}, "client_id is not the address"),
        ({"client_id": None}, "client_id is not the address"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "has to be none"),
        ({"client_secret": "s"}, "may not hold a client secret"),
        ({"client_secret_expires_at": 0}, "may not hold a client secret"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": ["http://elsewhere.example/cb"]}, "another computer"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "scheme"),
    ],
)
async def test_a_document_that_is_wrong_lets_nobody_in(
    site: Door, publisher: Publisher, change: dict[str, Any], message: str
) -> None:
    publisher.say(SAID | change)
    params = site.asked(CLIENT_ID, Pkce(), redirect_uri="http://localhost/callback")
    with pytest.raises(AuthorizationRefused, match=message):
        await site.authorization.request(params, site.url, site.url)
    # The failure is remembered: nobody makes this server knock again and again.
    with pytest.raises(AuthorizationRefused, match=message):
        await site.authorization.request(params, site.url, site.url)
    assert len(publisher.asked) == 1


@pytest.mark.parametrize(
    ("control", "kept"),
    [("no-store", 300), ("max-age=1", 300), ("max-age=3600", 3600), ("max-age=9999999", 86_400), ("public", 300)],
)
async def test_a_document_is_kept_as_its_server_says_within_bounds(
    site: Door, publisher: Publisher, control: str, kept: int
) -> None:
    publisher.say(SAID, **{"cache-control": control})
    params = site.asked(CLIENT_ID, Pkce(), redirect_uri="http://localhost/callback")
    for seconds, fetched in ((0, 1), (kept - 1, 1), (1, 2)):
        site.clock.advance(seconds=seconds)
        await site.authorization.request(params, site.url, site.url)
        assert len(publisher.asked) == fetched


async def test_a_document_that_was_missing_is_looked_for_again_after_half_a_minute(
    site: Door, publisher: Publisher
) -> None:
    publisher.status = 404
    params = site.asked(CLIENT_ID, Pkce(), redirect_uri="http://localhost/callback")
    with pytest.raises(AuthorizationRefused, match="status 404"):
        await site.authorization.request(params, site.url, site.url)
    publisher.status = 200
    publisher.say(SAID)
    site.clock.advance(seconds=30)
    assert (await site.authorization.request(params, site.url, site.url)).client.name == "Claude Code"


@pytest.mark.parametrize(
    ("status", "headers", "body", "message"),
    [
        (404, {}, b"{}", "status 404"),
        (302, {"location": "http://169.254.169.254/"}, b"", "status 302"),
        (200, {"content-type": "text/html"}, b"{}", "application/json"),
        (200, {"content-type": "application/jsonp"}, b"{}", "application/json"),
        (200, {"content-encoding": "gzip"}, b"{}", "compressed"),
        (200, {}, b"[]", "not a JSON object"),
        (200, {}, b"{", "not JSON"),
        (200, {}, b"[" * 60_000, "not JSON"),
        (200, {}, b" " * 70_000, "longer than 64 KiB"),
    ],
)
async def test_only_small_json_objects_are_taken(
    publisher: Publisher, status: int, headers: dict[str, str], body: bytes, message: str
) -> None:
    publisher.status, publisher.headers, publisher.body = status, {**JSON_TYPE, **headers}, body
    documents = Documents(allow={CLIENT_ID: publisher.url})
    with pytest.raises(NoDocument, match=message):
        await documents.json(CLIENT_ID)
    assert len(publisher.asked) == 1


async def test_a_server_that_keeps_silent_is_given_up_after_five_seconds(publisher: Publisher) -> None:
    publisher.silent = True
    with pytest.raises(NoDocument, match="within 5 seconds"):
        await Documents(allow={CLIENT_ID: publisher.url}).json(CLIENT_ID)


@pytest.mark.parametrize(
    ("headers", "max_age"),
    [
        ({}, None),
        ({"cache-control": "max-age=600"}, 600.0),
        ({"cache-control": "public, max-age=600", "age": "100"}, 500.0),
        ({"cache-control": "no-store, max-age=600"}, 0.0),
        ({"cache-control": "no-cache"}, 0.0),
        ({"cache-control": "s-maxage=5"}, None),
    ],
)
async def test_a_document_says_how_long_it_may_be_kept(
    publisher: Publisher, headers: dict[str, str], max_age: float | None
) -> None:
    publisher.say(SAID, **{"content-type": "application/json; charset=utf-8"}, **headers)
    document = await Documents(allow={CLIENT_ID: publisher.url}).json(CLIENT_ID)
    assert (document.content, document.max_age) == (SAID, max_age)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "192.88.99.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::1",
        "2001:0:7f00:1::",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "100::1",
    ],
)
async def test_a_host_inside_is_not_visited_however_its_address_is_written(address: str) -> None:
    assert public(address) is False
    ip_address(address.partition("%")[0])

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["93.184.216.34", address]

    with pytest.raises(NoDocument, match="not on the public internet"):
        await Documents(resolve=resolve).json(CLIENT_ID)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert public(address) is True


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/meta.json",
        "https://127.0.0.1/meta.json",
        "https://127.1/meta.json",
        "https://0x7f000001/meta.json",
        "https://2130706433/meta.json",
        "https://[::1]/meta.json",
        "https://[::ffff:127.0.0.1]/meta.json",
    ],
)
async def test_this_machine_is_not_visited_by_any_name(url: str) -> None:
    with pytest.raises(NoDocument, match=r"not on the public internet|does not resolve|not a URL"):
        await Documents().json(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://client.example/meta.json", "https"),
        ("ftp://client.example/meta.json", "https"),
        ("https://client.example:8443/meta.json", "port"),
        ("https://user@client.example/meta.json", "plain URL"),
        ("https:///meta.json", "plain URL|not a URL"),
        ("https://client.example:x/", "not a URL"),
    ],
)
async def test_only_plain_https_addresses_are_visited(url: str, message: str) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError("nothing may be looked up")

    with pytest.raises(NoDocument, match=message):
        await Documents(resolve=resolve).json(url)


async def test_the_checked_address_is_visited_in_the_name_that_was_asked_for(tmp_path: Path) -> None:
    lookups: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        lookups.append(host)
        return ["127.0.0.1"]

    theirs, ours = certified("client.example", tmp_path)
    async with publishing(theirs) as publisher:
        publisher.say(SAID)
        port = publisher.url.rpartition(":")[2]
        documents = Documents(private=True, resolve=resolve, tls=ours)
        assert (await documents.json(f"https://client.example:{port}/meta.json")).content == SAID
        assert lookups == ["client.example"]
        (head,) = publisher.asked
        assert head.startswith("GET /meta.json HTTP/1.1\r\n")
        assert f"\r\nhost: client.example:{port}\r\n" in head.lower()
        with pytest.raises(NoDocument, match="cannot be reached"):
            await documents.json(f"https://other.example:{port}/meta.json")


async def test_the_operators_own_addresses_may_be_private_and_plain(publisher: Publisher) -> None:
    publisher.say({"issuer": publisher.url})
    document = await Documents(private=True).json(f"{publisher.url}/.well-known/openid-configuration")
    assert document.content == {"issuer": publisher.url}


@pytest.mark.parametrize(
    "client_id",
    [
        "https://client.example",
        "https://client.example/",
        "https://client.example/a/../b",
        "https://client.example/./b",
        "https://client.example/a#b",
        "https://u:p@client.example/a",
        "http://client.example/a",
    ],
)
async def test_an_address_that_is_no_client_identifier_is_not_visited(
    site: Door, publisher: Publisher, client_id: str
) -> None:
    with pytest.raises(AuthorizationRefused, match="not known here"):
        await site.authorization.request(site.asked(client_id, Pkce()), site.url, site.url)
    assert publisher.asked == []


def certified(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for `name`, and a client's that trusts nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both = folder / "both.pem"
    both.write_bytes(pem + private)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(both)
    return theirs, ssl.create_default_context(cadata=pem.decode())
