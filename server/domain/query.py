"""What a question and its answer are.

A query is a frozen question; its class is the operation and it is its own cache key. An answer is the normalised
reply. Both are plain pydantic models: no I/O, no clock.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from server.domain.errors import InvalidInput
from server.domain.quality import NO_SIGNAL, Quality, QualityStatus

A = TypeVar("A", bound="Answer")

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


class Answer(BaseModel):
    """The normalised reply to a query; subclasses add the body that clients see as `data`.

    `quality`, `warnings`, `provider_source` and `record_id` describe the answer and travel beside the body.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    quality: Quality = NO_SIGNAL
    warnings: tuple[str, ...] = ()
    """Losses in normalisation and shape variants, in plain words."""
    provider_source: str | None = None
    """The upstream that the provider itself names, such as LeadSonar's `contactout`."""
    record_id: str | None = None
    """The provider's own id of the record."""

    ENVELOPE: ClassVar[frozenset[str]] = frozenset({"quality", "warnings", "provider_source", "record_id"})
    OUTLINE: ClassVar[frozenset[str] | None] = None
    """The fields that clients are told of beforehand, where that is not all of the body."""

    @property
    def units(self) -> int:
        """How many chargeable rows the answer holds; 0 counts as not found."""
        return 1

    def subjects(self) -> frozenset[str]:
        """Canonical e-mail addresses, domains, profile URLs and E.164 numbers in the answer, for suppression."""
        return frozenset()

    def without(self, suppressed: Callable[[frozenset[str]], bool]) -> Self | None:
        """The answer without the people that `suppressed` names; None where nothing is left."""
        return None if suppressed(self.subjects()) else self

    def keeping(self, rows: str, kept: tuple[Any, ...], left_out: int) -> Self:
        """The answer with `kept` in its field `rows`, and a warning where suppression left something out."""
        if not left_out:
            return self
        said = f"{left_out} {'entry' if left_out == 1 else 'entries'} on the suppression list left out."
        return self.model_copy(update={rows: kept, "warnings": (*self.warnings, said)})


class Query(BaseModel, Generic[A]):
    """A frozen question. Subclasses declare `answer`, and the fields that identify the subject."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: ClassVar[type[Answer]]
    keep: ClassVar[timedelta] = timedelta(days=30)
    """How long a found answer stays fresh."""
    keep_miss: ClassVar[timedelta] = timedelta(days=1)
    """How long a definite miss stays fresh; an `unknown` is never kept."""
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Alternatives of which one must be given whole, such as `(("company_domain",), ("company_name",))`."""
    free: ClassVar[bool] = False
    """True for account queries, which are never cached, held or billed."""

    fresh: bool = Field(default=False, exclude=True)
    """Ask the provider even where an answer is stored; not part of what identifies the question."""

    @classmethod
    def operation(cls) -> str:
        """The class name in snake case, such as `validate_email`."""
        return _WORD.sub("_", cls.__name__).lower()

    @property
    def key(self) -> str:
        """The same for equal questions in every process: operation and SHA-256 of the canonical JSON."""
        body = self.model_dump_json(exclude_none=True)
        return f"{self.operation()}:{hashlib.sha256(body.encode()).hexdigest()}"

    @property
    def units(self) -> int:
        """The most chargeable rows that the answer can hold."""
        return 1

    @property
    def extras(self) -> tuple[str, ...]:
        """Priced data classes beyond the row itself, such as `email` and `mobile` of an unlocked people search."""
        return ()

    def settles(self, answer: A) -> bool:
        """Whether the waterfall may stop at `answer`: by default unless its quality says it is of no use."""
        return answer.quality.status not in _UNSETTLED

    def subjects(self) -> frozenset[str]:
        """Canonical e-mail addresses, domains and profile URLs that the question is about, for suppression."""
        return frozenset(v for v in (getattr(self, name, None) for name in _IDENTITIES) if isinstance(v, str))

    @model_validator(mode="after")
    def _has_identity(self) -> Self:
        if not self.one_of or any(all(getattr(self, name) for name in group) for group in self.one_of):
            return self
        groups = [" + ".join(group) for group in self.one_of]
        raise InvalidInput(
            f"Something to identify the subject is missing: give {' or '.join(groups)}.",
            field=self.one_of[0][0],
            fix=f"Add {groups[0]}.",
        )


_UNSETTLED = frozenset({QualityStatus.RISKY, QualityStatus.UNKNOWN, QualityStatus.INVALID, QualityStatus.SUPPRESSED})
_IDENTITIES = ("email", "work_email", "personal_email", "profile_url", "company_domain", "company_url")

AnyQuery = Query[Any]


def answer_of(operation: str) -> type[Answer] | None:
    """The answer type of the query that `operation` names; None where there is no such query any more."""
    return next((query.answer for query in _queries(Query) if query.operation() == operation), None)


def _queries(parent: type[AnyQuery]) -> Iterator[type[AnyQuery]]:
    for query in parent.__subclasses__():
        if hasattr(query, "answer"):
            yield query
        yield from _queries(query)
