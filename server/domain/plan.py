"""What a tool call will ask, as data: the same plan is quoted and run, so a preview and a bill cannot disagree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from server.domain.query import Answer, AnyQuery, Query

A_co = TypeVar("A_co", bound=Answer, covariant=True)

Answers = Mapping[str, Answer | None]
"""The answers of earlier steps by name; None where there was none."""


def warnings(answers: Answers) -> tuple[str, ...]:
    """What was lost in any of the answers, each sentence once."""
    return tuple(dict.fromkeys(warning for answer in answers.values() if answer for warning in answer.warnings))


@dataclass(frozen=True, slots=True)
class Step:
    """One query of a plan.

    `then` derives the query from the answers of the steps named in `after` (None skips the step). Until those are
    there, `query` stands in for it: it prices the step, so it must be at least as dear as what `then` returns.
    """

    name: str
    query: AnyQuery
    after: tuple[str, ...] = ()
    then: Callable[[Answers], AnyQuery | None] | None = None


@dataclass(frozen=True, slots=True)
class Plan(Generic[A_co]):
    """Steps, and how their answers become the one answer of the call."""

    steps: tuple[Step, ...]
    answer: type[A_co]
    compose: Callable[[Answers], A_co | None] = field(repr=False)


def ask(query: Query[Any], show: Callable[[Any], Any] | None = None) -> Plan[Any]:
    """The plan of one query; `show` makes what the caller sees of the stored answer, where that is not all of it."""
    compose: Callable[[Answers], Any] = _only if show is None else partial(_shown, show)
    return Plan(steps=(Step("answer", query),), answer=query.answer, compose=compose)


def _only(answers: Answers) -> Any:
    return answers["answer"]


def _shown(show: Callable[[Any], Any], answers: Answers) -> Any:
    answer = _only(answers)
    return None if answer is None else show(answer)
