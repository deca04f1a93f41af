"""A client's configuration file: where it is, and what has to stand in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.web.assistants.door import NAME


class Format(StrEnum):
    """What a file is written in."""

    JSON = "json"
    TOML = "toml"
    YAML = "yaml"


def everywhere(path: str) -> Mapping[str, str]:
    """The same place below the home folder on every system."""
    return {"linux": path, "darwin": path, "win32": path}


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The entry `weir` below `section`, and the files that it belongs into."""

    section: str
    """The key of the object that holds all servers."""
    entry: Mapping[str, object]
    """What stands below it under the name `weir`."""
    paths: Mapping[str, str] = field(default_factory=dict[str, str])
    """By `sys.platform`, from `~`; empty where the text is pasted into the client's own settings."""
    format: Format = Format.JSON

    @property
    def text(self) -> str:
        """The whole file, if it held nothing else."""
        match self.format:
            case Format.JSON:
                return json.dumps({self.section: {NAME: self.entry}}, indent=2)
            case Format.TOML:
                return f"[{self.section}.{NAME}]\n" + "\n".join(f"{key} = {_toml(v)}" for key, v in self.entry.items())
            case Format.YAML:
                return f"{self.section}:\n  {NAME}:\n" + "\n".join(
                    f"    {key}: {json.dumps(value)}" for key, value in self.entry.items()
                )

    @property
    def line(self) -> str:
        """The JSON on one line."""
        return json.dumps({self.section: {NAME: self.entry}})

    @property
    def places(self) -> tuple[str, ...]:
        """Where the file is, each place with the systems it is for unless it is the same on all."""
        found: dict[str, list[str]] = {}
        for system, path in self.paths.items():
            found.setdefault(path, []).append(_SYSTEMS[system])
        if len(found) == 1:
            return tuple(found)
        return tuple(f"{path} ({', '.join(systems)})" for path, systems in found.items())


_SYSTEMS = {"darwin": "macOS", "win32": "Windows", "linux": "Linux"}


def _toml(value: object) -> str:
    """A TOML value; its basic strings take every escape that JSON writes."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{json.dumps(key)} = {_toml(inner)}" for key, inner in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - isinstance leaves the types of a Mapping open
        return f"{{ {pairs} }}"
    return json.dumps(value)
