"""What pydantic found wrong with somebody's input, told to that somebody."""

from __future__ import annotations

import json
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError

from server.domain.errors import InvalidInput

_SHOWN = 3


def explained(model: type[BaseModel], error: ValidationError) -> InvalidInput:
    """What pydantic found wrong, as sentences that name the arguments of `model`."""
    problems = error.errors(include_url=False, include_input=False)
    names = [str(problem["loc"][0]) if problem["loc"] else "arguments" for problem in problems]
    sentences = [
        _sentence(model, name, problem["type"], problem["msg"]) for name, problem in zip(names, problems, strict=True)
    ]
    more = f" And {len(sentences) - _SHOWN} more." if len(sentences) > _SHOWN else ""
    return InvalidInput(
        " ".join(sentences[:_SHOWN]) + more, field=names[0], fix=_fix(model, names[0], problems[0]["type"])
    )


def _sentence(model: type[BaseModel], name: str, kind: str, message: str) -> str:
    match kind:
        case "extra_forbidden":
            return f"There is no argument {name}."
        case "missing":
            return f"{name} is missing."
        case "value_error":
            return f"{name} {message.removeprefix('Value error, ')}."
        case _:
            return f"{name}: {message.removeprefix('Input ').rstrip('.')}."


def _fix(model: type[BaseModel], name: str, kind: str) -> str:
    allowed = list(model.model_fields)
    if kind == "extra_forbidden":
        close = get_close_matches(name, allowed, n=1)
        return f"Use {close[0]}." if close else f"Leave it out; the arguments are {', '.join(allowed) or 'none'}."
    field = model.model_fields.get(name)
    example = f", such as {json.dumps(field.examples[0])}" if field is not None and field.examples else ""
    return f"Send {name}{example}." if kind == "missing" else f"Correct {name}{example}."
