"""One kind of bulk enrichment: which single lookup it makes of a row, and what it appends to the row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from server.batches.kinds import cell, verdict
from server.batches.kinds.role import Inputs, Role
from server.domain.errors import InvalidInput
from server.domain.explanation import explained
from server.domain.plan import Plan
from server.domain.result import Result

Needs = tuple[tuple[Role, ...], ...]
"""Combinations of inputs, the best first; one of them has to be there whole."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of bulk enrichment."""

    name: str
    title: str
    description: str
    """One sentence."""
    tool: str
    """The tool that makes the same lookup for one record."""
    needs: Needs
    example: Mapping[str, str]
    """The inputs of a row that makes sense."""
    build: Callable[[Inputs, int], Plan[Any]] = field(repr=False)
    read: Mapping[str, cell.Read] = field(repr=False)
    """Its own columns without prefix, and how each is read from the answer."""
    hints: tuple[Role, ...] = ()
    """Inputs that are not needed, and let more providers answer."""
    cap: int | None = None
    """The highest cap per row, where one row can return many and so needs a cap (C-33)."""
    domain_from_email: bool = False
    """Whether a row without a domain is looked up by the domain of its e-mail address."""

    @property
    def roles(self) -> tuple[Role, ...]:
        """Every input that the kind can use, in the order of preference."""
        return tuple(dict.fromkeys((*(role for group in self.needs for role in group), *self.hints)))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the appended columns: its own, then those that all kinds share."""
        return tuple(f"{cell.PREFIX}{name}" for name in (*self.read, *verdict.COMMON))

    def missing(self, given: Collection[str]) -> tuple[Role, ...]:
        """What is missing from the combination that most is there of; empty where `given` suffices."""
        known = {*given, *((Role.COMPANY_DOMAIN,) if self.domain_from_email and Role.EMAIL in given else ())}
        if any(known.issuperset(group) for group in self.needs):
            return ()
        nearest = max(self.needs, key=lambda group: len(known.intersection(group)))
        return tuple(role for role in nearest if role not in known)

    def plan(self, inputs: Mapping[str, str], *, most: int | None) -> Plan[Any]:
        """What the single lookup asks for one row; inputs that are empty or of no use to the kind are left out.

        `most` is the cap per row: needed where the kind has a `cap`, and None everywhere else. `InvalidInput` names
        the input that is malformed or missing; nothing has been asked then.
        """
        cap = self.check_cap(most)
        given = {role.value: inputs[role] for role in self.roles if inputs.get(role)}
        lacking = self.missing(given)
        if lacking:
            raise self._incomplete(lacking)
        try:
            return self.build(Inputs.model_validate(given), cap)
        except ValidationError as error:
            raise explained(Inputs, error) from None

    def check_cap(self, most: int | None) -> int:
        """The rows that one row of the file can return; `InvalidInput` where `most` does not fit the kind."""
        if self.cap is None and most is not None:
            raise InvalidInput(
                f"{self.name} returns one answer per row, so it takes no per_row_limit.",
                field="per_row_limit",
                fix="Leave per_row_limit out.",
            )
        if self.cap is not None and (most is None or not 1 <= most <= self.cap):
            raise InvalidInput(
                f"One row of {self.name} can return many, and each is charged: per_row_limit has to say how many at "
                f"most, from 1 to {self.cap}.",
                field="per_row_limit",
                fix=f"Send per_row_limit, such as {min(10, self.cap)}.",
            )
        return most or 1

    def cells(self, result: Result[Any]) -> tuple[str, ...]:
        """The texts under `columns` for what came of a row; its own are empty where there is no answer."""
        answer = result.answer
        own = ("" if answer is None else cell.text(read(answer)) for read in self.read.values())
        return (*own, *(cell.text(read(result)) for read in verdict.COMMON.values()))

    def _incomplete(self, lacking: tuple[Role, ...]) -> InvalidInput:
        ways = ", or ".join(" with ".join(group) for group in self.needs)
        return InvalidInput(
            f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing: {self.name} needs {ways}.",
            field=lacking[0].value,
            fix=f"Add {' and '.join(lacking)}.",
        )


def question(plan: Plan[Any]) -> str:
    """The same text for plans of one kind that ask the same, so that rows can share an answer.

    A later step's stand-in carries all that the plan knows before it runs, so the stand-ins tell plans apart.
    """
    return "+".join(step.query.key for step in plan.steps)
