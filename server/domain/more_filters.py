"""Rarely used search filters as one list of `name:value` texts, so that a search with a hundred filters stays small.

The names are the fields of the filter models in `search`; every value is checked as if it had an argument of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, cast, get_origin

from pydantic import BeforeValidator

from server.domain import fields
from server.domain.errors import InvalidInput
from server.domain.person import Part

F = TypeVar("F", bound=Part)
FIELD = "more_filters"


def _entries(value: Any) -> Any:
    match value:
        case str():
            return [value]
        case {**named}:
            return [f"{name}:{one}" for name, given in named.items() for one in _listed(given)]
        case _:
            return value


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


MoreFilters = Annotated[fields.Words, BeforeValidator(_entries)]
"""`name:value` texts; an object of names and values, and a single text, are read the same."""


def chosen(model: type[F], named: Mapping[str, Any], more: Iterable[str] = ()) -> F:
    """The filters of `model` that are set in `named` and in `more`; lists that are in both are joined.

    `InvalidInput` for a name that is none, or that has two values and takes one; pydantic's `ValidationError` names a
    filter with a bad value.
    """
    values = {name: value for name, value in named.items() if value not in (None, ())}
    for entry in more:
        name, colon, value = (part.strip() for part in entry.partition(":"))
        if name not in model.model_fields or not colon:
            raise _no_filter(model, entry, name)
        if get_origin(model.model_fields[name].annotation) is tuple:
            values[name] = (*values.get(name, ()), value)
        elif name in values:
            raise InvalidInput(f"{FIELD}: {name} is given twice.", field=FIELD, fix=f"Give {name} once.")
        else:
            values[name] = value
    return model(**values)


def _no_filter(model: type[Part], entry: str, name: str) -> InvalidInput:
    if name in model.model_fields:
        return InvalidInput(f"{FIELD}: {entry!r} has no value.", field=FIELD, fix=f"Write {name}:value.")
    close = get_close_matches(name, model.model_fields, n=1)
    return InvalidInput(
        f"{FIELD}: {name[:80]!r} is not a filter.",
        field=FIELD,
        fix=f"Write {close[0]}:value." if close else f"The filters are {', '.join(model.model_fields)}.",
    )
