"""What `/clients` says of this server, used: by the official client, and by what a client reads from its own file."""

import json
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conformance.conversation import Json
from tests.conformance.typescript import connected

URL_KEYS = ("url", "serverUrl", "httpUrl", "uri")


def told(endpoint: str) -> list[Json]:
    """The clients that the page lists, with how each is connected."""
    address = urlsplit(endpoint)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=20)
    connection.request("GET", "/clients", headers={"Accept": "application/json"})
    return json.loads(connection.getresponse().read())["clients"]


def urls(text: str, section: str) -> set[str]:
    """The address in a JSON file of a client's."""
    entry: dict[str, Any] = json.loads(text)[section]["weir"]
    return {entry[key] for key in URL_KEYS if key in entry} or {entry["args"][2]}


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_the_address_in_every_file_is_one_that_the_official_client_can_use(weir_url: str, node: str, era: str) -> None:
    sections = ("mcpServers", "servers", "context_servers")
    files = [one["file"]["text"] for one in told(weir_url) if one["file"] and one["file"]["format"] == "json"]
    found = {url for text in files for url in urls(text, next(name for name in sections if f'"{name}"' in text))}
    assert found == {weir_url}
    with connected(node, found.pop(), era) as client:
        said = client.call("validate_work_email", {"email": "ada.lovelace@stripe.com"})
    assert said.structured["outcome"] == "found"


def test_a_file_that_weir_wrote_leads_the_official_client_to_the_server(
    weir_url: str, node: str, tmp_path: Path
) -> None:
    path = tmp_path / "mcp.json"
    path.write_text('{"mcpServers": {"other": {"command": "x"}}} // mine\n')
    command = [sys.executable, "-m", "server", "connect", "cursor", "--write", "--yes", "--url", weir_url]
    subprocess.run([*command, "--file", path], check=True, capture_output=True)
    text = path.read_text()
    assert text.endswith("// mine\n")
    servers = json.loads(text.partition("// mine")[0])["mcpServers"]
    assert servers["other"] == {"command": "x"}
    with connected(node, servers["weir"]["url"], "modern") as client:
        assert client.server == "weir"
