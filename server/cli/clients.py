"""How the usual MCP clients are connected, for the greeting of `serve` and for the README."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Client:
    """One client: where its words go, and the words. `place` is None where they are a command for a terminal."""

    name: str
    text: str
    place: str | None = None


def clients(endpoint: str) -> tuple[Client, ...]:
    """The clients with the words that connect each to the MCP server at `endpoint`."""
    remote = {"command": "npx", "args": ["-y", "mcp-remote", endpoint]}
    return (
        Client("Claude Code", f"claude mcp add --transport http weir {endpoint}"),
        Client("Claude Desktop", _servers(remote), "claude_desktop_config.json (needs Node.js)"),
        Client("Cursor", _servers({"url": endpoint}), "~/.cursor/mcp.json"),
        Client("VS Code", f"code --add-mcp '{json.dumps({'name': 'weir', 'type': 'http', 'url': endpoint})}'"),
    )


def _servers(server: Mapping[str, object]) -> str:
    return json.dumps({"mcpServers": {"weir": server}})


def greeting(url: str, *, sandbox: bool) -> str:
    """What `serve` prints: where it is, what it calls, and how to connect."""
    mode = "simulated providers, nothing costs money" if sandbox else "real providers, calls cost credits"
    lines = [f"Weir is running on {url} ({mode}).", ""]
    for client in clients(f"{url}/mcp"):
        lines += [f"  {client.name}, {_how(client)}:", f"    {client.text}"]
    return "\n".join([*lines, "", "Press Ctrl-C to stop."])


def _how(client: Client) -> str:
    return f"in {client.place}" if client.place else "in a terminal"


def connect_table(endpoint: str) -> str:
    """The same as a Markdown table."""
    rows = ["| client | where | what |", "|---|---|---|"]
    rows += [f"| {one.name} | {one.place or 'in a terminal'} | `{one.text}` |" for one in clients(endpoint)]
    return "\n".join(rows)
