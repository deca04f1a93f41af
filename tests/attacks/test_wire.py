"""Requests that are put together in ways that no client has: headers, bodies, and bytes on the wire."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from tests.access.firm import ADA, EVE, Firm, head
from tests.attacks.attacker import DISCOVER, FORM, browser, challenged, noted, post, raw, statuses
from tests.pages.forms import PASSWORD, form

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLAIMS: Mapping[str, dict[str, str]] = {
    "X-Forwarded-User": {"X-Forwarded-User": ADA},
    "X-Forwarded-Email": {"X-Forwarded-Email": ADA, "X-Forwarded-Access-Token": "x"},
    "X-Remote-User": {"X-Remote-User": ADA, "Remote-User": ADA},
    "X-Auth-Request-User": {"X-Auth-Request-User": ADA},
    "X-Weir-Member": {"X-Weir-Member": ADA, "X-Weir-Workspace": "acme"},
    "a client certificate": {"X-SSL-Client-Verify": "SUCCESS", "X-SSL-Client-S-DN": "CN=ada"},
    "a rewritten URL": {"X-Original-URL": "/health", "X-Rewrite-URL": "/health"},
    "this machine as the sender": {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=[::1]"},
    "proxy authorization": {"Proxy-Authorization": "Bearer KEY"},
    "a key as a Basic password": {"Authorization": "Basic d2VpcjpLRVk="},
    "a Digest": {"Authorization": 'Digest username="ada", response="KEY"'},
    "another scheme": {"Authorization": "Token KEY"},
    "no scheme": {"Authorization": "KEY"},
    "a cookie": {"Cookie": "weir=KEY; access_token=KEY; Authorization=Bearer KEY"},
    "a referrer": {"Referer": "https://weir.example/?access_token=KEY"},
    "underscores": {"X_Weir_Key": "KEY"},
}


@pytest.mark.parametrize("claim", CLAIMS)
async def test_a_header_that_only_claims_who_somebody_is_counts_for_nothing(weir: Firm, claim: str) -> None:
    key = await weir.text(ADA)
    challenged(weir, await post(weir, **{k: v.replace("KEY", key) for k, v in CLAIMS[claim].items()}), None)


@pytest.mark.parametrize(
    "spelt",
    ["Bearer KEYx", "Bearer xKEY", "Bearer KEY,", "Bearer KEY KEY", "Bearer KEY, Bearer KEY", "Bearer bearer KEY"],
)
async def test_a_key_with_anything_around_it_is_another_key(weir: Firm, spelt: str) -> None:
    key = await weir.text(ADA)
    challenged(weir, await post(weir, Authorization=spelt.replace("KEY", key)))
    challenged(weir, await post(weir, Authorization=f"Bearer {key.swapcase()}"))
    challenged(weir, await post(weir, Authorization=f"Bearer {key[:-1]}"))


@pytest.mark.parametrize("spelt", ["Bearer KEY", "bearer KEY", "BEARER KEY", "Bearer   KEY"])
async def test_a_key_is_accepted_however_its_header_is_spelt(weir: Firm, spelt: str) -> None:
    assert (await post(weir, Authorization=spelt.replace("KEY", await weir.text(ADA)))).status_code == 200


async def test_two_credentials_are_refused_whichever_comes_first(weir: Firm) -> None:
    adas, eves = await weir.text(ADA), await weir.text(EVE)
    async with browser(weir) as http:
        for one, other in ((adas, eves), (eves, adas), (adas, "weir_" + "x" * 43)):
            for pair in (
                [("Authorization", f"Bearer {one}"), ("Authorization", f"Bearer {other}")],
                [("Authorization", f"Bearer {one}"), ("X-Weir-Key", other)],
                [("X-Weir-Key", one), ("X-Weir-Key", other)],
            ):
                refused = await http.post("/mcp", json=DISCOVER, headers=[*head(DISCOVER).items(), *pair])
                assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


async def test_a_key_in_the_body_of_a_form_is_no_credential(weir: Firm) -> None:
    key = await weir.text(ADA)
    async with browser(weir) as http:
        challenged(weir, await http.post("/mcp", data={"access_token": key}), None)


HOSTS: Mapping[str, dict[str, str]] = {
    "another host": {"Host": "evil.example"},
    "ours as a subdomain": {"Host": "127.0.0.1.evil.example"},
    "ours as user information": {"Host": "127.0.0.1@evil.example"},
    "localhost as a prefix": {"Host": "localhost.evil.example"},
    "two hosts in one": {"Host": "127.0.0.1, evil.example"},
    "a port that is a host": {"Host": "127.0.0.1:@evil.example"},
    "a path": {"Host": "127.0.0.1/evil.example"},
    "nothing": {"Host": ""},
    "another loopback address": {"Host": "127.0.0.2"},
    "a wildcard": {"Host": "*"},
}


@pytest.mark.parametrize("host", HOSTS)
async def test_a_foreign_host_gets_neither_metadata_nor_a_page_nor_in(weir: Firm, host: str) -> None:
    key = await weir.text(ADA)
    async with browser(weir, ADA, **HOSTS[host]) as http:
        for path in (
            "/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration/mcp",
            "/.well-known/oauth-protected-resource/mcp",
            "/.well-known/jwks.json",
            "/sign-in",
            "/connections",
            "/authorize",
        ):
            misdirected = await http.get(path)
            assert misdirected.status_code == 421, path
            assert "evil.example" not in misdirected.text
        for path in ("/token", "/register", "/sign-in"):
            assert (await http.post(path, data={"a": "b"})).status_code == 421
        refused = await http.post("/mcp", json=DISCOVER, headers={**head(DISCOVER), "X-Weir-Key": key})
        assert refused.status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.example"},
        {"X-Host": "evil.example", "X-Forwarded-Server": "evil.example"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443", "X-Forwarded-Prefix": "/evil.example"},
    ],
    ids=["X-Forwarded-Host", "X-Host", "Forwarded", "X-Forwarded-Proto"],
)
async def test_nothing_but_the_host_says_how_the_server_is_called(weir: Firm, headers: dict[str, str]) -> None:
    async with browser(weir, **headers) as http:
        metadata = (await http.get("/.well-known/oauth-authorization-server")).json()
        assert (metadata["issuer"], metadata["token_endpoint"]) == (weir.url, f"{weir.url}/token")
        assert "evil.example" not in str(metadata)
        challenged(weir, await http.post("/mcp", json=DISCOVER, headers=head(DISCOVER)), None)
        set_up = await http.get("/sign-in")
        assert ("evil.example" in set_up.text, "Secure" in set_up.headers["set-cookie"]) == (False, False)


def request(weir: Firm, path: str, *headers: str, body: str = "", verb: str = "POST") -> bytes:
    """A request as text, with exactly these headers besides Host and the key's absence."""
    host = urlsplit(weir.url).netloc
    return "\r\n".join([f"{verb} {path} HTTP/1.1", f"Host: {host}", *headers, "", body]).encode("latin-1")


