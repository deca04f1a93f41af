"""How the usual clients are connected, on a line each: for the greeting of `serve` and for the README."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.markdown import table
from server.settings import Auth
from server.web.assistants.config_file import ConfigFile, Format
from server.web.assistants.door import Door
from server.web.assistants.guide import Guide
from server.web.assistants.guides import guides

_USUAL = ("claude-code", "claude-desktop", "cursor", "vscode")


@dataclass(frozen=True, slots=True)
class Client:
    """One client: where its words go, and the words. `place` is None where they are a command for a terminal."""

    name: str
    text: str
    place: str | None = None


def clients(endpoint: str) -> tuple[Client, ...]:
    """The commonest clients with the words that connect each to the MCP server at `endpoint`."""
    return tuple(client for guide in guides(Door(endpoint)) if guide.slug in _USUAL and (client := _client(guide)))


def _client(guide: Guide) -> Client | None:
    """One line for a client; None where it takes more than one, or cannot come to a server on this machine."""
    if guide.from_the_internet:
        return None
    name = guide.name.partition(",")[0]
    if guide.command:
        return Client(name, guide.command_line)
    if guide.file is None or guide.file.format is not Format.JSON:
        return None if guide.link is None else Client(name, guide.link, "in a browser")
    return Client(name, guide.file.line, _place(guide.file) + _needs(guide))


def _place(file: ConfigFile) -> str:
    """The path, or the file's name where the path depends on the system."""
    if not file.paths:
        return "its MCP settings"
    return file.places[0] if len(file.places) == 1 else file.paths["linux"].rpartition("/")[2]


def _needs(guide: Guide) -> str:
    return " (needs Node.js)" if any("Node.js" in note for note in guide.notes) else ""


def greeting(url: str, *, sandbox: bool, auth: Auth = Auth.OPEN, code: str = "") -> str:
    """What `serve` prints: where it is, what it calls, how to connect, and the `code` that approvals of spending take.

    Where people sign in here, approvals take no code.
    """
    mode = "simulated providers, nothing costs money" if sandbox else "real providers, calls cost credits"
    lines = [f"Weir is running on {url} ({mode}).", ""]
    for client in clients(f"{url}/mcp"):
        lines += [f"  {client.name}, {_how(client)}:", f"    {client.text}"]
    lines += ["", f"Other clients, and links that add Weir by one click: {url}/clients"]
    if auth is not Auth.OPEN:
        lines.append("Clients send people to sign in; see docs/identity.md.")
    if auth is not Auth.BUILTIN and code:
        lines.append(f"Pages on which you approve spending ask for this code: {code}")
    return "\n".join([*lines, "Press Ctrl-C to stop."])


def _how(client: Client) -> str:
    return f"in {client.place}" if client.place else "in a terminal"


def connect_table(endpoint: str) -> str:
    """All clients that reach a server on their own machine, as a Markdown table."""
    found = (_client(guide) for guide in guides(Door(endpoint)))
    rows = ((one.name, one.place or "in a terminal", f"`{one.text}`") for one in found if one)
    return table(("client", "where", "what"), rows)
