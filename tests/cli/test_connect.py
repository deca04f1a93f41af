"""`weir connect`: what it tells for each client, and what it writes into files that hold other things."""

from __future__ import annotations

import json
import shlex
import stat
import tomllib
from base64 import b64decode
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from server.cli import client_files, jsonc
from server.domain.errors import InvalidInput
from server.settings import Auth
from server.web.assistants.config_file import ConfigFile, Format, everywhere
from server.web.assistants.door import Door
from server.web.assistants.guides import guide, guides
from tests.cli.conftest import Command

LOCAL = "http://127.0.0.1:8000/mcp"
PUBLIC = "https://weir.example.com/mcp"
DOORS = {
    "open": Door(LOCAL),
    "builtin": Door(PUBLIC, Auth.BUILTIN),
    "external": Door(PUBLIC, Auth.EXTERNAL),
    "key": Door(PUBLIC, Auth.BUILTIN, "weir_secret"),
}
SLUGS = [found.slug for found in guides(DOORS["open"])]
EVERY = pytest.mark.parametrize("slug", SLUGS)
EITHER = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own."""
    home = tmp_path / "person"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("sys.platform", "linux")
    return home


def read(text: str, form: Format) -> Any:
    match form:
        case Format.JSON:
            return json.loads(text)
        case Format.TOML:
            return tomllib.loads(text)
        case Format.YAML:
            return yaml.safe_load(text)


@EVERY
@EITHER
def test_every_file_parses_to_the_entry_it_is_made_of(slug: str, door: Door) -> None:
    file = guide(slug, door).file
    if file is None:
        return
    assert read(file.text, file.format) == {file.section: {"weir": file.entry}}
    assert door.endpoint in json.dumps(file.entry)
    assert ("weir_secret" in file.text) == (door.key is not None)


@EVERY
@EITHER
def test_every_client_has_a_way_to_be_connected_that_names_the_server(slug: str, door: Door) -> None:
    found = guide(slug, door)
    said = " ".join(
        [unquote(found.link or ""), found.command_line, found.file.text if found.file else "", *found.steps]
    )
    assert door.endpoint in said or slug == "claude"
    assert shlex.split(found.command_line) == list(found.command)


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_links_lead_to_the_server_and_hold_no_key(door: Door) -> None:
    links = {found.slug: urlsplit(found.link) for found in guides(door) if found.link}
    cursor = parse_qs(links["cursor"].query)
    assert (links["cursor"].scheme, links["cursor"].path, cursor["name"]) == ("cursor", "/mcp/install", ["weir"])
    assert json.loads(b64decode(cursor["config"][0])) == {"url": door.endpoint}
    assert (links["vscode"].scheme, links["vscode"].path) == ("vscode", "mcp/install")
    assert json.loads(unquote(links["vscode"].query)) == {"name": "weir", "type": "http", "url": door.endpoint}
    goose = parse_qs(links["goose"].query)
    assert (links["goose"].scheme, links["goose"].netloc) == ("goose", "extension")
    assert (goose["type"], goose["url"]) == (["streamable_http"], [door.endpoint])
    assert ("claude" in links) == door.public
    assert not any("weir_secret" in unquote(found.link or "") for found in guides(door))


def test_the_link_to_claude_names_the_server() -> None:
    link = urlsplit(guide("claude", DOORS["builtin"]).link or "")
    assert (link.netloc, link.path) == ("claude.ai", "/customize/connectors")
    assert parse_qs(link.query) == {
        "modal": ["add-custom-connector"],
        "connectorName": ["Weir"],
        "connectorUrl": [PUBLIC],
    }


@pytest.mark.parametrize(
    ("slug", "command"),
    [
        ("claude-code", f"claude mcp add --transport http weir {PUBLIC} --header 'Authorization: Bearer weir_secret'"),
        (
            "gemini-cli",
            "gemini mcp add --scope user --transport http --header 'Authorization: Bearer weir_secret' weir " + PUBLIC,
        ),
        ("mcp-remote", f"npx -y mcp-remote {PUBLIC} --header 'Authorization:Bearer weir_secret'"),
        ("codex", ""),
    ],
)
def test_a_key_is_sent_by_commands_that_can(slug: str, command: str) -> None:
    assert guide(slug, DOORS["key"]).command_line == command


@pytest.mark.parametrize(
    ("url", "extra"),
    [(PUBLIC, []), (LOCAL, []), ("http://localhost/mcp", []), ("http://10.0.0.5:8000/mcp", ["--allow-http"])],
)
def test_mcp_remote_is_told_where_http_is_meant(url: str, extra: list[str]) -> None:
    file = guide("claude-desktop", Door(url)).file
    assert file is not None
    assert file.entry["args"] == ["-y", "mcp-remote", url, *extra]


def test_what_is_printed_can_be_pasted(weir: Command) -> None:
    done = weir("connect", "windsurf", "--url", "https://weir.example.com/")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out[done.out.index("{") : done.out.rindex("}") + 1]) == {
        "mcpServers": {"weir": {"serverUrl": PUBLIC}}
    }
    assert "~/.codeium/windsurf/mcp_config.json" in done.out


def test_a_server_on_this_machine_cannot_be_connected_to_web_clients_and_the_command_says_so(weir: Command) -> None:
    for client in ("claude", "chatgpt"):
        assert "has to be on the internet" in weir("connect", client).out
        assert "has to be on the internet" not in weir("connect", client, "--url", PUBLIC).out


def test_a_wrong_url_and_a_key_for_a_client_that_takes_none_are_refused(weir: Command) -> None:
    assert "weir.example.com is not a URL" in weir("connect", "cursor", "--url", "weir.example.com").err
    assert "takes no keys" in weir("connect", "chatgpt", "--key", "weir_x").err


def test_a_new_file_can_be_read_by_its_owner_only(weir: Command, own_home: Path) -> None:
    done = weir("connect", "cursor", "--write", "--yes", "--key", "weir_x")
    path = own_home / ".cursor" / "mcp.json"
    assert done.out.startswith(f"Wrote {path}.\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {
        "mcpServers": {"weir": {"url": LOCAL, "headers": {"Authorization": "Bearer weir_x"}}}
    }


COMMENTED = """// Zed settings
{
    "theme": "One", // mine
    "context_servers": {
        "other": {"url": "https://other.example"}, // keep
    },
    /* the end */
}
"""


def test_comments_other_servers_and_the_mode_survive(weir: Command, own_home: Path) -> None:
    path = own_home / ".config" / "zed" / "settings.json"
    path.parent.mkdir(parents=True)
    path.write_text(COMMENTED)
    path.chmod(0o640)
    assert weir("connect", "zed", "--write", "--yes").code == 0
    assert path.read_text() == COMMENTED.replace(
        "// keep\n", '// keep\n        "weir": {\n            "url": "http://127.0.0.1:8000/mcp"\n        }\n'
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    (backup,) = path.parent.glob("settings.json.*.bak")
    assert backup.read_text() == COMMENTED


def test_writing_twice_changes_nothing_and_another_address_replaces_the_first(weir: Command, own_home: Path) -> None:
    path = own_home / ".cursor" / "mcp.json"
    path.parent.mkdir()
    path.write_text('{"mcpServers": {"other": {"command": "x"}}}')
    weir("connect", "cursor", "--write", "--yes")
    once = path.read_text()
    assert "says so already" in weir("connect", "cursor", "--write", "--yes").out
    assert path.read_text() == once
    weir("connect", "cursor", "--write", "--yes", "--url", PUBLIC)
    assert json.loads(path.read_text()) == {"mcpServers": {"other": {"command": "x"}, "weir": {"url": PUBLIC}}}


CODEX = """# mine
model = "gpt"

