"""What clients read first, and browsers among them."""

from __future__ import annotations

import asyncio

import pytest
from mcp.shared.auth import OAuthMetadata

from server.storage.database import Database
from tests.databases import Clock
from tests.oauth.door import Door, door, refusal

OAUTH, OPENID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("path", "below"),
    [
        (OAUTH, ""),
        (OPENID, ""),
        (f"{OAUTH}/mcp", "/mcp"),
        (f"{OPENID}/mcp", "/mcp"),
        (f"/mcp{OAUTH}", "/mcp"),
        (f"/mcp{OPENID}", "/mcp"),
    ],
)
async def test_every_form_of_the_metadata_names_the_issuer_that_was_probed(site: Door, path: str, below: str) -> None:
    answer = await site.http.get(path)
    issuer = f"{site.url}{below}"
    document = answer.json()
    openid = {"subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"]}
    assert document == {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "registration_endpoint": f"{issuer}/register",
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        "jwks_uri": f"{site.url}/.well-known/jwks.json",
        "scopes_supported": [
            "enrich:read",
            "enrich:spend",
            "bulk:submit",
            "account:read",
            "admin",
            "offline_access",
        ],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "client_id_metadata_document_supported": True,
        "authorization_response_iss_parameter_supported": True,
    } | (openid if "openid" in path else {})
    assert answer.headers["content-type"] == "application/json"
    OAuthMetadata.model_validate(document)


async def test_the_issuer_follows_the_host_that_the_client_uses(site: Door) -> None:
    port = site.url.rpartition(":")[2]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
        document = (await site.http.get(OAUTH, headers={"host": host})).json()
        assert (document["issuer"], document["token_endpoint"]) == (f"http://{host}", f"http://{host}/token")


async def test_a_host_that_is_not_ours_gets_nothing(site: Door) -> None:
    for method, path in (("GET", OAUTH), ("POST", "/token"), ("POST", "/register"), ("GET", "/.well-known/jwks.json")):
        answer = await site.http.request(method, path, headers={"host": "evil.example"})
        assert (answer.status_code, answer.text) == (421, "This server is not known by that host name.")


async def test_the_operator_can_leave_out_that_answers_name_their_issuer(sqlite: Database, clock: Clock) -> None:
    async with door(sqlite, clock, advertise_iss=False) as site:
        for path in (OAUTH, OPENID, f"{OAUTH}/mcp"):
            assert "authorization_response_iss_parameter_supported" not in (await site.http.get(path)).json()


async def test_the_operator_can_leave_out_that_documents_are_read(sqlite: Database, clock: Clock) -> None:
    async with door(sqlite, clock, advertise_client_documents=False) as site:
        for path in (OAUTH, OPENID, f"{OAUTH}/mcp"):
            assert "client_id_metadata_document_supported" not in (await site.http.get(path)).json()


async def test_metadata_answers_head_and_options(site: Door) -> None:
    head = await site.http.head(OAUTH)
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", "application/json")
    options = await site.http.options(OAUTH)
    assert (options.status_code, options.headers["allow"]) == (204, "GET, OPTIONS")


@pytest.mark.parametrize(
    ("path", "method"), [(OAUTH, "GET"), (f"{OPENID}/mcp", "GET"), ("/token", "POST"), ("/mcp/register", "POST")]
)
async def test_pages_of_any_origin_may_ask_without_cookies(site: Door, path: str, method: str) -> None:
    asks = {
        "origin": "https://inspector.example",
        "access-control-request-method": method,
        "access-control-request-headers": "content-type, mcp-protocol-version, authorization",
    }
    preflight = await site.http.options(path, headers=asks)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert method in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-allow-headers"] == asks["access-control-request-headers"]
    assert "access-control-allow-credentials" not in preflight.headers
    answer = await site.http.request(method, path, headers={"origin": "https://inspector.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_refusal_can_be_read_by_a_page_too(site: Door) -> None:
    form = {"grant_type": "refresh_token", "client_id": "nobody", "refresh_token": "x"}
    answer = await site.http.post("/token", data=form, headers={"origin": "https://inspector.example"})
    assert refusal(answer) == (401, "invalid_client")
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("grant_type=refresh_token&grant_type=refresh_token", (400, "invalid_request")),
        ("client_id=a&grant_type=refresh_token&client_id=b", (400, "invalid_request")),
        ("grant_type=refresh_token&client_id=%FF", (400, "invalid_request")),
        ("grant_type=refresh_token&client_id=%00", (400, "invalid_request")),
        ("nonsense", (400, "invalid_request")),
        ("", (400, "invalid_request")),
        ("&".join(f"a{i}=1" for i in range(60)), (400, "invalid_request")),
        ("a=" + "x" * 70_000, (413, "invalid_request")),
    ],
)
async def test_forms_that_can_be_read_in_two_ways_are_refused(
    site: Door, content: str, expected: tuple[int, str]
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    for path in ("/token", "/revoke", "/introspect"):
        if content == "" and path != "/token":
            continue
        assert refusal(await site.http.post(path, content=content, headers=headers)) == expected


async def test_a_token_request_in_json_is_refused(site: Door) -> None:
    answer = await site.http.post("/token", json={"grant_type": "refresh_token"})
    assert refusal(answer) == (415, "invalid_request")


async def test_a_body_is_not_read_beyond_what_is_allowed(site: Door) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(site.url.rpartition(":")[2]))
    head = f"POST /token HTTP/1.1\r\nHost: {site.url.removeprefix('http://')}\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    writer.write(f"{head}{kind}Content-Length: 1000000000\r\n\r\n".encode() + b"x" * 70_000)
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_the_token_endpoint_takes_only_posts(site: Door) -> None:
    assert (await site.http.get("/token")).status_code == 405
