"""What a prompt is: a function from arguments to a script for the model; its docstring is the description.

The steps of a script name tools in backticks. A step that names a tool which the caller does not have is left out, so
that a prompt never sends a model after a tool that is not there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

from server.domain.errors import InvalidInput
from server.edge.arguments import Arguments, arguments_model, parse
from server.edge.tool import Caller

Suggest = Callable[[Caller, str], Awaitable[Sequence[str]]]
"""Completions of what was typed so far."""

_TOOL = re.compile(r"`([a-z][a-z0-9_]*)`")


@dataclass(frozen=True, slots=True)
class Completed:
    """Stands in an argument's annotation: where its completions come from."""

    suggest: Suggest


@dataclass(frozen=True, slots=True)
class Script:
    """What a prompt asks of the model. Only `task` and `facts` may hold what the user typed."""

    task: str
    facts: Mapping[str, str | None]
    """What is known, by label; None is left out."""
    steps: tuple[str, ...]
    """In backticks stand names of tools, and nothing else does."""
    report: str
    """What the answer should look like."""

    def tools(self) -> frozenset[str]:
        """Every tool that a step names."""
        return frozenset(name for step in self.steps for name in _TOOL.findall(step))

    def text(self, tools: Container[str]) -> str:
        """The script as one message, without the steps that need anything beside `tools`."""
        facts = [f"- {label}: {value}" for label, value in self.facts.items() if value]
        usable = [step for step in self.steps if all(name in tools for name in _TOOL.findall(step))]
        steps = [f"{number}. {step}" for number, step in enumerate(usable, 1)]
        parts = [self.task, "\n".join(facts), "\n".join(steps), self.report]
        return "\n\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt on the wire."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    suggestions: Mapping[str, Suggest]
    """By argument."""
    write: Callable[..., Script]
    example: Mapping[str, str]
    """Arguments that make sense; documents and tests use them."""

    def script(self, raw: Mapping[str, str] | None) -> Script:
        """The script for checked arguments; an empty one counts as absent. `InvalidInput` otherwise."""
        given = {name: value for name, value in (raw or {}).items() if value.strip()}
        arguments = parse(self.arguments, given)
        return self.write(**{name: getattr(arguments, name) for name in self.arguments.model_fields})


def prompt(title: str, **example: str) -> Callable[[Callable[..., Script]], Prompt]:
    """Make a prompt of a function; `example` is a call that makes sense."""

    def make(function: Callable[..., Script]) -> Prompt:
        description = " ".join((inspect.getdoc(function) or "").split())
        if not description:
            raise ValueError(f"{function.__name__}: the docstring is the description, and there is none")
        return Prompt(
            name=function.__name__,
            title=title,
            description=description,
            arguments=arguments_model(function),
            suggestions=_suggestions(function),
            write=function,
            example=example,
        )

    return make


def _suggestions(function: Callable[..., Any]) -> dict[str, Suggest]:
    hints = get_type_hints(function, include_extras=True)
    return {name: completed.suggest for name, hint in hints.items() for completed in _completed(hint)}


def _completed(hint: Any) -> list[Completed]:
    """Found at any depth: an optional argument's annotation is a union around the annotated type."""
    inner = [found for part in getattr(hint, "__args__", ()) for found in _completed(part)]
    return [one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Completed)] + inner


def required(*alternatives: tuple[str, Any]) -> None:
    """Refuse a call that has none of `alternatives`, given as name and value; `InvalidInput` names the first."""
    if all(value is None for _, value in alternatives):
        names = " or ".join(name for name, _ in alternatives)
        first = alternatives[0][0]
        raise InvalidInput(f"{first} is missing: give {names}.", field=first, fix=f"Add {first}.")
