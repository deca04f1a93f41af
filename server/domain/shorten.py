"""Answers made short enough to read: long texts and lists are cut, and the answer says so."""

from __future__ import annotations

from pydantic import JsonValue


def text(value: str | None, longest: int) -> str | None:
    """At most `longest` characters, the last of them an ellipsis where something is missing."""
    if value is None or len(value) <= longest:
        return value
    return value[: longest - 1].rstrip() + "\u2026"


def lists(value: JsonValue, longest: int) -> JsonValue:
    """The value with at most `longest` entries in every list that is nested in it."""
    match value:
        case list():
            return [lists(entry, longest) for entry in value[:longest]]
        case dict():
            return {name: lists(entry, longest) for name, entry in value.items()}
        case _:
            return value