[mcp_servers.weir]
url = "https://old.example/mcp"
enabled_tools = [
  "one",
]

# about the other
[mcp_servers.other]
command = "x"
args = ["[mcp_servers.weir]"]
"""


def test_a_toml_file_keeps_its_comments_and_tables(weir: Command, own_home: Path) -> None:
    path = own_home / ".codex" / "config.toml"
    path.parent.mkdir()
    path.write_text(CODEX)
    assert weir("connect", "codex", "--write", "--yes").code == 0
    text = path.read_text()
    assert tomllib.loads(text) == {
        "model": "gpt",
        "mcp_servers": {"other": {"command": "x", "args": ["[mcp_servers.weir]"]}, "weir": {"url": LOCAL}},
    }
    assert [line for line in ("# mine", "# about the other") if line not in text] == []


@pytest.mark.parametrize(
    ("slug", "text", "why"),
    [
        ("cursor", '{"mcpServers": [1]}', "there is no object where the servers belong"),
        ("cursor", '{"mcpServers": {}, "mcpServers": {}}', "it names one member twice"),
        ("cursor", '{"mcpServers": {', "Expecting"),
        ("cursor", "[]", "there is no object where"),
        ("cursor", "{'a': 1}", "Expecting property name"),
        ("codex", "mcp_servers = { other = { url = 'x' } }", "Cannot"),
        ("codex", "not toml", "Expected"),
        ("goose", "extensions:\n  other: {}\n", "does not change YAML files"),
    ],
)
def test_a_file_that_cannot_be_changed_safely_is_left_alone_with_what_to_add(
    weir: Command, tmp_path: Path, slug: str, text: str, why: str
) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    done = weir("connect", slug, "--write", "--yes", "--file", path)
    assert done.code == 2
    assert f"{path} was left as it is: " in done.err
    assert why in done.err
    assert LOCAL in done.err
    assert path.read_text() == text
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["config"]


def test_a_file_that_cannot_be_read_is_named(weir: Command, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'{"a": "\xe9"}')
    for name in (".", "latin"):
        done = weir("connect", "cursor", "--write", "--yes", "--file", tmp_path / name)
        assert f"{tmp_path / name} cannot be read: " in done.err


def test_a_link_to_the_file_stays_a_link(weir: Command, own_home: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    link = own_home / ".cursor" / "mcp.json"
    link.parent.mkdir()
    link.symlink_to(real)
    weir("connect", "cursor", "--write", "--yes")
    assert link.is_symlink()
    assert json.loads(real.read_text()) == {"mcpServers": {"weir": {"url": LOCAL}}}


def test_nothing_is_written_before_somebody_says_yes(
    weir: Command, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("n\n"))
    assert weir("connect", "cursor", "--write").code == 1
    assert [*own_home.iterdir()] == []


def test_a_client_with_a_command_of_its_own_is_told_by_it(
    weir: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/told\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    assert weir("connect", "claude-code", "--write", "--yes").code == 0
    assert (tmp_path / "told").read_text().split("\n") == ["mcp", "add", "--transport", "http", "weir", LOCAL, ""]


def test_a_missing_command_and_a_client_without_a_file_are_named(
    weir: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "There is no command claude here." in weir("connect", "claude-code", "--write", "--yes").err
    assert "no configuration that Weir could change" in weir("connect", "jetbrains", "--write", "--yes").err


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(NAMES, VALUES, max_size=4),
    st.none() | st.dictionaries(NAMES, VALUES, max_size=3),
    st.sampled_from([None, 0, 2, "\t"]),
    st.booleans(),
)
def test_any_object_keeps_all_else_when_a_member_is_added(
    others: dict[str, Any], servers: dict[str, Any] | None, indent: int | str | None, escaped: bool
) -> None:
    before = others | ({} if servers is None else {"mcpServers": servers})
    if not isinstance(before.get("mcpServers", {}), dict):
        return
    text = json.dumps(before, indent=indent, ensure_ascii=escaped)
    after = jsonc.parsed(jsonc.with_member(text, "mcpServers", "weir", {"url": "x"}))
    assert after == before | {"mcpServers": before.get("mcpServers", {}) | {"weir": {"url": "x"}}}


def test_an_unusual_table_is_refused_and_not_broken() -> None:
    text = '[mcp_servers.weir]\nargs = [\n["x"]]\n'
    file = ConfigFile("mcp_servers", {"url": LOCAL}, everywhere("~/x"), Format.TOML)
    with pytest.raises(InvalidInput, match="was left as it is"):
        client_files.merged(text, file, Path("x"))
