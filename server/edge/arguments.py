"""From a tool function's signature to a model of its arguments, and from whatever a client sends to that model."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from server.domain.explanation import explained
from server.domain.person import Part

Groups = Mapping[str, type[Part]]
"""The parameters of a function that stand for several arguments, and the parts that name those."""


class Arguments(BaseModel):
    """Base of every tool's arguments."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def arguments_model(function: Callable[..., Any], *, skip: frozenset[str] = frozenset()) -> type[Arguments]:
    """The model of `function`'s parameters, types and texts taken from its annotations.

    A parameter that is a `Part` is sent as that part's fields, side by side with the other arguments.
    """
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name in skip:
            continue
        own = _fields_of_group(hints[name]) or {
            name: (hints[name], ... if parameter.default is inspect.Parameter.empty else parameter.default)
        }
        if twice := fields.keys() & own.keys():
            raise ValueError(f"{function.__name__} has two arguments named {', '.join(sorted(twice))}")
        fields |= own
    return create_model(f"{function.__name__}_arguments", __base__=Arguments, **fields)


def groups_of(function: Callable[..., Any]) -> Groups:
    """The parameters of `function` that are parts."""
    return {name: hint for name, hint in get_type_hints(function).items() if name != "return" and _is_group(hint)}


def grouped(values: dict[str, Any], groups: Groups) -> dict[str, Any]:
    """Checked arguments by the name of the function's parameter: those of a part are put together."""
    parts = {name: part(**{field: values[field] for field in part.model_fields}) for name, part in groups.items()}
    inside = {field for part in groups.values() for field in part.model_fields}
    return {name: value for name, value in values.items() if name not in inside} | parts


def _fields_of_group(hint: Any) -> dict[str, Any]:
    return {name: (field.annotation, field) for name, field in hint.model_fields.items()} if _is_group(hint) else {}


def _is_group(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Part)


def parse(model: type[Arguments], raw: Mapping[str, Any] | None) -> Arguments:
    """Validated arguments; `InvalidInput` names every field that is wrong and says what to send instead."""
    given = {name: value for name, value in (raw or {}).items() if value is not None}
    try:
        return model.model_validate(_decoded(model, given))
    except ValidationError as error:
        raise explained(model, error) from None


def _decoded(model: type[Arguments], given: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays and objects that arrive as JSON text, as some clients send them, are decoded; the rest stays."""
    return {name: _decode(value) if _wants_structure(model, name) else value for name, value in given.items()}


def _wants_structure(model: type[Arguments], name: str) -> bool:
    field = model.model_fields.get(name)
    if field is None:
        return False
    options = [field.annotation, *get_args(field.annotation)]
    # An optional value with a description is a union around an annotated type.
    types = [get_args(option)[0] if get_origin(option) is Annotated else option for option in options]
    return any((get_origin(one) or one) in (list, tuple, dict, set) for one in types)


def _decode(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
