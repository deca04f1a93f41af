"""JSON Schemas as clients can bear them: flat, without `$ref`, unions with null, `default` or `additionalProperties`.

Several clients refuse or drop tools whose schemas hold any of these; an optional value is simply absent.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

_DROPPED = frozenset(
    {
        "title",
        "default",
        "additionalProperties",
        "$defs",
        "examples",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "maxProperties",
        "pattern",
    }
)


@cache
def input_schema(model: type[BaseModel]) -> Schema:
    """The schema of a tool's arguments, with the descriptions that a model reads; made once, and not to be changed."""
    return _flat(model.model_json_schema())


def output_schema(model: type[BaseModel], *, fields: Collection[str] | None = None) -> Schema:
    """The outline of a result body: names and types of its fields, or of some, and nothing of what is nested.

    Every byte of it goes to every client at every start, so prose and depth are left to the documents.
    """
    properties = _flat(model.model_json_schema(mode="serialization"))["properties"]
    shown = properties if fields is None else fields
    return {
        "type": "object",
        "properties": {
            name: {"type": value.get("type", "string")} for name, value in properties.items() if name in shown
        },
    }


def _flat(schema: Schema) -> Schema:
    return _resolve(schema, schema.get("$defs", {}))


def _resolve(node: Any, definitions: Schema) -> Any:
    if isinstance(node, list):
        return [_resolve(item, definitions) for item in node]  # pyright: ignore[reportUnknownVariableType] - JSON
    if not isinstance(node, dict):
        return node
    schema: Schema = dict(node)  # pyright: ignore[reportUnknownArgumentType] - JSON
    if "$ref" in schema:
        target = definitions[schema.pop("$ref").rsplit("/", 1)[-1]]
        # The text of a class is for its readers; clients read that of the argument.
        told = {key: value for key, value in target.items() if key != "description"}
        return _resolve({**told, **schema}, definitions)
    if "anyOf" in schema:
        kept = [option for option in schema.pop("anyOf") if option.get("type") != "null"]
        if len(kept) != 1:
            raise TypeError(f"a union of {len(kept)} types cannot be sent to clients: {kept}")
        return _resolve({**kept[0], **schema}, definitions)
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if schema.get("minimum") in (0, 1):
        # Nobody asks for fewer than none, or for no rows at all.
        del schema["minimum"]
    if "items" in schema:
        # The list has a text of its own, or its name says enough.
        schema["items"] = {key: value for key, value in schema["items"].items() if key != "description"}
    return {
        key: _properties(value, definitions) if key == "properties" else _resolve(value, definitions)
        for key, value in schema.items()
        if key not in _DROPPED
    }


def _properties(properties: Schema, definitions: Schema) -> Schema:
    """Keys below `properties` are names, not keywords: a field may well be called `title`."""
    return {name: _resolve(value, definitions) for name, value in properties.items()}