SMUGGLED = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
FRAMES: Mapping[str, tuple[str, ...]] = {
    "chunked and a length": ("Content-Length: 4", "Transfer-Encoding: chunked"),
    "a length and chunked": ("Transfer-Encoding: chunked", "Content-Length: 4"),
    "two lengths": ("Content-Length: 4", f"Content-Length: {len(SMUGGLED)}"),
    "two lengths in one": (f"Content-Length: 4, {len(SMUGGLED)}",),
    "a negative length": ("Content-Length: -1",),
    "a length with a sign": ("Content-Length: +4",),
    "a length in hexadecimal": ("Content-Length: 0x4",),
    "a coding that nobody knows": ("Transfer-Encoding: xchunked", "Content-Length: 4"),
    "chunked in disguise": ("Transfer-Encoding : chunked", "Content-Length: 4"),
    "a folded header": ("X-A: b", " Transfer-Encoding: chunked", "Content-Length : 4"),
    "a chunk of no size": ("Transfer-Encoding: chunked",),
}


@pytest.mark.parametrize("frame", FRAMES)
async def test_no_second_request_hides_in_a_first(weir: Firm, frame: str) -> None:
    kind = "Content-Type: application/x-www-form-urlencoded"
    heard = await raw(weir, request(weir, "/token", kind, *FRAMES[frame], body=f"zzz\r\n{SMUGGLED}"))
    assert statuses(heard)[:1] == [400]
    assert len(statuses(heard)) == 1
    assert b'"ok"' not in heard


@pytest.mark.parametrize(
    "line",
    ["X-A: a\0b", "X-A\0: b", "X A: b", ": b", "Authorization: Bearer a\rX-Weir-Key: b"],
    ids=["NUL in a value", "NUL in a name", "space in a name", "no name", "a bare carriage return"],
)
async def test_headers_that_can_be_read_in_two_ways_are_refused(weir: Firm, line: str) -> None:
    assert statuses(await raw(weir, request(weir, "/mcp", line, "Content-Length: 0")))[:1] == [400]


@pytest.mark.parametrize("endless", ["X-A: b\r\n", "b"], ids=["headers", "one header"])
async def test_who_sends_headers_without_end_is_hung_up_on(weir: Firm, endless: str) -> None:
    place = urlsplit(weir.url)
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(f"POST /mcp HTTP/1.1\r\nHost: {place.netloc}\r\nX-Long: ".encode())
    with pytest.raises(ConnectionError):
        await _send(writer, endless.encode() * 10_000, 64 << 20)
    writer.close()


