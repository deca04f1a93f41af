"""Adds Weir to a configuration file that a client already has, and loses nothing of what else stands there."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from server.cli import jsonc
from server.domain.errors import InvalidInput
from server.web.assistants.config_file import ConfigFile, Format
from server.web.assistants.door import NAME


def place(file: ConfigFile, platform: str) -> Path | None:
    """Where the file is on a system, by its `sys.platform`; None where there is no such place."""
    path = file.paths.get(platform, file.paths.get("linux"))
    return Path(path).expanduser() if path else None


def read(path: Path) -> str:
    """The text of the file, empty where there is none; `InvalidInput` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{path} cannot be read: {error}.", field="file", fix="Name another one with --file, or mend it."
        ) from error


def merged(old: str, file: ConfigFile, path: Path) -> str:
    """The text `old` with Weir's entry in it; `InvalidInput` where that cannot be done without touching more."""
    if not old.strip():
        return file.text + "\n"
    if file.format not in _WAYS:
        raise _by_hand(file, path, f"Weir does not change {file.format.upper()} files that hold something already")
    parsed, change = _WAYS[file.format]
    try:
        before, wanted = parsed(old), parsed(old)
        _section(wanted, file.section)[NAME] = file.entry
        new = old if wanted == before else change(old, file)
        kept = parsed(new) == wanted
    except ValueError as error:
        raise _by_hand(file, path, str(error)) from error
    if not kept:
        raise _by_hand(file, path, "its form is unusual, and something else would have changed")
    return new


def _section(root: Any, name: str) -> dict[str, Any]:
    found = cast("dict[str, Any]", root).setdefault(name, {}) if isinstance(root, dict) else None
    if not isinstance(found, dict):
        raise ValueError("there is no object where the servers belong")
    return cast("dict[str, Any]", found)


def _json(old: str, file: ConfigFile) -> str:
    return jsonc.with_member(old, file.section, NAME, file.entry)


def _toml(old: str, file: ConfigFile) -> str:
    """A table of our own goes to the end. What is taken away of an older one ends at a comment or an empty line."""
    table = rf"^\[{file.section}\.{NAME}(\.[^\]]*)?\][^\n]*\n?([ \t]*[^\s\[#][^\n]*\n?)*"
    kept = re.sub(table, "", old, flags=re.MULTILINE).rstrip()
    return (f"{kept}\n\n" if kept else "") + file.text + "\n"


_WAYS: dict[Format, tuple[Callable[[str], Any], Callable[[str, ConfigFile], str]]] = {
    Format.JSON: (jsonc.parsed, _json),
    Format.TOML: (tomllib.loads, _toml),
}
"""How each format is read, and how Weir's entry is put into it."""


def _by_hand(file: ConfigFile, path: Path, why: str) -> InvalidInput:
    return InvalidInput(f"{path} was left as it is: {why}.", field="file", fix=f"Add this to it yourself:\n{file.text}")


def write(path: Path, text: str) -> Path | None:
    """Put `text` into the file at once; returns the copy of what was there, where there was something.

    A link is followed, and a new file can be read by its owner only, because it may hold a key.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    backup = _backup(path) if path.exists() else None
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    if backup:
        shutil.copymode(backup, draft)
    draft.replace(path)
    return backup


def _backup(path: Path) -> Path:
    copy = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}.bak")
    shutil.copy2(path, copy)
    return copy
