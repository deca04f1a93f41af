"""Every client that Weir knows how to connect."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from server.settings import Auth
from server.web.assistants.config_file import ConfigFile, Format, everywhere
from server.web.assistants.door import NAME, Door
from server.web.assistants.guide import Guide

_TITLE = "Weir"
_SAYS = "B2B enrichment through one metered door"


def guides(door: Door) -> tuple[Guide, ...]:
    """The ways to connect each client to `door`, the commonest clients first."""
    return tuple(make(door) for make in _MAKERS)


def guide(slug: str, door: Door) -> Guide:
    """The ways to connect the client of that slug, which has to be known."""
    return next(found for found in guides(door) if found.slug == slug)


def _claude(door: Door) -> Guide:
    asked = {"modal": "add-custom-connector", "connectorName": _TITLE, "connectorUrl": door.endpoint}
    return Guide(
        "claude",
        "Claude (web, desktop, mobile)",
        link=f"https://claude.ai/customize/connectors?{urlencode(asked)}" if door.public else None,
        steps=(
            "Open Customize, then Connectors, then Add custom connector.",
            f"Name it {_TITLE}, and paste the URL {door.endpoint}",
            "Add it, and connect.",
        ),
        notes=("On Team and Enterprise plans an owner adds the connector first; members then connect to it.",),
        takes_keys=False,
        from_the_internet=True,
    )


def _claude_code(door: Door) -> Guide:
    header = ("--header", f"Authorization: {door.authorization}") if door.authorization else ()
    return Guide(
        "claude-code",
        "Claude Code",
        command=("claude", "mcp", "add", "--transport", "http", NAME, door.endpoint, *header),
        sign_in="Type /mcp in Claude Code, choose weir, and authenticate.",
        notes=("This adds Weir for the current folder; put --scope user before the name for all folders.",),
    )


def _claude_desktop(door: Door) -> Guide:
    return Guide(
        "claude-desktop",
        "Claude Desktop, for a server that the internet does not reach",
        file=ConfigFile(
            "mcpServers",
            _bridged(door),
            {
                "darwin": "~/Library/Application Support/Claude/claude_desktop_config.json",
                "win32": "~/AppData/Roaming/Claude/claude_desktop_config.json",
                "linux": "~/.config/Claude/claude_desktop_config.json",
            },
        ),
        notes=("Needs Node.js 18 or newer. Quit Claude Desktop and start it again afterwards.",),
    )


def _cursor(door: Door) -> Guide:
    entry = {"url": door.endpoint, **door.headers}
    config = b64encode(json.dumps({"url": door.endpoint}).encode()).decode()
    return Guide(
        "cursor",
        "Cursor",
        link=f"cursor://anysphere.cursor-deeplink/mcp/install?{urlencode({'name': NAME, 'config': config})}",
        file=ConfigFile("mcpServers", entry, everywhere("~/.cursor/mcp.json")),
        sign_in="Open Cursor Settings, then MCP, and choose Connect beside weir.",
    )


def _vscode(door: Door) -> Guide:
    plain = {"type": "http", "url": door.endpoint}
    entry = {**plain, **door.headers}
    return Guide(
        "vscode",
        "VS Code",
        link=f"vscode:mcp/install?{quote(json.dumps({'name': NAME, **plain}), safe='')}",
        command=("code", "--add-mcp", json.dumps({"name": NAME, **entry})),
        file=ConfigFile(
            "servers",
            entry,
            {
                "darwin": "~/Library/Application Support/Code/User/mcp.json",
                "win32": "~/AppData/Roaming/Code/User/mcp.json",
                "linux": "~/.config/Code/User/mcp.json",
            },
        ),
        notes=("A folder's own configuration is .vscode/mcp.json in the same form.",),
    )


def _chatgpt(door: Door) -> Guide:
    return Guide(
        "chatgpt",
        "ChatGPT",
        steps=(
            "Open Settings, then Apps & Connectors, then Advanced settings, and switch Developer mode on.",
            f"Choose Create, name it {_TITLE}, and paste the URL {door.endpoint}",
            "Authentication: OAuth." if door.signs_in else "Authentication: none.",
        ),
        notes=(
            "Which plans have developer mode, and with tools that change or spend something, is OpenAI's choice; in "
            "workspaces an administrator has to allow it.",
        ),
        takes_keys=False,
        from_the_internet=True,
    )


def _codex(door: Door) -> Guide:
    header = {"http_headers": {"Authorization": door.authorization}} if door.authorization else {}
    return Guide(
        "codex",
        "Codex",
        # The command has no option for a header, so a key goes into the file.
        command=() if door.key else ("codex", "mcp", "add", NAME, "--url", door.endpoint),
        file=ConfigFile(
            "mcp_servers", {"url": door.endpoint, **header}, everywhere("~/.codex/config.toml"), Format.TOML
        ),
        sign_in=f"Run: codex mcp login {NAME}",
    )


def _gemini(door: Door) -> Guide:
    header = ("--header", f"Authorization: {door.authorization}") if door.authorization else ()
    return Guide(
        "gemini-cli",
        "Gemini CLI",
        command=("gemini", "mcp", "add", "--scope", "user", "--transport", "http", *header, NAME, door.endpoint),
        # `url` would mean the older SSE transport here.
        file=ConfigFile(
            "mcpServers", {"httpUrl": door.endpoint, **door.headers}, everywhere("~/.gemini/settings.json")
        ),
        sign_in=f"Type /mcp auth {NAME} in Gemini CLI.",
    )


def _windsurf(door: Door) -> Guide:
    return Guide(
        "windsurf",
        "Windsurf",
        file=ConfigFile(
            "mcpServers",
            {"serverUrl": door.endpoint, **door.headers},
            everywhere("~/.codeium/windsurf/mcp_config.json"),
        ),
        notes=("Some versions read ~/.codeium/mcp_config.json instead. Press Refresh in the MCP panel afterwards.",),
    )


def _zed(door: Door) -> Guide:
    settings = everywhere("~/.config/zed/settings.json")
    return Guide(
        "zed",
        "Zed",
        file=ConfigFile(
            "context_servers",
            {"url": door.endpoint, **door.headers},
            {**settings, "win32": "~/AppData/Roaming/Zed/settings.json"},
        ),
        notes=("Zed signs in through OAuth exactly where no Authorization header is set.",),
    )


def _jetbrains(door: Door) -> Guide:
    bare = door.auth is Auth.OPEN
    return Guide(
        "jetbrains",
        "JetBrains AI Assistant",
        steps=("Open Settings, then Tools, AI Assistant, Model Context Protocol (MCP), choose Add, and paste:",),
        # JetBrains documents neither OAuth nor headers, so mcp-remote does that where it is needed.
        file=ConfigFile("mcpServers", {"url": door.endpoint} if bare else _bridged(door)),
        notes=() if bare else ("Needs Node.js 18 or newer: mcp-remote signs in for the IDE.",),
    )


def _goose(door: Door) -> Guide:
    asked = {"type": "streamable_http", "url": door.endpoint, "id": NAME, "name": _TITLE, "description": _SAYS}
    entry: dict[str, object] = {
        "enabled": True,
        "type": "streamable_http",
        "name": NAME,
        "description": _SAYS,
        "uri": door.endpoint,
        "envs": {},
        "env_keys": [],
        "headers": door.headers.get("headers", {}),
        "timeout": 300,
    }
    return Guide(
        "goose",
        "Goose",
        link=f"goose://extension?{urlencode(asked, quote_via=quote, safe='')}",
        file=ConfigFile(
            "extensions",
            entry,
            {**everywhere("~/.config/goose/config.yaml"), "win32": "~/AppData/Roaming/Block/goose/config/config.yaml"},
            Format.YAML,
        ),
    )


def _mcp_remote(door: Door) -> Guide:
    header = ("--header", f"Authorization:{door.authorization}") if door.authorization else ()
    return Guide(
        "mcp-remote",
        "Any client that only starts programs (mcp-remote)",
        command=("npx", "-y", "mcp-remote", door.endpoint, *_plain_http(door), *header),
        file=ConfigFile("mcpServers", _bridged(door)),
        notes=("Needs Node.js 18 or newer. The client starts the command, and talks to it over its standard input.",),
    )


def _bridged(door: Door) -> dict[str, Any]:
    """An entry that starts mcp-remote, which speaks stdio to the client and HTTP to Weir."""
    bridge: dict[str, Any] = {"command": "npx", "args": ["-y", "mcp-remote", door.endpoint, *_plain_http(door)]}
    if door.authorization:
        # Some clients on Windows break arguments at spaces, so the value travels in the environment.
        bridge["args"] += ["--header", "Authorization:${WEIR_AUTHORIZATION}"]
        bridge["env"] = {"WEIR_AUTHORIZATION": door.authorization}
    return bridge


def _plain_http(door: Door) -> tuple[str, ...]:
    """mcp-remote wants to be told where http is meant, except on these two names."""
    local = door.endpoint.startswith(
        ("http://localhost:", "http://127.0.0.1:", "http://localhost/", "http://127.0.0.1/")
    )
    return () if door.secure or local else ("--allow-http",)


_MAKERS: tuple[Callable[[Door], Guide], ...] = (
    _claude,
    _claude_code,
    _claude_desktop,
    _chatgpt,
    _cursor,
    _vscode,
    _codex,
    _gemini,
    _windsurf,
    _zed,
    _jetbrains,
    _goose,
    _mcp_remote,
)