async def _send(writer: asyncio.StreamWriter, part: bytes, most: int) -> None:
    for _ in range(most // len(part)):
        writer.write(part)
        await writer.drain()


async def test_a_request_for_another_server_is_not_answered_as_ours(weir: Firm) -> None:
    """An absolute address in the request line, two Host headers, none at all, and a tunnel."""
    metadata = "/.well-known/oauth-authorization-server"
    for text in (
        f"GET http://evil.example{metadata} HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        f"GET {metadata} HTTP/1.1\r\nHost: evil.example\r\nHost: {urlsplit(weir.url).netloc}\r\n\r\n",
        f"GET {metadata} HTTP/1.0\r\n\r\n",
        "CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n",
    ):
        heard = await raw(weir, text.encode())
        assert all(status >= 400 for status in statuses(heard)), heard
        assert b"evil.example" not in heard
        assert b"issuer" not in heard


@pytest.mark.parametrize(
    "path",
    [
        "/mcp/../operator",
        "/files/../../etc/passwd",
        "/files/%2e%2e%2f%2e%2e%2fweir.db",
        "//mcp",
        "/mcp/",
        "/MCP",
        "/mcp;x",
        "/mcp%00",
        "/%6dcp/",
        "/.well-known/../connections",
        "/operator",
        "/.git/config",
        "/weir.db",
    ],
)
async def test_no_other_spelling_of_a_path_leads_around_the_guard(weir: Firm, path: str) -> None:
    for verb in ("GET", "POST"):
        heard = await raw(weir, request(weir, path, "Content-Length: 0", "Connection: close", verb=verb))
        assert statuses(heard)[0] in {307, 400, 401, 403, 404, 405}
        assert b"jsonrpc" not in heard


FORMS = (
    "/token",
    "/revoke",
    "/introspect",
    "/mcp/token",
    "/sign-in",
    "/sign-out",
    "/authorize",
    "/mcp/authorize",
    "/connections/end-all",
    "/keys",
    "/account/password",
    "/account/sign-out",
    "/setup/x",
    "/password/x",
)
BODIES: Mapping[str, tuple[bytes, dict[str, str], set[int]]] = {
    "more than 64 KiB": (b"a=" + b"a" * 70_000, FORM, {413}),
    "more than 64 KiB of one field's name": (b"a" * 70_000 + b"=a", FORM, {413}),
    "JSON": (b'{"grant_type":"authorization_code"}', {"Content-Type": "application/json"}, {415}),
    "deep JSON": (b"[" * 50_000, {"Content-Type": "application/json"}, {415}),
    "XML": (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", {"Content-Type": "text/xml"}, {415}),
    "several parts": (b"--x\r\n\r\n--x--", {"Content-Type": "multipart/form-data; boundary=x"}, {415}),
    "no type": (b"a=b", {}, {415}),
    "compressed": (gzip.compress(b"a=" + b"a" * 1_000_000), {**FORM, "Content-Encoding": "gzip"}, {400, 403}),
    "bytes that are no text": (b"\xff\xfe=\xff%ff%c0%80", FORM, {400, 403}),
    "a NUL": (b"token=%00&client_id=%00&seal=%00", FORM, {400, 403}),
    "a thousand fields": (b"&".join(b"a%d=b" % n for n in range(1000)), FORM, {400, 403}),
    "nothing": (b"", FORM, {400, 401, 403}),
}


@pytest.mark.parametrize("body", BODIES)
async def test_no_form_is_taken_that_is_none_or_too_much(weir: Firm, body: str) -> None:
    content, headers, expected = BODIES[body]
    async with browser(weir, ADA) as http:
        for path in FORMS:
            refused = await http.post(path, content=content, headers=headers)
            assert refused.status_code in expected, (path, refused.text)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        pytest.param(b"{" * 50_000, "application/json", 400, id="deep JSON"),
        pytest.param(b'{"redirect_uris":' + b"[" * 50_000, "application/json", 400, id="deep redirect_uris"),
        pytest.param(b'{"client_name":"' + b"a" * 70_000, "application/json", 413, id="more than 64 KiB"),
        pytest.param(b"redirect_uris=x", "application/x-www-form-urlencoded", 415, id="a form"),
        pytest.param(b'{"redirect_uris":{"0":"https://a.example/"}}', "application/json", 400, id="another type"),
        pytest.param(
            b'{"redirect_uris":["https://a.example/"],"client_name":7}', "application/json", 400, id="no text"
        ),
        pytest.param(b'{"a":NaN,"redirect_uris":[]}', "application/json", 400, id="NaN"),
        pytest.param(b"\xff\xfe{\x00}\x00", "application/json", 400, id="another encoding"),
        pytest.param(gzip.compress(b"{}"), "application/json", 400, id="compressed"),
    ],
)
async def test_no_registration_is_taken_that_is_none_or_too_much(
    weir: Firm, content: bytes, kind: str, status: int
) -> None:
    async with browser(weir) as http:
        refused = await http.post("/register", content=content, headers={"Content-Type": kind})
    assert (refused.status_code, "client_id" in refused.json()) == (status, False)


async def test_sign_in_forms_in_json_sign_nobody_in(weir: Firm) -> None:
    async with browser(weir) as http:
        fields = form((await http.get("/sign-in")).text, "/sign-in").fields | {"email": ADA, "password": PASSWORD}
        refused = await http.post("/sign-in", json=fields)
        assert (refused.status_code, (await http.get("/connections")).status_code) == (415, 303)
    assert await noted(weir, "sign_in.succeeded", member=ADA) == []
