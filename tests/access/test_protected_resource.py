"""What a client reads that was refused: which resource this is, and who opens it (RFC 9728), as far as it asks."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx2
import pytest
from mcp.shared.auth import ProtectedResourceMetadata

from tests.access.firm import Firm, head, message
from tests.access.test_challenge import parameters

PLACE = "/.well-known/oauth-protected-resource"


def under(weir: Firm, host: str) -> str:
    """The server's URL by another of its names."""
    return f"http://{host}:{urlsplit(weir.url).port}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
@pytest.mark.parametrize("path", ["/mcp", ""])
async def test_the_resource_is_the_url_that_was_pasted_letter_by_letter(weir: Firm, host: str, path: str) -> None:
    base = under(weir, host)
    async with weir.http() as http:
        answer = await http.get(f"{PLACE}{path}", headers={"Host": urlsplit(base).netloc})
    document = answer.json()
    assert document == {
        "resource": f"{base}{path}",
        "authorization_servers": [base],
        # Without offline_access, which is between the client and the authorization server.
        "scopes_supported": ["enrich:read", "enrich:spend", "bulk:submit", "account:read"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Weir",
        "resource_documentation": f"{base}/clients",
    }
    ProtectedResourceMetadata.model_validate(document)
    assert answer.headers["content-type"] == "application/json"
    assert "Host" in answer.headers["vary"].split(", "), "what is kept for one name is not for another"


@pytest.mark.parametrize("pasted", ["/mcp", "/", ""])
async def test_the_challenge_leads_to_the_resource_and_on_to_the_server_that_opens_it(weir: Firm, pasted: str) -> None:
    ask = message("server/discover")
    async with httpx2.AsyncClient() as http:
        refused = await http.post(f"{weir.url}{pasted}", json=ask, headers=head(ask))
        (place,) = [value for name, value in parameters(refused.headers["www-authenticate"]) if name.startswith("res")]
        resource = (await http.get(place)).json()
        assert resource["resource"] == f"{weir.url}{pasted}".rstrip("/")
        (issuer,) = resource["authorization_servers"]
        described = (await http.get(f"{issuer}/.well-known/oauth-authorization-server")).json()
    assert described["issuer"] == issuer


@pytest.mark.parametrize("path", ["/mcp", ""])
async def test_it_may_be_asked_for_by_head_and_by_pages_of_any_origin(weir: Firm, path: str) -> None:
    origin = {"Origin": "https://inspector.example", "Access-Control-Request-Method": "GET"}
    async with weir.http() as http:
        asked = await http.head(f"{PLACE}{path}")
        preflight = await http.options(f"{PLACE}{path}", headers=origin)
        read = await http.get(f"{PLACE}{path}", headers=origin)
    assert (asked.status_code, asked.content) == (200, b"")
    assert [one.headers["access-control-allow-origin"] for one in (preflight, read)] == ["*", "*"]


@pytest.mark.parametrize("path", ["/mcp/", "/authorize", "/mcp/mcp"])
async def test_other_paths_are_no_resource_of_this_server(weir: Firm, path: str) -> None:
    async with weir.http() as http:
        assert (await http.get(f"{PLACE}{path}")).status_code in (307, 404)
