"""JSON Schemas as clients can bear them: flat, without `$ref`, unions with null, `default` or `additionalProperties`.

Several clients refuse or drop tools whose schemas hold any of these; an optional value is simply absent.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

Schema = dict[str, Any]

_DROPPED = frozenset({"title", "default", "additionalProperties", "$defs"})


def input_schema(model: type[BaseModel]) -> Schema:
    """The schema of a tool's arguments, with the descriptions that a model reads."""
    return _flat(model.model_json_schema(schema_generator=GenerateJsonSchema), described=True)


def output_schema(model: type[BaseModel], *, without: frozenset[str] = frozenset()) -> Schema:
    """The schema of a result body, without prose: names carry the meaning, and every byte goes to every client."""
    full = model.model_json_schema(mode="serialization")
    for name in without:
        full["properties"].pop(name, None)
    schema = _flat(full, described=False)
    required = [name for name in schema.get("required", []) if name not in without]
    return {**schema, "required": required} if required else {k: v for k, v in schema.items() if k != "required"}


def _flat(schema: Schema, *, described: bool) -> Schema:
    return _resolve(schema, schema.get("$defs", {}), described=described)


def _resolve(node: Any, definitions: Schema, *, described: bool) -> Any:
    if isinstance(node, list):
        return [_resolve(item, definitions, described=described) for item in node]  # pyright: ignore[reportUnknownVariableType] - JSON
    if not isinstance(node, dict):
        return node
    schema: Schema = dict(node)  # pyright: ignore[reportUnknownArgumentType] - JSON
    if "$ref" in schema:
        target = definitions[schema.pop("$ref").rsplit("/", 1)[-1]]
        return _resolve({**target, **schema}, definitions, described=described)
    if "anyOf" in schema:
        kept = [option for option in schema.pop("anyOf") if option.get("type") != "null"]
        if len(kept) != 1:
            raise TypeError(f"a union of {len(kept)} types cannot be sent to clients: {kept}")
        return _resolve({**kept[0], **schema}, definitions, described=described)
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    dropped = _DROPPED if described else _DROPPED | {"description", "examples"}
    return {
        key: _properties(value, definitions, described=described)
        if key == "properties"
        else _resolve(value, definitions, described=described)
        for key, value in schema.items()
        if key not in dropped
    }


def _properties(properties: Schema, definitions: Schema, *, described: bool) -> Schema:
    """Keys below `properties` are names, not keywords: a field may well be called `title`."""
    return {name: _resolve(value, definitions, described=described) for name, value in properties.items()}
